"""The server's API over HTTP: operations by botocore, stacks by signed requests of our own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import quote

from halfday.server.templates import stacks
from halfday.server.templates.errors import CallRefused, TemplateRefused
from halfday.server.templates.stacks import Stack

_PATH = "/halfday/stacks"
_SERVICE = "halfday"


class OverHttp:
    """Calls and memory of the server at `endpoint`. `session` is botocore's, with credentials and a Region."""

    def __init__(self, endpoint: str, session: Any, region: str) -> None:
        self.endpoint, self._session, self.region = endpoint.rstrip("/"), session, region
        self._client = cache(self._make_client)
        self.account = str(self._own("GET", "")["account"])

    async def call(self, service: str, operation: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        from botocore import xform_name
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer: dict[str, Any] = getattr(self._client(service), xform_name(operation))(**given)
        except ClientError as refused:
            error = refused.response["Error"]
            raise CallRefused(operation, str(error.get("Code")), str(error.get("Message"))) from refused
        except BotoCoreError as problem:
            raise CallRefused(operation, type(problem).__name__, str(problem)) from problem
        answer.pop("ResponseMetadata", None)
        return answer

    async def read(self, service: str, operation: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        return await self.call(service, operation, given)

    async def find(self, name: str) -> Stack | None:
        return next((stack for stack in await self.all() if stack.name == name), None)

    async def all(self) -> list[Stack]:
        found = self._own("GET", "")["stacks"]
        return [stacks.read(one["name"], one["revision"], one["content"]) for one in found]

    async def keep(self, stack: Stack) -> Stack:
        body = json.dumps({"revision": stack.revision, "content": stack.content()}).encode()
        self._own("PUT", f"/{quote(stack.name, safe='')}", body)
        return stack

    async def forget(self, name: str) -> None:
        self._own("DELETE", f"/{quote(name, safe='')}")

    def _own(self, method: str, path: str, body: bytes = b"") -> Mapping[str, Any]:
        """An answer of this server's own API. Raises CallRefused, TemplateRefused."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import BotoCoreError
        from botocore.httpsession import URLLib3Session

        request = AWSRequest(method, f"{self.endpoint}{_PATH}{path}", data=body or None)
        SigV4Auth(self._session.get_credentials().get_frozen_credentials(), _SERVICE, self.region).add_auth(request)
        try:
            answer = URLLib3Session(verify=True).send(request.prepare())
        except BotoCoreError as problem:
            raise TemplateRefused(f"{self.endpoint} does not answer", hint="halfday serve starts one") from problem
        told = _told(answer.content)
        if answer.status_code >= 400 or (method == "GET" and "stacks" not in told):
            sentence = str(told.get("message") or f"it answered {answer.status_code}, which no Halfday server does")
            raise CallRefused("stacks", str(told.get("__type", answer.status_code)), sentence)
        return told

    def _make_client(self, service: str) -> Any:
        from botocore.config import Config

        config = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}, read_timeout=120)
        return self._session.create_client(service, region_name=self.region, endpoint_url=self.endpoint, config=config)


def _told(content: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(content)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
