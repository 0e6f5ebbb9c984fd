"""The bound of every answer: a constant one by the framework that ours are given by.

As a program: python -m bench.constant PORT LOOP, the loop being asyncio or uvloop.
"""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def answer(request: Request) -> Response:
    await request.body()
    return Response(b'{"Username":"ada"}', media_type="application/x-amz-json-1.1")


if __name__ == "__main__":
    app = Starlette(routes=[Route("/", answer, methods=["GET", "POST"])])
    port, loop = int(sys.argv[1]), sys.argv[2]
    uvicorn.run(app, host="127.0.0.1", port=port, loop=loop, log_level="error", access_log=False)
