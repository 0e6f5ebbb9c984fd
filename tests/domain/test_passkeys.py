"""Whose relying party, what a counter tells, and what a passkey is called."""

from __future__ import annotations

import pytest

from halfday.server.domain.sign_in.passkeys import counter_advanced, friendly_name, relying_party_id
from halfday.server.domain.user_pools.pools import PasskeyPolicy, PoolDomain

PREFIX = PoolDomain("us-east-1", "lovelace", "us-east-1_aaaaaaaaa", 1, 0.0)
CUSTOM = PoolDomain("us-east-1", "login.example.com", "us-east-1_aaaaaaaaa", 1, 0.0)


@pytest.mark.parametrize(
    ("policy", "domains", "host", "expected"),
    [
        (PasskeyPolicy("example.com"), [CUSTOM, PREFIX], "localhost", "example.com"),
        (PasskeyPolicy("example.com"), [], "localhost", "example.com"),
        (PasskeyPolicy(), [PREFIX, CUSTOM], "localhost", "login.example.com"),
        (None, [CUSTOM], "localhost", "login.example.com"),
        (None, [PREFIX], "localhost", "localhost"),
        (None, [PREFIX], "127.0.0.1", "localhost"),
        (None, [PREFIX], "::1", "localhost"),
        (None, [PREFIX], "cognito.example.org", "cognito.example.org"),
        (PasskeyPolicy(), [], "localhost", None),
        (None, [], "localhost", None),
    ],
)
def test_the_relying_party_is_what_was_set_then_the_custom_domain_then_where_the_pages_are(
    policy: PasskeyPolicy | None, domains: list[PoolDomain], host: str, expected: str | None
) -> None:
    assert relying_party_id(policy, domains, host) == expected


@pytest.mark.parametrize(
    ("kept", "shown", "fine"), [(0, 0, True), (0, 1, True), (4, 9, True), (4, 4, False), (4, 3, False), (4, 0, False)]
)
def test_a_counter_that_does_not_move_on_tells_of_a_copy(kept: int, shown: int, fine: bool) -> None:
    assert counter_advanced(kept, shown) is fine


@pytest.mark.parametrize(
    ("aaguid", "attachment", "name"),
    [
        ("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4", "platform", "Google Password Manager"),
        ("00000000-0000-0000-0000-000000000000", "platform", "Passkey"),
        ("00000000-0000-0000-0000-000000000000", "cross-platform", "Security key"),
        ("11111111-0000-0000-0000-000000000000", None, "Passkey"),
    ],
)
def test_a_passkey_is_called_after_its_provider(aaguid: str, attachment: str | None, name: str) -> None:
    assert friendly_name(aaguid, attachment) == name
