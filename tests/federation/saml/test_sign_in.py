"""Signing in by a SAML provider, by the pool's own request. Source: facts/federation.md §5."""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from federation.saml.conftest import CLIENT, POOL, told, user_of, usernames
from federation.saml.corp import KEYS, SAMLP, Asked, Corp
from functions import set_triggers
from world import CALLBACK, Pool, World, code_in, query_in


def claims_of(world: World, answer: requests.Response, client: dict[str, str] = CLIENT) -> dict[str, Any]:
    form = {"grant_type": "authorization_code", "client_id": client["ClientId"], "redirect_uri": CALLBACK}
    tokens = requests.post(f"{world.origin}/oauth2/token", data={**form, "code": code_in(answer)}, timeout=10).json()
    return dict(jwt.decode(tokens["id_token"], options={"verify_signature": False}))


def test_the_request_is_cognito_s(world: World, person: Any) -> None:
    asked = person.leave()
    assert asked.xml.tag == f"{{{SAMLP}}}AuthnRequest"
    assert dict(asked.xml.attrib) == {
        "AssertionConsumerServiceURL": f"{world.origin}/saml2/idpresponse",
        "Destination": asked.url.partition("?")[0],
        "ID": asked.id,
        "IssueInstant": asked.xml.get("IssueInstant"),
        "ProtocolBinding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
        "Version": "2.0",
    }
    assert re.fullmatch(r"_[\w-]{43}", asked.id)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", asked.xml.get("IssueInstant"))
    assert asked.text("Issuer") == f"urn:amazon:cognito:sp:{POOL}"
    assert set(asked.query) == {"SAMLRequest", "RelayState"}
    assert person.leave().id != asked.id


def test_a_person_who_must_sign_in_again_must_do_so_at_the_provider(person: Any) -> None:
    assert person.leave(prompt="login").xml.get("ForceAuthn") == "true"


def test_a_signed_request_is_verified_by_the_pool_s_signing_certificate(world: World, person: Any) -> None:
    asked = person.leave("Signing")
    assert asked.query["SigAlg"] == "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    signed = asked.url.partition("?")[2].partition("&Signature=")[0]
    told = world.idp.get_signing_certificate(UserPoolId=POOL)["Certificate"]
    key: Any = x509.load_der_x509_certificate(base64.b64decode(told)).public_key()
    key.verify(base64.b64decode(asked.query["Signature"]), signed.encode(), PKCS1v15(), SHA256())
    assert [part.partition("=")[0] for part in signed.split("&")] == ["SAMLRequest", "RelayState", "SigAlg"]


@pytest.mark.parametrize("signed", [("Assertion",), ("Response",), ("Assertion", "Response")])
def test_who_the_assertion_names_is_signed_in(world: World, person: Any, corp: Corp, signed: tuple[str, ...]) -> None:
    corp.sign = signed
    name = "-".join(signed).lower()
    answer = person.come(corp, name_id=name, attributes={"mail": f"{name}@corp.example"})
    assert query_in(answer)["state"] == "st4te"
    claims = claims_of(world, answer)
    assert claims["cognito:username"] == f"Corp_{name}"
    assert claims["cognito:groups"] == [f"{POOL}_Corp"]
    assert claims["email"] == f"{name}@corp.example"
    (identity,) = claims["identities"]
    assert identity["providerName"] == "Corp"
    assert identity["providerType"] == "SAML"
    assert identity["userId"] == name
    assert identity["issuer"] == corp.entity_id
    user = world.idp.admin_get_user(UserPoolId=POOL, Username=f"Corp_{name}")
    assert user["UserStatus"] == "EXTERNAL_PROVIDER"


@pytest.mark.parametrize("digest", ["sha384", "sha512"])
def test_longer_digests_are_taken(world: World, person: Any, corp: Corp, digest: str) -> None:
    asked = person.leave()
    corp.sign = ()
    plain = corp.assertion(asked.consumer, asked.id, name_id=digest)
    signed = corp.signed(plain, signature_algorithm=f"rsa-{digest}", digest_algorithm=digest)
    response = corp.response(asked.consumer, asked.id, signed)
    form = {"SAMLResponse": base64.b64encode(response.encode()).decode(), "RelayState": asked.relay_state}
    assert "code" in query_in(person.post_answer(form))
    assert f"Corp_{digest}" in usernames(world)


def test_later_sign_ins_overwrite_what_is_mapped(world: World, person: Any, another: Any, corp: Corp) -> None:
    name = "urn:oid:2.5.4.42"
    first = claims_of(world, person.come(corp, name_id="grace", attributes={"mail": "a@corp.example", name: "Grace"}))
    again = claims_of(world, another.come(corp, name_id="grace", attributes={"mail": "b@corp.example"}))
    assert again["sub"] == first["sub"]
    known = user_of(world, "Corp_grace")
    assert (known["email"], known["given_name"]) == ("b@corp.example", "Grace"), "what did not come stays"


def test_several_values_are_one_text(world: World, person: Any, corp: Corp) -> None:
    person.come(corp, name_id="many", attributes={"mail": "m@corp.example", "groups": ["a b", "c.d-e_*", "ü"]})
    assert user_of(world, "Corp_many")["custom:groups"] == "[a+b, c.d-e_*, %C3%BC]"
    person.come(corp, name_id="one", attributes={"mail": "m@corp.example", "groups": ["a b"]})
    assert user_of(world, "Corp_one")["custom:groups"] == "a b"


