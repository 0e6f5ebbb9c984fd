"""The code of functions of Lambda's API: taken from an upload or from S3, checked, and kept in the data folder."""

from __future__ import annotations

import asyncio
import base64
import re
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote

from halfday.server.domain.refusals import Refused
from halfday.server.outside.functions.code_files import CodeFiles, CodeRefused, check_code
from halfday.server.outside.upstreams import UpstreamCall, UpstreamFailed, whole
from halfday.server.services import Services

LONGEST_CODE_BYTES = 250 * 1024 * 1024
"""Of a .zip file in S3 (Lambda developer guide, Quotas, unzipped)."""
MOST_UPLOADED_BYTES = 52_428_800
"""Of a .zip file that comes with the call (Quotas, zipped)."""

_CODE = re.compile(rb"<Code>([A-Za-z0-9]{1,64})</Code>")
_MESSAGES = {
    "NoSuchKey": "The specified key does not exist.",
    "NoSuchBucket": "The specified bucket does not exist",
    "NoSuchVersion": "The specified version does not exist.",
}


@dataclass(frozen=True, slots=True)
class KeptCode:
    """`sha256` is base64."""

    code_id: str
    sha256: str
    size: int


def files(services: Services) -> CodeFiles:
    return CodeFiles(services.settings.data / "functions")


def check_upload(content: bytes) -> None:
    """Raises Refused for a zip that is too long to come with the call, in the sentence that LocalStack recorded."""
    if len(content) >= MOST_UPLOADED_BYTES:
        sentence = f"Zipped size must be smaller than {MOST_UPLOADED_BYTES} bytes"
        raise Refused("RequestEntityTooLargeException", sentence)


async def check(content: bytes) -> None:
    """Raises Refused in Lambda's words for what is no function's code."""
    try:
        await asyncio.to_thread(check_code, content)
    except CodeRefused as refused:
        raise Refused("InvalidParameterValueException", str(refused), refused.detail) from refused


async def keep(services: Services, content: bytes) -> KeptCode:
    """The code is on the disk, under an id that nothing else has."""
    code_id = services.uuid4()
    await asyncio.to_thread(files(services).keep, code_id, content)
    return KeptCode(code_id, digest(content), len(content))


async def delete(services: Services, code_id: str) -> None:
    """Not of a server that keeps nothing: it may be put back to what named this code, and its folder goes with it."""
    if services.settings.ephemeral:
        return
    await asyncio.to_thread(files(services).delete, code_id)


def digest(content: bytes) -> str:
    return base64.b64encode(sha256(content).digest()).decode()


async def read_from_s3(services: Services, bucket: str, key: str, version: str | None) -> bytes:
    """The object, from the S3 behind the front door. Raises Refused in Lambda's words."""
    if services.upstream is None:
        raise Refused("NotImplementedException", "Code in S3 needs an S3: the setting `upstream` names one.")
    path = f"/{quote(bucket, safe='')}/{quote(key)}" + (f"?versionId={quote(version, safe='')}" if version else "")
    call = UpstreamCall("s3", "s3", services.settings.region, services.settings.account_id, "GET", path)
    try:
        answer = await whole(services.upstream, call, LONGEST_CODE_BYTES)
    except UpstreamFailed as problem:
        raise Refused("ServiceException", "S3 did not answer.", f"upstream failed: {problem}") from problem
    if answer.status == 200:
        return answer.body
    found = _CODE.search(answer.body)
    code = found[1].decode() if found else "InternalError"
    sentence = f"Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {_MESSAGES.get(code, code)}"
    raise Refused("InvalidParameterValueException", sentence)
