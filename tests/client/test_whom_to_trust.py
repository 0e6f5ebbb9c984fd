"""Nothing in a token chooses whom to trust, and keys that cannot be had are no refusal."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from cognito_peer import CLIENT_ID, POOL_ID, REDIRECT_URI, SUB, Peer
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

import halfday
from halfday import Cognito, Expected, NetworkError, SettingsError, TokenInvalid, TokenVerifier
from halfday.client.tokens.key_sets import PENALTY_S
from halfday.protocol.jwk import Jwk, jwks, thumbprint_kid
from halfday.protocol.jws import sign
from sockets import Handler, answering

POOL = {"user_pool_id": POOL_ID}
KEY = rsa.generate_private_key(65537, 2048)
ODD_ISSUERS = ["http://[", "http://[::1", "https://x:99999/y", "", "\x00", [], {}, ["a"], {"a": 1}, None, 7, True]


def segment(document: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def forged(header: Any, payload: Any) -> str:
    return f"{segment(header)}.{segment(payload)}.{'A' * 342}"


def access_token(peer: Peer, **claims: Any) -> str:
    now = int(time.time())
    common = {"sub": SUB, "iss": f"{peer.origin}/{POOL_ID}", "iat": now, "exp": now + 3600}
    return peer.sign({**common, "client_id": CLIENT_ID, "token_use": "access", "scope": "orders/read", **claims})


# --- the pool is a setting --------------------------------------------------------------------------------------------


def test_tokens_that_name_three_hundred_pools_fetch_nothing_and_leave_no_file(
    make_cognito: Callable[..., Cognito], peer: Peer, own_home: Path
) -> None:
    cognito = make_cognito()
    for number in range(300):
        token = forged({"kid": "x"}, {"iss": f"{peer.origin}/eu-west-1_Evil{number:05}", "aud": CLIENT_ID})
        with pytest.raises(SettingsError, match="user_pool_id is not set"):
            cognito.verify(token)
    assert peer.requests == []
    assert not list(own_home.rglob("*.keys"))


def test_with_a_pool_set_its_keys_alone_are_fetched_and_once(make_cognito: Callable[..., Cognito], peer: Peer) -> None:
    cognito = make_cognito(**POOL)
    for number in range(300):
        issuer = f"{peer.origin}/eu-west-1_Evil{number:05}"
        with pytest.raises(TokenInvalid):
            cognito.verify(forged({"kid": f"{number}"}, {"iss": issuer}))
    assert {path for path, _ in peer.requests} == {f"/{POOL_ID}/.well-known/jwks.json"}
    assert len(peer.requests) == 1


def test_our_own_sign_in_proves_the_pool_and_no_later_token_changes_it(cognito: Cognito, peer: Peer) -> None:
    session = cognito.exchange(peer.issue({}), REDIRECT_URI)
    assert cognito.verify(session.id_token).subject == SUB
    peer.claims = {"iss": f"{peer.origin}/eu-west-1_Another1"}
    with pytest.raises(TokenInvalid) as refused:
        cognito.exchange(peer.issue({}), REDIRECT_URI)
    assert refused.value.claim == "iss"
    assert not [path for path, _ in peer.requests if "Another1" in path]


@pytest.mark.parametrize("issuer", [*ODD_ISSUERS, "https://cognito-idp.eu-west-1.amazonaws.com/nopool"], ids=repr)
def test_an_issuer_that_is_none_is_a_refusal_and_no_crash(
    make_cognito: Callable[..., Cognito], peer: Peer, issuer: object
) -> None:
    token = forged({"kid": "x", "alg": "RS256"}, {"iss": issuer, "token_use": "access"})
    of_one_pool = TokenVerifier(POOL_ID, client_id=CLIENT_ID, token_use="access", endpoint=peer.origin)
    for verify in (lambda t: make_cognito(**POOL).verify(t), of_one_pool.verify):
        with pytest.raises(TokenInvalid) as refused:
            verify(token)
        assert refused.value.claim in ("iss", "kid")
    peer.claims = {"iss": issuer}
    with pytest.raises(TokenInvalid) as refused:
        make_cognito().exchange(peer.issue({}), REDIRECT_URI)
    assert refused.value.claim == "iss"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)
known = dict.fromkeys(("iss", "aud", "client_id", "token_use", "exp", "iat", "scope", "cognito:groups"), anything)


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=40)
    | st.builds(forged, st.fixed_dictionaries({}, optional={"kid": anything, "alg": anything}) | anything, anything)
    | st.builds(forged, st.just({"kid": "x"}), st.fixed_dictionaries({}, optional=known))
)
def test_whatever_comes_as_a_token_is_refused_as_one(token: str) -> None:
    verifier = TokenVerifier(POOL_ID, client_id=CLIENT_ID, token_use="access", groups="staff", endpoint="http://x")
    verifier.use_keys(jwks([Jwk("k", "RS256", KEY.public_key())]))
    verifier._key_sets._set(f"http://x/{POOL_ID}/.well-known/jwks.json").fetched(time.time())
    with pytest.raises(TokenInvalid):
        verifier.verify(token)


@settings(max_examples=100, deadline=None)
@given(st.fixed_dictionaries({}, optional=known))
def test_whatever_a_signed_token_says_is_judged_and_crashes_nothing(claims: dict[str, Any]) -> None:
    """A pool's triggers write claims: what they hold is no surprise to a verifier."""
    kid = thumbprint_kid(KEY.public_key())
    verifier = TokenVerifier(POOL_ID, client_id="c", token_use="access", scopes="s", groups="g", endpoint="http://x")
    verifier.use_keys(jwks([Jwk(kid, "RS256", KEY.public_key())]))
    good = {"iss": f"http://x/{POOL_ID}", "client_id": "c", "token_use": "access", "exp": 2**40, "scope": "s"}
    token = sign({"kid": kid, "alg": "RS256"}, {**good, "cognito:groups": ["g", *claims], **claims}, KEY)
    with suppress(TokenInvalid):
        assert verifier.verify(token)["client_id"] == "c"


