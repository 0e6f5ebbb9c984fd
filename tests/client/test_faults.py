"""Every request that the client makes, and every way in which its answer goes wrong: what is raised, and what is kept.

A fault is told as one, with the host in the sentence and what to do in the hint; it is sent once; and the kept session
is as good afterwards as it was before. Only a definitive invalid_grant ends it.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import fault_peer
import pytest
from cognito_peer import CLIENT_ID, IDENTITY_POOL_ID, PASSWORD, POOL_ID, REDIRECT_URI, Peer
from fault_peer import Front, Send, answer

from halfday import AsyncSession, Cognito, NetworkError, Session, SignInNeeded, TokenInvalid
from halfday.client.connection import Connection
from halfday.client.errors import HalfdayError, ServerFault, TokenExpired
from halfday.client.session_record import SessionRecord, read_session_record
from halfday.client.token_store.token_cache import TokenCache
from halfday.client.tokens.connection_verifier import ConnectionVerifier
from halfday.client.transport.blocking import Transport

ROLE = "arn:aws:iam::123456789012:role/reader"
BASIC = {"credentials_flow": "basic", "role_arn": ROLE}


@dataclass
class Stage:
    """The peer, what stands before it, and a connection to that. `now[0]` is the client's clock."""

    peer: Peer
    front: Front
    now: list[float]

    def cognito(self, *, read_timeout_s: float = 30, **settings: Any) -> Cognito:
        known = {"domain": self.front.origin, "client_id": CLIENT_ID, "identity_pool_id": IDENTITY_POOL_ID}
        made = Cognito(**{**known, **settings}, clock=lambda: self.now[0])
        transport = Transport(read_timeout_s=read_timeout_s)
        verifier = ConnectionVerifier(made.settings, transport, clock=lambda: self.now[0])
        made._connection = Connection(made.settings, transport, verifier, lambda: self.now[0])
        return made

    def kept(self) -> SessionRecord:
        found = read_session_record(TokenCache(self.cognito().settings.key).load() or {})
        assert found is not None, "the kept session is gone"
        return found

    def sign_in(self, *, by_api: bool = False, **settings: Any) -> Session:
        cognito = self.cognito(**settings)
        if by_api:
            return cognito.sign_in("ada", PASSWORD, srp=False, keep=True)
        return cognito.exchange(self.peer.issue({}), REDIRECT_URI, keep=True)

    def nothing_is_kept(self) -> bool:
        return TokenCache(self.cognito().settings.key).load() is None

    def old_keys(self) -> None:
        """The kept credentials have 10 of their 60 minutes left: time to renew, and still good."""
        self.now[0] = self.kept().aws.credentials.expires_at - 600  # type: ignore[union-attr]


@pytest.fixture
def stage(peer: Peer) -> Iterator[Stage]:
    with fault_peer.running(peer.origin) as front:
        peer.origin = front.origin
        yield Stage(peer, front, [time.time()])


# --- the requests -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """A request by its name, and what makes the client send it, given somebody who is signed in and kept."""

    name: str
    act: Callable[[Cognito], object]
    before: Callable[[Cognito], object] = lambda cognito: None
    by_api: bool = False
    settings: tuple[tuple[str, str], ...] = ()


REQUESTS = {
    "code": Asked("token", lambda cognito: cognito.exchange("a-code", REDIRECT_URI, keep=True)),
    "refresh": Asked("token", lambda cognito: cognito.session.renew()),
    "client-credentials": Asked(
        "token", lambda cognito: cognito.client_credentials(), settings=(("client_secret", "hush"),)
    ),
    "revoke": Asked("revoke", lambda cognito: cognito.session.revoke()),
    "keys": Asked("jwks.json", lambda cognito: cognito.session.claims),
    "password": Asked("InitiateAuth", lambda cognito: cognito.sign_in("ada", PASSWORD, srp=False, keep=True)),
    "srp": Asked(
        "InitiateAuth",
        lambda cognito: cognito.sign_in("ada", PASSWORD, srp=True),
        settings=(("user_pool_id", POOL_ID),),
    ),
    "srp-proof": Asked(
        "RespondToAuthChallenge",
        lambda cognito: cognito.sign_in("ada", PASSWORD, srp=True),
        settings=(("user_pool_id", POOL_ID),),
    ),
    "refresh-by-api": Asked("GetTokensFromRefreshToken", lambda cognito: cognito.session.renew(), by_api=True),
    "identity": Asked("GetId", lambda cognito: cognito.session.identity_id),
    "credentials": Asked(
        "GetCredentialsForIdentity",
        lambda cognito: cognito.session.credentials(),
        before=lambda cognito: cognito.session.identity_id,
    ),
    "open-id-token": Asked(
        "GetOpenIdToken", lambda cognito: cognito.session.credentials(), settings=tuple(BASIC.items())
    ),
    "role": Asked(
        "AssumeRoleWithWebIdentity", lambda cognito: cognito.session.credentials(), settings=tuple(BASIC.items())
    ),
}


