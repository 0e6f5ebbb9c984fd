"""AssumeRoleWithWebIdentity by OpenID Connect providers of IAM: user pools of this server, and a stranger's issuer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from asking import refusal, status
from federated import ACCOUNT, allow
from halfday.protocol.jwk import Jwk, jwks
from halfday.protocol.jws import sign
from signers import of, role, trusting
from sockets import on_a_socket
from world import Pool, World

KEYS = {name: generate_private_key(65537, 2048) for name in ("first", "second")}
ACTIONS = ("sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity")
TAGS = "https://aws.amazon.com/tags"
UNVERIFIABLE = (
    "InvalidIdentityToken",
    "Couldn't retrieve verification key from your identity provider,  "
    "please reference AssumeRoleWithWebIdentity documentation for requirements",
)


class Issuer:
    """Somebody's OpenID Connect issuer, and IAM's provider of it. `published` are the names of its keys."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.published, self.down = ["first"], False

    def token(self, key: str = "first", **claims: Any) -> str:
        now = int(time.time())
        said = {"iss": self.origin, "sub": "johndoe", "aud": "app", "iat": now, "exp": now + 300, **claims}
        kept = {name: value for name, value in said.items() if value is not None}
        return sign({"alg": "RS256", "kid": key}, kept, KEYS[key])

    async def answer(self, request: Request) -> Response:
        if self.down:
            return Response(status_code=503)
        if request.url.path in ("/app", "/me", "/auth/o2/tokeninfo"):
            return self._about(request)
        if request.url.path == "/keys":
            return JSONResponse(jwks([Jwk(name, "RS256", KEYS[name].public_key()) for name in self.published]))
        return JSONResponse({"issuer": self.origin, "jwks_uri": f"{self.origin}/keys"})

    def _about(self, request: Request) -> Response:
        """What Facebook and Amazon say of an access token."""
        shown = request.query_params.get("access_token") or request.headers.get("authorization", "").split(" ")[-1]
        if shown != "good":
            return JSONResponse({"error": "invalid_token"}, 400)
        id_ = "app-1" if request.url.path == "/app" else "person-1"
        return JSONResponse({"id": id_, "aud": "app-1", "user_id": "person-1"})


@pytest.fixture(scope="module")
def stranger() -> Iterator[Issuer]:
    made: list[Issuer] = []

    def make(origin: str) -> Starlette:
        made.append(Issuer(origin))
        return Starlette(routes=[Route("/{path:path}", made[0].answer)])

    with on_a_socket(make):
        yield made[0]


