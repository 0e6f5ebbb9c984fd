"""Requests to providers: by https only, with answers that have an end. Failures are Refused, in AWS's sentences."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx2

from halfday.protocol.endpoints import LOOPBACK_HOSTS
from halfday.server.domain.failures import kind_of
from halfday.server.outside.provider_port import federation_refused

UNREACHABLE = (httpx2.HTTPError, httpx2.InvalidURL)

_LONGEST_ANSWER_BYTES = 1024 * 1024


def require_https(url: str, what: str) -> None:
    """Raises Refused for a URL that is not https. Loopback is excepted: the stand-in lives there."""
    try:
        parts = urlsplit(url)
    except ValueError as problem:
        raise federation_refused(f"Bad {what}", f"{url!r} is not a URL") from problem
    if not parts.hostname or (parts.scheme != "https" and parts.hostname not in LOOPBACK_HOSTS):
        raise federation_refused(f"Bad {what}", f"{what} {url!r} must be an https URL")


async def fetch(http: httpx2.AsyncClient, method: str, url: str, **given: Any) -> httpx2.Response:
    """The answer, of which no more is read than an answer can be for. Raises Refused, and what httpx2 raises."""
    headers = {"Accept": "application/json", **given.pop("headers", {})}
    body = bytearray()
    async with http.stream(method, url, headers=headers, **given) as answer:
        async for chunk in answer.aiter_bytes():
            body += chunk
            if len(body) > _LONGEST_ANSWER_BYTES:
                raise federation_refused("Invalid response from IdP", f"{url} answered more than 1 MiB")
    return httpx2.Response(answer.status_code, content=bytes(body))


async def get_json(http: httpx2.AsyncClient, url: str, what: str) -> dict[str, Any]:
    """A document that a provider publishes. Raises Refused, which calls the document `what`."""
    try:
        answer = await fetch(http, "GET", url)
    except UNREACHABLE as problem:
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
