"""A request whose body has come whole, and in whose head each header stands once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from functools import lru_cache
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Scope


class Received(Request):
    """`content` is the body. Nothing is waited for when it is read."""

    def __init__(self, scope: Scope, fields: Mapping[bytes, bytes]) -> None:
        """`fields`: the headers by their names in small letters. The body is put in when it has come."""
        super().__init__(scope)
        self.content = b""
        self._headers = _Fields(fields, scope["headers"])

    async def stream(self) -> AsyncGenerator[bytes, None]:
        if self.content:
            yield self.content
        yield b""


class _Fields(Headers):
    """Headers found by their names, and not by looking at all of them."""

    def __init__(self, fields: Mapping[bytes, bytes], raw: list[tuple[bytes, bytes]]) -> None:
        self._fields, self._list = fields, raw

    def __getitem__(self, key: str) -> str:
        return self._fields[_as_sent(key)].decode("latin-1")

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and _as_sent(key) in self._fields

    def get(self, key: str, default: Any = None) -> Any:
        found = self._fields.get(_as_sent(key))
        return default if found is None else found.decode("latin-1")


@lru_cache(maxsize=256)
def _as_sent(name: str) -> bytes:
    return name.lower().encode("latin-1")
