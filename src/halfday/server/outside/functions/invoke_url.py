"""A function that runs in somebody else's Lambda, invoked by its URL.

LocalStack, SAM's `start-lambda`, serverless-offline and the runtime emulator in Lambda's images all take
POST /2015-03-31/functions/NAME/invocations (Lambda's API reference, Invoke).
"""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any
from urllib.parse import quote, urlsplit

from halfday.server.outside.connections import OutgoingCalls, too_late, unreachable
from halfday.server.outside.functions.invocation import (
    MOST_ANSWER_BYTES,
    TIMEOUT_S,
    Called,
    FunctionError,
    Invoked,
    NotInvoked,
    timed_out,
    too_large,
)

_PATH = "/2015-03-31/functions/{name}/invocations"
_HEADERS = {"Content-Type": "application/json", "X-Amz-Invocation-Type": "RequestResponse", "X-Amz-Log-Type": "Tail"}


class InvokeUrl:
    """One function behind a URL: with a path the URL is called as it stands, without one by the function's name."""

    def __init__(self, url: str, calls: OutgoingCalls) -> None:
        self._url, self._calls = url, calls

    async def invoke(self, called: Called, event: str) -> Invoked:
        """Raises FunctionError, NotInvoked."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await self._post(self._url_of(called), event)
        except TimeoutError:
            raise timed_out() from None
        except unreachable() as problem:
            if isinstance(problem, too_late()):
                raise timed_out() from None
            detail = f"{urlsplit(self._url).netloc} cannot be reached: {type(problem).__name__}"
            raise NotInvoked("ResourceNotFoundException", detail) from problem

    async def warm_up(self, called: Called) -> None:
        """Nothing is begun from here: whoever has the function keeps it warm."""

    async def close(self) -> None:
        """The connections are the server's."""

    def _url_of(self, called: Called) -> str:
        parts = urlsplit(self._url)
        if parts.path.strip("/"):
            return self._url
        return f"{self._url.rstrip('/')}{_PATH.format(name=quote(called.name, safe=''))}"

    async def _post(self, url: str, event: str) -> Invoked:
        async with self._calls.stream("POST", url, content=event.encode(), headers=_HEADERS) as answer:
            body = bytearray()
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > MOST_ANSWER_BYTES:
                    raise too_large()
            text = body.decode(errors="replace")
            if answer.status_code >= 300:
                raise _not_invoked(answer.status_code, answer.headers.get("x-amzn-errortype", ""), text)
            output = _tail(answer.headers.get("x-amz-log-result", ""))
            if answer.headers.get("x-amz-function-error") or _is_error(text):
                raise FunctionError(_message(text), output=output)
            return Invoked(text, output)


def _not_invoked(status: int, error_type: str, text: str) -> NotInvoked:
    """Lambda's own refusal, by its name where it gives one."""
    known = _read(text)
    name = (error_type or str(known.get("__type", ""))).partition(":")[0].rpartition("#")[2]
    guessed = {403: "AccessDeniedException", 404: "ResourceNotFoundException", 429: "TooManyRequestsException"}
    return NotInvoked(name or guessed.get(status, "ServiceException"), f"the invoke URL answered {status}")


def _is_error(text: str) -> bool:
    """The runtime emulator gives errors the status 200 and no header: they are told by their members alone."""
    return {"errorMessage", "errorType"} <= _read(text).keys()


def _message(text: str) -> str:
    return str(_read(text).get("errorMessage", text))


def _read(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _tail(log_result: str) -> str:
    try:
        return base64.b64decode(log_result).decode(errors="replace")
    except ValueError:
        return ""
