"""A call that was allowed, on to the AWS behind: rebuilt from what was understood, signed by nobody."""

from __future__ import annotations

import base64
from dataclasses import replace
from hashlib import md5
from typing import NamedTuple

from halfday.protocol.errors import ServiceError
from halfday.protocol.sigv4 import UNSIGNED_PAYLOAD, format_query, hash_of
from halfday.server.domain.s3 import actions as s3_actions
from halfday.server.domain.s3.actions import S3Request
from halfday.server.domain.s3.bulk_delete import BulkDelete, write_bulk_delete
from halfday.server.domain.s3.documents import is_xml
from halfday.server.front_door.document_bodies import malformed_xml
from halfday.server.outside.upstreams import (
    Answer,
    Body,
    Opened,
    Upstream,
    UpstreamCall,
    UpstreamFailed,
    UpstreamHasNone,
    UpstreamStumbled,
)
from halfday.server.outside.upstreams.calls import read_whole
from halfday.server.services import Services


class Where(NamedTuple):
    """Where a call is done: the Region that was signed for, in this server's account."""

    region: str
    account: str


def own_call(services: Services) -> Where:
    """Where this server makes calls in its own name."""
    return Where(services.settings.region, services.settings.account_id)


def written_anew(asked: S3Request, bulk: BulkDelete) -> tuple[S3Request, bytes]:
    """The DeleteObjects with a body that this server wrote, and the hashes of that body."""
    body = write_bulk_delete(bulk)
    headers = {name: value for name, value in asked.headers.items() if "checksum" not in name}
    headers["content-md5"] = base64.b64encode(md5(body, usedforsecurity=False).digest()).decode()
    if headers.get("x-amz-content-sha256", UNSIGNED_PAYLOAD) != UNSIGNED_PAYLOAD:
        headers["x-amz-content-sha256"] = hash_of(body)
    return replace(asked, headers=headers), body


async def send_on(upstream: Upstream, asked: S3Request, where: Where, body: Body) -> Opened:
    """The upstream's answer. Raises ServiceError ServiceUnavailable; MalformedXML where it stumbled over a document."""
    query = format_query(asked.query)
    target = asked.path + (f"?{query}" if query else "")
    headers = s3_actions.upstream_headers(asked)
    call = UpstreamCall("s3", "s3", where.region, where.account, asked.method, target, headers, body)
    try:
        return await upstream.open(call)
    except UpstreamFailed as failed:
        if isinstance(failed, UpstreamStumbled) and body and is_xml(asked):
            raise malformed_xml(f"what stands behind could not read it: {failed}") from failed
        raise unavailable(failed) from failed


async def ask(upstream: Upstream, asked: S3Request, where: Where) -> Answer:
    """The whole answer to a question of this server's own. Raises ServiceError ServiceUnavailable."""
    try:
        return await read_whole(await send_on(upstream, asked, where, b""))
    except UpstreamFailed as failed:
        raise unavailable(failed) from failed


def unavailable(failed: Exception) -> ServiceError:
    if isinstance(failed, UpstreamHasNone):
        return ServiceError("NotImplemented", f"{failed}.", status=501, detail=str(failed))
    message = "The AWS behind this front door did not answer. Please try again."
    return ServiceError("ServiceUnavailable", message, status=503, detail=f"upstream failed: {failed}")