# --- a text is one word -----------------------------------------------------------------------------------------------


@pytest.fixture
def checks(peer: Peer, make_cognito: Callable[..., Cognito]) -> list[Callable[..., Any]]:
    """Every place where a program says which scopes and groups it wants."""
    connection = {"domain": peer.origin, "client_id": CLIENT_ID, **POOL}
    expected = {"client_id": CLIENT_ID, "token_use": "access", "endpoint": peer.origin}
    cognito = make_cognito(**POOL)
    return [
        lambda token, **wanted: TokenVerifier(POOL_ID, **expected, **wanted).verify(token),
        lambda token, **wanted: TokenVerifier(POOL_ID, **expected).verify(token, **wanted),
        lambda token, **wanted: TokenVerifier(pools=[Expected(POOL_ID, **expected, **wanted)]).verify(token),
        lambda token, **wanted: cognito.verify(token, token_use="access", **wanted),
        lambda token, **wanted: cognito.connection.verifier.verify(token, token_use="access", **wanted),
        lambda token, **wanted: (
            halfday.verify(token, token_use="access", **wanted, **connection) if "groups" not in wanted else None
        ),
    ]


def test_the_letters_of_a_scope_or_group_are_not_admitted(peer: Peer, checks: list[Callable[..., Any]]) -> None:
    of_letters = access_token(peer, scope="r o e", **{"cognito:groups": ["s", "a"]})
    of_words = access_token(peer, scope="orders/read", **{"cognito:groups": ["staff"]})
    for check in checks:
        for wanted in ({"scopes": "orders/read"}, {"groups": "staff"}):
            if check(of_words, **wanted) is not None:
                with pytest.raises(TokenInvalid, match="is missing"):
                    check(of_letters, **wanted)


@pytest.mark.parametrize(
    "given",
    ["a b", "", " ", b"staff", 7, ["a b"], [""], [b"x"], [None], iter(["staff"]), {"a": 1}.items()],
    ids=lambda given: repr(given).partition(" object at ")[0],
)
def test_what_is_no_list_of_words_is_refused_before_any_token_is_let_in(
    peer: Peer, checks: list[Callable[..., Any]], given: Any
) -> None:
    token = access_token(peer)
    for check in checks[:5]:
        for name in ("scopes", "groups"):
            with pytest.raises(ValueError, match=name):
                check(token, **{name: given})


def test_the_letters_of_a_client_id_are_no_clients(peer: Peer) -> None:
    token = access_token(peer, client_id="p")
    verifier = TokenVerifier(POOL_ID, client_id=CLIENT_ID, token_use="access", endpoint=peer.origin)
    with pytest.raises(TokenInvalid):
        verifier.verify(token)
    for client_id in (b"p", 7, iter("p"), [b"p"]):
        with pytest.raises(ValueError, match="client_id"):
            TokenVerifier(POOL_ID, client_id=client_id, token_use="access")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("client_secret", ["a", "b"]),
        ("client_secret", b"hush"),
        ("client_id", ["a"]),
        ("domain", {"a": 1}),
        ("user_pool_id", (POOL_ID,)),
        ("profile", ["me"]),
        ("scopes", b"openid"),
        ("scopes", 7),
        ("scopes", iter(["openid"])),
        ("scopes", ["openid", None]),
        ("redirect_uri", ["http://localhost:8080", b"x"]),
    ],
)
def test_a_setting_of_the_wrong_shape_is_refused_and_not_spelt_out(name: str, value: Any) -> None:
    with pytest.raises(SettingsError, match=name):
        Cognito(**{name: value})