def test_name_ids_differ_by_case_also_where_user_names_do_not(world: World, person: Any, corp: Corp) -> None:
    """Developer guide, SAML user name case sensitivity: whoever comes as carla next time is not Carla, nor let in."""
    for _ in range(2):
        assert "code" in query_in(person.come(corp, name_id="Carla"))
    sentence = "Invalid SAML response received: Already found an entry for username Corp_Carla"
    assert told(person.come(corp, name_id="carla")) == ("server_error", sentence)
    assert "Corp_carla" not in usernames(world)


def test_where_case_matters_they_are_two_people(world: World, person: Any, corp: Corp) -> None:
    pool = world.pool()
    named = {"UserPoolId": pool.pool_id, "ProviderName": "Corp", "ProviderType": "SAML"}
    world.idp.create_identity_provider(**named, ProviderDetails={"MetadataURL": f"{corp.origin}/metadata"})
    client = pool.client(SupportedIdentityProviders=["Corp"])
    corp.pool_id = pool.pool_id
    for name in ("Carla", "carla"):
        away = person.authorize(client, identity_provider="Corp", scope="openid")
        answer = person.post_answer(corp.answer(Asked.by(away.headers["Location"]), name_id=name))
        assert "code" in query_in(answer)
    assert len(world.idp.list_users(UserPoolId=pool.pool_id)["Users"]) == 2


def test_space_round_a_name_is_none_of_it(world: World, person: Any, corp: Corp) -> None:
    assert "code" in query_in(person.come(corp, name_id="\n   spaced\n  "))
    assert "Corp_spaced" in usernames(world)


def test_characters_of_four_bytes_are_not_taken(world: World, person: Any, corp: Corp) -> None:
    """Developer guide, Things to know about SAML IdPs. What is not mapped does not matter."""
    answer = person.come(corp, name_id="smile", attributes={"mail": "s@corp.example", "groups": "😐"})
    assert told(answer) == ("server_error", "Invalid SAML response received: Invalid user attributes")
    assert "Corp_smile" not in usernames(world)
    assert "code" in query_in(person.come(corp, name_id="smile", attributes={"mail": "s@corp.example", "mood": "😐"}))


def test_a_provider_with_two_keys_may_sign_with_either(world: World, person: Any, corp: Corp) -> None:
    for number, key in enumerate(KEYS):
        corp.key = key
        assert "code" in query_in(person.come(corp, "Filed", name_id=f"key{number}"))


def test_an_answer_is_handed_back_by_a_page_where_another_site_posts_it(world: World, person: Any, corp: Corp) -> None:
    fields = corp.answer(person.leave(), name_id="handed")
    page = requests.post(f"{world.origin}/saml2/idpresponse", data=fields, timeout=10)
    assert page.status_code == 200
    assert fields["SAMLResponse"] in page.text
    assert "Corp_handed" not in usernames(world)
    assert "code" in query_in(person.post_answer(fields))


def test_a_pool_s_own_domain_is_where_the_answer_goes(world: World, person: Any, corp: Corp) -> None:
    world.idp.create_user_pool_domain(UserPoolId=POOL, Domain="corp-people")
    host = {"Host": f"corp-people.localhost:{world.origin.rpartition(':')[2]}"}
    asked = {"response_type": "code", "client_id": CLIENT["ClientId"], "redirect_uri": CALLBACK}
    url = f"{world.origin}/oauth2/authorize?{urlencode({**asked, 'identity_provider': 'Corp'})}"
    away = person.session.get(url, headers=host, allow_redirects=False)
    sent = Asked.by(away.headers["Location"])
    assert sent.consumer == f"http://{host['Host']}/saml2/idpresponse"
    cookie = {"Cookie": away.headers["Set-Cookie"].partition(";")[0]}
    wrong = corp.answer(sent, name_id="domain", recipient=f"{world.origin}/saml2/idpresponse")
    url = f"{world.origin}/saml2/idpresponse"
    answer = requests.post(url, data=wrong, headers={**host, **cookie}, allow_redirects=False, timeout=10)
    assert "error" in query_in(answer)


def test_the_pool_s_function_is_told_the_assertion_s_attributes_and_shortens_them(
    world: World, person: Any, corp: Corp
) -> None:
    def one_group(event: dict[str, Any]) -> dict[str, Any]:
        said = event["request"]["attributes"]["samlResponse"]
        event["response"]["userAttributesToMap"] = {**said, "groups": said["groups"].strip("[]").split(", ")[0]}
        return event

    pool = Pool(world, POOL)
    told_of = set_triggers(pool, InboundFederation=one_group)["InboundFederation"]
    try:
        person.come(corp, name_id="short", attributes={"mail": "s@corp.example", "groups": ["first", "second"]})
    finally:
        set_triggers(pool)
    (event,) = told_of.events
    assert event["userName"] == "short"
    assert event["request"] == {
        "providerName": "Corp",
        "providerType": "SAML",
        "attributes": {"samlResponse": {"mail": "s@corp.example", "groups": "[first, second]"}},
    }
    known = user_of(world, "Corp_short")
    assert (known["email"], known["custom:groups"]) == ("s@corp.example", "first")
