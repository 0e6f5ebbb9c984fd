"""Pools as documents: out of this server, and into it.

GET /export              the document; `pool` names one pool, `secrets=true` brings passwords and keys with it,
                         `users=false` leaves people out
POST /import             {"document": {…}, "passwords": "keep" or "reset"}: what was made, and what was left out;
                         64 MiB at most
"""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from halfday.server.http.management.answers import Refused, answer, body_of, refuse_unknown
from halfday.server.services import Services
from halfday.server.transfer.errors import TransferRefused
from halfday.server.transfer.exporting import export
from halfday.server.transfer.importing import bring
from halfday.server.transfer.writing_users import PASSWORDS

MOST_BYTES = 64 * 1024 * 1024
"""Of what is imported at once: some hundred thousand people."""
_FLAGS = {"true": True, "false": False}


class TransferHandlers:
    def __init__(self, services: Services, turns: asyncio.Lock) -> None:
        """`turns`: of whoever reads or changes all that there is."""
        self._services, self._turns = services, turns

    async def export(self, request: Request) -> Response:
        query = request.query_params
        refuse_unknown(query, ("pool", "secrets", "users"))
        secrets, users = (_flag(request, *asked) for asked in (("secrets", "false"), ("users", "true")))
        try:
            async with self._turns:
                found = await export(self._services, only=query.getlist("pool"), secrets=secrets, users=users)
        except TransferRefused as refused:
            raise Refused(str(refused), 404) from refused
        return answer(json.loads(json.dumps(found, default=_as_text)))

    async def bring(self, request: Request) -> Response:
        asked = await body_of(request, ("document", "passwords"), limit_bytes=MOST_BYTES)
        if (passwords := asked.get("passwords", "keep")) not in PASSWORDS:
            raise Refused(f"passwords: must be {' or '.join(PASSWORDS)}.")
        try:
            async with self._turns:
                told = await bring(self._services, asked.get("document", {}), passwords=passwords)
        except TransferRefused as refused:
            raise Refused(str(refused)) from refused
        return answer(told.as_members())


def _flag(request: Request, name: str, default: str) -> bool:
    text = request.query_params.get(name, default)
    if text not in _FLAGS:
        raise Refused(f"{name}: must be true or false.")
    return _FLAGS[text]


def _as_text(value: Any) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
