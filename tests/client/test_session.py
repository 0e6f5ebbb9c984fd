from __future__ import annotations

import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cognito_peer import CLIENT_ID, IDENTITY_ID, PASSWORD, POOL_ID, REDIRECT_URI, SUB, Peer
from cryptography.hazmat.primitives.asymmetric import rsa

from halfday import (
    ApiRefused,
    Cognito,
    NetworkError,
    SettingsError,
    SignInNeeded,
    TokenInvalid,
    TokenRefused,
)
from halfday.client.errors import ServerFault
from halfday.client.session import process_output
from halfday.client.token_store.cache_files import read_process_output
from halfday.client.token_store.token_cache import TokenCache


def test_a_code_becomes_verified_claims_and_aws_credentials(cognito: Cognito, peer: Peer) -> None:
    session = cognito.exchange(f"{REDIRECT_URI}/?code={peer.issue({})}", redirect_uri=REDIRECT_URI)
    assert session.claims["email"] == "ada@example.com"
    assert session.subject == SUB
    assert session.identity_id == IDENTITY_ID
    assert session.credentials().access_key_id.startswith("ASIA")
    assert session.credentials() == session.credentials()
    assert peer.count("GetCredentialsForIdentity") == 1


def test_a_confidential_client_authenticates_by_basic(make_cognito: Callable[..., Cognito], peer: Peer) -> None:
    peer.secret = "hush"
    assert make_cognito(client_secret="hush").exchange(peer.issue({}), REDIRECT_URI).subject == SUB
    with pytest.raises(TokenRefused, match="invalid_client") as refused:
        make_cognito().exchange(peer.issue({}), REDIRECT_URI)
    assert "has a secret" in refused.value.hint


def test_a_sign_in_begun_by_one_process_is_finished_by_another(
    make_cognito: Callable[..., Cognito], peer: Peer
) -> None:
    request = make_cognito().begin(REDIRECT_URI)
    sent = {"code_challenge": request.code_challenge, "nonce": request.nonce}
    url = f"{REDIRECT_URI}/?code={peer.issue(sent)}&state={request.state}"
    assert make_cognito().exchange(url).subject == SUB


@pytest.mark.parametrize("registered", [REDIRECT_URI, f"{REDIRECT_URI}/"])
def test_the_slash_that_browsers_show_is_dropped_when_it_is_not_registered(
    cognito: Cognito, peer: Peer, registered: str
) -> None:
    peer.redirect_uris = [registered]
    code = peer.issue({"redirect_uri": registered})
    assert cognito.exchange(f"{REDIRECT_URI}/?code={code}").subject == SUB


@pytest.mark.parametrize(
    ("claims", "claim"),
    [
        ({"aud": "another"}, "aud"),
        ({"iss": f"https://evil.example.com/{POOL_ID}"}, "iss"),
        ({"token_use": "access"}, "token_use"),
        ({"exp": 1}, "exp"),
        ({"nonce": "another"}, "nonce"),
    ],
)
def test_a_token_that_does_not_verify_makes_no_session(
    cognito: Cognito, peer: Peer, claims: dict[str, object], claim: str
) -> None:
    peer.claims = claims
    with pytest.raises(TokenInvalid) as refused:
        cognito.exchange(peer.issue({}), REDIRECT_URI, nonce="ours" if claim == "nonce" else None)
    assert refused.value.claim == claim
    assert refused.value.hint


def test_new_keys_are_fetched_for_an_unknown_kid_but_not_again_and_again(cognito: Cognito, peer: Peer) -> None:
    cognito.exchange(peer.issue({}), REDIRECT_URI)
    jwks = f"/{POOL_ID}/.well-known/jwks.json"
    peer.key = rsa.generate_private_key(65537, 2048)
    token = peer.tokens({})["id_token"]
    for _ in range(3):
        with pytest.raises(TokenInvalid):
            cognito.verify(token)
    assert peer.count(jwks) == 1  # fetched a moment ago: the penalty wait holds
    later = Cognito(domain=peer.origin, client_id=CLIENT_ID, user_pool_id=POOL_ID)
    assert later.verify(token).subject == SUB