# --- the faults -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """What arrives instead of an answer, and the kind of NetworkError that it is."""

    send: Send
    kind: str
    status: int = 0
    read_timeout_s: float = 30
    told: str = ""


PAGE = b"<!DOCTYPE html><html><head><title>Sign in to Hotel WiFi</title></head><body>Welcome</body></html>"
XML_PAGE = b"<html><head><title>503</title></head><body>Service Unavailable</body></html>"

FAULTS = {
    "silence": Fault(fault_peer.silence, "timeout", read_timeout_s=0.4),
    "cut in the body": Fault(fault_peer.cut_in_the_body, "broken"),
    "done and not told": Fault(fault_peer.cut_after_the_work, "broken"),
    "429": Fault(answer(429, b'{"message":"Rate exceeded"}'), "server_fault", 429),
    "429, a page": Fault(answer(429, XML_PAGE, "text/html"), "server_fault", 429),
    "429 with Retry-After": Fault(answer(429, b"{}", Retry_After="7"), "server_fault", 429, told="wait 7 seconds"),
    "500": Fault(answer(500, b'{"message":null}'), "server_fault", 500),
    "500, empty": Fault(answer(500), "server_fault", 500),
    "503, a page": Fault(answer(503, XML_PAGE, "text/html"), "server_fault", 503),
    "503 with Retry-After": Fault(
        answer(503, PAGE, "text/html", Retry_After="Fri, 31 Dec 1999 23:59:59 GMT"), "server_fault", 503
    ),
    "403 of a firewall": Fault(answer(403, PAGE, "text/html"), "waf"),
    "200, a page": Fault(answer(200, PAGE, "text/html"), "strange_answer"),
    "200, no JSON": Fault(answer(200, b"not json"), "strange_answer"),
    "200, cut JSON": Fault(answer(200, b'{"access_token":"a","IdentityId":"eu-west-1:1'), "strange_answer"),
    "200, a list": Fault(answer(200, b"[1, 2]"), "strange_answer"),
    "200, nested beyond reason": Fault(answer(200, b"[" * 200_000), "strange_answer"),
    "200, not UTF-8": Fault(answer(200, b'{"access_token": "\xff\xfe"}'), "strange_answer"),
    "404": Fault(answer(404, PAGE, "text/html"), "strange_answer"),
    "redirect": Fault(answer(302, Location="/elsewhere"), "strange_answer"),
    "redirect that keeps the body": Fault(answer(307, Location="/elsewhere"), "strange_answer"),
    "64 MiB": Fault(fault_peer.huge, "strange_answer"),
    "200, empty": Fault(answer(200), "strange_answer"),
}


def cases() -> list[Any]:
    """Of a revocation 200 is all that is read."""
    return [
        pytest.param(asked, fault, id=f"{request_name}: {fault_name}")
        for request_name, asked in REQUESTS.items()
        for fault_name, fault in FAULTS.items()
        if not (request_name == "revoke" and fault_name.startswith("200"))
    ]


