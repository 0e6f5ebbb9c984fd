"""Sign-ins that the provider begins (IDPInit): its answer names app client and redirect URI in RelayState.

Source: facts/federation.md §5; developer guide, SAML session initiation.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from asking import invalid, refusal
from federation.saml.conftest import CLIENT, PORTAL, told, usernames
from federation.saml.corp import Asked, Corp, form, moment
from federation.saml.test_sign_in import claims_of
from world import CALLBACK, World, query_in

FIRST = "Invalid SAML response received: "
SENTENCE = "Invalid samlResponse or relayState from identity provider"


def relay_state(**changes: str | None) -> str:
    asked = {
        "identity_provider": "Portal",
        "client_id": PORTAL["ClientId"],
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid",
        "state": "the-app-s",
        **changes,
    }
    return urlencode({name: value for name, value in asked.items() if value is not None})


def post(world: World, corp: Corp, *, asks: str | None = None, **changes: Any) -> requests.Response:
    """What a tile of the provider's portal does: no cookie of the pool's comes along."""
    response = corp.response(f"{world.origin}/saml2/idpresponse", None, **changes)
    fields = form(response, relay_state() if asks is None else asks)
    return requests.post(f"{world.origin}/saml2/idpresponse", data=fields, allow_redirects=False, timeout=10)


def error_page(world: World, answer: requests.Response) -> str:
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/error?")
    page = requests.get(world.origin + answer.headers["Location"], timeout=10)
    assert page.status_code == 400
    return page.text


def test_a_person_is_signed_in_and_the_app_gets_a_code(world: World, corp: Corp) -> None:
    answer = post(world, corp, name_id="tile")
    assert query_in(answer)["state"] == "the-app-s"
    claims = claims_of(world, answer, PORTAL)
    assert claims["cognito:username"] == "Portal_tile"
    assert "cognito" in answer.cookies


def test_the_provider_may_be_named_by_an_identifier(world: World, corp: Corp) -> None:
    named = {"UserPoolId": corp.pool_id, "ProviderName": "Portal"}
    world.idp.update_identity_provider(**named, IdpIdentifiers=["portal.example"])
    asks = relay_state(identity_provider=None, idp_identifier="portal.example")
    assert "code" in query_in(post(world, corp, asks=asks, name_id="identified"))


def test_the_same_provider_takes_sign_ins_that_the_pool_began(world: World, person: Any, corp: Corp) -> None:
    away = person.authorize(PORTAL, identity_provider="Portal", scope="openid")
    answer = person.post_answer(corp.answer(Asked.by(away.headers["Location"]), name_id="begun"))
    assert "code" in query_in(answer)


def test_an_answer_is_taken_once(world: World, corp: Corp) -> None:
    response = corp.response(f"{world.origin}/saml2/idpresponse", None, name_id="twice")
    fields = form(response, relay_state())
    answers = [
        requests.post(f"{world.origin}/saml2/idpresponse", data=fields, allow_redirects=False, timeout=10)
        for _ in range(2)
    ]
    assert "code" in query_in(answers[0])
    assert told(answers[1]) == ("server_error", f"{FIRST}Assertion was used already")
    assert "cognito" not in answers[1].cookies
    world.clock.advance(400)
    late = requests.post(f"{world.origin}/saml2/idpresponse", data=fields, allow_redirects=False, timeout=10)
    assert told(late)[0] == "server_error"
    world.clock.ahead_s = 0


def test_an_assertion_older_than_six_minutes(world: World, corp: Corp) -> None:
    assert "code" in query_in(post(world, corp, name_id="fresh", issued=moment(-350)))
    answer = post(world, corp, name_id="stale", issued=moment(-361))
    assert told(answer) == ("server_error", f"{FIRST}Assertion is expired")
    assert "Portal_stale" not in usernames(world)


@pytest.mark.parametrize(
    "changes",
    [
        {"in_response_to": 'InResponseTo="_x"'},
        {"response_to": 'InResponseTo="_x"'},
    ],
    ids=["the assertion", "the response"],
)
def test_an_answer_to_somebody_s_request(world: World, corp: Corp, changes: dict[str, str]) -> None:
    assert told(post(world, corp, name_id="mallory", **changes)) == ("server_error", f"{FIRST}InResponseTo is invalid")


def test_an_answer_to_a_request_of_this_pool_s(world: World, person: Any, corp: Corp) -> None:
    """A stolen answer cannot be used as one that nobody asked for."""
    asked = person.leave("Corp")
    stolen = corp.answer(asked, name_id="stolen")
    fields = {**stolen, "RelayState": relay_state()}
    answer = requests.post(f"{world.origin}/saml2/idpresponse", data=fields, allow_redirects=False, timeout=10)
    assert told(answer)[1] == f"{FIRST}InResponseTo is invalid"


@pytest.mark.parametrize(
    "wrong",
    [
        {"sign": ()},
        {"audience": "urn:amazon:cognito:sp:us-east-1_Other"},
        {"recipient": "https://other.example"},
        {"not_on_or_after": moment(-100)},
        {"issuer": "https://other.example"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_all_else_is_checked_too(world: World, corp: Corp, wrong: dict[str, Any]) -> None:
    corp.sign = wrong.pop("sign", ("Assertion", "Response"))
    assert told(post(world, corp, name_id="mallory", **wrong))[0] == "server_error"
    assert "Portal_mallory" not in usernames(world)


def test_a_provider_that_may_not_begin(world: World, corp: Corp) -> None:
    asks = relay_state(identity_provider="Corp", client_id=CLIENT["ClientId"])
    assert SENTENCE in error_page(world, post(world, corp, asks=asks, name_id="mallory"))
    assert "Corp_mallory" not in usernames(world)


@pytest.mark.parametrize(
    "asks",
    [
        "",
        "https://app.example/start",
        "client_id=x",
        "a=b",
        relay_state() + "&client_id=portalclient",
        relay_state() + "&a=b" * 200,
    ],
    ids=["nothing", "an address", "a client alone", "something else", "a parameter twice", "very many parameters"],
)
def test_a_relay_state_that_is_no_request(world: World, corp: Corp, asks: str) -> None:
    response = corp.response(f"{world.origin}/saml2/idpresponse", None, name_id="mallory")
    url = f"{world.origin}/saml2/idpresponse?again=1"
    answer = requests.post(url, data=form(response, asks), allow_redirects=False, timeout=10)
    assert SENTENCE in error_page(world, answer)


def test_an_app_that_is_not_there(world: World, corp: Corp) -> None:
    for changes in ({"client_id": "nobody"}, {"redirect_uri": "https://mallory.example"}):
        answer = post(world, corp, asks=relay_state(**changes), name_id="mallory")
        assert answer.headers["Location"].startswith("/error?")
    assert "Portal_mallory" not in usernames(world)


def test_a_request_that_names_no_outside_provider(world: World, corp: Corp) -> None:
    asks = relay_state(identity_provider="COGNITO", client_id=CLIENT["ClientId"])
    assert SENTENCE in error_page(world, post(world, corp, asks=asks))


def test_such_an_app_client_has_no_other_ways_in(world: World, corp: Corp) -> None:
    given = {"UserPoolId": corp.pool_id, "ClientName": "mixed"}
    told_of = invalid("A client with a provider that supports IdP-initiated sign-in can only have SAML providers.")
    assert (
        refusal(world.idp.create_user_pool_client, **given, SupportedIdentityProviders=["COGNITO", "Portal"]) == told_of
    )
    assert world.idp.create_user_pool_client(**given, SupportedIdentityProviders=["Corp", "Portal"])


def test_a_client_that_had_others_before_takes_no_unsolicited_answer(world: World, corp: Corp) -> None:
    pool = world.pool()
    named = {"UserPoolId": pool.pool_id, "ProviderName": "Corp"}
    details = {"MetadataURL": f"{corp.origin}/metadata"}
    world.idp.create_identity_provider(**named, ProviderType="SAML", ProviderDetails=details)
    client = pool.client(SupportedIdentityProviders=["COGNITO", "Corp"])
    world.idp.update_identity_provider(**named, ProviderDetails={**details, "IDPInit": "true"})
    corp.pool_id = pool.pool_id
    asks = relay_state(identity_provider="Corp", client_id=client["ClientId"])
    assert SENTENCE in error_page(world, post(world, corp, asks=asks))
