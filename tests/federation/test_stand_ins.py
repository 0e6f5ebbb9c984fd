"""Each kind of provider, against its stand-in: who is chosen there is the pool's user, told as that provider tells.

Source: facts/federation.md §1, §3; the providers' own documentation.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from federation.every_kind import ALGORITHMS, APPLE_KEY, CLIENT, NAMES, POOL, document
from functions import set_triggers
from halfday.server.stand_in import Account
from world import CALLBACK, Browser, Pool, World, code_in, query_in, running

SUBJECTS = {
    "Google": r"\d{21}",
    "Facebook": r"10\d{15}",
    "LoginWithAmazon": r"amzn1\.account\.[A-Z2-7]{28}",
    "SignInWithApple": r"00\d{4}\.[0-9a-f]{32}\.\d{4}",
    "Acme": r"[0-9a-f]{32}",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("data"), document()) as up:
        yield up


class Visitor(Browser):
    """Somebody with a browser that goes to a stand-in, chooses there, and comes back."""

    def __init__(self, world: World) -> None:
        super().__init__(world.origin)

    def leave(self, provider: str) -> str:
        answer = self.authorize(CLIENT, identity_provider=provider)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def choose(self, url: str, **form: str) -> requests.Response:
        page = self.session.get(url)
        assert page.status_code == 200, page.text
        action = re.search(r'action="([^"]+)"', page.text)
        assert action, page.text
        return self.session.post(url.partition("?")[0] + unescape(action[1]), data=form, allow_redirects=False)

    def come_back(self, answer: requests.Response) -> requests.Response:
        """By the redirect, or by the form that the page posts; and once more by ours, which brings the cookie."""
        if answer.is_redirect:
            return self.session.get(answer.headers["Location"], allow_redirects=False)
        action, fields = form_in(answer)
        return self.session.post(action, data=fields, allow_redirects=False)

    def signed_in(self, provider: str, email: str = "grace@example.com") -> requests.Response:
        return self.come_back(self.choose(self.leave(provider), account=email))


def form_in(page: requests.Response) -> tuple[str, dict[str, str]]:
    action = re.search(r'<form action="([^"]+)"', page.text)
    assert action, page.text
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text)
    return unescape(action[1]), {name: unescape(value) for name, value in fields}


@pytest.fixture
def visitor(world: World) -> Visitor:
    return Visitor(world)


def claims_of(world: World, answer: requests.Response) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "client_id": CLIENT["ClientId"],
        "code": code_in(answer),
        "redirect_uri": CALLBACK,
    }
    tokens = requests.post(f"{world.origin}/oauth2/token", data=form, timeout=10).json()
    claims: dict[str, Any] = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    return claims


def attributes_of(world: World, username: str) -> dict[str, str]:
    user = world.idp.admin_get_user(UserPoolId=POOL, Username=username)
    assert user["UserStatus"] == "EXTERNAL_PROVIDER"
    return {pair["Name"]: pair["Value"] for pair in user["UserAttributes"]}


@pytest.mark.parametrize("name", NAMES)
def test_who_is_chosen_is_the_pool_s_user_under_the_provider_s_name(world: World, visitor: Visitor, name: str) -> None:
    claims = claims_of(world, visitor.signed_in(name))
    kind = "OIDC" if name in ALGORITHMS else name
    prefix, _, subject = claims["cognito:username"].partition("_")
    assert prefix == name
    assert re.fullmatch(SUBJECTS.get(name, r"[0-9a-f]{32}"), subject)
    (identity,) = claims["identities"]
    assert (identity["providerName"], identity["providerType"], identity["userId"]) == (name, kind, subject)
    assert claims["cognito:groups"] == [f"{POOL}_{name}"]
    assert claims["email"] == "grace@example.com"
    assert claims_of(world, visitor.signed_in(name))["sub"] == claims["sub"], "the same person comes again"


@pytest.mark.parametrize("name", NAMES)
def test_the_pool_s_function_is_told_what_the_provider_said(world: World, visitor: Visitor, name: str) -> None:
    pool = Pool(world, POOL)
    told = set_triggers(pool, InboundFederation=lambda event: event)["InboundFederation"]
    try:
        claims = claims_of(world, visitor.signed_in(name))
    finally:
        set_triggers(pool)
    (event,) = told.events
    asked = event["request"]
    assert (asked["providerName"], asked["providerType"]) == (name, "OIDC" if name in ALGORITHMS else name)
    assert claims["cognito:username"] == f"{name}_{event['userName']}"
    without_id_tokens = name in ("Facebook", "LoginWithAmazon")
    expected = {"tokenResponse", "userInfo"} if without_id_tokens else {"tokenResponse", "idToken", "userInfo"}
    assert asked["attributes"].keys() == expected
    said = asked["attributes"]["userInfo" if without_id_tokens else "idToken"]
    assert said.get("email") == "grace@example.com"
    assert all(isinstance(value, str) for part in asked["attributes"].values() for value in part.values())


def test_google_s_people_api_tells_what_the_id_token_does_not(world: World, visitor: Visitor) -> None:
    claims = claims_of(world, visitor.signed_in("Google"))
    attributes = attributes_of(world, claims["cognito:username"])
    assert attributes["birthdate"] == "1906-12-09"
    assert attributes["phone_number"] == "+12025550123"
    assert attributes["name"] == "Grace Hopper"


def test_of_several_entries_google_s_primary_one_counts_and_a_date_needs_its_year(
    world: World, visitor: Visitor
) -> None:
    claims = claims_of(world, visitor.signed_in("Google", "katherine@example.com"))
    attributes = attributes_of(world, claims["cognito:username"])
    assert attributes["phone_number"] == "+13045550101"
    assert "birthdate" not in attributes


def test_facebook_is_asked_for_the_mapped_fields(world: World, visitor: Visitor) -> None:
    """A picture is an object there, and kept as JSON; the access token can be mapped."""
    claims = claims_of(world, visitor.signed_in("Facebook"))
    attributes = attributes_of(world, claims["cognito:username"])
    assert (attributes["given_name"], attributes["gender"]) == ("Grace", "female")
    assert json.loads(attributes["picture"])["data"]["url"] == "https://example.com/grace.png"
    assert attributes["custom:token"].startswith("EAA")
    assert "email_verified" not in attributes or attributes["email_verified"] == "false"


@pytest.mark.parametrize("name", NAMES)
def test_no_log_has_a_code_or_a_secret(
    world: World, visitor: Visitor, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Facebook's token endpoint is asked by GET: both are in the address. A program around this one may log at INFO."""
    caplog.set_level(logging.INFO)
    answer = visitor.choose(visitor.leave(name), account="grace@example.com")
    assert "code" in query_in(visitor.come_back(answer))
    details = world.idp.describe_identity_provider(UserPoolId=POOL, ProviderName=name)["IdentityProvider"]
    hidden = [_answer_in(answer)["code"], details["ProviderDetails"].get("client_secret", "")]
    assert caplog.text
    assert not [secret for secret in hidden if secret and secret in caplog.text]