@pytest.mark.long
@pytest.mark.parametrize(("asked", "fault"), cases())
def test_a_fault_is_told_as_one_and_nothing_is_lost(stage: Stage, asked: Asked, fault: Fault) -> None:
    session = stage.sign_in(by_api=asked.by_api, **without_secret(asked))
    refresh_token = session.refresh_token
    cognito = stage.cognito(read_timeout_s=fault.read_timeout_s, **dict(asked.settings))
    asked.before(cognito)
    stage.front.arrived.clear()
    stage.front.faults = {asked.name: fault.send}
    with pytest.raises(NetworkError) as raised:
        asked.act(cognito)
    assert raised.value.kind == fault.kind, raised.value
    assert urlsplit(stage.front.origin).netloc in str(raised.value)
    assert fault.told in str(raised.value)
    assert raised.value.hint
    if fault.status:
        assert isinstance(raised.value, ServerFault)
        assert raised.value.status == fault.status
    assert stage.front.count(asked.name) == 1, "what may have been acted on is not sent again"
    assert stage.front.count("elsewhere") == 0, "nothing follows a redirect"
    assert stage.kept().tokens.refresh_token == refresh_token
    assert_all_is_well(stage, revoked=asked.name == "revoke")


@pytest.mark.parametrize("asked", REQUESTS.values(), ids=REQUESTS)
def test_nothing_listening_is_told_and_nothing_is_lost(
    stage: Stage, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh_token = stage.sign_in(by_api=asked.by_api, **without_secret(asked)).refresh_token
    asked.before(stage.cognito(**dict(asked.settings)))
    place = refuse(stage, asked, monkeypatch)
    with pytest.raises(NetworkError, match=f"nothing accepts connections at {place}") as raised:
        asked.act(stage.cognito(**dict(asked.settings)))
    assert raised.value.kind == "refused"
    assert raised.value.hint
    monkeypatch.delenv(STS_VARIABLE, raising=False)
    stage.front.come_up()
    assert stage.kept().tokens.refresh_token == refresh_token
    assert_all_is_well(stage)


STS_VARIABLE, IDP_VARIABLE = "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"


def refuse(stage: Stage, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> str:
    """Nothing listens where this is asked: host and port of that. What comes before it on the way is answered."""
    if asked.name == "AssumeRoleWithWebIdentity":
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            place = f"127.0.0.1:{unused.getsockname()[1]}"
        monkeypatch.setenv(STS_VARIABLE, f"http://{place}")
        return place
    if asked.name == "RespondToAuthChallenge":
        stage.front.faults = {"InitiateAuth": fault_peer.answer_and_go}
    else:
        stage.front.go_down()
    return urlsplit(stage.front.origin).netloc


def without_secret(asked: Asked) -> dict[str, str]:
    return {name: value for name, value in asked.settings if name != "client_secret"}


def assert_all_is_well(stage: Stage, *, revoked: bool = False) -> None:
    """Once the fault is over a program started anew goes on with the session."""
    stage.front.faults = {}
    stage.front.released.set()
    if not revoked:
        session = stage.cognito().session
        session.renew()
        assert session.credentials().access_key_id.startswith("ASIA")
        assert session.claims["email"] == "ada@example.com"


# --- answers that are JSON, and not what was asked for ----------------------------------------------------------------

TOKENS = {"access_token": "a.b.c", "token_type": "Bearer", "expires_in": 3600}
KEYS = {"AccessKeyId": "ASIA", "SecretKey": "s", "SessionToken": "t", "Expiration": 4e9}
RESULT = {"AccessToken": "a.b.c", "IdToken": "a.b.c", "ExpiresIn": 3600}
WRONG: list[tuple[str, dict[str, Any]]] = [
    ("refresh", {}),
    ("refresh", {**TOKENS, "access_token": None}),
    ("refresh", {**TOKENS, "access_token": ""}),
    ("refresh", {**TOKENS, "access_token": "line\nbreak"}),
    ("refresh", {**TOKENS, "access_token": ["a"]}),
    ("refresh", {**TOKENS, "expires_in": "soon"}),
    ("refresh", {**TOKENS, "expires_in": None}),
    ("refresh", {**TOKENS, "expires_in": True}),
    ("refresh", {**TOKENS, "expires_in": float("nan")}),
    ("refresh", {**TOKENS, "expires_in": float("inf")}),
    ("refresh", {**TOKENS, "expires_in": -1}),
    ("refresh", {**TOKENS, "id_token": 7}),
    ("refresh", {**TOKENS, "refresh_token": 7}),
    ("refresh", {**TOKENS, "refresh_token": {"a": "b"}}),
    ("refresh", {**TOKENS, "refresh_token": ""}),
    ("refresh", {**TOKENS, "refresh_token": "\ud800"}),
    ("client-credentials", {"access_token": "a"}),
    ("keys", {"keys": "many"}),
    ("keys", {"keys": [{"kty": "RSA", "kid": "k", "e": 5, "n": []}]}),
    ("keys", {"keys": [{"kty": "RSA", "kid": "k", "e": "AQAB", "n": "AQ"}]}),
    ("keys", {"error": "nothing here"}),
    ("password", {}),
    ("password", {"AuthenticationResult": "yes"}),
    ("password", {"AuthenticationResult": {**RESULT, "AccessToken": 5}}),
    ("password", {"AuthenticationResult": {**RESULT, "ExpiresIn": "soon"}}),
    ("password", {"ChallengeName": ["PASSWORD_VERIFIER"]}),
    ("srp", {"ChallengeName": "PASSWORD_VERIFIER"}),
    ("srp", {"ChallengeName": "PASSWORD_VERIFIER", "ChallengeParameters": {}}),
    (
        "srp",
        {
            "ChallengeName": "PASSWORD_VERIFIER",
            "ChallengeParameters": {"SALT": "zz", "SRP_B": "zz", "SECRET_BLOCK": "!", "USER_ID_FOR_SRP": "ada"},
        },
    ),
    ("refresh-by-api", {"AuthenticationResult": None}),
    ("refresh-by-api", {"AuthenticationResult": {**RESULT, "RefreshToken": ["x"]}}),
    ("refresh-by-api", {"AuthenticationResult": {**RESULT, "RefreshToken": ""}}),
    ("identity", {}),
    ("identity", {"IdentityId": None}),
    ("identity", {"IdentityId": {"a": "b"}}),
    ("credentials", {"IdentityId": "eu-west-1:1"}),
    ("credentials", {"IdentityId": "eu-west-1:1", "Credentials": None}),
    ("credentials", {"IdentityId": 5, "Credentials": KEYS}),
    ("credentials", {"IdentityId": "eu-west-1:1", "Credentials": {**KEYS, "SecretKey": None}}),
    ("credentials", {"IdentityId": "eu-west-1:1", "Credentials": {**KEYS, "Expiration": "tomorrow"}}),
    ("credentials", {"IdentityId": "eu-west-1:1", "Credentials": {**KEYS, "Expiration": float("inf")}}),
    ("open-id-token", {"IdentityId": "eu-west-1:1"}),
    ("open-id-token", {"IdentityId": "eu-west-1:1", "Token": 5}),
]


@pytest.mark.parametrize(("name", "document"), WRONG, ids=[f"{n}: {json.dumps(d)[:60]}" for n, d in WRONG])
def test_an_answer_of_wrong_types_is_a_strange_answer(stage: Stage, name: str, document: dict[str, Any]) -> None:
    asked = REQUESTS[name]
    refresh_token = stage.sign_in(by_api=asked.by_api, **without_secret(asked)).refresh_token
    cognito = stage.cognito(**dict(asked.settings))
    asked.before(cognito)
    stage.front.faults = {asked.name: answer(200, json.dumps(document).encode())}
    with pytest.raises(NetworkError) as raised:
        asked.act(cognito)
    assert raised.value.kind == "strange_answer", raised.value
    assert urlsplit(stage.front.origin).netloc in str(raised.value)
    assert raised.value.hint
    assert stage.kept().tokens.refresh_token == refresh_token
    assert_all_is_well(stage)


@pytest.mark.parametrize("expiration", ["", "tomorrow", "2026-13-45T00:00:00Z", "9999999999"])
def test_an_sts_answer_that_ends_nowhere_is_a_strange_answer(stage: Stage, expiration: str) -> None:
    stage.sign_in(**BASIC)
    spoilt = fault_peer.STS_ANSWER.format(expiration=expiration).encode()
    stage.front.faults = {"AssumeRoleWithWebIdentity": answer(200, spoilt, "text/xml")}
    with pytest.raises(NetworkError, match=urlsplit(stage.front.origin).netloc) as raised:
        stage.cognito(**BASIC).session.credentials()
    assert raised.value.kind == "strange_answer"


def test_an_answer_that_never_ends_is_given_up(stage: Stage) -> None:
    """Each byte comes in time; the whole does not."""
    stage.sign_in()
    cognito = stage.cognito(read_timeout_s=0.5)
    stage.front.faults = {"token": fault_peer.trickle}
    with pytest.raises(NetworkError, match="did not answer in time") as raised:
        cognito.session.renew()
    assert raised.value.kind == "timeout"
    assert_all_is_well(stage)


# --- what a fault does to what is still good, and to what is over -----------------------------------------------------

OUTAGES = {
    "503": answer(503),
    "throttled": answer(400, b'{"__type":"TooManyRequestsException"}'),
    "a captive portal": answer(200, PAGE, "text/html"),
    "cut": fault_peer.cut_in_the_body,
}


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=OUTAGES)
def test_credentials_that_are_still_good_are_handed_out_while_their_renewal_fails(stage: Stage, outage: Send) -> None:
    kept = stage.sign_in().credentials()
    stage.old_keys()
    stage.front.arrived.clear()
    stage.front.faults = {"GetCredentialsForIdentity": outage}
    session = stage.cognito().session
    assert (session.credentials(), session.credentials()) == (kept, kept)
    assert stage.front.count("GetCredentialsForIdentity") == 1, "a fault is not asked again at once"


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=OUTAGES)
def test_credentials_that_have_ended_are_not_handed_out(stage: Stage, outage: Send) -> None:
    stage.sign_in().credentials()
    session = stage.cognito().session
    stage.now[0] = stage.kept().aws.credentials.expires_at + 1  # type: ignore[union-attr]
    stage.peer.token_life_s = 7200
    stage.front.faults = {"GetCredentialsForIdentity": outage}
    for _ in range(2):
        with pytest.raises(NetworkError):
            session.credentials()
    assert stage.front.count("GetCredentialsForIdentity") == 3, "there is nothing to wait with"


