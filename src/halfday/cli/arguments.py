"""The options that several commands share, and the connection that is made from them."""

from __future__ import annotations

import argparse
import contextlib
import shlex
import warnings
from collections.abc import Iterator

from halfday.cli.exit_codes import USAGE
from halfday.cli.parsing import Parser, plain_parser
from halfday.cli.terminal import fail, say
from halfday.client.cognito import Cognito
from halfday.client.configuration.setting_sources import NAMES, OF_A_SIGN_IN, OF_ONE_CALL

_HELP = {
    "domain": "the sign-in page's host: https://PREFIX.auth.REGION.amazoncognito.com; or PREFIX, with a region",
    "client_id": "the app client's id",
    "client_secret": "its secret; better in HALFDAY_CLIENT_SECRET, where ps does not show it",
    "identity_pool_id": "REGION:UUID, for AWS credentials",
    "user_pool_id": "REGION_NAME; needed for a sign-in by password without a domain",
    "region": "of AWS calls; else taken from the ids",
    "redirect_uri": "letter for letter as registered; several are separated by blanks",
    "scopes": "separated by blanks; by default all that the app client has",
    "endpoint_url": "one endpoint for every AWS API; by default AWS's own",
    "role_arn": "the role to have, of those that the person may choose; by default the identity pool chooses",
    "credentials_flow": "enhanced (the default), or basic: role_arn is asked of STS",
    "duration_s": "of credentials of the basic flow, in seconds: 900 to 43200",
    "token_store": "where a session is kept: disk (the default), the system's keyring, or none",
    "logout_uri": "as registered: where the browser goes after the sign-in page's own sign-out",
    "callback_certificate": "a PEM file for an https redirect URI on loopback; else one is made for the sign-in",
    "callback_key": "the certificate's private key, when it is in a file of its own",
    "timeout": "seconds that a whole answer may take (30)",
}


_NOT_REPEATED = (*OF_A_SIGN_IN, *OF_ONE_CALL)


def parser(command: str, summary: str, example: str, *, connection: bool = True, but: tuple[str, ...] = ()) -> Parser:
    """A command's parser, with the connection's options, ending in an example. `but`: those that it has no room for."""
    made = plain_parser(command, summary, example)
    if connection:
        group = made.add_argument_group("connection (or HALFDAY_* variables, or halfday_* keys of the AWS profile)")
        group.add_argument("--profile", metavar="NAME", help="the AWS profile to read; by default AWS_PROFILE")
        made.set_defaults(**dict.fromkeys(but))
        for name in (name for name in NAMES if name not in but):
            group.add_argument(f"--{name.replace('_', '-')}", metavar=name.upper(), help=_HELP[name])
    return made


def cognito_of(options: argparse.Namespace) -> Cognito:
    given = {name: getattr(options, name) for name in (*NAMES, "profile")}
    with warnings_on_stderr():
        return Cognito(**given)


def command_line(options: argparse.Namespace, command: str, rest: str = "") -> str:
    """`halfday COMMAND` with the options of this call that say which session is meant, ready to be copied.

    One of what a sign-in needs is a secret.
    """
    given = {name: getattr(options, name) for name in ("profile", *NAMES) if name not in _NOT_REPEATED}
    flags = [f"--{name.replace('_', '-')} {shlex.quote(str(value))}" for name, value in given.items() if value]
    return " ".join(filter(None, ["halfday", command, *flags, rest]))


@contextlib.contextmanager
def warnings_on_stderr() -> Iterator[None]:
    """Within it, the library's warnings are printed as lines for the person."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always", UserWarning)
        try:
            yield
        finally:
            for one in found:
                say(f"halfday: {one.message}")


def refuse_terminal(what: str, command: str) -> int:
    """Says that a secret is shown on a terminal only with --show. Returns the exit code."""
    return fail(
        f"{what} would be shown on this terminal",
        f"{command} --show shows it; or send it elsewhere: {command} | …",
        USAGE,
    )