def test_tokens_renew_themselves_and_the_refresh_token_is_kept(
    make_cognito: Callable[..., Cognito], peer: Peer
) -> None:
    now = [time.time()]
    session = make_cognito(clock=lambda: now[0]).exchange(peer.issue({}), REDIRECT_URI)
    first, refresh_token = session.id_token, session.refresh_token
    now[0] += 3599
    peer.token_life_s = 7200
    assert session.id_token != first
    assert session.refresh_token == refresh_token
    peer.rotates = True
    session.renew()
    assert session.refresh_token != refresh_token


def test_a_session_that_is_kept_late_has_its_credentials_ready_at_once(cognito: Cognito, peer: Peer) -> None:
    session = cognito.exchange(peer.issue({}), REDIRECT_URI)
    credentials = session.credentials()
    cache = TokenCache(cognito.settings.key)
    session.keep(cache)
    place = cognito.settings.credentials_place()
    assert read_process_output(cache.key, place, directory=cache.directory) == process_output(credentials)


def test_a_fault_keeps_the_refresh_token_and_a_refusal_drops_it(cognito: Cognito, peer: Peer) -> None:
    session = cognito.exchange(peer.issue({}), REDIRECT_URI, keep=True)
    peer.failing_with = 503
    with pytest.raises(ServerFault):
        session.renew()
    assert session.refresh_token is not None
    peer.failing_with = 0
    peer.refresh_tokens.clear()
    with pytest.raises(SignInNeeded):
        session.renew()
    assert session.refresh_token is None
    assert cognito.session.refresh_token is None


def test_twenty_threads_cause_one_renewal(make_cognito: Callable[..., Cognito], peer: Peer) -> None:
    peer.rotates = True
    now = [time.time()]
    session = make_cognito(clock=lambda: now[0]).exchange(peer.issue({}), REDIRECT_URI, keep=True)
    now[0] += 3599
    peer.token_life_s = 7200
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(session.credentials().access_key_id)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 20
    assert len(set(found)) == 1
    assert [members["grant_type"] for path, members in peer.requests if path == "/oauth2/token"].count(
        "refresh_token"
    ) == 1


def test_what_another_process_renewed_is_adopted(make_cognito: Callable[..., Cognito], peer: Peer) -> None:
    peer.rotates = True
    now = [time.time()]
    make_cognito(clock=lambda: now[0]).exchange(peer.issue({}), REDIRECT_URI, keep=True)
    one, other = (make_cognito(clock=lambda: now[0]).session for _ in range(2))
    now[0] += 3599
    peer.token_life_s = 7200
    token = one.access_token
    assert other.access_token == token
    assert other.refresh_token == one.refresh_token


def test_ten_sessions_of_one_cache_at_once_cause_one_renewal(make_cognito: Callable[..., Cognito], peer: Peer) -> None:
    peer.rotates = True
    now = [time.time()]
    make_cognito(clock=lambda: now[0]).exchange(peer.issue({}), REDIRECT_URI, keep=True)
    sessions = [make_cognito(clock=lambda: now[0]).session for _ in range(10)]
    now[0] += 3599
    peer.token_life_s = 7200
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda session=session: found.append(session.access_token)) for session in sessions
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found))) == (10, 1)


def test_a_kept_identity_that_is_refused_is_asked_for_anew_once(cognito: Cognito, peer: Peer) -> None:
    session = cognito.exchange(peer.issue({}), REDIRECT_URI)
    peer.stale_identities = {IDENTITY_ID}
    with pytest.raises(ApiRefused, match="forbidden"):
        session.credentials()
    assert peer.count("GetId") == 2


def test_kept_files_are_their_owners_only(cognito: Cognito, peer: Peer, own_home: Path) -> None:
    cognito.begin(REDIRECT_URI)
    cognito.exchange(peer.issue({}), REDIRECT_URI, keep=True).credentials()
    folders = [own_home / "cache", *(path for path in (own_home / "cache").rglob("*") if path.is_dir())]
    files = [path for path in (own_home / "cache").rglob("*") if path.is_file()]
    assert len(folders) == 2
    assert {path.suffix for path in files} == {".json", ".process", ".lock", ".keys", ""}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_an_exchange_is_kept_only_when_asked(cognito: Cognito, peer: Peer) -> None:
    cognito.exchange(peer.issue({}), REDIRECT_URI)
    with pytest.raises(SignInNeeded):
        _ = cognito.session


