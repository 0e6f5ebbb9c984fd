"""halfday exchange: exchanges a code out of an address bar for a session, and keeps it for the other commands."""

from __future__ import annotations

import sys

from halfday.cli.arguments import cognito_of, parser
from halfday.cli.commands.login import tell

_EXAMPLE = "halfday exchange 'http://localhost:8080/?code=b2ca649e-b34a-44a7-be1a-121882e27fe6'"


def run(argv: list[str]) -> int:
    made = parser("exchange", "Turns a code, or the whole callback URL, into a session, and keeps it.", _EXAMPLE)
    made.add_argument("code", metavar="CODE|URL", help="out of the address bar; - reads it from standard input")
    made.add_argument("--code-verifier", metavar="TEXT", help="when the sign-in link had a code_challenge")
    made.add_argument("--json", action="store_true", help="say who signed in as JSON on stdout")
    options = made.parse_args(argv)
    cognito = cognito_of(options)
    code = sys.stdin.readline() if options.code == "-" else options.code
    session = cognito.exchange(code, options.redirect_uri, code_verifier=options.code_verifier, keep=True)
    tell(cognito, session, options)
    return 0
