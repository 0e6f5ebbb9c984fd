"""halfday token: prints the ID token or the access token of the kept session, renewed when it is old."""

from __future__ import annotations

import json
import sys

from halfday.cli.arguments import cognito_of, parser, refuse_terminal

_EXAMPLE = 'curl -H "$(halfday token --header)" https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders'


def run(argv: list[str]) -> int:
    made = parser("token", "Prints the ID token, which API gateways take, or another.", _EXAMPLE)
    which = made.add_mutually_exclusive_group()
    which.add_argument("--id", action="store_const", dest="which", const="id", help="who it is (the default)")
    which.add_argument("--access", action="store_const", dest="which", const="access", help="what is allowed")
    which.add_argument("--claims", action="store_true", help="the ID token's verified claims as JSON; not a secret")
    form = made.add_mutually_exclusive_group()
    form.add_argument("--header", action="store_true", help="with 'Authorization: ' in front, for curl -H")
    form.add_argument("--bare", action="store_true", help="the token and nothing else (the default)")
    made.add_argument("--show", action="store_true", help="print it on a terminal too")
    made.set_defaults(which="id")
    options = made.parse_args(argv)
    if sys.stdout.isatty() and not options.show and not options.claims:
        return refuse_terminal("a token", "halfday token")
    session = cognito_of(options).session
    if options.claims:
        print(json.dumps(dict(session.claims), indent=2))
        return 0
    token = session.access_token if options.which == "access" else session.id_token
    scheme = "Bearer " if options.which == "access" else ""
    print(f"Authorization: {scheme}{token}" if options.header else token)
    return 0