def test_a_renewal_put_off_is_made_a_minute_later(stage: Stage) -> None:
    kept = stage.sign_in().credentials()
    stage.old_keys()
    session = stage.cognito().session
    stage.front.faults = {"GetCredentialsForIdentity": answer(503)}
    assert session.credentials() == kept
    stage.front.faults = {}
    assert session.credentials() == kept
    stage.now[0] += 61
    assert session.credentials() != kept


def test_a_renewal_put_off_by_one_process_is_put_off_for_credential_process_too(stage: Stage) -> None:
    """What `halfday credentials` prints without loading anything: botocore runs it for every request by now."""
    from halfday.client.token_store.cache_files import cache_dir, read_process_output

    stage.sign_in().credentials()
    stage.old_keys()
    cognito = stage.cognito()
    key, place = cognito.settings.key, cognito.settings.credentials_place()
    assert read_process_output(key, place, directory=cache_dir(), now=stage.now[0]) is None
    stage.front.faults = {"GetCredentialsForIdentity": answer(503)}
    kept = cognito.session.credentials()
    text = read_process_output(key, place, directory=cache_dir(), now=stage.now[0])
    assert text is not None
    assert json.loads(text)["AccessKeyId"] == kept.access_key_id
    assert read_process_output(key, place, directory=cache_dir(), now=stage.now[0] + 61) is None


