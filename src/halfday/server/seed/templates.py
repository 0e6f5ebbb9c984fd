"""[[template]]: CloudFormation templates of a seed file, applied in this process by the operations of boto3."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from halfday.protocol.errors import ServiceError
from halfday.server.domain.aws.stacks import StackRecord
from halfday.server.operations.framework.model import SERVICES
from halfday.server.operations.framework.root_calls import dispatched, told
from halfday.server.outside.upstreams import UpstreamCall, UpstreamFailed, whole
from halfday.server.seed_file import SeedRefused
from halfday.server.services import Services
from halfday.server.storage.errors import Stale
from halfday.server.templates import applying, documents, stacks
from halfday.server.templates.errors import CallRefused, Stopped, TemplateRefused
from halfday.server.templates.stacks import Stack

log = logging.getLogger("halfday.seed")


async def declare(services: Services, table: Mapping[str, Any]) -> None:
    """What the template has stands there, and what left it is gone. Raises SeedRefused."""
    place = f"[[template]] {table['file']}"
    server = InProcess(services, table.get("region", services.settings.region))
    try:
        for path, stack in documents.found_at(Path(table["file"])):
            given = table.get("parameters", {})
            template = documents.read(path, table.get("stack") or stack)
            applied = await applying.apply(template, server, server, given, told=table.get("values"))
            for name, kind in applied.untaken.items():
                log.info("template %s: %s (%s) is not taken", template.stack, name, kind)
            for name, dropped in applied.without.items():
                log.info("template %s: %s is made without %s", template.stack, name, ", ".join(sorted(dropped)))
            log.info("template %s: %d changes", template.stack, len(applied.steps))
    except TemplateRefused as refused:
        raise SeedRefused(f"{place}: {'; '.join(refused.sentences)}", hint=refused.hint or _CORRECT) from refused
    except (Stopped, CallRefused) as stopped:
        raise SeedRefused(f"{place}: {stopped}", hint=_CORRECT) from stopped


_CORRECT = "docs/templates.md says what is taken of a template"


class InProcess:
    """Operations by dispatch, as the account's root; AWS's other services at the upstream; stacks in the store."""

    def __init__(self, services: Services, region: str) -> None:
        self._services, self.region, self.account = services, region, services.settings.account_id

    async def call(self, service: str, operation: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        if service not in SERVICES:
            return await self._upstream(service, operation, given)
        try:
            return await dispatched(self._services, service, operation, dict(given), region=self.region)
        except ServiceError as error:
            raise CallRefused(operation, error.code, told(error)) from error

    async def read(self, service: str, operation: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        return await self.call(service, operation, given)

    async def _upstream(self, service: str, operation: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The operation as botocore sends it and reads its answer."""
        if self._services.upstream is None:
            sentence = f"there is no {service} behind the front door: pip install 'halfday[aws]'"
            raise CallRefused(operation, "NoUpstream", sentence)
        wire = _Wire(service, operation)
        try:
            answer = await whole(self._services.upstream, wire.call(given, self.region, self.account))
        except UpstreamFailed as failed:
            raise CallRefused(operation, "UpstreamFailed", str(failed)) from failed
        return wire.read(answer.status, dict(answer.headers), answer.body)

    async def find(self, name: str) -> Stack | None:
        record = await self._services.store.stacks.find(self.account, self.region, name)
        return stacks.read(name, record.revision, json.loads(record.content)) if record else None

    async def all(self) -> list[Stack]:
        records = await self._services.store.stacks.all(self.account, self.region)
        return [stacks.read(one.name, one.revision, json.loads(one.content)) for one in records]

    async def keep(self, stack: Stack) -> Stack:
        content = json.dumps(stack.content())
        try:
            await self._services.store.stacks.keep(
                StackRecord(self.account, self.region, stack.name, stack.revision, content)
            )
        except Stale as stale:
            raise CallRefused("stacks", "Stale", "somebody else has applied this stack meanwhile") from stale
        return stack

    async def forget(self, name: str) -> None:
        await self._services.store.stacks.delete(self.account, self.region, name)


class _Wire:
    """One operation of a service behind the front door, in its own protocol."""

    def __init__(self, service: str, operation: str) -> None:
        from botocore.loaders import Loader
        from botocore.model import ServiceModel

        self._service = ServiceModel(Loader().load_service_model(service, "service-2"), service)
        self._operation = self._service.operation_model(operation)
        self._protocol = str(self._service.metadata["protocol"])

    def call(self, given: Mapping[str, Any], region: str, account: str) -> UpstreamCall:
        from botocore.serialize import create_serializer

        made = create_serializer(self._protocol, include_validation=False).serialize_to_request(
            dict(given), self._operation
        )
        body = made["body"] or b""
        headers = {name.lower(): value for name, value in made["headers"].items()}
        return UpstreamCall(
            self._service.service_name,
            str(self._service.signing_name),
            region,
            account,
            made["method"],
            made["url_path"],
            headers,
            body.encode() if isinstance(body, str) else bytes(body),
        )

    def read(self, status: int, headers: Mapping[str, str], body: bytes) -> Mapping[str, Any]:
        """Raises CallRefused."""
        from botocore.compat import HTTPHeaders
        from botocore.parsers import create_parser

        known = HTTPHeaders.from_dict({name.lower(): value for name, value in headers.items()})
        answer = {"status_code": status, "headers": known, "body": body}
        read: dict[str, Any] = create_parser(self._protocol).parse(answer, self._operation.output_shape)
        if status >= 300:
            error = read.get("Error", {})
            raise CallRefused(self._operation.name, str(error.get("Code")), str(error.get("Message")))
        read.pop("ResponseMetadata", None)
        return read
