"""An unsigned operation of AWS JSON 1.1 without I/O: its request, its answer, its refusal.

Sources: facts/api.md §1, facts/failures.md §5.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from halfday.client.errors import ApiRefused, NetworkError
from halfday.client.transport import wire

_THROTTLED = ("TooManyRequestsException", "ThrottlingException", "LimitExceededException")


def call_api(endpoint: str, target: str, members: Mapping[str, Any]) -> wire.Flow[dict[str, Any]]:
    """One AWS JSON 1.1 operation, unsigned. Raises ApiRefused, ServerFault, NetworkError."""
    guest = {"as_a_guest": ""} if members.get("Logins") == {} else {}
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
    request = wire.Request("POST", f"{endpoint}/", headers, json.dumps(members).encode())
    response = yield request
    if response.status == 200:
        answer = response.json()
        if not answer and response.body.strip() not in (b"", b"{}"):
            raise wire.unusable(request, response)
        return answer
    raise _refusal(request, response, target.rpartition(".")[2], guest)


def _refusal(
    request: wire.Request, response: wire.Response, operation: str, facts: Mapping[str, str]
) -> ApiRefused | NetworkError:
    """`__type` may carry a namespace before '#', the header x-amzn-ErrorType an address after ':'."""
    answer = response.json()
    named = str(answer.get("__type") or response.headers.get("x-amzn-errortype", ""))
    code = named.rpartition("#")[2].partition(":")[0]
    message = str(answer.get("message") or answer.get("Message") or "")
    if wire.is_fault(response) or code in _THROTTLED:
        told = f"{operation} with {code or response.status}{': ' if message else ''}{message}"
        return wire.server_fault(request, response, told)
    if not code:
        return wire.unusable(request, response)
    return ApiRefused(operation, code, message, facts=facts)