@pytest.mark.parametrize("name", ["token", "jwks.json"])
def test_a_token_that_is_still_good_is_handed_out_while_its_renewal_fails(stage: Stage, name: str) -> None:
    kept = stage.sign_in().access_token
    stage.front.arrived.clear()
    session = stage.cognito().session
    stage.now[0] = session.access_expires_at - 5
    stage.front.faults = {name: answer(503)}
    assert (session.access_token, session.access_token) == (kept, kept)
    assert stage.front.count("token") == 1, "a fault is not asked again at once"
    stage.now[0] += 6
    with pytest.raises(ServerFault):
        _ = session.access_token
    stage.front.faults = {}
    stage.peer.token_life_s = 7200
    assert session.access_token != kept


def test_a_refusal_is_told_though_the_credentials_are_still_good(stage: Stage) -> None:
    """Only the person can mend it, and the sooner they know the better."""
    stage.peer.token_life_s = 600
    session = stage.sign_in()
    session.credentials()
    stage.old_keys()
    stage.peer.refresh_tokens.clear()
    with pytest.raises(SignInNeeded):
        session.credentials()


def test_a_code_is_not_spent_while_the_keys_for_its_tokens_cannot_be_had(stage: Stage) -> None:
    """A code works once, and what came for it would have to be thrown away. Where the pool is known it is not sent."""
    code = stage.peer.issue({})
    cognito = stage.cognito(user_pool_id=POOL_ID)
    stage.front.faults = {"jwks.json": answer(503)}
    with pytest.raises(ServerFault):
        cognito.exchange(code, REDIRECT_URI)
    assert stage.front.count("token") == 0
    stage.front.faults = {}
    assert cognito.exchange(code, REDIRECT_URI).claims["email"] == "ada@example.com"