def test_amazon_s_profile_has_what_the_scopes_open(world: World, visitor: Visitor) -> None:
    claims = claims_of(world, visitor.signed_in("LoginWithAmazon"))
    attributes = attributes_of(world, claims["cognito:username"])
    assert (attributes["name"], attributes["address"]) == ("Grace Hopper", "22201")


def test_apple_posts_its_answer_and_tells_a_name_once(world: World, visitor: Visitor) -> None:
    answer = visitor.choose(visitor.leave("SignInWithApple"), email="ada@example.com", name="Ada King Lovelace")
    action, fields = form_in(answer)
    assert action == f"{world.origin}/oauth2/idpresponse"
    assert json.loads(fields["user"])["name"] == {"firstName": "Ada", "lastName": "King Lovelace"}
    claims = claims_of(world, visitor.come_back(answer))
    first = attributes_of(world, claims["cognito:username"])
    assert (first["given_name"], first["family_name"]) == ("Ada", "King Lovelace")
    assert first["name"] == "Ada King Lovelace"
    assert first["email_verified"] == "true"
    again = visitor.choose(visitor.leave("SignInWithApple"), email="ada@example.com", name="Ada King Lovelace")
    assert "user" not in form_in(again)[1]
    visitor.come_back(again)
    assert attributes_of(world, claims["cognito:username"]) == first, "what is not told any more stays"


