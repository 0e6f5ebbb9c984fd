"""AWS's federation endpoint as its documentation and its toolkits' requests show it, over a real socket."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from sockets import Handler, answering

TOKEN = "VCQgs5qZZt3Q6fn8Tr5EXAMPLEmLnwB7JjUc-SHwnUUWabcRdnWsi4DBn-dvC+/="
PAGE_400 = b"<html><head><title>HTTP Status 400 - Invalid credentials parameter</title></head><body>x</body></html>"


@dataclass
class Federation:
    origin: str = ""
    status: int = 200
    body: bytes = json.dumps({"SigninToken": TOKEN}).encode()
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@contextlib.contextmanager
def running() -> Iterator[Federation]:
    federation = Federation()

    class Endpoint(Handler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
            federation.requests.append((self.path, dict(parse_qsl(self.read_body().decode()))))
            content_type = "application/json" if federation.status == 200 else "text/html"
            self.answer(federation.status, federation.body, content_type)

    with answering(Endpoint) as federation.origin:
        yield federation
