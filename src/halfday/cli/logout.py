"""halfday logout: the session is revoked at Cognito and forgotten here."""

from __future__ import annotations

import time

from halfday.cli.arguments import cognito_of, parser
from halfday.cli.terminal import clock, done, say
from halfday.client.browser import open_browser

_EXAMPLE = "halfday logout --logout-uri http://localhost:8080"


def run(argv: list[str]) -> int:
    made = parser("logout", "Revokes the kept session and forgets it.", _EXAMPLE)
    made.add_argument("--logout-uri", metavar="URL", help="registered: also ends the browser's session, by a link")
    made.add_argument("--no-browser", action="store_true", help="only show that link")
    options = made.parse_args(argv)
    session = cognito_of(options).session
    ends_at = session.access_expires_at
    link = session.logout(options.logout_uri)
    done("signed out, and nothing is kept")
    if ends_at > time.time():
        say(f"  verifiers that do not ask Cognito accept the old tokens until {clock(ends_at, time.time())}")
    if link:
        opened = not options.no_browser and open_browser(link)
        say(f"  {'the browser ends' if opened else 'to end'} its own session: {link}")
    return 0
