"""halfday sessions: what this machine keeps: who, at which connection, until when, and where. It asks nobody."""

from __future__ import annotations

import dataclasses
import json
import sys
import time

from halfday.cli.parsing import plain_parser
from halfday.cli.terminal import clock, done, hint, paint, shown, table
from halfday.client.kept_sessions import KeptSession, list_all
from halfday.protocol.printable import printable

_EXAMPLE = """halfday sessions --json
  halfday logout --all            (ends them all)"""


def run(argv: list[str]) -> int:
    made = plain_parser("sessions", "Lists the sessions that this machine keeps; no request is made.", _EXAMPLE)
    made.add_argument("--json", action="store_true", help="as JSON; no token is in it")
    options = made.parse_args(argv)
    found = list_all()
    if options.json:
        sys.stdout.write(json.dumps({"sessions": [dataclasses.asdict(one) for one in found]}, indent=2) + "\n")
        return 0
    now = time.time()
    told = "\n".join(_told(one, now) for one in found)
    sys.stdout.write(shown(told, sys.stdout))
    if found:
        hint("halfday logout --all ends them all; with a profile's options, halfday logout ends one")
    else:
        done("nobody is signed in on this machine")
    return 0


def _told(one: KeptSession, now: float) -> str:
    who = printable(one.name or one.subject) or ("a guest" if one.kind == "guest" else "somebody unnamed")
    title = paint("unusable" if one.problem else who, "bold", stream=sys.stdout)
    return f"{title}\n" + table(
        [
            ("  at", one.place),
            ("  app client", one.client_id),
            ("  session", one.problem or _lasts(one, now)),
            ("  AWS", f"until {clock(one.aws_credentials_until, now)}" if one.aws_credentials_until else ""),
            ("  profile", ", ".join(one.profiles)),
            ("  kept in", one.kept_in),
        ]
    )


def _lasts(one: KeptSession, now: float) -> str:
    if one.until is None:
        return ""
    if one.renews:
        return "renews itself" + (f"; the tokens are good until {clock(one.until, now)}" if one.until > now else "")
    return f"until {clock(one.until, now)}, and is not renewed"