@pytest.mark.parametrize(
    ("user", "names"),
    [
        ({"name": {"firstName": "Eve", "lastName": "L"}, "email": "victim@example.com"}, ("Eve", "L")),
        ({"name": {"firstName": ["Eve"], "lastName": 7}}, (None, None)),
        ({"name": {"firstName": "x" * 2049, "lastName": ""}}, (None, None)),
        ({"name": "Eve"}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_of_apple_s_form_nothing_but_a_name_is_believed(
    world: World, visitor: Visitor, user: dict[str, Any], names: tuple[str | None, str | None]
) -> None:
    """Whoever sits at the browser can write it."""
    email = f"eve{len(json.dumps(user))}@example.com"
    action, fields = form_in(visitor.choose(visitor.leave("SignInWithApple"), email=email))
    back = visitor.session.post(action, data={**fields, "user": json.dumps(user)}, allow_redirects=False)
    attributes = attributes_of(world, claims_of(world, back)["cognito:username"])
    assert attributes["email"] == email
    assert (attributes.get("given_name"), attributes.get("family_name")) == names


@pytest.mark.parametrize("user", ["{", "[]", '"Eve"', "[" * 20_000])
def test_a_form_of_apple_s_that_is_none_signs_nobody_in(visitor: Visitor, user: str) -> None:
    action, fields = form_in(visitor.choose(visitor.leave("SignInWithApple"), email="mallory@example.com"))
    back = visitor.session.post(action, data={**fields, "user": user}, allow_redirects=False)
    assert query_in(back)["error_description"] == "Invalid response from IdP"


def test_lists_and_objects_are_kept_as_text(world: World, visitor: Visitor) -> None:
    claims = claims_of(world, visitor.signed_in("Acme"))
    attributes = attributes_of(world, claims["cognito:username"])
    assert attributes["custom:groups"] == "[navy, COBOL+60]"
    assert json.loads(attributes["address"]) == {"country": "US"}


LINKED = Account("linked@example.com")
OWN_IDS = {
    "Google": LINKED.subject,
    "Facebook": f"10{LINKED.digits(15)}",
    "LoginWithAmazon": f"amzn1.account.{LINKED.letters(28)}",
    "Acme": LINKED.hexadecimal(32),
}


@pytest.mark.parametrize("name", OWN_IDS)
def test_somebody_of_each_kind_can_be_linked_before_the_first_sign_in(
    world: World, visitor: Visitor, name: str
) -> None:
    """facts/federation.md §4: the tokens are the pool's own user's, and `identities` lists the link."""
    native = f"native-of-{name}".lower()
    world.idp.admin_create_user(UserPoolId=POOL, Username=native, MessageAction="SUPPRESS")
    world.idp.admin_link_provider_for_user(
        UserPoolId=POOL,
        DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": native},
        SourceUser={
            "ProviderName": name,
            "ProviderAttributeName": "Cognito_Subject",
            "ProviderAttributeValue": OWN_IDS[name],
        },
    )
    claims = claims_of(world, visitor.come_back(visitor.choose(visitor.leave(name), email=LINKED.email)))
    assert claims["cognito:username"] == native
    assert [(one["providerName"], one["primary"]) for one in claims["identities"]] == [(name, "false")]


def test_buttons_bear_names_that_people_know(visitor: Visitor) -> None:
    page = visitor.session.get(visitor.authorize(CLIENT).url)
    shown = set(re.findall(r"<span>Continue with ([^<]+)</span>", page.text))
    assert shown == {"Google", "Facebook", "Amazon", "Apple", *ALGORITHMS}


@pytest.mark.parametrize("name", NAMES)
def test_who_cancels_there_is_told_to_the_app_as_an_error(visitor: Visitor, name: str) -> None:
    told = query_in(visitor.come_back(visitor.choose(visitor.leave(name), cancel="yes")))
    assert told["error"] == "invalid_request"
    assert "denied" in told["error_description"] or told["error_description"] == "user_cancelled_authorize"
    assert "cognito" not in visitor.session.cookies


@pytest.mark.parametrize("name", NAMES)
def test_a_code_works_once(world: World, visitor: Visitor, name: str) -> None:
    """The second answer with the same code, of a sign-in of its own, is refused by the provider."""
    first = visitor.choose(visitor.leave(name), account="grace@example.com")
    code = _answer_in(first)["code"]
    visitor.come_back(first)
    second = Visitor(world)
    later = second.choose(second.leave(name), account="grace@example.com")
    replayed = {**_answer_in(later), "code": code}
    if later.is_redirect:
        back = second.session.get(f"{world.origin}/oauth2/idpresponse", params=replayed, allow_redirects=False)
    else:
        back = second.session.post(f"{world.origin}/oauth2/idpresponse", data=replayed, allow_redirects=False)
    told = query_in(back)
    assert told["error_description"] == {
        "Google": "Google Error - 400 invalid_grant",
        "SignInWithApple": "SignInWithApple Error - 400 invalid_grant",
        "LoginWithAmazon": "LoginWithAmazon Error - 400 invalid_grant Malformed auth code.",
    }.get(name, f"{name} Error - 400 error getting token")
    assert "cognito" not in second.session.cookies


def _answer_in(answer: requests.Response) -> dict[str, str]:
    if answer.is_redirect:
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    return form_in(answer)[1]


def test_apple_s_key_signs_the_client_secret_and_is_not_shown(world: World) -> None:
    provider = world.idp.describe_identity_provider(UserPoolId=POOL, ProviderName="SignInWithApple")
    details = provider["IdentityProvider"]["ProviderDetails"]
    assert "private_key" not in details
    assert {"team_id", "key_id", "client_id", "authorize_url", "token_url", "oidc_issuer"} <= set(details)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({}, "invalid_grant"),
        ({"iss": "ANOTHERTEAM"}, "invalid_client"),
        ({"sub": "another-client"}, "invalid_client"),
        ({"aud": "https://appleid.apple.com"}, "invalid_client"),
        ({"exp": 1}, "invalid_client"),
        ({"exp": None}, "invalid_client"),
        ({"kid": "ANOTHERKEY"}, "invalid_client"),
        ({"key": generate_private_key(SECP256R1())}, "invalid_client"),
    ],
)
def test_the_stand_in_apple_takes_the_client_secret_of_its_team_and_key_only(
    world: World, changes: dict[str, Any], error: str
) -> None:
    issuer, client = world.running.stand_ins["SignInWithApple"], "stand-in-SignInWithApple"
    given = {"iss": "OURTEAM123", "sub": client, "aud": issuer, "exp": 2**33, **changes}
    key, kid = given.pop("key", APPLE_KEY), given.pop("kid", "OURKEY1234")
    claims = {name: value for name, value in given.items() if value is not None}
    secret = jwt.encode(claims, key, "ES256", headers={"kid": kid})
    form = {"grant_type": "authorization_code", "code": "c", "client_id": client, "client_secret": secret}
    assert requests.post(f"{issuer}/auth/token", data=form, timeout=5).json()["error"] == error


@pytest.mark.parametrize(
    ("name", "path", "status"),
    [
        ("Google", "/v1/people/me?personFields=names", 401),
        ("Facebook", "/v17.0/me?fields=id", 400),
        ("LoginWithAmazon", "/user/profile", 400),
        ("Acme", "/userinfo", 401),
    ],
)
@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer made-up"}])
def test_nobody_is_told_of_without_an_access_token(
    world: World, name: str, path: str, status: int, header: dict[str, str]
) -> None:
    answer = requests.get(world.running.stand_ins[name] + path, headers=header, timeout=5)
    assert answer.status_code == status
    assert "error" in answer.json()
    assert "grace" not in answer.text


def test_an_answer_by_another_callback_than_the_kind_s_is_refused(world: World, visitor: Visitor) -> None:
    """Apple answers by a form post only: whoever can make a browser follow a link cannot use its answers."""
    answer = visitor.choose(visitor.leave("SignInWithApple"), account="grace@example.com")
    _, fields = form_in(answer)
    back = visitor.session.get(f"{world.origin}/oauth2/idpresponse", params=fields, allow_redirects=False)
    assert query_in(back)["error_description"] == "Invalid State"


@pytest.mark.parametrize("host", ["127.0.0.1", "standins.localhost"])
def test_a_pool_is_known_to_its_stand_ins_by_each_of_its_names(world: World, host: str) -> None:
    origin = f"{host}:{urlsplit(world.origin).port}"
    wanted = {"client_id": CLIENT["ClientId"], "redirect_uri": CALLBACK, "response_type": "code"}
    left = requests.get(
        f"{world.origin}/oauth2/authorize",
        params={**wanted, "identity_provider": "Google"},
        headers={"Host": origin},
        allow_redirects=False,
        timeout=5,
    )
    assert query_in(left)["redirect_uri"] == f"http://{origin}/oauth2/idpresponse"
    page = requests.get(left.headers["Location"], timeout=5)
    assert page.status_code == 200, page.text


def test_a_stand_in_has_its_own_origin_and_keys(world: World) -> None:
    issuers = {name: world.running.stand_ins[name] for name in NAMES}
    assert len(set(issuers.values())) == len(NAMES)
    published = [
        key["kid"]
        for name in ("Google", "SignInWithApple", "Acme", "Curves", "Probabilistic")
        for key in requests.get(_jwks_uri(issuers[name]), timeout=5).json()["keys"]
    ]
    assert len(set(published)) == 5
    assert requests.get(_jwks_uri(issuers["Shared"]), timeout=5).json() == {"keys": []}


def _jwks_uri(issuer: str) -> str:
    published = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=5).json()
    assert published["issuer"] == issuer
    return str(published["jwks_uri"])
