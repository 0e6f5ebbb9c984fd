"""Which API and which stage a request is for, told by its host or its path.

ID.execute-api.localhost:4242/STAGE/…, as AWS has it; /restapis/ID/STAGE/_user_request_/… and
/_aws/execute-api/ID/STAGE/…, as LocalStack has it; and AWS's own hosts, where requests come by the proxy of aws_names.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from starlette.requests import Request

from halfday.server import reachability as reach
from halfday.server.domain.gateway.apis import DEFAULT_STAGE
from halfday.server.flows.gateway.stages import has_stage
from halfday.server.http.requests.parameters import raw_path
from halfday.server.services import Services

_HOST = re.compile(r"(?P<id>[a-z0-9-]+)\.execute-api\.(?:localhost|[a-z]{2}(?:-[a-z]+)+-[0-9]\.amazonaws\.com)")
_PATH = re.compile(
    r"/restapis/(?P<id>[a-z0-9-]+)/(?P<stage>[^/]+)/_user_request_(?P<rest>/.*|)"
    r"|/_aws/execute-api/(?P<id2>[a-z0-9-]+)/(?P<stage2>[^/]+)(?P<rest2>/.*|)",
    re.DOTALL,
)


class Address(NamedTuple):
    """`path` is what follows the API, `whole` what API Gateway would have as its path. `stage` is None where the path's
    first part may be the stage.
    """

    api_id: str
    stage: str | None
    path: str


def address_of(request: Request) -> Address | None:
    """None where the request is for something else of this server."""
    path = raw_path(request).decode("latin-1")
    by_host = _HOST.fullmatch(reach.host_named(request.headers.get("host", "")))
    if by_host is not None:
        return Address(by_host["id"], None, path)
    if not path.startswith(("/restapis/", "/_aws/execute-api/")):
        return None
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    stage = (found["stage"] or found["stage2"]).replace("%24", "$")
    return Address(found["id"] or found["id2"], stage, (found["rest"] or found["rest2"] or "") or "/")


async def stage_and_path(address: Address, services: Services) -> tuple[str, str]:
    """The stage's name and the path within it. What is at no stage is at an HTTP API's `$default`, if that is there."""
    if address.stage is not None:
        return address.stage, address.path
    first, slash, rest = address.path.lstrip("/").partition("/")
    if first and await has_stage(services, address.api_id, first):
        return first, "/" + rest if slash else "/"
    return DEFAULT_STAGE, address.path or "/"
