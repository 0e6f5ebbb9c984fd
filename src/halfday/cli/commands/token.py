"""halfday token: prints the ID token or the access token of the kept session, renewed when it is old.

A kept token that is not old is printed with nothing imported beyond os, time and json. Everything else, an error's
explanation too, is left to the rest of Halfday.
"""

import os
import sys

from halfday.cli.plain_flags import plain_flags
from halfday.client.configuration.setting_sources import are_plain, are_sound, gather, made_of, session_key
from halfday.client.token_store.cache_files import cache_dir
from halfday.client.token_store.kept_tokens import read_token

_WHICH = {"--id": "id", "--access": "access"}
_FORMS = ("--header", "--bare")
_EXAMPLE = 'curl -H "$(halfday token --header)" https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders'


def run(argv: list[str]) -> int:
    text = None if os.isatty(1) else _kept(argv)
    if text is None:
        return _run_fully(argv)
    sys.stdout.write(text)
    return 0


def _kept(argv: list[str]) -> str | None:
    """What is printed for a kept token; None when it is old, or there is more to look at."""
    plain = plain_flags(argv, *_WHICH, *_FORMS)
    if plain is None:
        return None
    given, flags = plain
    which, forms = [_WHICH[flag] for flag in flags if flag in _WHICH], [flag for flag in flags if flag in _FORMS]
    sources = gather(given)
    if len(which) > 1 or len(forms) > 1 or not are_plain(sources):
        return None
    if sources.profile_is_missing and given.get("profile"):
        return None
    if sources.values.get("token_store", "disk") != "disk" or not sources.values.get("client_id"):
        return None
    chosen, made = which[0] if which else "id", made_of(sources)
    key = session_key(sources.values)
    token = read_token(key, chosen, lambda before: are_sound(made, before), directory=cache_dir())
    return None if token is None else _line(token, chosen, header="--header" in forms)


def _line(token: str, which: str, *, header: bool) -> str:
    scheme = "Bearer " if which == "access" else ""
    return f"Authorization: {scheme}{token}\n" if header else f"{token}\n"


def _run_fully(argv: list[str]) -> int:
    import json

    from halfday.cli.arguments import cognito_of, parser, refuse_terminal

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
    sys.stdout.write(_line(token, options.which, header=options.header))
    return 0
