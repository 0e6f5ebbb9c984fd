"""Passkeys registered, listed, deleted, signed in with: by Chromium, and by a software authenticator that may lie."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from fido2.cbor import encode
from fido2.utils import websafe_encode
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, sync_playwright

from asking import invalid, missing, not_authorized, refusal
from authenticator import Authenticator
from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.pools import SOFTWARE_TOKEN_MFA, MfaPolicy, PasskeyPolicy
from halfday.server.outside import webauthn
from tools import find_chromium
from world import Pool, World

AS_A_NUMBER = websafe_encode(encode({"fmt": "none", "attStmt": {}, "authData": 2_000_000_000}))
WRONG = not_authorized("Incorrect username or password.")


@dataclass
class Passkeys:
    """A pool with passkeys, its client, and Ada signed in."""

    world: World
    pool: Pool
    client: dict[str, Any]
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return f"http://localhost:{urlsplit(self.world.origin).port}"

    @property
    def idp(self) -> Any:
        return self.world.idp

    def token(self, username: str = "ada") -> str:
        if username not in self.tokens:
            self.tokens[username] = self.pool.tokens(self.client, username)["AccessToken"]
        return self.tokens[username]

    def authenticator(self, **given: Any) -> Authenticator:
        return Authenticator(self.origin, **given)

    def options(self, username: str = "ada") -> dict[str, Any]:
        answer = self.idp.start_web_authn_registration(AccessToken=self.token(username))
        options: dict[str, Any] = answer["CredentialCreationOptions"]
        return options

    def complete(self, credential: Any, username: str = "ada") -> None:
        self.idp.complete_web_authn_registration(AccessToken=self.token(username), Credential=credential)

    def refusal(self, credential: Any, username: str = "ada") -> tuple[str, str]:
        return refusal(
            self.idp.complete_web_authn_registration, AccessToken=self.token(username), Credential=credential
        )

    def registered(self, username: str = "ada", **given: Any) -> Authenticator:
        authenticator = self.authenticator(**given)
        self.complete(authenticator.create(self.options(username)), username)
        return authenticator

    def listed(self, username: str = "ada", **given: Any) -> list[dict[str, Any]]:
        answer = self.idp.list_web_authn_credentials(AccessToken=self.token(username), **given)
        credentials: list[dict[str, Any]] = answer["Credentials"]
        return credentials

    def challenge(self, username: str = "ada") -> tuple[str, str]:
        """(the session, CREDENTIAL_REQUEST_OPTIONS)"""
        answer = self.idp.initiate_auth(
            ClientId=self.client["ClientId"],
            AuthFlow="USER_AUTH",
            AuthParameters={"USERNAME": username, "PREFERRED_CHALLENGE": "WEB_AUTHN"},
        )
        assert answer["ChallengeName"] == "WEB_AUTHN"
        return answer["Session"], answer["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]

    def answer(self, session: str, credential: str, username: str = "ada") -> dict[str, Any]:
        answered: dict[str, Any] = self.idp.respond_to_auth_challenge(
            ClientId=self.client["ClientId"],
            ChallengeName="WEB_AUTHN",
            Session=session,
            ChallengeResponses={"USERNAME": username, "CREDENTIAL": credential},
        )
        return answered

    def refused_answer(self, session: str, credential: str, username: str = "ada") -> tuple[str, str]:
        return refusal(self.answer, session=session, credential=credential, username=username)

    def sign_in(self, authenticator: Authenticator, username: str = "ada", **lies: Any) -> dict[str, Any]:
        session, options = self.challenge(username)
        return self.answer(session, authenticator.answer(options, **lies), username)


def make(
    world: World, *, first_factors: tuple[str, ...] = ("PASSWORD", "WEB_AUTHN"), domain: bool = False, **policy: str
) -> Passkeys:
    pool = world.pool()
    set_up(world, pool, first_factors, policy)
    if domain:
        world.idp.create_user_pool_domain(UserPoolId=pool.pool_id, Domain=f"passkeys-{next(world.counter)}")
    pool.user()
    return Passkeys(world, pool, client_of(pool))


def set_up(world: World, pool: Pool, first_factors: tuple[str, ...], policy: dict[str, str]) -> None:
    passkeys = PasskeyPolicy(
        policy.get("RelyingPartyId"), policy.get("UserVerification", "preferred"), "FactorConfiguration" in policy
    )
    change_pool(world, pool, first_factors=first_factors, passkeys=passkeys)


def change_pool(world: World, pool: Pool, **changes: Any) -> None:
    """Until SignInPolicy and SetUserPoolMfaConfig are honoured."""
    pools = world.running.services.store.pools

    async def change() -> None:
        await pools.change(pool.pool_id, lambda known: replace(known, **changes))

    asyncio.run(change())


def client_of(pool: Pool) -> dict[str, Any]:
    return pool.client(ExplicitAuthFlows=["ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])


@pytest.fixture
def at(world: World) -> Passkeys:
    return make(world, domain=True)


def test_the_options_are_as_in_aws_s_example(at: Passkeys) -> None:
    known = at.registered()
    options = at.options()
    sub = next(a["Value"] for a in at.idp.get_user(AccessToken=at.token())["UserAttributes"] if a["Name"] == "sub")
    challenge = options.pop("challenge")
    assert len(challenge) >= 22, "at least 16 bytes"
    assert options == {
        "authenticatorSelection": {
            "requireResidentKey": True,
            "residentKey": "required",
            "userVerification": "preferred",
        },
        "excludeCredentials": [{"id": known.id, "type": "public-key"}],
        "pubKeyCredParams": [{"alg": -7, "type": "public-key"}, {"alg": -257, "type": "public-key"}],
        "rp": {"id": "localhost", "name": "localhost"},
        "timeout": 60000,
        "user": {"displayName": "ada", "id": websafe_encode(sub.encode()), "name": "ada"},
    }
    assert at.options()["challenge"] != challenge


def test_a_pool_without_passkeys_registers_none(world: World) -> None:
    at = make(world, first_factors=("PASSWORD",), domain=True)
    assert refusal(at.options)[0] == "WebAuthnNotEnabledException"
    assert at.refusal({})[0] == "WebAuthnNotEnabledException"
    assert at.listed() == []


def test_a_pool_without_a_domain_needs_a_relying_party(world: World) -> None:
    assert refusal(make(world).options)[0] == "WebAuthnConfigurationMissingException"
    at = make(world, RelyingPartyId="auth.example.com", UserVerification="required")
    options = at.options()
    assert options["rp"]["id"] == "auth.example.com"
    assert options["authenticatorSelection"]["userVerification"] == "required"


def test_a_registered_passkey_is_listed_until_it_is_deleted(at: Passkeys) -> None:
    key = at.registered(aaguid="d548826e-79b4-40d8-a3d8-11116f7e8349")
    (listed,) = at.listed()
    created_at = listed.pop("CreatedAt").timestamp()
    assert abs(created_at - time.time()) < 60
    assert listed == {
        "CredentialId": key.id,
        "FriendlyCredentialName": "Bitwarden",
        "RelyingPartyId": "localhost",
        "AuthenticatorAttachment": "platform",
        "AuthenticatorTransports": ["hybrid", "internal"],
    }
    at.pool.user("eve")
    gone = missing("WebAuthn credential does not exist.")
    delete = at.idp.delete_web_authn_credential
    assert refusal(delete, AccessToken=at.token("eve"), CredentialId=key.id) == gone, "it is not hers"
    delete(AccessToken=at.token(), CredentialId=key.id)
    assert at.listed() == []
    assert refusal(delete, AccessToken=at.token(), CredentialId=key.id) == gone


def test_passkeys_are_listed_page_by_page(at: Passkeys) -> None:
    ids = sorted(at.registered().id for _ in range(3))
    listing = at.idp.list_web_authn_credentials
    first = listing(AccessToken=at.token(), MaxResults=2)
    second = listing(AccessToken=at.token(), MaxResults=2, NextToken=first["NextToken"])
    assert [c["CredentialId"] for c in first["Credentials"] + second["Credentials"]] == ids
    assert "NextToken" not in second
    assert len(at.listed(MaxResults=0)) == 3
    made_up = refusal(listing, AccessToken=at.token(), NextToken="§")
    assert made_up == invalid("Invalid pagination token")


@pytest.mark.parametrize(
    ("lies", "code"),
    [
        ({"origin": "https://evil.example.com"}, "WebAuthnOriginNotAllowedException"),
        ({"origin": "http://localhost.example.com"}, "WebAuthnOriginNotAllowedException"),
        ({"origin": "https://[localhost"}, "WebAuthnOriginNotAllowedException"),
        ({"origin": "android:apk-key-hash:abc"}, "WebAuthnOriginNotAllowedException"),
        ({"cross_origin": True}, "WebAuthnOriginNotAllowedException"),
        ({"rp_id": "example.com"}, "WebAuthnRelyingPartyMismatchException"),
        ({"challenge": "bm90IHRoZSBjaGFsbGVuZ2U"}, "WebAuthnChallengeNotFoundException"),
        ({"type": "webauthn.get"}, "WebAuthnCredentialNotSupportedException"),
    ],
)
def test_a_credential_that_was_made_elsewhere_is_refused(at: Passkeys, lies: dict[str, Any], code: str) -> None:
    assert at.refusal(at.authenticator().create(at.options(), **lies))[0] == code
    assert at.listed() == []


@pytest.mark.parametrize(
    ("rp_id", "origin", "allowed"),
    [
        ("example.com", "https://example.com", True),
        ("example.com", "https://login.example.com:8443", True),
        ("example.com", "http://example.com", False),
        ("example.com", "https://example.com.evil.org", False),
        ("example.com", "https://notexample.com", False),
        ("login.example.com", "https://example.com", False),
        ("localhost", "http://localhost:3000", True),
        ("lovelace.localhost", "http://lovelace.localhost:8000", True),
        ("lovelace.localhost", "http://localhost:8000", False),
        ("github.io", "https://somebody.github.io", False),
    ],
)
def test_origins_are_allowed_on_the_relying_party_s_host_and_below(
    world: World, rp_id: str, origin: str, allowed: bool
) -> None:
    at = make(world, RelyingPartyId=rp_id)
    credential = at.authenticator().create(at.options(), origin=origin)
    if allowed:
        at.complete(credential)
        assert at.listed()[0]["RelyingPartyId"] == rp_id
    else:
        assert at.refusal(credential)[0] == "WebAuthnOriginNotAllowedException"


def test_a_challenge_is_one_person_s_at_one_client_once_and_not_for_long(at: Passkeys) -> None:
    at.pool.user("eve")
    not_found = "WebAuthnChallengeNotFoundException"
    credential = at.authenticator().create(at.options())
    assert at.refusal(credential, "eve")[0] == not_found
    other = Passkeys(at.world, at.pool, client_of(at.pool))
    assert other.refusal(credential)[0] == "WebAuthnClientMismatchException"
    at.complete(credential)
    assert at.refusal(credential)[0] == not_found
    wrong = at.authenticator().create(options := at.options(), origin="https://evil.example.com")
    assert at.refusal(wrong)[0] == "WebAuthnOriginNotAllowedException"
    assert at.refusal(at.authenticator().create(options))[0] == not_found, "a wrong answer uses it up"
    late = at.authenticator().create(at.options())
    at.world.clock.advance(181)
    assert at.refusal(late)[0] == not_found


def test_a_challenge_of_a_sign_in_registers_nothing(at: Passkeys) -> None:
    at.registered()
    options = at.options()
    session, asked = at.challenge()
    for challenge in (json.loads(asked)["challenge"], session):
        made = at.authenticator().create({**options, "challenge": challenge})
        assert at.refusal(made)[0] == "WebAuthnChallengeNotFoundException"


def test_rsa_keys_are_taken_and_others_are_not(at: Passkeys) -> None:
    at.registered(key=rsa.generate_private_key(65537, 2048), algorithm=-257)
    assert len(at.listed()) == 1
    for key, algorithm in ((ed25519.Ed25519PrivateKey.generate(), -8), (ec.generate_private_key(ec.SECP384R1()), -35)):
        credential = at.authenticator(key=key, algorithm=algorithm).create(at.options())
        assert at.refusal(credential)[0] == "WebAuthnCredentialNotSupportedException"


@pytest.mark.parametrize("length", [0, 1024])
def test_a_credential_s_id_is_not_empty_and_not_endless(at: Passkeys, length: int) -> None:
    credential = at.authenticator(credential_id=b"c" * length).create(at.options())
    assert at.refusal(credential)[0] == "WebAuthnCredentialNotSupportedException"


def test_where_verification_is_required_an_authenticator_without_it_does_not_do(world: World) -> None:
    at = make(world, RelyingPartyId="localhost", UserVerification="required")
    credential = at.authenticator(verifies=False).create(at.options())
    assert at.refusal(credential)[0] == "WebAuthnCredentialNotSupportedException"
    key = at.registered()
    assert "AccessToken" in at.sign_in(key)["AuthenticationResult"]
    key.verifies = False
    assert refusal(at.sign_in, authenticator=key) == WRONG


def test_a_passkey_that_verifies_the_person_counts_as_two_factors(world: World) -> None:
    at = make(world, RelyingPartyId="localhost", FactorConfiguration="MULTI_FACTOR_WITH_USER_VERIFICATION")
    key = at.registered()
    at.idp.set_user_mfa_preference(AccessToken=at.token(), WebAuthnMfaSettings={"Enabled": True})
    assert json.loads(at.challenge()[1])["userVerification"] == "required"
    assert "AuthenticationResult" in at.sign_in(key)
    key.verifies = False
    assert refusal(at.sign_in, authenticator=key) == WRONG


def test_one_that_does_not_is_asked_for_a_second_factor(world: World) -> None:
    at = make(world, RelyingPartyId="localhost", FactorConfiguration="MULTI_FACTOR_WITH_USER_VERIFICATION")
    key = at.registered()
    change_pool(world, at.pool, mfa=MfaPolicy("ON", (SOFTWARE_TOKEN_MFA,)))
    assert "AuthenticationResult" in at.sign_in(key)
    key.verifies = False
    assert at.sign_in(key)["ChallengeName"] == "MFA_SETUP"


def test_a_credential_is_registered_once(at: Passkeys) -> None:
    key = at.registered()
    at.pool.user("eve")
    for username in ("ada", "eve"):
        again = at.refusal(key.create(at.options(username)), username)
        assert again == invalid("Credential is registered already.")
    assert at.listed("eve") == []


def test_nobody_has_more_than_twenty_passkeys(at: Passkeys) -> None:
    spare = at.options()
    keys = [at.registered() for _ in range(20)]
    assert refusal(at.options)[0] == "LimitExceededException"
    assert at.refusal(at.authenticator().create(spare))[0] == "LimitExceededException"
    assert len(at.listed()) == 20
    at.idp.delete_web_authn_credential(AccessToken=at.token(), CredentialId=keys[0].id)
    at.registered()


@pytest.mark.parametrize(
    "credential",
    [
        {},
        "text",
        [],
        7,
        {"response": {}},
        {"id": "AA", "rawId": "AB", "response": {}},
        {"rawId": "AA", "response": {"clientDataJSON": 10**12, "attestationObject": ""}},
        {"rawId": "AA", "response": {"clientDataJSON": "", "attestationObject": "A" * 20_000}},
        {"rawId": "AA", "response": {"clientDataJSON": "", "attestationObject": AS_A_NUMBER}},
    ],
)
def test_what_is_no_credential_is_an_invalid_parameter(at: Passkeys, credential: Any) -> None:
    assert at.refusal(credential) == invalid("Credential is not a public-key credential response.")


def test_signing_in_asks_for_the_person_s_passkeys(at: Passkeys) -> None:
    keys = {at.registered().id, at.registered().id}
    options = json.loads(at.challenge()[1])
    assert {c["id"] for c in options["allowCredentials"]} == keys
    assert options["allowCredentials"][0]["transports"] == ["hybrid", "internal"]
    assert (options["timeout"], options["rpId"], options["userVerification"]) == (180000, "localhost", "preferred")


@pytest.mark.parametrize("given", [{}, {"verifies": False}, {"counts": False}])
def test_a_passkey_signs_in_again_and_again(at: Passkeys, given: dict[str, bool]) -> None:
    key = at.registered(**given)
    for _ in range(2):
        tokens = at.sign_in(key)["AuthenticationResult"]
        assert at.idp.get_user(AccessToken=tokens["AccessToken"])["Username"] == "ada"


@pytest.mark.parametrize(
    "lies",
    [
        {"origin": "https://evil.example.com"},
        {"cross_origin": True},
        {"rp_id": "example.com"},
        {"challenge": "bm90IHRoZSBjaGFsbGVuZ2U"},
        {"type": "webauthn.create"},
        {"user_handle": "c29tZWJvZHkgZWxzZQ"},
    ],
)
def test_a_proof_that_was_made_elsewhere_signs_nobody_in(at: Passkeys, lies: dict[str, Any]) -> None:
    key = at.registered()
    assert refusal(at.sign_in, authenticator=key, **lies) == WRONG
    assert "AuthenticationResult" in at.sign_in(key), "the passkey itself is good"


def test_a_proof_by_another_key_signs_nobody_in(at: Passkeys) -> None:
    key = at.registered()
    forged = at.authenticator(credential_id=key.credential_id, counter=9)
    assert refusal(at.sign_in, authenticator=forged) == WRONG
    assert refusal(at.sign_in, authenticator=at.authenticator()) == WRONG, "nobody knows that credential"


def test_somebody_else_s_passkey_signs_nobody_in(at: Passkeys) -> None:
    at.pool.user("eve")
    at.registered()
    hers = at.registered("eve")
    assert refusal(at.sign_in, authenticator=hers) == WRONG
    assert refusal(at.sign_in, authenticator=hers, user_handle=None) == WRONG
    assert "AuthenticationResult" in at.sign_in(hers, "eve")


def test_a_counter_that_went_back_signs_nobody_in(at: Passkeys) -> None:
    key = at.registered()
    at.sign_in(key)
    key.counter -= 1
    assert refusal(at.sign_in, authenticator=key) == WRONG, "a copy of the authenticator was used"
    assert "AuthenticationResult" in at.sign_in(key)


@pytest.mark.parametrize("counts", [True, False])
def test_an_answer_is_good_once(at: Passkeys, counts: bool) -> None:
    key = at.registered(counts=counts)
    session, options = at.challenge()
    credential = key.answer(options)
    at.answer(session, credential)
    assert at.refused_answer(session, credential)[0] == "NotAuthorizedException"
    assert at.refused_answer(at.challenge()[0], credential) == WRONG, "it answers another challenge"


def test_a_deleted_passkey_signs_nobody_in(at: Passkeys) -> None:
    key, _ = at.registered(), at.registered()
    session, options = at.challenge()
    at.idp.delete_web_authn_credential(AccessToken=at.token(), CredentialId=key.id)
    assert at.refused_answer(session, key.answer(options)) == WRONG


@pytest.mark.parametrize("credential", ["", "not json", "[]", "{}", '{"response":{}}', "[" * 2000])
def test_an_answer_that_is_no_credential_signs_nobody_in(at: Passkeys, credential: str) -> None:
    at.registered()
    code, _ = at.refused_answer(at.challenge()[0], credential)
    assert code in ("NotAuthorizedException", "InvalidParameterException")


SOME_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.binary(max_size=80).map(websafe_encode),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle", "transports"]
RESPONSES = st.dictionaries(st.sampled_from(MEMBERS), SOME_JSON, max_size=6) | SOME_JSON
HOSTILE = st.fixed_dictionaries(
    {"response": RESPONSES},
    optional={"id": SOME_JSON, "rawId": SOME_JSON, "type": SOME_JSON, "authenticatorAttachment": SOME_JSON},
)


@settings(max_examples=150, deadline=None)
@given(SOME_JSON | HOSTILE)
def test_whatever_is_sent_is_read_or_refused(document: Any) -> None:
    for read in (webauthn.read_registration, webauthn.read_authentication):
        with contextlib.suppress(Refused):
            read(document)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 255), st.sampled_from(["attestationObject", "clientDataJSON"]))
def test_a_registration_that_was_meddled_with_is_read_or_refused(place: int, change: int, member: str) -> None:
    key = Authenticator("http://localhost:3000", key=_KEY)
    options = {"challenge": "AAAAAAAAAAAAAAAAAAAAAA", "rp": {"id": "localhost"}, "user": {"id": "AA"}}
    credential = key.create(options)
    raw = bytearray(webauthn.b64url_decode(credential["response"][member]))
    raw[place % len(raw)] ^= change
    credential["response"][member] = websafe_encode(bytes(raw))
    expected = webauthn.Expected("AAAAAAAAAAAAAAAAAAAAAA", "localhost", "preferred")
    with contextlib.suppress(Refused):
        response = webauthn.read_registration(credential)
        webauthn.challenge_of(response)
        webauthn.check_registration(response, expected, credential)


_KEY = ec.generate_private_key(ec.SECP256R1())

VIRTUAL = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
CREATE = """async (options) => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    return (await navigator.credentials.create({publicKey})).toJSON();
}"""
GET = """async (options) => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(options));
    return JSON.stringify((await navigator.credentials.get({publicKey})).toJSON());
}"""


@contextlib.contextmanager
def chromium_at(address: str) -> Iterator[Page]:
    """A page with an authenticator built in, of whom nobody has to touch anything."""
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        cdp = page.context.new_cdp_session(page)
        cdp.send("WebAuthn.enable")
        cdp.send("WebAuthn.addVirtualAuthenticator", {"options": VIRTUAL})
        page.goto(address)
        yield page
        browser.close()


def test_chromium_makes_a_passkey_on_a_page_of_this_server_and_signs_in_with_it(at: Passkeys) -> None:
    with chromium_at(f"{at.origin}/") as page:
        at.complete(page.evaluate(CREATE, at.options()))
        (listed,) = at.listed()
        assert (listed["AuthenticatorAttachment"], listed["RelyingPartyId"]) == ("platform", "localhost")
        for _ in range(2):
            session, options = at.challenge()
            tokens = at.answer(session, page.evaluate(GET, options))["AuthenticationResult"]
            assert at.idp.get_user(AccessToken=tokens["AccessToken"])["Username"] == "ada"


def test_chromium_makes_a_passkey_on_a_pool_s_own_host(world: World) -> None:
    at = make(world, RelyingPartyId="lovelace.localhost")
    with chromium_at(f"http://lovelace.localhost:{urlsplit(world.origin).port}/") as page:
        at.complete(page.evaluate(CREATE, at.options()))
    assert at.listed()[0]["RelyingPartyId"] == "lovelace.localhost"
