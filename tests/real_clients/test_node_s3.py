"""The AWS SDK for JavaScript v3 at the front door: it sends every stream in chunks."""

from __future__ import annotations

from typing import Any

import pytest

from real_clients.javascript import Node, Opened, Refused
from world import World

KEYS = {"accessKeyId": "test", "secretAccessKey": "test"}
WHERE = {"Bucket": "streams", "Key": "a b/é.txt"}


@pytest.fixture
def s3(world: World, node: Node) -> Opened:
    world.boto3("s3").create_bucket(Bucket="streams")
    return node.open("s3", endpoint=world.origin, credentials=KEYS)


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
@pytest.mark.parametrize(("size", "of"), [(1, 1), (8192, 8192), (300_001, 65_536)])
def test_a_stream_becomes_the_object(s3: Opened, size: int, of: int, algorithm: str) -> None:
    put = s3.put({**WHERE, "size": size, "of": of, "ChecksumAlgorithm": algorithm})
    assert put["form"] == "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    assert s3.get(WHERE) == {"size": size, "same": True}


def test_a_stream_of_small_pieces_is_refused_as_by_s3(world: World, node: Node, s3: Opened) -> None:
    """S3 takes no chunk below 8 KiB but the last. The SDK's own setting for it helps here as there."""
    with pytest.raises(Refused, match="InvalidChunkSizeError: Only the last chunk is allowed"):
        s3.put({**WHERE, "size": 20_000, "of": 1000})
    given: dict[str, Any] = {"endpoint": world.origin, "credentials": KEYS, "requestStreamBufferSize": 65_536}
    assert node.open("s3", **given).put({**WHERE, "size": 20_000, "of": 1000})["ETag"]
