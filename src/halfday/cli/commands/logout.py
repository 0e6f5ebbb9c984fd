"""halfday logout: revokes the session at Cognito and forgets it here; with --all every kept session.

Some things stay good until they expire, and their end is printed: AWS credentials, and tokens where the verifier does
not ask Cognito.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time

from halfday.cli.arguments import cognito_of, parser
from halfday.cli.exit_codes import FAILED, OK
from halfday.cli.report import report
from halfday.cli.terminal import clock, done, error, hint, say
from halfday.client.browser.opening import open_browser
from halfday.client.errors import HalfdayError
from halfday.client.session import Session
from halfday.client.signed_out import Remaining, SignedOut

_EXAMPLE = "halfday logout --logout-uri http://localhost:8080"


def run(argv: list[str]) -> int:
    made = parser("logout", "Revokes the kept session and forgets it.", _EXAMPLE)
    made.add_argument("--all", action="store_true", help="every session kept on this machine, of any app client")
    made.add_argument("--no-browser", action="store_true", help="only show the link that ends the browser's session")
    made.add_argument("--json", action="store_true", help="what stays good, and until when, as JSON on stdout")
    options = made.parse_args(argv)
    if options.all and options.logout_uri:
        made.error("--logout-uri is one app client's, and goes without --all")
    return _every_one(options) if options.all else _this_one(options)


def _this_one(options: argparse.Namespace) -> int:
    session = cognito_of(options).session
    remaining = session.remaining()
    try:
        signed_out = session.logout()
    except HalfdayError as problem:
        return _not_revoked(session, remaining, problem, as_json=options.json)
    if options.json:
        print(json.dumps(dataclasses.asdict(signed_out)))
        return OK
    done("signed out, and nothing is kept" if signed_out.revoked else "nothing is kept; there was nothing to revoke")
    _tell_what_stays([remaining])
    _end_the_browsers(session, signed_out, options)
    return OK


def _not_revoked(session: Session, remaining: Remaining, problem: HalfdayError, *, as_json: bool) -> int:
    """Says that the session was not revoked. It is forgotten all the same. Returns the exit code."""
    code = report(problem)
    say("  the session is forgotten here and was not revoked: a copy of it, if there is one, could be renewed")
    if as_json:
        print(json.dumps(dataclasses.asdict(SignedOut(revoked=False, remaining=remaining))))
    else:
        _tell_what_stays([remaining])
    return code


def _end_the_browsers(session: Session, signed_out: SignedOut, options: argparse.Namespace) -> None:
    link = signed_out.sign_out_url
    if link:
        opened = not options.no_browser and open_browser(link, is_public=True)
        say(f"  {'the browser ends' if opened else 'to end'} its own session: {link}")
    elif session.sign_in_page:
        say("  the browser may be signed in at the sign-in page for up to an hour: --logout-uri URL ends that too")


def _every_one(options: argparse.Namespace) -> int:
    """Ends every kept session. The exit code is FAILED when one of them could not be revoked."""
    from halfday.client.kept_sessions import end_all

    ended = list(end_all(cognito_of(options).settings))
    for one in ended:
        if one.problem is None:
            done(f"signed out of {one.key}")
        else:
            error(f"{one.key} is forgotten, but was not revoked: {one.problem}")
            hint(one.problem.hint)
    if options.json:
        told = [{"key": one.key, "revoked": one.problem is None, **dataclasses.asdict(one.remaining)} for one in ended]
        print(json.dumps(told))
    if not ended:
        done("nobody was signed in")
    _tell_what_stays([one.remaining for one in ended])
    return FAILED if any(one.problem for one in ended) else OK


def _tell_what_stays(found: list[Remaining]) -> None:
    now = time.time()
    tokens_until = max((one.tokens_until for one in found), default=0)
    credentials_until = max((one.aws_credentials_until or 0 for one in found), default=0)
    if tokens_until > now:
        say(f"  verifiers that do not ask Cognito accept the old tokens until {clock(tokens_until, now)}")
    if credentials_until > now:
        say(f"  AWS accepts the credentials that were handed out until {clock(credentials_until, now)}")
