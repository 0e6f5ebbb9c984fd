"""halfday logout: the session is revoked at Cognito and forgotten here; with --all every session that is kept."""

from __future__ import annotations

import argparse
import time

from halfday.cli.__main__ import FAILED, OK
from halfday.cli.arguments import cognito_of, parser
from halfday.cli.terminal import clock, done, error, hint, say
from halfday.client.browser import open_browser

_EXAMPLE = "halfday logout --logout-uri http://localhost:8080"


def run(argv: list[str]) -> int:
    made = parser("logout", "Revokes the kept session and forgets it.", _EXAMPLE)
    made.add_argument("--all", action="store_true", help="every session kept on this machine, of any app client")
    made.add_argument("--logout-uri", metavar="URL", help="registered: also ends the browser's session, by a link")
    made.add_argument("--no-browser", action="store_true", help="only show that link")
    options = made.parse_args(argv)
    if options.all and options.logout_uri:
        made.error("--logout-uri is one app client's, and goes without --all")
    return _every_one(options) if options.all else _this_one(options)


def _this_one(options: argparse.Namespace) -> int:
    session = cognito_of(options).session
    ends_at = session.access_expires_at
    link = session.logout(options.logout_uri)
    done("signed out, and nothing is kept")
    _tell_what_stays(ends_at)
    if link:
        opened = not options.no_browser and open_browser(link)
        say(f"  {'the browser ends' if opened else 'to end'} its own session: {link}")
    return OK


def _every_one(options: argparse.Namespace) -> int:
    """Forgets them all; fails when one of them could not be revoked."""
    from halfday.client.kept_sessions import end_all

    ended = list(end_all(cognito_of(options).settings))
    for one in ended:
        if one.problem is None:
            done(f"signed out of {one.key}")
        else:
            error(f"{one.key} is forgotten, but was not revoked: {one.problem}")
            hint(one.problem.hint)
    if not ended:
        done("nobody was signed in")
    _tell_what_stays(max((one.access_expires_at for one in ended), default=0))
    return FAILED if any(one.problem for one in ended) else OK


def _tell_what_stays(ends_at: float) -> None:
    if ends_at > time.time():
        say(f"  verifiers that do not ask Cognito accept the old tokens until {clock(ends_at, time.time())}")
