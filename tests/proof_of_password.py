"""The client's half of an SRP sign-in, for tests that put the requests themselves: what answers a PASSWORD_VERIFIER."""

from __future__ import annotations

import time
from collections.abc import Mapping

from halfday.protocol.identifiers import pool_name_of
from halfday.protocol.srp import ClientStart, format_timestamp


def proof_of_password(
    start: ClientStart,
    parameters: Mapping[str, str],
    pool_id: str,
    password: str,
    *,
    username: str | None = None,
    timestamp: str = "",
) -> dict[str, str]:
    """The ChallengeResponses to these ChallengeParameters. `timestamp` is now unless it is said."""
    timestamp = timestamp or format_timestamp(time.time())
    signature = start.claim(
        pool_name=pool_name_of(pool_id),
        user_id=parameters["USER_ID_FOR_SRP"],
        password=password,
        salt_hex=parameters["SALT"],
        srp_b_hex=parameters["SRP_B"],
        secret_block_b64=parameters["SECRET_BLOCK"],
        timestamp=timestamp,
    )
    return {
        "USERNAME": username or parameters["USERNAME"],
        "PASSWORD_CLAIM_SECRET_BLOCK": parameters["SECRET_BLOCK"],
        "PASSWORD_CLAIM_SIGNATURE": signature,
        "TIMESTAMP": timestamp,
    }
