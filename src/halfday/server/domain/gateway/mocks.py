"""Mock integrations: an answer without a backend, by templates that have no logic.

Source: developer guide, Mock integrations for REST APIs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from halfday.server.domain.gateway.expressions import Surroundings
from halfday.server.domain.gateway.refusals import Answer, GatewayRefused, ResponseType
from halfday.server.domain.gateway.serving import Integration, MockResponse

JSON = "application/json"

# CDK writes `{ statusCode: 204 }`, which is no JSON, and API Gateway takes it.
_STATUS = re.compile(r"""["']?statusCode["']?\s*:\s*["']?(\d{3})\b""")
_HEADER = "method.response.header."


def mock_answer(integration: Integration, around: Surroundings) -> Answer:
    """Raises GatewayRefused where the templates give no status, or no response is for it."""
    status = _status(integration, around)
    response = _response(integration, status)
    headers = [
        (target.removeprefix(_HEADER).lower(), value)
        for target, source in response.parameters.items()
        if target.startswith(_HEADER) and (value := around.of_rest(source)) is not None
    ]
    content_type, template = _template(response.templates, around.request.header("accept"))
    if not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", content_type))
    return Answer(response.status, tuple(headers), around.filled(template).encode())


def _status(integration: Integration, around: Surroundings) -> int:
    content_type = (around.request.header("content-type") or JSON).partition(";")[0].strip().lower()
    template = integration.request_templates.get(content_type)
    never = integration.passthrough == "NEVER"
    if template is None and (
        never or (integration.passthrough == "WHEN_NO_TEMPLATES" and integration.request_templates)
    ):
        raise GatewayRefused(ResponseType.UNSUPPORTED_MEDIA_TYPE, "the mock has no request template of this type")
    text = around.filled(template) if template is not None else around.request.body.decode(errors="replace")
    found = _STATUS.search(text)
    if found is None:
        raise GatewayRefused(ResponseType.API_CONFIGURATION_ERROR, "the mock's request template gives no statusCode")
    return int(found[1])


def _response(integration: Integration, status: int) -> MockResponse:
    for response in integration.responses:
        if response.pattern and re.fullmatch(response.pattern, str(status)):
            return response
    for response in integration.responses:
        if not response.pattern:
            return response
    raise GatewayRefused(ResponseType.API_CONFIGURATION_ERROR, f"the mock has no integration response for {status}")


def _template(templates: Mapping[str, str], accept: str | None) -> tuple[str, str]:
    """Type and template: the one that is accepted by its name, else the one of JSON, else the first."""
    wanted = [part.partition(";")[0].strip().lower() for part in (accept or "").split(",")]
    for content_type in (*wanted, JSON):
        if content_type in templates:
            return content_type, templates[content_type]
    return next(iter(templates.items()), (JSON, ""))


def quoted(text: str | None) -> str:
    """`$context.error.messageString`: the message as JSON."""
    return json.dumps(text)
