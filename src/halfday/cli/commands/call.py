"""halfday call: a curl that is signed in. `client/http_auth/api_auth` chooses the token and the form of its header.

The response body goes to stdout byte for byte; on a terminal control characters are made visible. The status, and what
to do about a refusal, go to stderr. The exit code is 0 below 400 and 1 from there on; 4 when there was no answer.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from halfday.cli.arguments import cognito_of, parser
from halfday.cli.terminal import error, hint, say, shown
from halfday.client.causes.catalogue import Symptom
from halfday.client.causes.matching import find
from halfday.client.causes.wording import tell
from halfday.client.errors import SettingsError
from halfday.client.http_auth.api_auth import ApiAuth, Attempt, checked_origin
from halfday.client.transport.blocking import Transport
from halfday.client.transport.wire import Request, Response
from halfday.protocol.urls import Url, without_secrets

_EXAMPLE = "halfday call POST https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders -d '{\"item\": 1}'"
_HINTS = (
    (401, "expired", "the API's clock or ours is wrong: the token was fresh"),
    (
        403,
        "insufficient_scope",
        "the route wants a scope that the access token lacks: ask for it at sign-in (--scopes)",
    ),
)
_BEHIND = "the API's gateway took the call, and what stands behind it"
_BY_STATUS = {
    404: "the API has no such path, or nothing of that name: see the path, and the stage in front of it",
    405: "the path is there, and not for this method",
    500: "the API has a fault of its own: its log, or its authorizer's, says which",
    502: f"{_BEHIND} did not answer, or not in the form that it has to: see whether it runs, and its log",
    503: f"{_BEHIND} is not there or has too much to do: see whether it runs, and its log",
    504: f"{_BEHIND} did not answer in time: see whether it runs, and its log",
}
"""For any API, where the catalogue of causes is certain of nothing: it knows Cognito and AWS only."""
_NEITHER_TOKEN = "the authorizer is of another user pool, or wants a scope that was not asked for at sign-in"


def run(argv: list[str]) -> int:
    made = _parser()
    options = made.parse_args(argv)
    _read_words(made, options)
    request = Request(options.method, options.url, _headers(options), _body(options))
    checked_origin(request.address, insecure=options.insecure)
    cognito = cognito_of(options)
    session = cognito.session
    auth = ApiAuth(session, api=options.api, token=options.token, bearer=options.bearer, insecure=options.insecure)
    response = _call(request, auth, cognito.settings.timeout_s)
    _show(response, include=options.include)
    if response.status < 400:
        if "location" in response.headers and not response.body:
            place = without_secrets(response.headers["location"])
            say(f"halfday: answered {response.status}, with another address: {place}")
        return 0
    error(f"{request.method} {request.address.origin}{request.address.path} answered {response.status}")
    hint(_hint(request.address, response))
    return 1


def _call(request: Request, auth: ApiAuth, timeout_s: float | None) -> Response:
    """The response; after a refusal, the response to a second try. No redirect is followed."""
    transport = Transport.within(timeout_s, whole_answers=True)
    attempt = auth.first(request.address)
    response = transport.send(_signed(request, attempt))
    again = auth.again(attempt, request.address, response.status, response.headers, response.body)
    return transport.send(_signed(request, again)) if again else response


def _signed(request: Request, attempt: Attempt) -> Request:
    headers = {name: value for name, value in request.headers.items() if name.lower() != "authorization"}
    return Request(request.method, request.url, {**headers, "Authorization": attempt.value}, request.body)


def _read_words(made: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Sets method and url. METHOD may be left out: it is GET then, or POST with a body."""
    *method, options.url = options.words
    if len(method) > 1:
        made.error(f"{options.words[2]!r} is one word too many: METHOD URL")
    options.method = method[0].upper() if method else "POST" if _has_body(options) else "GET"
    if not (options.method.isascii() and options.method.isalpha()):
        made.error(f"{options.words[0]!r} is no method: METHOD URL")


