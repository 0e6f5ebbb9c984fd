"""An STS over a real socket that answers AssumeRole and GetCallerIdentity, and remembers whose keys had signed."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from sockets import Handler, answering

_ASSUMED = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/r/x</Arn></AssumedRoleUser>
<Credentials><AccessKeyId>ASIACHAINED</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""
_CALLER = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:sts::123456789012:assumed-role/r/x</Arn><UserId>AROA:x</UserId><Account>123456789012</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""


@dataclass
class Sts:
    """`heard` lists (operation, access key id), in the order of arrival."""

    origin: str = ""
    heard: list[tuple[str, str]] = field(default_factory=list)


@contextlib.contextmanager
def running() -> Iterator[Sts]:
    sts = Sts()

    class Endpoint(Handler):
        def do_POST(self) -> None:
            asked = parse_qs(self.read_body().decode())["Action"][0]
            key = re.search(r"Credential=(\w+)/", self.headers["Authorization"])
            assert key
            sts.heard.append((asked, key[1]))
            self.answer(200, {"AssumeRole": _ASSUMED, "GetCallerIdentity": _CALLER}[asked].encode(), "text/xml")

    with answering(Endpoint) as sts.origin:
        yield sts
