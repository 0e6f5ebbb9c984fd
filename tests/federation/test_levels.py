"""Authentication levels of people whom a provider signs in: what it is asked for, and what its answer stands for.

Source: API reference, AcrMappingType; facts/tokens.md §11.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import requests

from asking import refusal
from halfday.server.domain.sign_in.authentication_levels import Method, by_provider, level_of
from halfday.server.domain.sign_in.stepping_up import ways_on
from halfday.server.domain.user_pools.acr_names import LEVELS, level_told
from world import CALLBACK, World, code_in, query_in

POOL = "us-east-1_Federated"
CLIENT = "federatedclient"
LOA = "urn:cognito:loa:{}"
ANY = {"acr_values": LOA.format(1)}


@pytest.fixture(autouse=True)
def mapped(world: World) -> Iterator[None]:
    """Acme calls levels 2 and 4 silver and gold, and has no word for the others."""
    update = world.idp.update_identity_provider
    update(UserPoolId=POOL, ProviderName="Acme", AcrMapping={"Level2": "silver", "Level4": "gold"})
    yield
    update(UserPoolId=POOL, ProviderName="Acme", AcrMapping={})


def told(world: World, answer: requests.Response) -> tuple[Any, Any]:
    form = {"grant_type": "authorization_code", "code": code_in(answer), "redirect_uri": CALLBACK, "client_id": CLIENT}
    tokens = requests.post(f"{world.origin}/oauth2/token", data=form, timeout=10).json()
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    return claims.get("acr"), claims.get("amr")


@pytest.mark.parametrize(
    ("claims", "level", "amr"),
    [
        ({"acr": "gold", "amr": ["pwd", "otp", "mfa"]}, 4, ["pwd", "otp", "mfa"]),
        ({"acr": "silver", "amr": ["sms"]}, 2, ["sms"]),
        ({"acr": "bronze"}, 1, ["fed"]),
        ({"acr": "urn:cognito:loa:4", "amr": ["face"]}, 1, ["fed"]),
        ({}, 1, ["fed"]),
        ({"acr": ["gold"], "amr": "pwd"}, 1, ["fed"]),
        ({"acr": 4, "amr": [["pwd"], "hwk", "hwk"]}, 1, ["hwk"]),
    ],
)
def test_what_the_provider_says_is_translated(
    world: World, person: Any, acme: Any, claims: dict[str, Any], level: int, amr: list[str]
) -> None:
    """What is not mapped is the lowest level, and methods that nobody knows are `fed`."""
    acme.claims = claims
    assert told(world, person.with_acme(acme, **ANY)) == (LOA.format(level), amr)


def test_nothing_is_told_where_nothing_was_asked(world: World, person: Any, acme: Any) -> None:
    acme.claims = {"acr": "gold"}
    assert told(world, person.with_acme(acme)) == (None, None)


@pytest.mark.parametrize(
    ("asked", "sent"),
    [((4, 2), "gold silver"), ((3, 2), "silver"), ((3,), None), ((1,), None)],
)
def test_a_level_is_asked_for_in_the_provider_s_words(person: Any, asked: tuple[int, ...], sent: str | None) -> None:
    levels = " ".join(map(LOA.format, asked))
    away = person.authorize({"ClientId": CLIENT}, identity_provider="Acme", acr_values=levels)
    assert query_in(away).get("acr_values") == sent


def test_a_session_that_is_too_weak_is_made_again_at_the_provider(world: World, person: Any, acme: Any) -> None:
    """Nobody is asked for a factor of the pool's: they have none here."""
    acme.claims = {"acr": "silver"}
    person.with_acme(acme)
    client = {"ClientId": CLIENT}
    assert "code" in query_in(person.authorize(client, acr_values=LOA.format(2)))
    assert person.authorize(client, acr_values=LOA.format(4)).headers["Location"].startswith("/login?")
    told_silently = query_in(person.authorize(client, acr_values=LOA.format(4), prompt="none"))
    assert told_silently["error"] == "login_required"
    acme.claims = {"acr": "gold"}
    assert told(world, person.with_acme(acme, acr_values=LOA.format(4)))[0] == LOA.format(4)
    assert "code" in query_in(person.authorize(client, acr_values=LOA.format(4)))


class TestTheMapping:
    def test_it_is_shown_and_stays_where_it_is_left_out(self, world: World) -> None:
        shown = world.idp.update_identity_provider(UserPoolId=POOL, ProviderName="Acme", IdpIdentifiers=[])
        assert shown["IdentityProvider"]["AcrMapping"] == {"Level2": "silver", "Level4": "gold"}
        described = world.idp.describe_identity_provider(UserPoolId=POOL, ProviderName="Acme")
        assert described["IdentityProvider"]["AcrMapping"] == {"Level2": "silver", "Level4": "gold"}
        other = world.idp.describe_identity_provider(UserPoolId=POOL, ProviderName="Down")
        assert "AcrMapping" not in other["IdentityProvider"]

    @pytest.mark.parametrize("mapping", [{"Level5": "x"}, {"Gold": "x"}, {"Level1": "a b"}, {"Level1": "x" * 65}])
    def test_what_names_no_level_is_refused(self, world: World, mapping: dict[str, str]) -> None:
        refused = refusal(world.idp.update_identity_provider, UserPoolId=POOL, ProviderName="Acme", AcrMapping=mapping)
        assert refused[0] == "InvalidParameterException"

    def test_only_openid_providers_have_one(self, world: World) -> None:
        refused = refusal(
            world.idp.update_identity_provider, UserPoolId=POOL, ProviderName="Google", AcrMapping={"Level1": "x"}
        )
        assert refused == ("InvalidParameterException", "AcrMapping is not supported for a provider of type Google.")


@pytest.mark.parametrize("acr", [None, "", "gold", 4, ["bronze"]])
@pytest.mark.parametrize("mapped", [each for n in range(5) for each in itertools.combinations(LEVELS, n)])
def test_whichever_levels_are_mapped_what_is_not_named_is_the_lowest(mapped: tuple[str, ...], acr: object) -> None:
    assert level_told(dict.fromkeys(mapped, "bronze"), acr) == 1


def test_methods_of_a_provider_are_those_that_the_pool_knows() -> None:
    assert by_provider(2, ["sms", "fed", "face"]).amr == ["sms"]
    assert by_provider(1, None).amr == ["fed"]


@pytest.mark.parametrize("named", [["pwd"], ["pwd", "otp"], ["pwd", "otp", "mfa"], ["swk"], ["hwk", "sms"], [], None])
@pytest.mark.parametrize("method", [each for each in Method if each is not Method.FEDERATED])
def test_what_a_provider_names_makes_no_level_with_what_is_shown_here(named: list[str] | None, method: Method) -> None:
    came = by_provider(1, named)
    assert came.with_method(method).level == max(1, level_of([method]))
    assert came.without_credit().level == 0
    assert {*(named or ["fed"]), method} <= {*came.with_method(method).amr}
    lacking = ways_on([4], came, ["EMAIL_OTP"])
    assert lacking is None, "a code alone is no password with an authenticator app's"
