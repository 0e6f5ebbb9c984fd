"""halfday credentials: AWS credentials of the kept session, in the form of a credential_process.

Kept credentials are read, checked and printed with nothing imported beyond os and time. When they are old, the rest of
Halfday is loaded and renews them. A browser is opened with --login only: once for all that ask at the same time.
"""

import os
import sys

from halfday.cli.plain_flags import plain_flags
from halfday.client.configuration.setting_sources import credentials_place, gather, session_key
from halfday.client.token_store.cache_files import cache_dir, read_process_output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from halfday.client.cognito import Cognito
    from halfday.client.session import Session

_EXAMPLE = (
    "credential_process = halfday credentials --profile demo      (a line of ~/.aws/config)\n"
    '  eval "$(halfday credentials --format env)"'
)


def run(argv: list[str]) -> int:
    plain = plain_flags(argv, "--login")
    text = _kept_output(plain[0]) if plain is not None and not os.isatty(1) else None
    if text is None:
        return _run_fully(argv)
    sys.stdout.write(text)
    return 0


def _kept_output(given: dict[str, str]) -> str | None:
    values = gather(given).values
    if not values.get("identity_pool_id") or values.get("token_store", "disk") != "disk":
        return None
    return read_process_output(session_key(values), credentials_place(values), directory=cache_dir())


def _run_fully(argv: list[str]) -> int:
    from halfday.cli.arguments import cognito_of, parser, refuse_terminal
    from halfday.cli.shells import FORMATS, environment, spell

    made = parser("credentials", "Prints AWS credentials of the kept session, renewed when they are old.", _EXAMPLE)
    made.add_argument(
        "--format",
        choices=["process", "sts", "bearer", *FORMATS],
        default="process",
        help="as the AWS CLI names them; sts: {Credentials: …}, as awsCredentialExport wants it; bearer: the access "
        "token as {token, headers}",
    )
    made.add_argument(
        "--login", action="store_true", help="when nobody is signed in, open the browser: once for all that ask at once"
    )
    made.add_argument("--show", action="store_true", help="print them on a terminal too")
    options = made.parse_args(argv)
    if sys.stdout.isatty() and not options.show:
        return refuse_terminal("a secret key", "halfday credentials")
    session = _session(cognito_of(options), login=options.login)
    if options.format in FORMATS:
        sys.stdout.write(spell(environment(session.credentials()), options.format))
    else:
        sys.stdout.write(_as_json(session, options.format))
    return 0


def _session(cognito: "Cognito", *, login: bool) -> "Session":
    if not login:
        return cognito.session
    from halfday.cli.terminal import say
    from halfday.client.one_login import session_or_one_login

    return session_or_one_login(cognito, say=say)


def _as_json(session: "Session", form: str) -> str:
    import json

    from halfday.client.session import process_output
    from halfday.protocol.credentials import sts_form

    if form == "process":
        return process_output(session.credentials())
    if form == "sts":
        return json.dumps(sts_form(session.credentials())) + "\n"
    token = session.access_token
    return json.dumps({"token": token, "headers": {"Authorization": f"Bearer {token}"}}) + "\n"