# --- what ends a session, and what does not ---------------------------------------------------------------------------

REFUSALS = [
    *[(400, {"error": word}, False) for word in ("invalid_request", "invalid_client", "unauthorized_client")],
    *[(400, {"error": word}, False) for word in ("unsupported_grant_type", "temporarily_unavailable", "")],
    (401, {"error": "invalid_client"}, False),
    (400, {"message": "invalid_grant"}, False),
    (500, {"error": "invalid_grant"}, False),
    (429, {"error": "invalid_grant"}, False),
    (400, {"error": ["invalid_grant"]}, False),
    (400, {"error": "invalid_grant"}, True),
]


@pytest.mark.parametrize(("status", "document", "ends"), REFUSALS, ids=[f"{s} {d}" for s, d, _ in REFUSALS])
def test_only_invalid_grant_ends_a_session(stage: Stage, status: int, document: dict[str, Any], ends: bool) -> None:
    refresh_token = stage.sign_in().refresh_token
    stage.front.faults = {"token": answer(status, json.dumps(document).encode())}
    with pytest.raises(SignInNeeded if ends else HalfdayError) as raised:
        stage.cognito().session.renew()
    assert isinstance(raised.value, SignInNeeded) is ends
    assert stage.kept().tokens.refresh_token == (None if ends else refresh_token)


API_REFUSALS = [
    ("NotAuthorizedException", "Refresh Token has been revoked", True),
    ("NotAuthorizedException", "Refresh Token has expired", True),
    ("NotAuthorizedException", "Invalid Refresh Token", True),
    ("RefreshTokenReuseException", "Refresh token was used before", True),
    ("NotAuthorizedException", "Client 1abc is configured with secret but secret was not received", False),
    ("NotAuthorizedException", "Unable to verify secret hash for client 1abc", False),
    ("ResourceNotFoundException", "User pool client 1abc does not exist.", False),
    ("ForbiddenException", "Request not allowed due to WAF block.", False),
    ("InvalidParameterException", "1 validation error detected", False),
    ("UserLambdaValidationException", "PreTokenGeneration failed with error x.", False),
    ("InternalErrorException", "", False),
    ("TooManyRequestsException", "Rate exceeded", False),
]


@pytest.mark.parametrize(("code", "sentence", "ends"), API_REFUSALS, ids=[f"{c} {s}" for c, s, _ in API_REFUSALS])
def test_the_api_ends_a_session_only_by_what_is_said_of_its_refresh_token(
    stage: Stage, code: str, sentence: str, ends: bool
) -> None:
    refresh_token = stage.sign_in(by_api=True).refresh_token
    body = json.dumps({"__type": code, "message": sentence}).encode()
    stage.front.faults = {"GetTokensFromRefreshToken": answer(400, body)}
    with pytest.raises(SignInNeeded if ends else HalfdayError) as raised:
        stage.cognito().session.renew()
    assert isinstance(raised.value, SignInNeeded) is ends
    assert stage.kept().tokens.refresh_token == (None if ends else refresh_token)


# --- a clock that is wrong --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("off_s", "kind", "claim"), [(-10_800, TokenInvalid, "iat"), (10_800, TokenExpired, "exp")])
def test_a_clock_that_is_hours_off_is_what_is_told_at_sign_in(
    stage: Stage, off_s: int, kind: type[TokenInvalid], claim: str
) -> None:
    stage.now[0] += off_s
    with pytest.raises(kind) as raised:
        stage.sign_in()
    assert raised.value.claim == claim
    assert "clock" in raised.value.hint
    assert stage.nothing_is_kept()


