"""A call that was allowed, on to the AWS behind: rebuilt from what was understood, signed by nobody."""

from __future__ import annotations

import base64
from dataclasses import replace
from hashlib import md5

from halfday.protocol.errors import ServiceError
from halfday.protocol.sigv4 import UNSIGNED_PAYLOAD, Scope, format_query, format_timestamp, hash_of
from halfday.protocol.sigv4_claim import Claimed
from halfday.server.domain.s3 import actions as s3_actions
from halfday.server.domain.s3.actions import S3Request
from halfday.server.domain.s3.bulk_delete import BulkDelete, write_bulk_delete
from halfday.server.domain.s3.documents import is_xml
from halfday.server.front_door.document_bodies import malformed_xml
from halfday.server.outside.upstream import Answer, Upstream, UpstreamFailed, UpstreamStumbled
from halfday.server.services import Services


def authorization_of(claimed: Claimed) -> str:
    """An Authorization header that tells the upstream the Region. Nobody can take it for a signature."""
    key = claimed.access_key_id if claimed.access_key_id.isascii() and claimed.access_key_id.isalnum() else "root"
    return f"AWS4-HMAC-SHA256 Credential={key}/{claimed.scope}, SignedHeaders=host, Signature=halfday"


def own_authorization(services: Services) -> str:
    """The Authorization header of calls that this server makes in its own name."""
    scope = Scope(format_timestamp(services.clock())[:8], services.settings.region, "s3")
    return f"AWS4-HMAC-SHA256 Credential=root/{scope}, SignedHeaders=host, Signature=halfday"


def written_anew(asked: S3Request, bulk: BulkDelete) -> tuple[S3Request, bytes]:
    """The DeleteObjects with a body that this server wrote, and the hashes of that body."""
    body = write_bulk_delete(bulk)
    headers = {name: value for name, value in asked.headers.items() if "checksum" not in name}
    headers["content-md5"] = base64.b64encode(md5(body, usedforsecurity=False).digest()).decode()
    if headers.get("x-amz-content-sha256", UNSIGNED_PAYLOAD) != UNSIGNED_PAYLOAD:
        headers["x-amz-content-sha256"] = hash_of(body)
    return replace(asked, headers=headers), body


async def send_on(upstream: Upstream, asked: S3Request, authorization: str, body: bytes) -> Answer:
    """The upstream's answer. Raises ServiceError ServiceUnavailable; MalformedXML where it stumbled over a document."""
    query = format_query(asked.query)
    headers = {**s3_actions.upstream_headers(asked), "authorization": authorization}
    try:
        return await upstream.send(asked.method, asked.path + (f"?{query}" if query else ""), headers, body)
    except UpstreamFailed as failed:
        if isinstance(failed, UpstreamStumbled) and body and is_xml(asked):
            raise malformed_xml(f"what stands behind could not read it: {failed}") from failed
        raise unavailable(failed) from failed


def unavailable(failed: Exception) -> ServiceError:
    message = "The AWS behind this front door did not answer. Please try again."
    return ServiceError("ServiceUnavailable", message, status=503, detail=f"upstream failed: {failed}")
