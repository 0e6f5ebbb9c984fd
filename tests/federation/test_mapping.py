"""What a provider's claims become: attributes of the pool's schema, or a refusal in AWS's words.

Source: facts/federation.md §3, §6; docs/decisions/0058.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from asking import refusal
from world import CALLBACK, World, query_in, running

POOL = "us-east-1_Mapped"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, _acme: Any) -> Iterator[World]:
    provider = {
        "type": "OIDC",
        "name": "Acme",
        "client_id": "acme-client",
        "client_secret": "acme-secret",
        "details": {"oidc_issuer": _acme.origin, "attributes_request_method": "GET"},
        "attribute_mapping": {
            "email": "mail",
            "email_verified": "mail_is_verified",
            "name": "display_name",
            "custom:staff": "staff",
            "custom:rank": "rank",
            "custom:short": "short",
            "custom:about": "about",
        },
    }
    pool = {
        "id": POOL,
        "attributes": {
            "email": {"Required": True, "Mutable": True},
            "staff": {"AttributeDataType": "String", "Mutable": False},
            "rank": {"AttributeDataType": "Number", "NumberAttributeConstraints": {"MinValue": "1", "MaxValue": "9"}},
            "short": {"AttributeDataType": "String", "StringAttributeConstraints": {"MaxLength": "3"}},
            "about": {},
        },
        "provider": [provider],
        "client": [
            {"id": "federatedclient", "callback_urls": [CALLBACK], "flows": ["code"], "providers": ["COGNITO", "Acme"]}
        ],
    }
    with running(tmp_path_factory.mktemp("data"), {"user_pool": [pool]}) as up:
        yield up


def signed_in(person: Any, acme: Any, subject: str, **claims: Any) -> dict[str, str]:
    acme.claims = {"sub": subject, "mail": f"{subject}@example.com", **claims}
    return query_in(person.with_acme(acme))


def attributes_of(world: World, subject: str) -> dict[str, str]:
    user = world.idp.admin_get_user(UserPoolId=POOL, Username=f"Acme_{subject}")
    return {pair["Name"]: pair["Value"] for pair in user["UserAttributes"]}


def exists(world: World, subject: str) -> bool:
    return bool(world.idp.list_users(UserPoolId=POOL, Filter=f'username = "Acme_{subject}"')["Users"])


def test_attributes_have_the_names_of_the_mapping(world: World, person: Any, acme: Any) -> None:
    given = {"display_name": "Wile", "mail_is_verified": True, "rank": 7, "short": "abc", "email": "not@this.example"}
    assert "code" in signed_in(person, acme, "named", **given)
    attributes = attributes_of(world, "named")
    assert attributes["email"] == "named@example.com"
    assert (attributes["name"], attributes["email_verified"]) == ("Wile", "true")
    assert (attributes["custom:rank"], attributes["custom:short"]) == ("7", "abc")


def test_nested_claims_are_json(world: World, person: Any, acme: Any) -> None:
    assert "code" in signed_in(person, acme, "nested", about={"house": {"street": "Rüdigerstraße"}, "ids": [1, 2]})
    assert attributes_of(world, "nested")["custom:about"] == '{"house":{"street":"Rüdigerstraße"},"ids":[1,2]}'


def test_a_required_attribute_that_is_not_sent_signs_nobody_in(world: World, person: Any, acme: Any) -> None:
    told = signed_in(person, acme, "incomplete", mail=None)
    assert told["error_description"] == "attributes required: [email]"
    assert not exists(world, "incomplete")


def test_nor_does_it_at_a_later_sign_in(world: World, person: Any, acme: Any) -> None:
    """facts/federation.md §6: seen with Apple, which is asked for the e-mail address no second time."""
    assert "code" in signed_in(person, acme, "later")
    assert signed_in(person, acme, "later", mail="")["error_description"] == "attributes required: [email]"
    assert attributes_of(world, "later")["email"] == "later@example.com"


def test_another_claim_that_is_not_sent_any_more_leaves_its_value(world: World, person: Any, acme: Any) -> None:
    signed_in(person, acme, "kept", display_name="Wile", short="abc")
    assert "code" in signed_in(person, acme, "kept", display_name="", short=None)
    attributes = attributes_of(world, "kept")
    assert (attributes["name"], attributes["custom:short"]) == ("Wile", "abc")


def test_what_is_not_mutable_is_written_once_and_refuses_later_sign_ins(world: World, person: Any, acme: Any) -> None:
    """The trap that people meet on AWS: the first sign-in works, the second does not, though nothing has changed."""
    assert "code" in signed_in(person, acme, "fixed", staff="42")
    assert attributes_of(world, "fixed")["custom:staff"] == "42"
    told = signed_in(person, acme, "fixed", staff="42")
    assert told["error_description"] == "user.custom:staff: Attribute cannot be updated.\n "
    assert "code" in signed_in(person, acme, "fixed"), "without the claim it is not written"


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"short": "four"}, "Invalid user attributes: custom:short: String length must not be greater than 3"),
        ({"rank": 10}, "Invalid user attributes: custom:rank: Value must not be greater than 9"),
        ({"rank": "high"}, "Invalid user attributes: custom:rank: Value must be a number."),
        (
            {"about": "x" * 2049},
            "Invalid user attributes: custom:about: String length must not be greater than 2048",
        ),
        ({"mail_is_verified": "maybe"}, "Invalid user attributes: email_verified: Value must be true or false."),
        ({"mail": "nowhere"}, "Invalid user attributes: Invalid email address format."),
    ],
)
def test_a_claim_that_does_not_fit_signs_nobody_in(
    world: World, person: Any, acme: Any, claims: dict[str, Any], sentence: str
) -> None:
    assert signed_in(person, acme, "misfit", **claims)["error_description"] == sentence
    assert not exists(world, "misfit")


def test_a_mapping_names_attributes_that_exist(world: World) -> None:
    given = {"UserPoolId": POOL, "ProviderName": "Acme", "AttributeMapping": {"custom:nothing": "x"}}
    told = refusal(lambda: world.idp.update_identity_provider(**given))
    assert told[0] == "InvalidParameterException"
    assert "custom:nothing: Attribute does not exist in the schema." in told[1]


def test_a_deleted_provider_signs_nobody_in_and_its_people_stay(world: World, person: Any, acme: Any) -> None:
    """Who has come by it before is somebody of the pool still, and is again when it is declared anew."""
    named = {"UserPoolId": POOL, "ProviderName": "Acme"}
    assert "code" in signed_in(person, acme, "orphan")
    sub = attributes_of(world, "orphan")["sub"]
    url = person.leave("Acme")
    known = world.idp.describe_identity_provider(**named)["IdentityProvider"]
    world.idp.delete_identity_provider(**named)
    back = person.come_back(
        f"{world.origin}/oauth2/idpresponse?code=c&state={url.partition('state=')[2].partition('&')[0]}"
    )
    assert "code=" not in back.headers["Location"]
    refused = person.authorize({"ClientId": "federatedclient"}, identity_provider="Acme", prompt="login")
    assert "/error?" in refused.headers["Location"] or "error=" in refused.headers["Location"]
    assert attributes_of(world, "orphan")["sub"] == sub
    members = {"ProviderType", "ProviderDetails", "AttributeMapping", "IdpIdentifiers"}
    mapping = {ours: theirs for ours, theirs in known["AttributeMapping"].items() if ours != "username"}
    made = {name: value for name, value in known.items() if name in members} | {"AttributeMapping": mapping}
    world.idp.create_identity_provider(**named, **made)
    assert "code" in signed_in(person, acme, "orphan")
    assert attributes_of(world, "orphan")["sub"] == sub


def test_a_link_may_name_a_provider_by_its_identifier(world: World, person: Any, acme: Any) -> None:
    world.idp.update_identity_provider(UserPoolId=POOL, ProviderName="Acme", IdpIdentifiers=["acme.example"])
    answer = person.authorize({"ClientId": "federatedclient"}, idp_identifier="acme.example", prompt="login")
    assert answer.headers["Location"].startswith(f"{acme.origin}/auth?")
