"""halfday import: brings pools and people from elsewhere into a server of one's own.

What is brought is told from the file: an export, cognito-local's folder, a CSV, Keycloak's, Auth0's or Firebase's
people, an app's Amplify configuration; or, with --live, from AWS or whatever else answers its calls.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from halfday.cli import pool_stores
from halfday.cli.commands.import_ import sources
from halfday.cli.parsing import Parser, plain_parser
from halfday.cli.terminal import counted, done, fail, progress, say
from halfday.client.errors import SettingsError
from halfday.protocol.printable import printable

Document = dict[str, Any]

BATCH = 200
"""Users that are brought at once: what is brought stays, wherever the import is cut off."""

_EXAMPLE = """halfday import .cognito/db
  halfday import users.csv --pool us-east-1_AbCdEf123
  halfday import --live eu-west-1_AbCdEf123 --keep pool.json --passwords reset"""
_MOST_TOLD = 20
_LISTS = ("ThereAlready", "LeftOut", "Unreachable", "Refused")


def run(argv: list[str]) -> int:
    made = _parser()
    options = made.parse_args(argv)
    if bool(options.source) == bool(options.live):
        made.error("name a file or folder, or --live POOL_ID")
    try:
        from halfday.server.transfer.errors import TransferRefused
    except ImportError as problem:
        raise SettingsError("the server is not installed", hint="pip install 'halfday[server]'") from problem
    try:
        kind = "live" if options.live else options.kind or sources.kind_of(Path(options.source))
        if kind == "amplify":
            return sources.tell_amplify(Path(options.source), options.seed)
        store = pool_stores.store_of(options)
        if kind == "live":
            from halfday.cli.commands.import_.live import read_live

            document = read_live(options)
        else:
            document = sources.read(kind, Path(options.source), options)
        if kind == "cognito-local" or options.endpoint_url:
            from halfday.server.transfer.foreign.loosened import as_aws_takes

            document, changed = as_aws_takes(document)
            for one in changed:
                say(f"  changed: {printable(one)}")
        return _bring(store, document, options)
    except (TransferRefused, pool_stores.NotBrought) as refused:
        hint = "what came before that was kept; the same command goes on from there. docs/migrate.md says more"
        return fail(printable(str(refused)), hint, 1)


def _parser() -> Parser:
    made = plain_parser("import", "Brings pools and people from elsewhere into a server of one's own.", _EXAMPLE)
    made.add_argument("source", nargs="?", metavar="SOURCE", help="a file or folder; what it is is seen from it")
    made.add_argument("--kind", choices=sources.KINDS, help="what the source is, where it cannot be seen")
    made.add_argument("--live", action="append", default=[], metavar="ID", help="a pool of AWS; may be given again")
    made.add_argument("--pool", metavar="ID", help="the pool that people of other products come into")
    made.add_argument(
        "--passwords",
        choices=("keep", "reset", "trigger"),
        help="of who comes without one: their state stays (usual); they have to set one by a code (usual of --live); "
        "they are not brought, and come by the pool's UserMigration trigger",
    )
    made.add_argument("--firebase-hash", metavar="FILE", help="Firebase's hash parameters, as its console shows them")
    made.add_argument("--seed", metavar="FILE", help="of Amplify's configuration: write a seed file")
    made.add_argument("--keep", metavar="FILE", help="of --live: keep what was read here, as an export")
    made.add_argument("--endpoint-url", metavar="URL", help="of --live: who answers in place of AWS")
    made.add_argument("--region", metavar="REGION", help="of --live; by default the pool's")
    made.add_argument("--profile", metavar="NAME", help="of --live: the AWS profile whose credentials sign")
    pool_stores.add_options(made)
    return made


def _bring(store: pool_stores.PoolStore, document: Document, options: argparse.Namespace) -> int:
    passwords = options.passwords or ("reset" if options.live else "keep")
    if passwords == "trigger":
        document = _without_passwordless(document)
    whole = sum(len(one.get("Users", ())) for one in document.get("UserPools", ()))
    told: dict[str, Any] = {"Made": {}, **{name: [] for name in _LISTS}}
    brought = 0
    for part, users in _parts(document):
        _add(told, store.bring(part, "reset" if passwords == "reset" else "keep"))
        brought += users
        progress("users", brought, whole)
    _tell(told, passwords)
    return 1 if told["Refused"] else 0


def _parts(document: Document) -> Iterator[tuple[Document, int]]:
    """The document without people, and then people, some at once."""
    pools = document.get("UserPools", [])
    yield {**document, "UserPools": [{**one, "Users": []} for one in pools]}, 0
    for one in pools:
        users = one.get("Users", [])
        for start in range(0, len(users), BATCH):
            some = users[start : start + BATCH]
            part = {"UserPool": {"Id": one["UserPool"]["Id"]}, "Users": some}
            yield {"Format": document["Format"], "Version": document["Version"], "UserPools": [part]}, len(some)


def _without_passwordless(document: Document) -> Document:
    def has(user: dict[str, Any]) -> bool:
        own = user.get("Halfday")
        verifier = isinstance(own, dict) and own.get("SrpVerifier")
        return bool("Password" in user or "PasswordHash" in user or verifier) or (
            user.get("UserStatus") == "EXTERNAL_PROVIDER"
        )

    pools = document.get("UserPools", [])
    pools = [{**one, "Users": [user for user in one.get("Users", ()) if has(user)]} for one in pools]
    return {**document, "UserPools": pools}


def _add(told: dict[str, Any], more: dict[str, Any]) -> None:
    for kind, number in more["Made"].items():
        told["Made"][kind] = told["Made"].get(kind, 0) + number
    for name in _LISTS:
        entries = more.get(name, ())  # an older server does not tell of each
        told[name] += [one for one in entries if one not in told[name]] if len(told[name]) < 10_000 else []


def _tell(told: dict[str, Any], passwords: str) -> None:
    without = told["Made"].pop("users without a password", 0)
    counts = sorted(told["Made"].items(), key=lambda pair: pair[0] != "user pools")
    made = ", ".join(counted(number, kind) for kind, number in counts if number)
    done(f"made: {made}" if made else "nothing new: all of it is there already")
    if told["ThereAlready"]:
        say(f"  there already, and left alone: {len(told['ThereAlready'])}")
    if without:
        say(f"  {without} {'person' if without == 1 else 'people'} came without a password:")
        if passwords == "reset":
            say("    each has to set one by a code: ForgotPassword, ConfirmForgotPassword, or the hosted page")
        else:
            say("    ForgotPassword sends a code; AdminSetUserPassword gives one; --passwords reset asks for it")
        say("    or: a CSV with password_hash, or the pool's UserMigration trigger (--passwords trigger)")
    _list("left out", told["LeftOut"])
    _list("cannot sign in", told["Unreachable"])
    _list("not brought", told["Refused"])
    if told["Refused"]:
        say("  mend these in the source and give the same command again: it goes on from there")


def _list(what: str, entries: list[str]) -> None:
    for one in entries[:_MOST_TOLD]:
        say(f"  {what}: {printable(one)}")
    if len(entries) > _MOST_TOLD:
        say(f"  and {len(entries) - _MOST_TOLD} more of that kind")
