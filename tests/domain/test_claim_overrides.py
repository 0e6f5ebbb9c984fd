"""Whatever a function answers, the claims that say which token it is stay as they are. Source: facts/tokens.md §8."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from halfday.server.domain.sign_in.claim_overrides import (
    ClaimChanges,
    GroupChanges,
    TokenChanges,
    change_access_claims,
    change_id_claims,
)

CLIENT_ID = "1example23456789"
FIXED = (
    "acr amr at_hash auth_time azp client_id device_key event_id exp iat identities iss jti nbf nonce origin_jti sub "
    "token_use username version cognito:username cognito:user_status"
).split()
GROUPS = ["cognito:groups", "cognito:roles", "cognito:preferred_role"]
FREE = ["email", "email_verified", "updated_at", "address", "name", "custom:plan", "scope", "aud", "dev:x", "tenant"]
names = st.sampled_from([*FIXED, *GROUPS, *FREE]) | st.text(max_size=5)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
words = st.text("abc/.", min_size=1, max_size=4)
of_token = st.builds(
    TokenChanges,
    added=st.dictionaries(names, values, max_size=12),
    suppressed=st.frozensets(names, max_size=12),
    scopes_added=st.lists(words, max_size=3).map(tuple),
    scopes_suppressed=st.frozensets(words, max_size=3),
)
of_groups = st.none() | st.builds(
    GroupChanges, st.lists(words, max_size=3).map(tuple), st.lists(words, max_size=3).map(tuple), st.none() | words
)
changes = st.builds(ClaimChanges, of_token, of_token, of_groups)
claims = st.fixed_dictionaries(
    {name: st.just(f"own {name}") for name in FIXED},
    optional={
        "email": st.text(max_size=5),
        "email_verified": st.booleans(),
        "updated_at": st.integers(0, 2**40),
        "cognito:groups": st.lists(words, min_size=1, max_size=3),
        "scope": st.lists(words, max_size=3).map(" ".join),
    },
)


@given(claims=claims, changes=changes)
def test_an_id_token_keeps_its_fixed_claims_and_its_audience(claims: dict[str, Any], changes: ClaimChanges) -> None:
    before = {**claims, "aud": CLIENT_ID}
    after = change_id_claims(before, changes)
    assert {name: after.get(name) for name in (*FIXED, "aud")} == {name: before[name] for name in (*FIXED, "aud")}
    assert isinstance(after.get("email_verified", True), bool)
    assert isinstance(after.get("updated_at", 0), int)
    assert not any(name.startswith("dev:") for name in after)
    assert strange_cognito_claims(after) == set()


@given(claims=claims, changes=changes)
def test_an_access_token_keeps_its_fixed_claims_and_says_its_scopes(
    claims: dict[str, Any], changes: ClaimChanges
) -> None:
    after = change_access_claims(claims, changes, client_id=CLIENT_ID)
    assert {name: after.get(name) for name in FIXED} == {name: claims[name] for name in FIXED}
    assert after.get("aud", CLIENT_ID) == CLIENT_ID
    assert not changes.of_access.scopes_suppressed & set(after["scope"].split())
    allowed = {*claims.get("scope", "").split(), *changes.of_access.scopes_added}
    assert set(after["scope"].split()) <= allowed
    assert strange_cognito_claims(after) == set()


@given(claims=claims, changes=changes, bound=st.sampled_from(["https://api.example.com", CLIENT_ID]))
def test_a_token_that_is_bound_to_a_resource_stays_bound(
    claims: dict[str, Any], changes: ClaimChanges, bound: str
) -> None:
    assert change_access_claims({**claims, "aud": bound}, changes, client_id=CLIENT_ID)["aud"] == bound


@given(claims=claims, changes=changes)
def test_what_is_suppressed_is_gone_even_if_it_is_added(claims: dict[str, Any], changes: ClaimChanges) -> None:
    after = change_id_claims({**claims, "aud": CLIENT_ID}, changes)
    kept = {*FIXED, "aud", *GROUPS}
    assert not {name for name in after if name in changes.of_id.suppressed and name not in kept}
    assert not ("cognito:groups" in changes.of_id.suppressed and after.keys() & set(GROUPS))


@given(claims=claims, changes=changes)
def test_what_the_server_had_is_not_written_upon(claims: dict[str, Any], changes: ClaimChanges) -> None:
    before = dict(claims)
    change_id_claims(claims, changes)
    change_access_claims(claims, changes, client_id=CLIENT_ID)
    assert claims == before


def strange_cognito_claims(after: dict[str, Any]) -> set[str]:
    return {name for name in after if name.startswith("cognito:")} - {*FIXED, *GROUPS}
