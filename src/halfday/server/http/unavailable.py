"""The answer while another process holds the database, or too much is held in memory: 503, which every SDK tries again.

AWS's common error ServiceUnavailable (Cognito API reference, Common Errors; S3's error responses). Nothing was done.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from halfday.protocol.errors import ServiceError
from halfday.server.http.edge import note
from halfday.server.http.requests.body_budget import NoRoom
from halfday.server.storage.errors import Busy

STATUS = 503
RETRY_AFTER_S = 1

_SENTENCE = "The request has failed due to a temporary failure of the server. Please try again."


def service_unavailable(busy: Busy | NoRoom) -> ServiceError:
    """The refusal for the AWS APIs; each edge spells it in its protocol."""
    return ServiceError("ServiceUnavailable", _SENTENCE, status=STATUS, detail=str(busy))


def retry_after(error: ServiceError) -> dict[str, str]:
    """Retry-After for a 503, nothing for other refusals."""
    return {"Retry-After": str(RETRY_AFTER_S)} if error.status == STATUS else {}


def unavailable(request: Request, busy: Busy | NoRoom) -> Response:
    """The answer of pages, OAuth endpoints and gateway. `temporarily_unavailable` is RFC 6749's word (§4.1.2.1)."""
    from halfday.server.http.notices import tell, wants_page  # pages, which the calls of APIs do not load

    note(request, why=str(busy))
    if wants_page(request):
        page = tell(request, STATUS, "Please try again", _SENTENCE)
        page.headers["Retry-After"] = str(RETRY_AFTER_S)
        return page
    body = {"error": "temporarily_unavailable", "message": _SENTENCE}
    headers = {"Retry-After": str(RETRY_AFTER_S), "Cache-Control": "no-store"}
    return JSONResponse(body, STATUS, headers)
