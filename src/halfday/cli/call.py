"""halfday call: an API behind a Cognito authorizer, called with the right token in the right header.

Without scopes an authorizer takes only the ID token, with scopes only the access token: the ID token is tried first,
and the other one after a 401 (facts/failures.md 7.13).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

from halfday.cli.arguments import cognito_of, parser
from halfday.cli.terminal import error, hint, say
from halfday.client.errors import SettingsError
from halfday.client.session import Session
from halfday.client.settings import Settings, is_loopback
from halfday.client.transport import Transport
from halfday.client.wire import Request, Response

_EXAMPLE = "halfday call GET https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders"
_HINTS = (
    (401, "expired", "the API's clock or ours is wrong: the token was fresh"),
    (401, "audience", "add this app client's id to the authorizer's audience"),
    (401, "", "the authorizer is of another user pool, or wants a scope that was not asked for at sign-in"),
    (403, "missing authentication token", "no such path, stage or method at this API"),
    (403, "credential", "this route is authorized by IAM, not by tokens: use halfday exec with an AWS client"),
    (403, "key=value", "this route is authorized by IAM, not by tokens: use halfday exec with an AWS client"),
)


def run(argv: list[str]) -> int:
    options = _parser().parse_args(argv)
    _check_url(options)
    cognito = cognito_of(options)
    response = _call(options, cognito.session, cognito.settings)
    _show(response, include=options.include)
    if response.status < 400:
        return 0
    error(f"{options.method} {options.url} answered {response.status}")
    hint(_hint(response))
    return 1


def _call(options: argparse.Namespace, session: Session, settings: Settings) -> Response:
    """The first answer that is not 401, or the last of them."""
    transport, response = Transport(), None
    for token in _tokens(options, session, settings):
        headers = {**_headers(options), "Authorization": token}
        response = transport.send(Request(options.method.upper(), options.url, headers, _body(options)))
        if response.status != 401:
            break
    assert response is not None
    return response


def _tokens(options: argparse.Namespace, session: Session, settings: Settings) -> Iterator[str]:
    """Header values, the likeliest first. The sign-in page's own userInfo takes access tokens only."""
    own = settings.domain is not None and options.url.startswith(f"{settings.domain.origin}/oauth2/")
    which = options.token or ("access" if own else "auto")
    prefix = "Bearer " if options.bearer or own else ""
    if which in ("id", "auto"):
        yield prefix + session.id_token
    if which in ("access", "auto"):
        yield (prefix if "appsync-api" in options.url else "Bearer ") + session.access_token


def _check_url(options: argparse.Namespace) -> None:
    parts = urlsplit(options.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(f"{options.url!r} is not a URL", hint="write it whole: https://HOST/PATH")
    if parts.scheme == "http" and not is_loopback(parts.hostname) and not options.insecure:
        raise SettingsError("the token would travel in the clear", hint="write https://, or --insecure if you must")


def _headers(options: argparse.Namespace) -> dict[str, str]:
    pairs = [header.partition(":") for header in options.header]
    headers = {name.strip(): value.strip() for name, _, value in pairs}
    if options.data is not None and "content-type" not in map(str.lower, headers):
        headers["Content-Type"] = "application/json"
    return headers


def _body(options: argparse.Namespace) -> bytes | None:
    if options.data is None:
        return None
    if not options.data.startswith("@"):
        return str(options.data).encode()
    with open(options.data[1:], "rb") as file:
        return file.read()


def _show(response: Response, *, include: bool) -> None:
    if include:
        say(f"HTTP {response.status}")
        for name, value in response.headers.items():
            say(f"{name}: {value}")
    sys.stdout.buffer.write(response.body)
    if response.body and not response.body.endswith(b"\n") and sys.stdout.isatty():
        sys.stdout.buffer.write(b"\n")
    sys.stdout.flush()


def _hint(response: Response) -> str:
    told = (response.body.decode(errors="replace") + response.headers.get("www-authenticate", "")).lower()
    return next((hint for status, word, hint in _HINTS if status == response.status and word in told), "")


def _parser() -> argparse.ArgumentParser:
    made = parser("call", "Calls an API with the session's token and prints what it answers.", _EXAMPLE)
    made.add_argument("method", metavar="METHOD", help="GET, POST, …")
    made.add_argument("url", metavar="URL")
    made.add_argument("--token", choices=["id", "access"], help="by default the ID token, then after a 401 the other")
    made.add_argument("--bearer", action="store_true", help="put 'Bearer ' in front of the ID token too")
    made.add_argument("-d", "--data", metavar="TEXT|@FILE", help="the body, JSON unless a header says otherwise")
    made.add_argument("-H", "--header", action="append", default=[], metavar="'NAME: VALUE'", help="another header")
    made.add_argument("-i", "--include", action="store_true", help="show status and headers on stderr")
    made.add_argument("--insecure", action="store_true", help="send the token over http beyond loopback")
    return made
