"""Challenges that another version of this server kept: answered where that can be, else refused as expired sessions."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from halfday.protocol.encoding import b64url_encode
from halfday.protocol.errors import ServiceError
from halfday.server.domain.sign_in.codes_and_sessions import PendingChallenge, digest
from halfday.server.storage.sqlite import SqliteDatabase
from in_process import CLIENT, POOL, Server, make_pool, make_user, server_over

SESSION = f"{b64url_encode(POOL.encode())}.session-of-another-version"
BEGUN = {"proven": ["password"], "device_key": None, "on_pages": False}


async def _answer(memory: dict[str, Any]) -> Any:
    server: Server = server_over(SqliteDatabase(":memory:"))
    try:
        await make_pool(server)
        await make_user(server, phone_number="+15550100", phone_number_verified="true")
        preferred = {"Enabled": True, "PreferredMfa": True}
        await server.call("AdminSetUserMFAPreference", Username="ada", SMSMfaSettings=preferred)
        kept = PendingChallenge(digest(SESSION), POOL, CLIENT, "ada", "SMS_MFA", 9000.0, memory)
        await server.store.challenges.insert(kept)
        answers = {"USERNAME": "ada", "SMS_MFA_CODE": "123456"}
        given = {"ChallengeName": "SMS_MFA", "Session": SESSION, "ChallengeResponses": answers}
        return await server.call("RespondToAuthChallenge", **given)
    finally:
        server.services.key_pairs.close()


def test_one_from_before_there_were_records_is_answered() -> None:
    answer = asyncio.run(_answer({**BEGUN, "code": "123456", "attribute": "phone_number", "address": "+15550100"}))
    assert "AccessToken" in answer["AuthenticationResult"]


@pytest.mark.parametrize("memory", [{**BEGUN, "secret": "123456"}, {}])
def test_one_that_lacks_what_its_kind_keeps_is_an_expired_session(memory: dict[str, Any]) -> None:
    with pytest.raises(ServiceError) as refused:
        asyncio.run(_answer(memory))
    assert refused.value.code == "NotAuthorizedException"
    assert refused.value.message == "Invalid session for the user, session is expired."
