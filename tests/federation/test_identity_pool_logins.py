"""Logins of every kind of provider at an identity pool, against the stand-ins: Google, Apple, Facebook, Amazon, any
OpenID Connect issuer, SAML. Source: facts/identity.md §2; developer guide, Identity pools third-party providers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from asking import not_authorized, refusal
from world import Pool, World, running

APP = "http://localhost:8080/app"
POOL = "us-east-1:4a1fda70-0000-4242-8080-c0ffee000014"
ACCOUNT = "123456789012"
CLIENT, OTHER = {"ClientId": "oidcclient"}, {"ClientId": "otherclient"}
USER_POOL = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Oidc00001"
ACCOUNTS = [{"email": "grace@example.com", "name": "Grace Hopper"}, {"email": "alan@example.com"}]
ROLES = f"arn:aws:iam::{ACCOUNT}:role/corp-a,arn:aws:iam::{ACCOUNT}:saml-provider/Corp"
BOTH = [ROLES, ROLES.replace("corp-a", "corp-b")]
ROLE_CLAIM = "https://aws.amazon.com/SAML/Attributes/Role"
CORP = [
    {"email": "grace@example.com", "claims": {ROLE_CLAIM: ROLES}},
    {"email": "alan@example.com", "claims": {ROLE_CLAIM: BOTH}},
    {"email": "mary@example.com"},
]
APPLE_KEY = generate_private_key(SECP256R1())
APPLE_PEM = APPLE_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PROVIDERS = {
    "Google": "accounts.google.com",
    "SignInWithApple": "appleid.apple.com",
    "Facebook": "graph.facebook.com",
    "LoginWithAmazon": "www.amazon.com",
}
KINDS = [*PROVIDERS, "OIDC", "SAML"]


def document() -> dict[str, Any]:
    stand_ins = [
        {"type": kind, "accounts": ACCOUNTS, "callback_urls": [APP], "client_secret": "s" * 32} for kind in KINDS
    ]
    named = {one["type"]: one for one in stand_ins}
    named["SignInWithApple"].update(private_key=APPLE_PEM, team_id="OURTEAM123", key_id="OURKEY1234")
    named["OIDC"].update(name="Acme")
    named["SAML"].update(name="Corp", accounts=CORP)
    del named["SAML"]["client_secret"]
    stand_ins.append({**named["OIDC"], "name": "Beta"})
    pool = {
        "id": POOL,
        "classic_flow": True,
        "authenticated_role": "usual",
        "login_providers": {login: f"stand-in-{kind}" for kind, login in PROVIDERS.items()},
        "oidc": [
            {"stand_in": "Acme"},
            {"stand_in": "Beta", "client_ids": ["another-app"]},
            {"issuer": f"https://{USER_POOL}", "client_ids": [CLIENT["ClientId"]]},
        ],
        "saml": [{"stand_in": "Corp"}],
    }
    client = {"id": CLIENT["ClientId"], "auth_flows": ["ALLOW_USER_PASSWORD_AUTH"]}
    user_pool = {"id": "us-east-1_Oidc00001", "client": [client, {**client, "id": OTHER["ClientId"]}]}
    roles = [{"name": name, "identity_pool": POOL} for name in ("usual", "corp-a", "corp-b")]
    return {"user_pool": [user_pool], "stand_in": stand_ins, "identity_pool": [pool], "role": roles}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("data"), document()) as up:
        yield up


AUTHORIZE = {
    "Google": "/o/oauth2/v2/auth",
    "SignInWithApple": "/auth/authorize",
    "Facebook": "/v17.0/dialog/oauth",
    "LoginWithAmazon": "/ap/oa",
    "OIDC": "/authorize",
    "SAML": "/aws",
}
SCOPES = {"Facebook": "email", "LoginWithAmazon": "profile", "SignInWithApple": "email"}


class App:
    """An app that people sign in to at the provider itself, without a user pool."""

    def __init__(self, world: World, kind: str, name: str = "") -> None:
        self.world, self.kind = world, kind
        self.name = name or {"OIDC": "Acme", "SAML": "Corp"}.get(kind, kind)
        self.issuer = world.running.stand_ins[self.name]

    @property
    def login(self) -> str:
        """The key of Logins."""
        others = {
            "OIDC": self.issuer.partition("://")[2],
            "SAML": f"arn:aws:iam::{ACCOUNT}:saml-provider/Corp",
        }
        return {**PROVIDERS, **others}[self.kind]

    @property
    def client_id(self) -> str:
        return f"stand-in-{self.name}"

    def logins(self, email: str = "grace@example.com") -> dict[str, str]:
        return {self.login: self.token(email)}

    def token(self, email: str) -> str:
        asked = {"client_id": self.client_id, "redirect_uri": APP, "response_type": "code"}
        asked["scope"] = SCOPES.get(self.kind, "openid email profile")
        asked |= {"response_mode": "form_post"} if self.kind == "SignInWithApple" else {}
        url = self.issuer + AUTHORIZE[self.kind]
        page = requests.get(url, params=asked if self.kind != "SAML" else {}, timeout=5)
        assert page.status_code == 200, page.text
        action = re.search(r'action="([^"]+)"', page.text)
        assert action, page.text
        answer = requests.post(url + unescape(action[1]), data={"account": email}, allow_redirects=False, timeout=5)
        if self.kind == "SAML":
            return _field(answer, "SAMLResponse")
        if self.kind == "SignInWithApple":
            return self._exchanged(_field(answer, "code"))
        code = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))["code"]
        return self._exchanged(code)

    def _exchanged(self, code: str) -> str:
        secret = "s" * 32 if self.kind != "SignInWithApple" else self._apple_secret()
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": APP}
        form |= {"client_id": self.client_id, "client_secret": secret}
        paths = {
            "Google": "/token",
            "OIDC": "/token",
            "SignInWithApple": "/auth/token",
            "Facebook": "/v17.0/oauth/access_token",
            "LoginWithAmazon": "/auth/o2/token",
        }
        answer = requests.post(self.issuer + paths[self.kind], data=form, timeout=5)
        assert answer.status_code == 200, answer.text
        name = "access_token" if self.kind in ("Facebook", "LoginWithAmazon") else "id_token"
        return str(answer.json()[name])

    def _apple_secret(self) -> str:
        now = int(self.world.clock())
        claims = {"iss": "OURTEAM123", "iat": now, "exp": now + 300, "aud": self.issuer, "sub": self.client_id}
        return jwt.encode(claims, APPLE_PEM, "ES256", headers={"kid": "OURKEY1234"})


def _field(page: requests.Response, name: str) -> str:
    """Of the form that the provider's page posts."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return unescape(found[1])


