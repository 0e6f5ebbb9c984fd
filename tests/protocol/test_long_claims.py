"""A token's claims are a stranger's, of any length: what is said of them is short, because it is read again."""

from __future__ import annotations

import json

import pytest

from halfday.protocol.claims import LONGEST_SHOWN, ClaimsError, verify
from halfday.protocol.encoding import b64url_encode

LONG = "k" * 100_000


def token(header: object, payload: object) -> str:
    parts = (b64url_encode(json.dumps(part).encode()) for part in (header, payload))
    return f"{'.'.join(parts)}.AAAA"


@pytest.mark.parametrize("kid", [LONG, [LONG], {"a": LONG}, [[]] * 10_000, 10**4000])
def test_no_sentence_is_as_long_as_the_key_id_of_a_token(kid: object) -> None:
    with pytest.raises(ClaimsError) as caught:
        verify(token({"alg": "RS256", "kid": kid}, {}), {}, issuer="i", token_use="id", client_id=None, now=0)
    assert len(str(caught.value)) < LONGEST_SHOWN + 200
