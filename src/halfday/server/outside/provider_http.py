"""Requests to providers: https only, with a limit on answers. Failures raise Refused, in AWS's sentences.

What the documents mean is read in the adapters (`oidc`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from halfday.protocol.endpoints import LOOPBACK_HOSTS
from halfday.server.domain.failures import kind_of
from halfday.server.outside.connections import OutgoingCalls, unreachable
from halfday.server.outside.provider_port import federation_refused

if TYPE_CHECKING:
    import httpx2

_LONGEST_ANSWER_BYTES = 1024 * 1024


def require_https(url: str, what: str) -> None:
    """Raises Refused for a URL that is not https. Loopback is excepted, because the stand-in listens there."""
    try:
        parts = urlsplit(url)
    except ValueError as problem:
        raise federation_refused(f"Bad {what}", f"{url!r} is not a URL") from problem
    if not parts.hostname or (parts.scheme != "https" and parts.hostname not in LOOPBACK_HOSTS):
        raise federation_refused(f"Bad {what}", f"{what} {url!r} must be an https URL")


async def fetch(http: OutgoingCalls, method: str, url: str, **given: Any) -> httpx2.Response:
    """The answer. Raises Refused for one of more than 1 MiB, and what httpx2 raises."""
    headers = {"Accept": "application/json", **given.pop("headers", {})}
    body = bytearray()
    async with http.stream(method, url, headers=headers, **given) as answer:
        async for chunk in answer.aiter_bytes():
            body += chunk
            if len(body) > _LONGEST_ANSWER_BYTES:
                raise federation_refused("Invalid response from IdP", f"{url} answered more than 1 MiB")
    from httpx2 import Response

    return Response(answer.status_code, content=bytes(body))


async def get_json(http: OutgoingCalls, url: str, what: str) -> dict[str, Any]:
    """A document that a provider publishes. `what` names it in the sentence of Refused."""
    try:
        answer = await fetch(http, "GET", url)
    except unreachable() as problem:
        raise federation_refused(f"Timeout in calling {what}", f"{url}: {kind_of(problem)}") from problem
    if answer.status_code != 200:
        raise federation_refused(f"Error in calling {what}", f"{url} answered {answer.status_code}")
    return json_object(answer, url)


def json_object(answer: httpx2.Response, url: str) -> dict[str, Any]:
    """The answer's members. Raises Refused."""
    try:
        members = answer.json()
    except (ValueError, RecursionError) as problem:
        raise federation_refused("Invalid response from IdP", f"{url} did not answer JSON") from problem
    if not isinstance(members, dict):
        raise federation_refused("Invalid response from IdP", f"{url} did not answer a JSON object")
    return members