@pytest.fixture
def issuer(world: World, stranger: Issuer) -> Issuer:
    stranger.published, stranger.down = ["first"], False
    world.running.services.provider_documents._kept.clear()
    iam = world.boto3("iam")
    known = [one["Arn"] for one in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
    if arn_of(stranger.origin) not in known:
        iam.create_open_id_connect_provider(Url=stranger.origin, ClientIDList=["app", "other"])
    return stranger


def arn_of(url: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:oidc-provider/{url.partition('://')[2]}"


def assume(world: World, role_arn: str, token: str, **given: Any) -> dict[str, Any]:
    call = world.boto3("sts").assume_role_with_web_identity
    return call(**{"RoleArn": role_arn, "RoleSessionName": "web-app", "WebIdentityToken": token, **given})


def test_a_stranger_s_token_gives_a_session(world: World, issuer: Issuer) -> None:
    host = issuer.origin.partition("://")[2]
    condition = {"StringEquals": {f"{host}:aud": "app", f"{host}:sub": "johndoe"}}
    reads = allow("iam:ListRoles")
    reads["Statement"][0]["Condition"] = {"StringEquals": {"aws:FederatedProvider": arn_of(issuer.origin)}}
    arn = role(world, trusting({"Federated": arn_of(issuer.origin)}, *ACTIONS, **condition), reads)
    answer = assume(world, arn, issuer.token())
    assert (answer["SubjectFromWebIdentityToken"], answer["Audience"]) == ("johndoe", "app")
    assert answer["Provider"] == arn_of(issuer.origin)
    assert of(world, "", answer["Credentials"]).client("iam").list_roles()
    other = {"sub": "janedoe"}
    denied = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
    assert refusal(assume, world=world, role_arn=arn, token=issuer.token(**other)) == denied
    assert status(assume, world=world, role_arn=arn, token=issuer.token(aud="other")) == 403


@pytest.mark.parametrize(
    "claims",
    [
        {TAGS: {"principal_tags": {"team": ["red"]}, "transitive_tag_keys": ["team"]}},
        {f"{TAGS}/principal_tags/team": "red", f"{TAGS}/transitive_tag_keys": ["team"]},
    ],
)
def test_claims_are_tags(world: World, issuer: Issuer, claims: dict[str, Any]) -> None:
    reads = allow("iam:ListRoles")
    reads["Statement"][0]["Condition"] = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    arn = role(world, trusting({"Federated": arn_of(issuer.origin)}, *ACTIONS), reads)
    answer = assume(world, arn, issuer.token(**claims, **{"https://aws.amazon.com/source_identity": "johndoe"}))
    assert answer["SourceIdentity"] == "johndoe"
    session = of(world, "", answer["Credentials"])
    assert session.client("iam").list_roles()
    second = role(world, trusting(arn, "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"), reads)
    assert session.assume(second).client("iam").list_roles()
    untagged = role(world, trusting({"Federated": arn_of(issuer.origin)}, ACTIONS[0]))
    assert refusal(assume, world=world, role_arn=untagged, token=issuer.token(**claims))[0] == "AccessDenied"


@pytest.mark.parametrize(
    "claims",
    [
        {TAGS: {"principal_tags": {"team": ["red", "blue"]}}},
        {TAGS: {"principal_tags": {"aws:team": ["red"]}}},
        {TAGS: {"principal_tags": {"team": ["r" * 257]}}},
        {TAGS: {"principal_tags": {f"team{number}": ["red"] for number in range(51)}}},
        {TAGS: {"principal_tags": {"team": ["red"], "Team": ["red"]}}},
        {"https://aws.amazon.com/source_identity": "j"},
    ],
)
def test_claims_that_cannot_be_tags_are_refused(world: World, issuer: Issuer, claims: dict[str, Any]) -> None:
    arn = role(world, trusting({"Federated": arn_of(issuer.origin)}, *ACTIONS))
    assert refusal(assume, world=world, role_arn=arn, token=issuer.token(**claims))[0] == "InvalidIdentityToken"


def test_the_token_has_to_be_the_issuer_s_for_a_client_of_the_provider_and_of_now(world: World, issuer: Issuer) -> None:
    arn = role(world, trusting({"Federated": arn_of(issuer.origin)}, *ACTIONS))
    given: dict[str, Any] = {"world": world, "role_arn": arn}
    token = "InvalidIdentityToken"
    assert refusal(assume, **given, token=issuer.token(aud="nobody")) == (token, "Incorrect token audience")
    assert refusal(assume, **given, token=issuer.token(azp="nobody")) == (token, "Incorrect token audience")
    assert assume(world, arn, issuer.token(aud=["x", "other"], azp="other"))["Audience"] == "other"
    assert refusal(assume, **given, token=issuer.token(aud=None)) == (token, "Missing a required claim: aud")
    assert refusal(assume, **given, token=issuer.token(sub=None)) == (token, "Missing a required claim: sub")
    assert refusal(assume, **given, token=issuer.token(exp=int(time.time()) - 1))[0] == "ExpiredTokenException"
    assert refusal(assume, **given, token=issuer.token("second")) == UNVERIFIABLE
    forged = issuer.token().rpartition(".")[0] + ".AAAA"
    assert refusal(assume, **given, token=forged) == UNVERIFIABLE
    unknown = "https://issuer.example"
    assert refusal(assume, **given, token=issuer.token(iss=unknown)) == (
        token,
        f"No OpenIDConnect provider found in your account for {unknown}",
    )


def test_new_keys_are_fetched_when_a_token_names_one(world: World, issuer: Issuer) -> None:
    arn = role(world, trusting({"Federated": arn_of(issuer.origin)}, *ACTIONS))
    assert assume(world, arn, issuer.token())
    issuer.published = ["first", "second"]
    assert assume(world, arn, issuer.token("second"))


def test_google_needs_no_provider_and_the_trust_policy_names_the_app(
    world: World, stranger: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its stand-in: the issuer that Google's people come from on this server."""
    services, google = world.running.services, Issuer(stranger.origin)
    services.provider_documents._kept.clear()
    stranger.published, stranger.down = ["first"], False
    for one in world.boto3("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        if one["Arn"] == arn_of(stranger.origin):
            world.boto3("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=one["Arn"])
    condition = {"StringEquals": {"accounts.google.com:aud": "app", "accounts.google.com:sub": "johndoe"}}
    arn = role(world, trusting({"Federated": "accounts.google.com"}, *ACTIONS, **condition))
    token = google.token(azp="app", aud="backend")
    assert refusal(assume, world=world, role_arn=arn, token=token)[0] == "InvalidIdentityToken"
    monkeypatch.setitem(services.stand_in_logins, "accounts.google.com", stranger.origin)
    answer = assume(world, arn, token)
    assert (answer["Provider"], answer["Audience"]) == ("accounts.google.com", "app")
    assert refusal(assume, world=world, role_arn=arn, token=google.token(aud="another"))[0] == "AccessDenied"


@pytest.mark.parametrize(("provider", "key"), [("graph.facebook.com", "id"), ("www.amazon.com", "user_id")])
def test_an_opaque_token_is_asked_about_at_its_provider(
    world: World, stranger: Issuer, monkeypatch: pytest.MonkeyPatch, provider: str, key: str
) -> None:
    monkeypatch.setitem(world.running.services.stand_in_logins, provider, stranger.origin)
    condition = {"StringEquals": {f"{provider}:app_id": "app-1", f"{provider}:{key}": "person-1"}}
    arn = role(world, trusting({"Federated": provider}, *ACTIONS, **condition))
    answer = assume(world, arn, "good", ProviderId=provider)
    told = (answer["SubjectFromWebIdentityToken"], answer["Audience"], answer["Provider"])
    assert told == ("person-1", "app-1", provider)
    given: dict[str, Any] = {"world": world, "role_arn": arn, "ProviderId": provider}
    assert refusal(assume, **given, token="none")[0] == "IDPRejectedClaim"
    assert status(assume, **given, token="none") == 403
    other = role(world, trusting({"Federated": provider}, *ACTIONS, StringEquals={f"{provider}:app_id": "app-2"}))
    assert refusal(assume, **{**given, "role_arn": other}, token="good")[0] == "AccessDenied"
    assert refusal(assume, **{**given, "ProviderId": "issuer.example"}, token="good")[0] == "ValidationError"
    monkeypatch.setitem(world.running.services.stand_in_logins, provider, "http://127.0.0.1:1")
    assert refusal(assume, **given, token="good")[0] == "IDPCommunicationError"


def test_an_issuer_that_is_away_is_told_so(world: World, issuer: Issuer) -> None:
    arn = role(world, trusting({"Federated": arn_of(issuer.origin)}, *ACTIONS))
    issuer.down = True
    assert refusal(assume, world=world, role_arn=arn, token=issuer.token()) == UNVERIFIABLE
    nobody = "http://127.0.0.1:1"
    iam = world.boto3("iam")
    iam.create_open_id_connect_provider(Url=nobody, ClientIDList=["app"])
    code, _ = refusal(assume, world=world, role_arn=arn, token=issuer.token(iss=nobody))
    assert code == "IDPCommunicationError"
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn_of(nobody))
    assert refusal(assume, world=world, role_arn=arn, token=issuer.token(iss=nobody))[0] == "InvalidIdentityToken"


@pytest.mark.parametrize("spelling", ["aws", "local"])
def test_a_user_pool_is_a_provider_by_aws_s_name_and_by_its_own(world: World, pool: Pool, spelling: str) -> None:
    pool.user()
    client = pool.client()
    url = f"cognito-idp.us-east-1.amazonaws.com/{pool.pool_id}"
    written = f"https://{url}" if spelling == "aws" else f"{world.origin}/{pool.pool_id}"
    made = world.boto3("iam").create_open_id_connect_provider(Url=written, ClientIDList=[client["ClientId"]])
    provider = made["OpenIDConnectProviderArn"]
    name = provider.partition(":oidc-provider/")[2]
    tokens = pool.tokens(client)
    condition = {"StringEquals": {f"{name}:aud": client["ClientId"]}}
    arn = role(world, trusting({"Federated": provider}, *ACTIONS, **condition), allow("cognito-idp:ListUserPools"))
    answer = assume(world, arn, tokens["IdToken"])
    assert (answer["Provider"], answer["Audience"]) == (provider, client["ClientId"])
    assert of(world, "", answer["Credentials"]).client("cognito-idp").list_user_pools(MaxResults=1)
    access = refusal(assume, world=world, role_arn=arn, token=tokens["AccessToken"])
    assert access == ("InvalidIdentityToken", "Missing a required claim: aud")
