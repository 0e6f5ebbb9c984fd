"""What may be kept by a cache: nothing of ours that does not say so. Codes, tokens and states travel in answers.

Objects of the front door and answers of the gateway's backends are not ours; they say themselves what may be kept.
"""

from __future__ import annotations

from starlette.responses import Response

UNSTORED = {"Cache-Control": "no-store"}
_NAME, _RAW = b"cache-control", (b"cache-control", b"no-store")


def unstored(response: Response) -> Response:
    """The response, marked no-store unless it has a Cache-Control of its own (RFC 6749 §5.1, RFC 9111 §5.2.2.5)."""
    if _NAME not in [name for name, _ in response.raw_headers]:
        response.raw_headers.append(_RAW)
    return response
