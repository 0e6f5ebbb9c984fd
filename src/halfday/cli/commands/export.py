"""halfday export: all that a server holds, as a document that can be read again, as a seed file, or as a users' CSV."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from halfday.cli import pool_stores
from halfday.cli.parsing import Parser, plain_parser
from halfday.cli.private_files import write_named
from halfday.cli.terminal import counted, done, fail, say, shown
from halfday.protocol.printable import printable_lines

FORMATS = ("json", "toml", "csv")

_EXAMPLE = """halfday export pools.json --with-secrets
  halfday export halfday.toml --management http://127.0.0.1:4244
  halfday export users.csv --pool us-east-1_AbCdEf123"""


def run(argv: list[str]) -> int:
    options = _parser().parse_args(argv)
    format_ = options.format or _format_of(options.file)
    if format_ == "csv" and len(options.pool) != 1:
        return fail("a users' CSV is of one pool", "name it: --pool us-east-1_AbCdEf123", 2)
    store = pool_stores.store_of(options)
    try:
        document = store.export(options.pool, secrets=options.with_secrets, users=options.users)
    except pool_stores.NotBrought as refused:
        return fail(str(refused), "halfday export without --pool takes everything", 1)
    text, unsaid = _text(document, format_, secrets=options.with_secrets)
    _write(options.file, text)
    _tell(options, document, unsaid, format_)
    return 0


def _parser() -> Parser:
    made = plain_parser("export", "Writes what a server holds into a file that can be read again.", _EXAMPLE)
    made.add_argument("file", nargs="?", default="-", metavar="FILE", help="where to; - (usual) is stdout")
    made.add_argument("--format", choices=FORMATS, help="by default what the file's name ends in, else json")
    made.add_argument("--pool", action="append", default=[], metavar="ID", help="only this pool; may be given again")
    made.add_argument("--with-secrets", action="store_true", help="with passwords, client secrets and second factors")
    made.add_argument("--without-users", dest="users", action="store_false", help="leave people out")
    pool_stores.add_options(made)
    return made


def _format_of(file: str) -> str:
    suffix = Path(file).suffix.removeprefix(".").lower()
    return suffix if suffix in FORMATS else "json"


def _text(document: dict[str, Any], format_: str, *, secrets: bool) -> tuple[str, list[str]]:
    if format_ == "json":
        from halfday.server.transfer.documents import written

        return written(document), []
    if format_ == "csv":
        from halfday.server.transfer.users_csv import csv_of

        return csv_of(document["UserPools"][0], secrets=secrets)
    from halfday.server.seed.written import seed_file_of

    return seed_file_of(document)


def _write(file: str, text: str) -> None:
    """A program gets every character as it is; on a terminal those are made visible that would control it."""
    if file != "-":
        write_named(file, text)
    elif sys.stdout.isatty():
        sys.stdout.write(shown(printable_lines(text, most=len(text)), sys.stdout))
    else:
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))


def _tell(options: argparse.Namespace, document: dict[str, Any], unsaid: list[str], format_: str) -> None:
    pools = document.get("UserPools", [])
    counts = {
        "user pools": len(pools),
        "users": sum(len(one.get("Users", ())) for one in pools),
        "identity pools": len(document.get("IdentityPools", ())),
    }
    done(f"exported {', '.join(counted(number, kind) for kind, number in counts.items())}")
    if not options.with_secrets:
        say("  left out: passwords, second factors, secrets of clients and access keys (--with-secrets takes them)")
    say("  never in an export: signing keys, sessions, codes and tokens, sign-in events")
    if unsaid:
        say(f"  what {'a seed file' if format_ == 'toml' else 'this file'} cannot say:")
        for one in unsaid:
            say(f"    {one}")