def _has_body(options: argparse.Namespace) -> bool:
    return options.data is not None or options.json is not None


def _headers(options: argparse.Namespace) -> dict[str, str]:
    """Raises SettingsError for a header without a name, and does not repeat it: it might be a part of a secret."""
    headers = {}
    for header in options.header:
        name, colon, value = header.partition(":")
        if not colon or not name.strip() or "\n" in header or "\r" in header:
            raise SettingsError("a header has no name", hint="write -H 'NAME: VALUE'")
        headers[name.strip()] = value.strip()
    known = {name.lower() for name in headers}
    if options.json is not None and "accept" not in known:
        headers["Accept"] = "application/json"
    if _has_body(options) and "content-type" not in known:
        headers["Content-Type"] = "application/json"
    return headers


def _body(options: argparse.Namespace) -> bytes | None:
    text = options.json if options.json is not None else options.data
    if text is None:
        return None
    if text == "@-":
        return sys.stdin.buffer.read()
    if not text.startswith("@"):
        return str(text).encode()
    with open(text[1:], "rb") as file:
        return file.read()


def _show(response: Response, *, include: bool) -> None:
    if include:
        say(f"HTTP {response.status}")
        for name, value in response.headers.items():
            say(f"{name}: {value}")
    if sys.stdout.isatty():
        text = response.body.decode(errors="replace").replace("\r\n", "\n")
        sys.stdout.write(shown(text, sys.stdout) + ("" if text.endswith("\n") or not text else "\n"))
    else:
        sys.stdout.buffer.write(response.body)
    sys.stdout.flush()


def _hint(url: Url, response: Response) -> str:
    """Our own hint where we know more than the catalogue, as both tokens were tried or fresh; else the catalogue's."""
    told = f"{_message(response)} {response.headers.get('www-authenticate', '')}"
    ours = next((text for status, word, text in _HINTS if status == response.status and word in told.lower()), "")
    at = "appsync" if "appsync-api" in url.host.split(".") or "errorType" in _first_error(response) else "gateway"
    found = find(Symptom(at, text=told, status=response.status))
    if ours or any(one.certain for one in found):
        return ours or tell(found)
    return _NEITHER_TOKEN if response.status == 401 else _BY_STATUS.get(response.status) or tell(found)


def _message(response: Response) -> str:
    """The sentence in an error's body, as API Gateway and AppSync spell it; else the body's beginning."""
    body = response.json()
    found = body.get("message") or body.get("Message") or _first_error(response).get("message")
    return str(found) if found else response.body[:500].decode(errors="replace")


def _first_error(response: Response) -> Mapping[str, Any]:
    """The first of a list of errors, as GraphQL answers. One with an errorType is AppSync's, behind any host."""
    errors = response.json().get("errors")
    return errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}


def _parser() -> argparse.ArgumentParser:
    made = parser("call", "Calls an API with the session's token and prints what it answers.", _EXAMPLE)
    made.add_argument("words", nargs="+", metavar="[METHOD] URL", help="GET by default; POST with a body")
    body = made.add_mutually_exclusive_group()
    body.add_argument("-d", "--data", metavar="TEXT|@FILE|@-", help="the body; JSON unless a header says otherwise")
    body.add_argument("--json", metavar="TEXT|@FILE|@-", help="the body, and Accept: application/json")
    made.add_argument("-H", "--header", action="append", default=[], metavar="'NAME: VALUE'", help="another header")
    made.add_argument("-i", "--include", action="store_true", help="show status and headers on stderr")
    made.add_argument("--api", choices=["rest", "http", "appsync"], help="what kind of API; by default the host tells")
    made.add_argument("--token", choices=["id", "access"], help="by default what the API is known to take")
    form = made.add_mutually_exclusive_group()
    form.add_argument("--bearer", action="store_true", default=None, help="put 'Bearer ' in front of the token")
    form.add_argument("--bare", action="store_false", dest="bearer", default=None, help="nothing but the token")
    made.add_argument("--insecure", action="store_true", help="send the token over http beyond loopback")
    return made
