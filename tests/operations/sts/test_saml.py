"""AssumeRoleWithSAML, by a provider that says what a test wants. Source: IAM user guide, Configure SAML assertions for
the authentication response, and Troubleshoot SAML federation.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from asking import refusal, status
from federated import ACCOUNT, allow
from federation.saml.corp import KEYS, Corp, moment
from signers import of, role, trusting
from world import World

SIGN_IN = "https://signin.aws.amazon.com/saml"
ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
ACTIONS = ("sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity")


class Provider:
    """Corp, as a SAML provider of the account, and a role for its people."""

    def __init__(self, world: World, *policies: dict[str, Any], **condition: Any) -> None:
        self.world, self.corp = world, Corp("https://corp.example", "")
        self.name = f"Corp{next(world.counter)}"
        made = world.boto3("iam").create_saml_provider(Name=self.name, SAMLMetadataDocument=self.corp.metadata())
        self.arn: str = made["SAMLProviderArn"]
        self.role = role(world, trusting({"Federated": self.arn}, *ACTIONS, **condition), *policies)

    def response(self, **changes: Any) -> str:
        attributes = {
            f"{ATTRIBUTES}Role": f"{self.role},{self.arn}",
            f"{ATTRIBUTES}RoleSessionName": "carlos",
            **changes.pop("attributes", {}),
        }
        kept = {name: value for name, value in attributes.items() if value}
        return self.corp.response(
            SIGN_IN, None, **{"audience": "urn:amazon:webservices", "attributes": kept, **changes}
        )

    def given(self, response: str | None = None, **given: Any) -> dict[str, Any]:
        text = self.response() if response is None else response
        shown = base64.b64encode(text.encode()).decode()
        return {"RoleArn": self.role, "PrincipalArn": self.arn, "SAMLAssertion": shown, **given}

    @property
    def call(self) -> Callable[..., dict[str, Any]]:
        found: Callable[..., dict[str, Any]] = self.world.boto3("sts").assume_role_with_saml
        return found

    def refused(self, **changes: Any) -> tuple[str, str]:
        return refusal(self.call, **self.given(self.response(**changes)))


def test_an_assertion_gives_a_session_of_the_role(world: World) -> None:
    corp = Provider(world, allow("iam:ListRoles"), StringEquals={"saml:aud": SIGN_IN})
    answer = corp.call(**corp.given())
    name = corp.role.rpartition("/")[2]
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/carlos"
    assert answer["AssumedRoleUser"]["Arn"] == arn
    assert (answer["Subject"], answer["SubjectType"]) == ("carlos", "persistent")
    assert (answer["Issuer"], answer["Audience"]) == ("https://corp.example/metadata", SIGN_IN)
    digest = hashlib.sha1(f"https://corp.example/metadata{ACCOUNT}/{corp.name}".encode(), usedforsecurity=False)
    assert answer["NameQualifier"] == base64.b64encode(digest.digest()).decode()
    session = of(world, arn, answer["Credentials"])
    assert session.client().get_caller_identity()["Arn"] == arn
    assert session.client("iam").list_roles()


def test_attributes_are_tags_and_source_identity(world: World) -> None:
    policy = allow("iam:ListRoles")
    policy["Statement"][0]["Condition"] = {
        "StringEquals": {"aws:PrincipalTag/Project": "Automation", "aws:SourceIdentity": "carlos-1"}
    }
    corp = Provider(world, policy)
    attributes = {
        f"{ATTRIBUTES}PrincipalTag:Project": "Automation",
        f"{ATTRIBUTES}PrincipalTag:CostCenter": "12345",
        f"{ATTRIBUTES}TransitiveTagKeys": ["Project"],
        f"{ATTRIBUTES}SourceIdentity": "carlos-1",
    }
    answer = corp.call(**corp.given(corp.response(attributes=attributes)))
    assert answer["SourceIdentity"] == "carlos-1"
    assert answer["PackedPolicySize"] > 0
    session = of(world, answer["AssumedRoleUser"]["Arn"], answer["Credentials"])
    assert session.client("iam").list_roles()
    second = role(world, trusting(corp.role, "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"), policy)
    assert session.assume(second).client("iam").list_roles(), "the transitive tag and the identity went along"
    plain = corp.call(**corp.given())
    assert refusal(of(world, "", plain["Credentials"]).client("iam").list_roles)[0] == "AccessDenied"


def test_the_session_ends_when_the_provider_says_so(world: World) -> None:
    corp = Provider(world)
    statement = f'<saml2:AuthnStatement AuthnInstant="{moment(0)}" SessionNotOnOrAfter="{moment(1200)}"/>'
    answer = corp.call(**corp.given(corp.response(statement=statement)))
    left_s = (answer["Credentials"]["Expiration"] - datetime.now(UTC)).total_seconds()
    assert 1190 <= left_s <= 1200
    longer = refusal(corp.call, **corp.given(DurationSeconds=7200))
    assert longer == (
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )


def test_a_role_that_does_not_trust_the_provider_or_is_none_denies(world: World) -> None:
    corp, other = Provider(world), Provider(world)
    denied = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML")
    attributes = {f"{ATTRIBUTES}Role": [f"{other.role},{corp.arn}", f"{corp.arn},{corp.role}x"]}
    response = corp.response(attributes=attributes)
    for arn in (other.role, f"{corp.role}x"):
        given = corp.given(response, RoleArn=arn)
        assert refusal(corp.call, **given) == denied
        assert status(corp.call, **given) == 403
    strict = Provider(world, StringEquals={"saml:sub": "somebody"})
    assert refusal(strict.call, **strict.given()) == denied


def test_who_an_answer_was_sent_to_is_the_trust_policy_s_to_ask(world: World) -> None:
    """IAM user guide, Create a role for SAML 2.0 federation: the condition on saml:aud."""
    elsewhere = "https://app.example/acs"
    strict, open_ = Provider(world, StringEquals={"saml:aud": SIGN_IN}), Provider(world)
    denied = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML")
    assert strict.refused(recipient=elsewhere) == denied
    assert open_.call(**open_.given(open_.response(recipient=elsewhere)))["Audience"] == elsewhere


def test_what_an_answer_lacks_is_told_in_aws_s_words(world: World) -> None:
    corp = Provider(world)
    token = "InvalidIdentityToken"
    nobody = {f"{ATTRIBUTES}Role": f"{corp.role}x,{corp.arn}"}
    assert corp.refused(attributes=nobody) == (
        token,
        "SAML Assertion doesn't contain the requested Role and Metadata in the attributes",
    )
    assert corp.refused(attributes={f"{ATTRIBUTES}RoleSessionName": ""}) == (
        token,
        "RoleSessionName is required in AuthnResponse",
    )
    assert corp.refused(attributes={f"{ATTRIBUTES}RoleSessionName": "carlos garcia"}) == (
        token,
        "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}",
    )
    assert corp.refused(attributes={f"{ATTRIBUTES}SourceIdentity": "aws:carlos"}) == (
        token,
        'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"',
    )
    assert corp.refused(audience="urn:somebody:else") == (token, "Response does not contain the required audience.")
    assert corp.refused(recipient="") == (
        token,
        "Responses must contain SubjectConfirmatonData with a Recipient and NotOnOrAfter",
    )
    code, sentence = corp.refused(issuer="https://evil.example", response_issuer="https://evil.example")
    assert (code, sentence.partition(" (")[0]) == (token, "Issuer not present in specified provider")
    assert "Error Code: AuthSamlInvalidSamlResponseException" in sentence
    code, sentence = refusal(corp.call, **corp.given("this is no answer"))
    assert (code, sentence.partition(" (")[0]) == (token, "Invalid base64 SAMLResponse")


def test_an_answer_is_good_for_five_minutes(world: World) -> None:
    corp = Provider(world)
    late = ("ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance")
    assert corp.refused(issued=moment(-310)) == late
    assert corp.refused(confirmed_until=moment(-100)) == late


def test_the_signature_has_to_be_the_provider_s(world: World) -> None:
    corp = Provider(world)
    refused = ("InvalidIdentityToken", "Response signature invalid")
    good = corp.response()
    assert refusal(corp.call, **corp.given(good.replace("carlos</saml2:NameID>", "mallory</saml2:NameID>"))) == refused
    corp.corp.key = KEYS[1]
    assert corp.refused() == refused
    corp.corp.sign = ()
    assert corp.refused() == refused


@pytest.mark.parametrize("where", ["Assertion", "Response"])
def test_either_part_may_be_signed_and_any_request_be_answered(world: World, where: str) -> None:
    corp = Provider(world)
    corp.corp.sign = (where,)
    response = corp.response(in_response_to='InResponseTo="_asked"', response_to='InResponseTo="_asked"')
    assert corp.call(**corp.given(response))["Subject"] == "carlos"


def test_a_provider_that_is_not_there_is_told_so(world: World) -> None:
    corp = Provider(world)
    code, sentence = refusal(corp.call, **corp.given(PrincipalArn=f"{corp.arn}x"))
    assert (code, sentence.partition(" (")[0]) == ("InvalidIdentityToken", "Specified provider doesn't exist")
    assert "Error Code: AuthSamlManifestNotFoundException" in sentence
    world.boto3("iam").delete_saml_provider(SAMLProviderArn=corp.arn)
    code, sentence = refusal(corp.call, **corp.given())
    assert sentence.startswith("Specified provider doesn't exist")
