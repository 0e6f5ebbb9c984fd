"""The signatures of chunks and of a trailer, held against the examples in AWS's documentation."""

from __future__ import annotations

from halfday.protocol.sigv4 import Scope, signing_key
from halfday.protocol.sigv4_chunks import ChunkSigner

SCOPE = Scope("20130524", "us-east-1", "s3")
KEY = signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", SCOPE)
PIECES = (b"a" * 65536, b"a" * 1024, b"")


def signer(seed: str) -> ChunkSigner:
    return ChunkSigner(KEY, SCOPE, "20130524T000000Z", seed)


def test_chunks_are_signed_as_in_aws_s_example() -> None:
    """S3 API reference, sigv4-streaming."""
    chain = signer("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9")
    assert [chain.of_chunk(piece) for piece in PIECES] == [
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
    ]


def test_a_trailer_is_signed_as_in_aws_s_example() -> None:
    """S3 API reference, sigv4-streaming-trailers."""
    chain = signer("106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e")
    assert [chain.of_chunk(piece) for piece in PIECES] == [
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
    ]
    proof = chain.of_trailer(b"x-amz-checksum-crc32c:sOO8/Q==\n")
    assert proof == "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"
