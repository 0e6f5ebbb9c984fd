"""halfday snippet: a library's configuration for an app client of a running server, or of a seed file.

The configuration is stdout, as it goes into the file. What the app client lacks for it is said on stderr, with the
lines of a seed file that register it.
"""

from __future__ import annotations

import argparse
import json
import sys

from halfday.cli.commands.snippet.sources import clients_of
from halfday.cli.exit_codes import FAILED, OK, USAGE
from halfday.cli.parsing import plain_parser
from halfday.cli.terminal import fail, hint, say, shown, table
from halfday.snippets import AppClient, Snippet, choose, lines_for, load, names, print_for
from halfday.snippets.fitting import NoCallback

_EXAMPLE = """\
halfday snippet streamlit > .streamlit/secrets.toml
  halfday snippet oidc-client-ts --client democommandline --redirect-uri http://localhost:5173/callback"""


def run(argv: list[str]) -> int:
    options = _parser().parse_args(argv)
    if options.library is None:
        return _list(as_json=options.json)
    found, where = clients_of(options)
    clients = _wanted(found, options)
    if not clients:
        return _none_of(found, options, where)
    library = load(options.library)
    client = choose(library, clients)
    try:
        printed = print_for(library, client, options.redirect_uri, show=options.show or not sys.stdout.isatty())
    except NoCallback as problem:
        return fail(str(problem), "give another --redirect-uri, or none", USAGE)
    return _show(printed, options, others=len(clients) - 1)


def _parser() -> argparse.ArgumentParser:
    made = plain_parser(
        "snippet", "Prints a library's configuration for an app client; without LIBRARY, which there are.", _EXAMPLE
    )
    made.add_argument(
        "library", metavar="LIBRARY", nargs="?", choices=names(), help="such as oidc-client-ts, authlib, spring"
    )
    made.add_argument("--pool", metavar="POOL", help="the user pool, by id or name; by default all are looked at")
    made.add_argument("--client", metavar="CLIENT", help="the app client, by id or name; by default the one that fits")
    made.add_argument("--redirect-uri", metavar="URI", help="where your application waits; by default as registered")
    made.add_argument("--endpoint-url", metavar="URL", help="the server; by default the one of ./halfday.toml, or here")
    made.add_argument("--region", metavar="REGION", help="where to look for pools; by default wherever they are named")
    made.add_argument("--config", metavar="FILE", help="a seed file, read in place of asking a server")
    made.add_argument(
        "--aws-names", action="store_true", help="with the host names of AWS, as halfday aws-names leads here"
    )
    made.add_argument("--show", action="store_true", help="print the client secret on a terminal too")
    made.add_argument("--json", action="store_true", help="the configuration and what is lacking, as JSON")
    return made


def _list(*, as_json: bool) -> int:
    libraries = [load(name) for name in names()]
    if as_json:
        told = [{"library": one.name, "title": one.title, "file": one.file} for one in libraries]
        sys.stdout.write(json.dumps({"libraries": told}, indent=2) + "\n")
    else:
        lines = [(one.name, f"{one.title}: {one.file}") for one in libraries]
        sys.stdout.write(shown(table(lines), sys.stdout))
    return OK


def _wanted(clients: list[AppClient], options: argparse.Namespace) -> list[AppClient]:
    return [
        client
        for client in clients
        if options.pool in (None, client.pool.pool_id, client.pool.name)
        and options.client in (None, client.client_id, client.name)
    ]


def _none_of(found: list[AppClient], options: argparse.Namespace, where: str) -> int:
    if not found:
        return fail(f"{where} has no app client", "--region looks in another; a [[user_pool.client]] makes one", FAILED)
    asked = " ".join(
        filter(None, [options.pool and "--pool " + options.pool, options.client and "--client " + options.client])
    )
    there = ", ".join(f"{client.client_id} of {client.pool.pool_id}" for client in found)
    return fail(
        f"{where} has no app client that fits {asked}", f"there are: {there}; --region looks in another", FAILED
    )


def _show(printed: Snippet, options: argparse.Namespace, *, others: int) -> int:
    lines = lines_for(printed.library, printed.client, printed.needs, options.redirect_uri)
    if options.json:
        told = {
            "library": printed.library.name,
            "file": printed.library.file,
            "pool": printed.client.pool.pool_id,
            "client": printed.client.client_id,
            "text": printed.text,
            "then": printed.then,
            "needs": [need.sentence for need in printed.needs],
            "seed_lines": lines,
        }
        sys.stdout.write(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
        return OK
    sys.stdout.write(printed.text)
    sys.stdout.flush()
    _talk(printed, lines, others=others)
    return OK


def _talk(printed: Snippet, lines: list[str], *, others: int) -> None:
    client, library = printed.client, printed.library
    more = f"; --client chooses among {others + 1}" if others else ""
    whose = f"{client.client_id} ({client.name}) of {client.pool.pool_id}"
    say(f"halfday: {library.file} of {library.title}, for {whose}{more}")
    if printed.then:
        say(f"halfday: {printed.then}")
    if client.pool.aws_names:
        say("halfday: it is for programs that find AWS's names here: halfday aws-names tells them how")
    if printed.hides_secret:
        hint("… stands for the client secret; --show prints it here too, and so does: halfday snippet … > FILE")
    for need in printed.needs:
        say(f"halfday: {need.sentence}")
        if need.kind == "https":
            hint("serve it by https, and give --endpoint-url https://…")
    if lines:
        hint("these lines of halfday.toml register it:")
        say("\n".join(f"  {line}" for line in lines))