def test_logout_revokes_and_forgets(cognito: Cognito, peer: Peer) -> None:
    session = cognito.exchange(peer.issue({}), REDIRECT_URI, keep=True)
    url = session.logout("http://localhost:8080/bye").sign_out_url
    assert url == f"{peer.origin}/logout?client_id={CLIENT_ID}&logout_uri=http%3A%2F%2Flocalhost%3A8080%2Fbye"
    assert not peer.refresh_tokens
    with pytest.raises(SignInNeeded):
        _ = cognito.session


def test_a_session_does_not_become_the_next_persons(make_cognito: Callable[..., Cognito], peer: Peer) -> None:
    ada = make_cognito().exchange(peer.issue({}), REDIRECT_URI, keep=True)
    peer.claims = {"sub": "bob"}
    make_cognito().exchange(peer.issue({}), REDIRECT_URI, keep=True)
    peer.claims = {}
    ada.renew()
    assert ada.subject == SUB
    assert make_cognito().session.subject == "bob"


@pytest.mark.parametrize("secret", [None, "hush"])
def test_a_password_signs_in_by_srp_without_being_sent(
    make_cognito: Callable[..., Cognito], peer: Peer, secret: str | None
) -> None:
    peer.secret = secret
    session = make_cognito(user_pool_id=POOL_ID, client_secret=secret).sign_in("ada", PASSWORD)
    assert session.subject == SUB
    assert PASSWORD not in str(peer.requests)
    session.renew()
    assert "GetTokensFromRefreshToken" in [name for name, _ in peer.requests]


def test_a_wrong_password_says_so(make_cognito: Callable[..., Cognito]) -> None:
    for cognito in (make_cognito(), make_cognito(user_pool_id=POOL_ID)):
        with pytest.raises(ApiRefused, match="Incorrect username or password") as refused:
            cognito.sign_in("ada", "wrong")
        assert refused.value.code == "NotAuthorizedException"
        assert refused.value.hint


def test_boto3_signs_with_the_sessions_credentials_whatever_the_environment_holds(
    cognito: Cognito, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAELSEWHERE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "elsewhere")
    session = cognito.exchange(peer.issue({}), REDIRECT_URI)
    aws = session.boto3()
    assert peer.count("GetId") == 0
    assert aws.get_credentials().get_frozen_credentials().access_key == session.credentials().access_key_id
    assert aws.region_name == "eu-west-1"
    assert aws.client("s3").meta.endpoint_url == peer.origin
    assert aws.resource("s3").meta.client.meta.endpoint_url == peer.origin
    assert aws.client("s3", endpoint_url="http://127.0.0.1:1").meta.endpoint_url == "http://127.0.0.1:1"
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:2")
    assert aws.client("s3").meta.endpoint_url == "http://127.0.0.1:2"


def test_a_name_under_localhost_is_loopback_whatever_the_resolver_says(
    make_cognito: Callable[..., Cognito], peer: Peer
) -> None:
    named = peer.origin.replace("127.0.0.1", "demo.pool.localhost")
    assert make_cognito(domain=named).exchange(peer.issue({}), REDIRECT_URI).subject == SUB


def test_nothing_listening_is_a_network_error_with_a_hint() -> None:
    cognito = Cognito(domain="http://127.0.0.1:9", client_id=CLIENT_ID)
    with pytest.raises(NetworkError, match=r"nothing accepts connections at 127.0.0.1:9") as problem:
        cognito.exchange("code", REDIRECT_URI)
    assert problem.value.hint


def test_a_missing_setting_names_every_place_where_it_can_be_set() -> None:
    with pytest.raises(SettingsError, match="client_id is not set") as refused:
        Cognito(domain="auth.example.com").exchange("code", REDIRECT_URI)
    for place in ("client_id=", "--client-id", "HALFDAY_CLIENT_ID", "halfday_client_id"):
        assert place in refused.value.hint


def test_a_rotated_refresh_token_is_kept_though_the_tokens_beside_it_do_not_verify(
    make_cognito: Callable[..., Cognito], peer: Peer
) -> None:
    session = make_cognito().exchange(peer.issue({}), REDIRECT_URI, keep=True)
    old = session.refresh_token
    peer.rotates, peer.key = True, rsa.generate_private_key(65537, 2048)
    with pytest.raises(TokenInvalid):
        session.renew()
    assert session.refresh_token not in (None, old)
    assert make_cognito().session.refresh_token == session.refresh_token