@pytest.fixture
def api(world: World) -> Any:
    return world.boto3("cognito-identity")


def get_id(api: Any, logins: dict[str, str]) -> str:
    return str(api.get_id(IdentityPoolId=POOL, Logins=logins)["IdentityId"])


def role_of(world: World, answer: dict[str, Any]) -> str:
    given = answer["Credentials"]
    keys = {"aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretKey"]}
    sts = world.boto3("sts", **keys, aws_session_token=given["SessionToken"])
    return str(sts.get_caller_identity()["Arn"]).split("/")[1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_person_has_one_identity_and_gets_credentials(world: World, api: Any, kind: str) -> None:
    app = App(world, kind)
    logins = app.logins()
    mine = get_id(api, logins)
    assert get_id(api, app.logins()) == mine != get_id(api, app.logins("alan@example.com"))
    assert api.describe_identity(IdentityId=mine)["Logins"] == [app.login]
    answer = api.get_credentials_for_identity(IdentityId=mine, Logins=logins)
    assert role_of(world, answer) == ("corp-a" if kind == "SAML" else "usual")


SECOND = {
    "OIDC": rf"arn:aws:iam::{ACCOUNT}:oidc-provider/\S+:OIDC:[0-9a-f]+",
    "SAML": r"arn:\S+:SAML:grace@example\.com",
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_token_of_the_basic_flow_says_who_by_whom(world: World, api: Any, kind: str) -> None:
    app = App(world, kind)
    logins = app.logins()
    given = {"IdentityId": get_id(api, logins), "Logins": logins}
    if kind == "SAML":
        code, sentence = refusal(api.get_open_id_token, **given)
        assert (code, sentence) == (
            "InvalidParameterException",
            "Basic (classic) flow is not supported with SAML, please use enhanced flow.",
        )
        return
    claims = jwt.decode(api.get_open_id_token(**given)["Token"], options={"verify_signature": False})
    assert claims["amr"][:2] == ["authenticated", app.login]
    usual = rf"{re.escape(app.login)}:{app.client_id}:\S+"
    assert re.fullmatch(SECOND.get(kind, usual), claims["amr"][2])


@pytest.mark.parametrize("kind", KINDS)
def test_a_provider_that_the_pool_does_not_list_is_none(world: World, api: Any, kind: str) -> None:
    made = api.create_identity_pool(
        IdentityPoolName="empty", AllowUnauthenticatedIdentities=False, DeveloperProviderName="login.example.com"
    )
    refused = refusal(api.get_id, IdentityPoolId=made["IdentityPoolId"], Logins=App(world, kind).logins())
    issuer_differs = {
        "Google": "Invalid login token. Issuer doesn't match providerName",
        "SignInWithApple": "Invalid login token. Issuer doesn't match providerName",
    }
    assert refused == not_authorized(
        issuer_differs.get(kind, "Token is not from a supported provider of this identity pool.")
    )


def pool_of(api: Any, **given: Any) -> str:
    settings = {"IdentityPoolName": "own", "AllowUnauthenticatedIdentities": False, **given}
    return str(api.create_identity_pool(**settings)["IdentityPoolId"])


WRONG_AUDIENCE = not_authorized("Invalid login token. Incorrect token audience")


@pytest.mark.parametrize("kind", PROVIDERS)
def test_a_token_for_another_app_is_for_another_audience(world: World, api: Any, kind: str) -> None:
    app = App(world, kind)
    pool_id = pool_of(api, SupportedLoginProviders={app.login: "another-app"})
    assert refusal(api.get_id, IdentityPoolId=pool_id, Logins=app.logins()) == WRONG_AUDIENCE
    right = pool_of(api, SupportedLoginProviders={app.login: app.client_id})
    assert api.get_id(IdentityPoolId=right, Logins=app.logins())["IdentityId"]


def test_the_audiences_of_an_oidc_provider_are_those_of_iam(world: World, api: Any) -> None:
    beta = App(world, "OIDC", name="Beta")
    assert refusal(api.get_id, IdentityPoolId=POOL, Logins=beta.logins()) == WRONG_AUDIENCE
    assert get_id(api, App(world, "OIDC").logins())


@pytest.mark.parametrize(
    ("kind", "token", "sentence"),
    [
        ("Google", "garbage", "Not a valid OpenId Connect identity token."),
        ("Facebook", "EAAgarbage", "Couldn't verify signed token."),
        ("LoginWithAmazon", "Atza|garbage", "Couldn't verify signed token."),
        ("SAML", "Z2FyYmFnZQ==", "Couldn't verify signed token."),
        ("OIDC", "garbage", "Not a valid OpenId Connect identity token."),
    ],
)
def test_what_the_provider_did_not_give_is_no_login(
    world: World, api: Any, kind: str, token: str, sentence: str
) -> None:
    refused = refusal(api.get_id, IdentityPoolId=POOL, Logins={App(world, kind).login: token})
    assert refused == not_authorized(f"Invalid login token. {sentence}")


def test_a_token_by_another_key_under_a_known_issuer_is_refused(world: World, api: Any) -> None:
    app = App(world, "OIDC")
    token = jwt.encode(
        {"iss": app.issuer, "aud": app.client_id, "sub": "s", "exp": 4102444800},
        APPLE_PEM,
        "ES256",
        headers={"kid": "x"},
    )
    for _ in range(3):
        refused = refusal(api.get_id, IdentityPoolId=POOL, Logins={app.login: token})
        assert refused == not_authorized("Invalid login token. Couldn't verify signed token.")


@pytest.mark.parametrize("kind", ["Google", "OIDC", "SAML", "Facebook", "LoginWithAmazon"])
def test_a_login_that_has_ended_is_refused(world: World, api: Any, kind: str) -> None:
    logins = App(world, kind).logins()
    world.clock.advance(3599 + 310)
    code, sentence = refusal(api.get_id, IdentityPoolId=POOL, Logins=logins)
    world.clock.ahead_s = 0
    assert code == "NotAuthorizedException"
    opaque = kind in ("Facebook", "LoginWithAmazon")
    assert sentence.startswith("Invalid login token. " + ("Couldn't verify" if opaque else "Token expired"))


def test_a_login_of_two_providers_is_one_person(world: World, api: Any) -> None:
    google, facebook = App(world, "Google"), App(world, "Facebook")
    both = {**google.logins("alan@example.com"), **facebook.logins("alan@example.com")}
    mine = get_id(api, both)
    assert get_id(api, google.logins("alan@example.com")) == get_id(api, facebook.logins("alan@example.com")) == mine
    assert set(api.describe_identity(IdentityId=mine)["Logins"]) == {google.login, facebook.login}


def test_an_assertion_with_several_roles_leaves_the_choice(world: World, api: Any) -> None:
    """Developer guide, Customizing your user role with the SAML IdP."""
    app = App(world, "SAML")
    logins = app.logins("alan@example.com")
    given = {"IdentityId": get_id(api, logins), "Logins": logins}
    ask = api.get_credentials_for_identity
    assert role_of(world, ask(**given)) == "usual", "without a choice it is the pool's own"
    corp_b = f"arn:aws:iam::{ACCOUNT}:role/corp-b"
    assert role_of(world, ask(**given, CustomRoleArn=corp_b)) == "corp-b"
    usual = f"arn:aws:iam::{ACCOUNT}:role/usual"
    assert refusal(ask, **given, CustomRoleArn=usual) == not_authorized(f"Access to Role '{usual}' is forbidden.")
    nobody = app.logins("mary@example.com")
    answer = ask(IdentityId=get_id(api, nobody), Logins=nobody)
    assert role_of(world, answer) == "usual", "an assertion that names no role"


MAPPED = {
    "Google": ("email", "grace@example.com"),
    "Facebook": ("email", "grace@example.com"),
    "LoginWithAmazon": ("aud", "stand-in-LoginWithAmazon"),
    "SignInWithApple": ("email", "grace@example.com"),
    "OIDC": ("name", "Grace Hopper"),
    "SAML": ("email", "grace@example.com"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_rules_look_at_what_the_provider_says(world: World, api: Any, kind: str) -> None:
    app = App(world, kind)
    claim, value = MAPPED[kind]
    ruled = f"arn:aws:iam::{ACCOUNT}:role/corp-b"
    rule = {"Claim": claim, "MatchType": "Equals", "Value": value, "RoleARN": ruled}
    mapping = {"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": [rule]}}
    usual = f"arn:aws:iam::{ACCOUNT}:role/usual"
    api.set_identity_pool_roles(IdentityPoolId=POOL, Roles={"authenticated": usual}, RoleMappings={app.login: mapping})
    try:
        logins = app.logins()
        answer = api.get_credentials_for_identity(IdentityId=get_id(api, logins), Logins=logins)
    finally:
        api.set_identity_pool_roles(IdentityPoolId=POOL, Roles={"authenticated": usual})
    assert role_of(world, answer) == "corp-b"


TAGGED: dict[str, Callable[[dict[str, Any]], bool]] = {
    "Google": lambda tags: tags["client"] == ["stand-in-Google"] and len(tags["username"][0]) == 21,
    "LoginWithAmazon": lambda tags: tags["username"][0].startswith("amzn1.account."),
    "Facebook": lambda tags: tags["client"] == ["stand-in-Facebook"] and tags["username"][0].startswith("10"),
    "OIDC": lambda tags: tags["client"] == ["stand-in-Acme"],
}


@pytest.mark.parametrize("kind", TAGGED)
def test_the_usual_tags_are_the_app_and_the_person(world: World, api: Any, kind: str) -> None:
    """Developer guide, Default provider mappings. An OIDC provider is named by its ARN, as Terraform's tests do."""
    app = App(world, kind)
    name = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{app.login}" if kind == "OIDC" else app.login
    given = {"IdentityPoolId": POOL, "IdentityProviderName": name}
    api.set_principal_tag_attribute_map(**given, UseDefaults=True)
    try:
        logins = app.logins()
        token = api.get_open_id_token(IdentityId=get_id(api, logins), Logins=logins)["Token"]
    finally:
        api.set_principal_tag_attribute_map(**given, UseDefaults=False)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert TAGGED[kind](claims["https://aws.amazon.com/tags"]["principal_tags"])


@pytest.mark.parametrize(("kind", "host"), [("Facebook", "graph.facebook.com"), ("Google", "accounts.google.com")])
def test_a_provider_that_does_not_answer_is_an_external_service(
    world: World, api: Any, kind: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    logins = App(world, kind).logins()
    here = "http://127.0.0.1:9"
    monkeypatch.setitem(world.running.services.stand_in_logins, host, here)
    if kind == "Google":
        claims = {**jwt.decode(logins[host], options={"verify_signature": False}), "iss": here}
        logins = {host: jwt.encode(claims, APPLE_PEM, "ES256", headers={"kid": "x"})}
    refused = refusal(api.get_id, IdentityPoolId=POOL, Logins=logins)
    assert refused == ("ExternalServiceException", f"{host} is not responding.")


def test_a_user_pool_is_an_oidc_provider_too(world: World, api: Any) -> None:
    """amazon-cognito-identity-js#7: a user pool in IAM's list of providers, with an audience there."""
    pool = Pool(world, "us-east-1_Oidc00001")
    pool.user()
    assert get_id(api, {USER_POOL: pool.tokens(CLIENT)["IdToken"]})
    refused = refusal(api.get_id, IdentityPoolId=POOL, Logins={USER_POOL: pool.tokens(OTHER)["IdToken"]})
    assert refused == not_authorized("Token is not from a supported provider of this identity pool.")


def test_a_stand_in_s_assertion_goes_to_the_apps_that_are_named_only(world: World) -> None:
    app = App(world, "SAML")
    refused = requests.get(f"{app.issuer}/aws", params={"consumer": "https://evil.example"}, timeout=5)
    assert (refused.status_code, "is none of callback_urls" in refused.text) == (400, True)
    front = requests.get(app.issuer, timeout=5).text
    assert "Sign in to AWS" in front
