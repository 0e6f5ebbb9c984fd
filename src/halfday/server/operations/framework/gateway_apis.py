"""What operations of both of API Gateway's APIs share: finding an API, changing its document, addresses, tags."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

from halfday.protocol.urls import is_this_machine
from halfday.server.domain.gateway.apis import Api, ApiStage, make_id
from halfday.server.domain.gateway.checks import bad, not_built
from halfday.server.domain.gateway.serving import ApiKind
from halfday.server.domain.refusals import Refused
from halfday.server.operations.framework.registry import Call
from halfday.server.storage.errors import Missing

T = TypeVar("T")
Document = dict[str, Any]

ID_MEMBERS = {ApiKind.REST: "restApiId", ApiKind.HTTP: "ApiId"}
LONGEST_PAGE = 500
ID_BYTES = 16


def new_id(call: Call, length: int = 10) -> str:
    return make_id(call.services.random(ID_BYTES), length)


def not_found(sentence: str) -> Refused:
    return Refused("NotFoundException", sentence)


def conflict(sentence: str) -> Refused:
    return Refused("ConflictException", sentence)


def no_such_api(call: Call, api_id: str) -> Refused:
    return not_found(f"Invalid API identifier specified {call.account}:{api_id}")


async def the_api(call: Call, kind: ApiKind) -> Api:
    """The API that the call names, in the call's Region. Raises Refused: of a method it is the resource that is not
    there, as LocalStack recorded.
    """
    api_id = call.input[ID_MEMBERS[kind]]
    api = await call.services.store.apis.find(api_id)
    if api is None or api.kind != kind.value or not call.is_of_region(api.region):
        if "httpMethod" in call.input:
            raise not_found("Invalid Resource identifier specified")
        raise no_such_api(call, api_id)
    return api


async def edit(call: Call, kind: ApiKind, change: Callable[[Document], T], *, name: str | None = None) -> T:
    """What `change` answers, having changed the API's document; nothing is kept where it raises. `name`: a new one."""
    api = await the_api(call, kind)
    results: list[T] = []

    def changed(known: Api) -> Api:
        document = thawed(known.document)
        results[:] = [change(document)]
        return replace(known, document=document, name=known.name if name is None else name)

    try:
        await call.services.store.apis.change(api.api_id, changed)
    except Missing as problem:
        raise no_such_api(call, api.api_id) from problem
    return results[0]


async def the_stage(call: Call, api: Api, name: str) -> ApiStage:
    stage = await call.services.store.api_stages.find(api.api_id, name)
    if stage is None:
        raise not_found("Invalid stage identifier specified")
    return stage


def thawed(document: Mapping[str, Any]) -> Document:
    """A copy that can be changed: what is held is shared by all requests."""
    copied: Document = json.loads(json.dumps(document))
    return copied


def entity(entities: Mapping[str, Any], name: str, what: str) -> Any:
    """Raises Refused."""
    if name not in entities:
        raise not_found(f"Invalid {what} identifier specified")
    return entities[name]


def refuse_set(call: Call, *names: str) -> None:
    """Refuses flags that are switched on and not honoured. Switched off they ask for nothing (Terraform sends them)."""
    for name in names:
        if call.input.get(name):
            raise not_built(name)


def endpoint_of(call: Call, api_id: str) -> str:
    """Where the API answers: a host of its own on this machine, else a path of this server (http/gateway/addresses)."""
    here = urlsplit(call.services.origin)
    if is_this_machine(here.hostname or ""):
        port = f":{here.port}" if here.port else ""
        return f"{here.scheme}://{api_id}.execute-api.localhost{port}"
    return f"{call.services.origin}/_aws/execute-api/{api_id}"


def page_of(entities: list[T], call: Call, *, token: str, limit: str) -> tuple[list[T], str | None]:
    """A page of a list, and what names the next one: a number, because nobody has more than some hundreds."""
    given = call.input.get(token)
    try:
        start = int(given) if given else 0
    except ValueError as problem:
        raise bad(f"Invalid {token} specified") from problem
    most = int(call.input.get(limit) or LONGEST_PAGE)
    page = entities[start : start + most]
    return page, str(start + most) if start + most < len(entities) else None