@pytest.mark.parametrize("rotates", [False, True])
@pytest.mark.parametrize("off_s", [-10_800, 10_800])
def test_a_clock_that_goes_wrong_loses_no_session(stage: Stage, off_s: int, rotates: bool) -> None:
    stage.sign_in()
    stage.peer.rotates = rotates
    right = stage.now[0]
    stage.now[0] += off_s
    for _ in range(2):
        with pytest.raises(TokenInvalid) as raised:
            stage.cognito().session.renew()
        assert "clock" in raised.value.hint
        assert stage.kept().tokens.refresh_token in stage.peer.refresh_tokens, "the one that is good by now"
    stage.now[0] = right
    assert_all_is_well(stage)


def test_a_clock_that_was_set_right_again_keeps_no_token_beyond_its_time(stage: Stage) -> None:
    """Received by a clock that was ahead, they would be held for good for as much longer."""
    session = stage.sign_in()
    kept = session.access_token
    stage.now[0] -= 30
    assert session.access_token == kept
    stage.now[0] -= 10_000
    with pytest.raises(TokenInvalid, match="in the future"):
        _ = session.access_token
    assert stage.front.count("token") == 2, "it was renewed"


@pytest.mark.parametrize("off_s", [-45, 45])
def test_a_clock_that_is_a_little_off_changes_nothing(stage: Stage, off_s: int) -> None:
    stage.now[0] += off_s
    session = stage.sign_in()
    assert session.claims["email"] == "ada@example.com"
    assert session.credentials().access_key_id.startswith("ASIA")


def test_credentials_that_have_ended_on_arrival_tell_that_the_clock_is_ahead(stage: Stage) -> None:
    """A guest has no token by which it would have shown before. AWS would refuse every signature of theirs."""
    stage.now[0] += 10_800
    with pytest.raises(HalfdayError, match="ended already") as raised:
        stage.cognito().guest(keep=True).credentials()
    assert "clock" in raised.value.hint


# --- where asyncio differs --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["refresh", "identity", "credentials", "role"])
@pytest.mark.parametrize("fault", ["cut in the body", "503, a page", "200, no JSON", "silence"])
def test_a_fault_is_the_same_when_awaited(stage: Stage, name: str, fault: str) -> None:
    asked = REQUESTS[name]
    refresh_token = stage.sign_in(**dict(asked.settings)).refresh_token
    cognito = stage.cognito(read_timeout_s=0.4 if fault == "silence" else 30, **dict(asked.settings))
    asked.before(cognito)
    stage.front.faults = {asked.name: FAULTS[fault].send}

    async def story() -> None:
        session = AsyncSession(cognito.session)
        awaited = {"refresh": session.renew, "identity": session.identity_id}.get(name, session.credentials)
        with pytest.raises(NetworkError) as raised:
            await awaited()
        assert raised.value.kind == FAULTS[fault].kind

    asyncio.run(story())
    assert stage.kept().tokens.refresh_token == refresh_token
    assert_all_is_well(stage)


def test_a_task_that_is_cancelled_while_it_renews_loses_nothing(stage: Stage) -> None:
    """The request is on its way and the old refresh token dead: the thread stays for the answer."""
    stage.sign_in()
    stage.peer.rotates = True
    stage.front.faults = {"token": fault_peer.held_back}

    async def story() -> None:
        session = AsyncSession(stage.cognito().session)
        renewal = asyncio.create_task(session.renew())
        await asyncio.to_thread(stage.front.held.wait, 10)
        renewal.cancel()
        with pytest.raises(asyncio.CancelledError):
            await renewal
        stage.front.faults = {}
        stage.front.released.set()
        assert await session.access_token()

    asyncio.run(story())
    assert stage.kept().tokens.refresh_token in stage.peer.refresh_tokens
    assert_all_is_well(stage)


# --- a disk that does not take what is to be kept ---------------------------------------------------------------------


def test_a_rotated_token_that_could_not_be_kept_is_not_dropped_for_the_old_one(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = stage.sign_in()
    stage.peer.rotates = True
    with monkeypatch.context() as full:
        full.setattr("os.fsync", no_space)
        with pytest.raises(HalfdayError, match="No space left") as raised:
            session.renew()
        assert raised.value.hint
    session.renew()
    assert stage.kept().tokens.refresh_token in stage.peer.refresh_tokens
    assert_all_is_well(stage)


def no_space(handle: int) -> None:
    raise OSError(28, "No space left on device")
