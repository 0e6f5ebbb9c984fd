"""GetWebIdentityToken: the account as an issuer whom anybody can verify. Source: IAM user guide, Outbound identity
federation.
"""

from __future__ import annotations

from typing import Any

import jwt
import pytest
import requests

from asking import refusal, status, unchecked
from federated import ACCOUNT, allow
from signers import ANYTHING, Signer, role, trusting, user
from world import World

AUDIENCE = "https://api.example.com"
GIVEN = {"Audience": [AUDIENCE], "SigningAlgorithm": "RS256"}


@pytest.fixture
def issuer(world: World) -> str:
    iam = world.boto3("iam")
    try:
        made: str = iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    except iam.exceptions.FeatureEnabledException:
        made = iam.get_outbound_web_identity_federation_info()["IssuerIdentifier"]
    return made


def verified(issuer: str, token: str, **given: Any) -> dict[str, Any]:
    """As a service outside of AWS verifies a token: by discovery."""
    document = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=10).json()
    assert document["issuer"] == issuer
    key = jwt.PyJWKClient(document["jwks_uri"]).get_signing_key_from_jwt(token)
    algorithms = document["id_token_signing_alg_values_supported"]
    claims: dict[str, Any] = jwt.decode(token, key.key, algorithms, audience=AUDIENCE, issuer=issuer, **given)
    return claims


@pytest.mark.parametrize("algorithm", ["RS256", "ES384"])
def test_a_token_says_who_calls_and_anybody_can_verify_it(world: World, issuer: str, algorithm: str) -> None:
    ada = user(world, ANYTHING, tags={"team": "red"})
    tags = [{"Key": "job-id", "Value": "job-1"}]
    given = {**GIVEN, "SigningAlgorithm": algorithm}
    answer = ada.client().get_web_identity_token(**given, Tags=tags, DurationSeconds=60)
    claims = verified(issuer, answer["WebIdentityToken"])
    assert claims["sub"] == ada.arn
    assert claims["exp"] - claims["iat"] == 60
    assert claims["exp"] == answer["Expiration"].timestamp()
    assert claims["https://sts.amazonaws.com/"] == {
        "aws_account": ACCOUNT,
        "source_region": "us-east-1",
        "principal_tags": {"team": "red"},
        "request_tags": {"job-id": "job-1"},
    }
    assert jwt.get_unverified_header(answer["WebIdentityToken"])["alg"] == algorithm


def test_of_a_session_the_role_is_named_and_the_token_ends_with_it(world: World, issuer: str) -> None:
    ada = user(world)
    arn = role(world, trusting(ada.arn), ANYTHING)
    session = ada.assume(arn, DurationSeconds=900)
    claims = verified(issuer, session.client().get_web_identity_token(**GIVEN)["WebIdentityToken"])
    assert (claims["sub"], claims["exp"] - claims["iat"]) == (arn, 300)
    code, _ = refusal(session.client().get_web_identity_token, **GIVEN, DurationSeconds=3600)
    assert code == "SessionDurationEscalationException"
    assert status(session.client().get_web_identity_token, **GIVEN, DurationSeconds=3600) == 403


def test_policies_may_ask_for_audience_and_duration(world: World, issuer: str) -> None:
    policy = allow("sts:GetWebIdentityToken")
    policy["Statement"][0]["Condition"] = {
        "ForAllValues:StringEquals": {"sts:IdentityTokenAudience": AUDIENCE},
        "NumericLessThanEquals": {"sts:DurationSeconds": "300"},
    }
    ada = user(world, policy)
    assert ada.client().get_web_identity_token(**GIVEN)
    for wrong in ({"Audience": ["https://evil.example"]}, {"DurationSeconds": 600}):
        assert refusal(ada.client().get_web_identity_token, **{**GIVEN, **wrong})[0] == "AccessDenied"
    code, sentence = refusal(ada.client().get_web_identity_token, **GIVEN, Tags=[{"Key": "job", "Value": "1"}])
    assert (code, "sts:TagGetWebIdentityToken" in sentence) == ("AccessDenied", True)


def test_an_algorithm_or_a_duration_that_is_none_is_refused(world: World, issuer: str) -> None:
    ada = user(world, ANYTHING)
    assert (
        refusal(ada.client().get_web_identity_token, **{**GIVEN, "SigningAlgorithm": "HS256"})[0] == "ValidationError"
    )
    sts = unchecked(world, "sts")
    assert refusal(sts.get_web_identity_token, **GIVEN, DurationSeconds=59)[0] == "ValidationError"
    assert refusal(sts.get_web_identity_token, Audience=[], SigningAlgorithm="RS256")[0] == "ValidationError"


def test_the_account_has_to_say_that_it_issues_tokens(world: World, issuer: str) -> None:
    ada, iam = user(world, ANYTHING), world.boto3("iam")
    token = ada.client().get_web_identity_token(**GIVEN)["WebIdentityToken"]
    assert refusal(iam.enable_outbound_web_identity_federation)[0] == "FeatureEnabled"
    assert iam.get_outbound_web_identity_federation_info()["JwtVendingEnabled"] is True
    iam.disable_outbound_web_identity_federation()
    assert refusal(iam.disable_outbound_web_identity_federation)[0] == "FeatureDisabled"
    assert refusal(iam.get_outbound_web_identity_federation_info)[0] == "FeatureDisabled"
    code, _ = refusal(ada.client().get_web_identity_token, **GIVEN)
    assert code == "OutboundWebIdentityFederationDisabledException"
    assert status(ada.client().get_web_identity_token, **GIVEN) == 403
    assert verified(issuer, token)["sub"] == ada.arn, "what was issued can still be verified"
    assert iam.enable_outbound_web_identity_federation()["IssuerIdentifier"] == issuer


def test_the_root_and_users_sessions_get_none(world: World, issuer: str) -> None:
    assert refusal(world.boto3("sts").get_web_identity_token, **GIVEN)[0] == "AccessDenied"
    ada = user(world, ANYTHING)
    own = ada.client().get_session_token()["Credentials"]
    keys = {"aws_access_key_id": own["AccessKeyId"], "aws_secret_access_key": own["SecretAccessKey"]}
    session = Signer(world, ada.arn, {**keys, "aws_session_token": own["SessionToken"]})
    assert refusal(session.client().get_web_identity_token, **GIVEN)[0] == "AccessDenied"


def test_a_token_of_the_account_is_no_web_identity_here(world: World, issuer: str) -> None:
    ada = user(world, ANYTHING)
    token = ada.client().get_web_identity_token(**GIVEN)["WebIdentityToken"]
    arn = role(world, trusting({"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/issuer.example"}, "sts:AssumeRole"))
    given = {"RoleArn": arn, "RoleSessionName": "session", "WebIdentityToken": token}
    assert refusal(world.boto3("sts").assume_role_with_web_identity, **given)[0] == "InvalidIdentityToken"
