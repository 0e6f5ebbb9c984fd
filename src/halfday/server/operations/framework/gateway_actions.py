"""What policies call a call of API Gateway: its HTTP method, and its path as a resource without an account.

Source: Service authorization reference, Amazon API Gateway Management.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from halfday.server.operations.framework.service_models import OperationModel

_LABEL = re.compile(r"\{([^{}+]+)\+?\}")


def gateway_action(model: OperationModel, given: Mapping[str, Any], region: str) -> tuple[str, str]:
    """Method and ARN: PATCH, arn:aws:apigateway:us-east-1::/restapis/ID."""
    shape = model.input_shape
    by_place = {place.name: name for name, place in shape.places.items()} if shape else {}
    path = model.http["requestUri"].partition("?")[0].removeprefix("/v2")
    filled = _LABEL.sub(lambda found: str(given.get(by_place.get(found[1], ""), "")), path)
    return model.http["method"], f"arn:aws:apigateway:{region}::{filled}"
