"""Whether an upload id belongs to the object that a part, a completion or an abortion names.

The AWS behind is asked once an upload, and what it said is remembered: it may go by the id alone.
"""

from __future__ import annotations

from halfday.protocol.errors import ServiceError
from halfday.server.domain.s3.actions import S3Request
from halfday.server.domain.s3.uploads import KnownUploads, UnreadableUploads, UploadPage, parse_uploads
from halfday.server.front_door.forwarding import Where, ask, unavailable
from halfday.server.outside.upstreams import Upstream

MOST_PAGES = 100


async def check_upload(upstream: Upstream, known: KnownUploads, asked: S3Request, where: Where) -> None:
    """Returns if the request names no upload, or one of its own object. Raises ServiceError NoSuchUpload."""
    upload_id = asked.parameter("uploadId")
    if upload_id is None or (asked.bucket, asked.key, upload_id) in known:
        return
    if not await _is_listed(upstream, asked, upload_id, where):
        sentence = (
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted "
            "or completed."
        )
        detail = f"the upload is not one of {asked.bucket}/{asked.key}"
        raise ServiceError("NoSuchUpload", sentence, status=404, detail=detail)
    known.add((asked.bucket, asked.key, upload_id))


async def _is_listed(upstream: Upstream, asked: S3Request, upload_id: str, where: Where) -> bool:
    """Whether the upstream lists the upload. Uploads are sorted by key: with the key as prefix, its own come first."""
    markers = ("", "")
    for _ in range(MOST_PAGES):
        page = await _page(upstream, asked, markers, where)
        if (asked.key, upload_id) in page.uploads:
            return True
        if page.next_markers is None or page.next_markers[0] != asked.key:
            return False
        markers = page.next_markers
    return False


async def _page(upstream: Upstream, asked: S3Request, markers: tuple[str, str], where: Where) -> UploadPage:
    """One page of the listing, empty where there is no such bucket. Raises ServiceError ServiceUnavailable."""
    key_marker, upload_id_marker = markers
    query = [("uploads", ""), ("prefix", asked.key), ("encoding-type", "url")]
    if key_marker:
        query += [("key-marker", key_marker), ("upload-id-marker", upload_id_marker)]
    listing = S3Request("GET", asked.bucket, "", tuple(query))
    answer = await ask(upstream, listing, where)
    if answer.status == 404:
        return UploadPage(frozenset(), None)
    try:
        return parse_uploads(answer.body)
    except UnreadableUploads as failed:
        raise unavailable(failed) from failed