# --- keys that cannot be had ------------------------------------------------------------------------------------------


class Keys:
    """An endpoint of keys whose answers a test chooses."""

    def __init__(self) -> None:
        self.origin, self.asked = "", 0
        self.answers: list[Any] = []
        self.wait = threading.Event()
        self.wait.set()

    def is_of(self, *keys: rsa.RSAPrivateKey) -> None:
        self.answers = [jwks([Jwk(thumbprint_kid(k.public_key()), "RS256", k.public_key()) for k in keys])]

    def token(self, key: rsa.RSAPrivateKey) -> str:
        now = int(time.time()) - 60
        claims = {"sub": SUB, "iss": f"{self.origin}/{POOL_ID}", "iat": now, "exp": now + 3600, "token_use": "access"}
        return sign({"kid": thumbprint_kid(key.public_key()), "alg": "RS256"}, {**claims, "client_id": "c"}, key)


@contextmanager
def serving(keys: Keys) -> Iterator[Keys]:
    class Endpoint(Handler):
        def do_GET(self) -> None:
            keys.asked += 1
            keys.wait.wait(10)
            answer = keys.answers[0]
            self.answer(answer if isinstance(answer, int) else 200, json.dumps(answer).encode())

    with answering(Endpoint) as keys.origin:
        yield keys


@pytest.fixture
def keys() -> Iterator[Keys]:
    with serving(Keys()) as keys:
        yield keys


NEW_KEY = rsa.generate_private_key(65537, 2048)
NO_KEYS = [{"keys": []}, {"keys": [{"kty": "EC"}]}, {}, [], {"keys": "x"}, 503, 404]


class At:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> At:
    return At()


def of(keys: Keys, clock: At, **wanted: Any) -> TokenVerifier:
    return TokenVerifier(POOL_ID, client_id="c", token_use="access", endpoint=keys.origin, clock=clock, **wanted)


@pytest.mark.parametrize("answer", NO_KEYS, ids=repr)
def test_a_key_set_without_keys_refuses_no_token_and_forgets_no_key(keys: Keys, clock: At, answer: Any) -> None:
    verifier = of(keys, clock)
    keys.answers = [answer]
    with pytest.raises(NetworkError):
        verifier.verify(keys.token(KEY))
    keys.is_of(KEY)
    verifier.verify(keys.token(KEY))
    keys.answers = [answer]
    clock.now += PENALTY_S + 1
    for _ in range(3):
        with pytest.raises(NetworkError):
            verifier.verify(keys.token(NEW_KEY))
        verifier.verify(keys.token(KEY))
    assert keys.asked == 3
    keys.is_of(KEY, NEW_KEY)
    clock.now += PENALTY_S + 1
    verifier.verify(keys.token(NEW_KEY))


@pytest.mark.parametrize("back_s", [1, 120, 86_400])
def test_a_clock_that_goes_back_keeps_no_new_key_out(keys: Keys, clock: At, back_s: float) -> None:
    verifier = of(keys, clock, leeway_s=2 * 86_400)
    keys.is_of(KEY)
    verifier.verify(keys.token(KEY))
    keys.is_of(NEW_KEY)
    clock.now -= back_s
    verifier.verify(keys.token(NEW_KEY))


def test_those_who_wait_for_keys_share_what_becomes_of_them(keys: Keys, clock: At) -> None:
    verifier = of(keys, clock)
    keys.answers = [503]
    keys.wait.clear()
    with ThreadPoolExecutor(8) as threads:
        asking = [threads.submit(verifier.prefetch) for _ in range(8)]
        while not keys.asked:
            time.sleep(0.01)
        time.sleep(0.2)
        keys.wait.set()
        assert all(isinstance(each.exception(10), NetworkError) for each in asking)
    assert keys.asked == 1


def test_many_made_up_kids_cost_one_fetch_and_one_place(keys: Keys, clock: At) -> None:
    verifier = of(keys, clock)
    keys.is_of(KEY)
    for _ in range(200):
        claims = {"iss": f"{keys.origin}/{POOL_ID}"}
        with pytest.raises(TokenInvalid) as refused:
            verifier.verify(forged({"kid": secrets.token_hex(9)}, claims))
        assert refused.value.claim == "kid"
    assert keys.asked == 1
    assert len(verifier._key_sets._sets) == 1
