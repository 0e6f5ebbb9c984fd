"""Single logout (IDPSignout): /logout leads by the provider, which hears whose session ends. facts/federation.md §5."""

from __future__ import annotations

import base64
from typing import Any

import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from federation.saml.conftest import CLIENT, POOL
from federation.saml.corp import SAML, SAMLP, Asked, Corp
from world import CALLBACK, World, query_in

LOGOUT_RESPONSE = (
    f'<saml2p:LogoutResponse xmlns:saml2p="{SAMLP}" ID="_o" Version="2.0"><saml2p:Status><saml2p:StatusCode '
    'Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></saml2p:Status></saml2p:LogoutResponse>'
)


def sign_out(person: Any) -> requests.Response:
    asked = {"client_id": CLIENT["ClientId"], "logout_uri": f"{CALLBACK}/bye"}
    return person.session.get(f"{person.origin}/logout", params=asked, allow_redirects=False)


def returned(person: Any, relay_state: str) -> requests.Response:
    fields = {"SAMLResponse": base64.b64encode(LOGOUT_RESPONSE.encode()).decode(), "RelayState": relay_state}
    return requests.post(f"{person.origin}/saml2/logout", data=fields, allow_redirects=False, timeout=10)


def test_the_provider_is_asked_to_end_this_very_session(world: World, person: Any, corp: Corp) -> None:
    statement = '<saml2:AuthnStatement SessionIndex="_s7"/><saml2:AuthnStatement SessionIndex="_s8"/>'
    assert "code" in query_in(person.come(corp, "Leaving", name_id="Leaver", statement=statement))
    asked = Asked.by(sign_out(person).headers["Location"])
    assert asked.url.startswith(f"{corp.origin}/slo?")
    assert asked.xml.tag == f"{{{SAMLP}}}LogoutRequest"
    assert asked.xml.get("Destination") == f"{corp.origin}/slo"
    assert asked.text("Issuer") == f"urn:amazon:cognito:sp:{POOL}"
    assert asked.text("NameID") == "Leaver"
    format_of = asked.xml.find(f"{{{SAML}}}NameID").get("Format")
    assert format_of == "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent", "as the provider named them"
    assert asked.text("SessionIndex", SAMLP) == "_s7"
    assert "cognito" not in person.session.cookies, "the pool's own session has ended already"
    back = returned(person, asked.relay_state)
    assert back.status_code == 303
    assert back.headers["Location"] == f"{CALLBACK}/bye"
    assert "<h1>You are signed out</h1>" in returned(person, asked.relay_state).text, "it leads on once"


def test_a_logout_request_is_signed_whatever_sign_in_requests_are(world: World, person: Any, corp: Corp) -> None:
    person.come(corp, "Leaving", name_id="signed-out")
    asked = Asked.by(sign_out(person).headers["Location"])
    signed = asked.url.partition("?")[2].partition("&Signature=")[0]
    told = world.idp.get_signing_certificate(UserPoolId=POOL)["Certificate"]
    key: Any = x509.load_der_x509_certificate(base64.b64decode(told)).public_key()
    key.verify(base64.b64decode(asked.query["Signature"]), signed.encode(), PKCS1v15(), SHA256())


def test_without_idp_signout_only_the_pool_s_session_ends(person: Any, corp: Corp) -> None:
    person.come(corp, "Corp", name_id="stayer")
    assert sign_out(person).headers["Location"] == f"{CALLBACK}/bye"


def test_a_linked_user_leaves_by_the_provider_that_they_came_by(world: World, person: Any, corp: Corp) -> None:
    world.idp.admin_create_user(UserPoolId=POOL, Username="linked", MessageAction="SUPPRESS")
    world.idp.admin_link_provider_for_user(
        UserPoolId=POOL,
        DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": "linked"},
        SourceUser={
            "ProviderName": "Leaving",
            "ProviderAttributeName": "Cognito_Subject",
            "ProviderAttributeValue": "their-name-there",
        },
    )
    assert "code" in query_in(person.come(corp, "Leaving", name_id="their-name-there"))
    asked = Asked.by(sign_out(person).headers["Location"])
    assert asked.text("NameID") == "their-name-there"
    assert asked.text("SessionIndex", SAMLP) == "_s1"


def test_a_sign_out_at_the_provider_is_answered_by_post_only(person: Any, corp: Corp) -> None:
    person.come(corp, "Leaving", name_id="poster")
    asked = Asked.by(sign_out(person).headers["Location"])
    url = f"{person.origin}/saml2/logout"
    assert requests.get(url, params={"RelayState": asked.relay_state}, timeout=10).status_code == 405
    assert returned(person, asked.relay_state).headers["Location"] == f"{CALLBACK}/bye"
