"""halfday console: opens the AWS console in the browser, signed in with the session's AWS credentials."""

from __future__ import annotations

import os
import sys

from halfday.cli.arguments import cognito_of, parser, refuse_terminal
from halfday.cli.terminal import clock, done, fail, say

_EXAMPLE = "halfday console --service s3"
_TAKEN_WITHIN_S = 60.0


def run(argv: list[str]) -> int:
    made = parser("console", "Opens the AWS console, signed in with the session's credentials.", _EXAMPLE)
    made.add_argument("--service", metavar="NAME", help="open this service's page: s3, lambda, cloudwatch")
    made.add_argument("--destination", metavar="URL", help="open this page of the console")
    made.add_argument("--url", action="store_true", help="print the link instead; it is a secret, good for 15 minutes")
    made.add_argument("--show", action="store_true", help="with --url: print it on a terminal too")
    options = made.parse_args(argv)
    if options.url and sys.stdout.isatty() and not options.show:
        return refuse_terminal("a link that signs anybody in", "halfday console --url")
    session = cognito_of(options).session
    link = session.console_link(service=options.service, destination=options.destination)
    if options.url:
        print(link)
        return 0
    return _open(link, session.credentials().expires_at)


def _open(link: str, ends_at: float) -> int:
    import time

    from halfday.client.browser.handover import Handover
    from halfday.client.browser.opening import can_open, open_browser

    if can_open(os.environ):
        with Handover(link) as handover:
            if open_browser(handover.url) and handover.wait(_TAKEN_WITHIN_S):
                done(f"the console is open, until {clock(ends_at, time.time())}")
                say("  whoever was signed in to the console in that browser before has to sign out there first")
                return 0
    return fail("no browser took the link", "halfday console --url --show prints it, for a browser elsewhere", 1)
