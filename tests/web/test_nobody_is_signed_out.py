"""Not being able to verify is no refusal: whoever is signed in stays so while something is out of order."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cognito_peer
import pytest
from cognito_peer import CLIENT_ID, Peer
from cryptography.hazmat.primitives.asymmetric import rsa

from halfday.client.tokens.key_sets import PENALTY_S
from halfday.web.http_messages import WebRequest
from halfday.web.relying_party import RelyingParty
from halfday.web.session_validity import RENEW_AGAIN_S
from halfday.web.stores import FileStore, MemoryStore
from web.jar import HOME, Jar
from web_applications import Site, Visitor, served
from world import Clock

SECRET = "a secret of the tests, which is long enough to be one"
NEWER = "a newer secret of the tests, long enough to be one too"
ROTATES = {"RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}}
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"]


# --- over all frameworks ----------------------------------------------------------------------------------------------


def may_be_seen_again(visitor: Visitor) -> bool:
    """Whatever was answered meanwhile, the browser has its session."""
    return any(name == "halfday" for name in visitor.cookies)


@pytest.mark.parametrize("off_s", [-90_000, -3700, -120, 120, 3700])
def test_a_clock_that_is_off_signs_nobody_out(site: Site, framework: str, keeping: str, off_s: float) -> None:
    """Only the application's clock: Cognito's goes right."""
    clock = Clock()
    with served(site, framework, keeping=keeping, clock=clock) as application:
        visitor = application.visitor()
        visitor.sign_in()
        for ahead_s in (off_s, 0, off_s, 0):
            clock.ahead_s = ahead_s
            assert visitor.get("/").status_code == 200


def test_a_secret_that_is_refused_at_a_renewal_is_no_crash_and_no_sign_out(site: Site, framework: str) -> None:
    """invalid_client says that the application is set up wrong; of the visitor it says nothing."""
    with served(site, framework) as application:
        visitor = application.visitor()
        visitor.sign_in()
        cookies, client = visitor.cookies, site.client
    known = {"client_id": client["ClientId"], "client_secret": client["ClientSecret"]}
    site.world.clock.advance(3700)
    for secret, statuses in (("wrong", {503}), (known["client_secret"], {200})):
        with served(site, framework, **{**known, "client_secret": secret}) as application:
            again = application.visitor()
            again.put(cookies)
            for path in ("/", "/maybe", "/staff"):
                assert again.get(path).status_code in (statuses if path != "/staff" else {503, 403})
            assert may_be_seen_again(again)
            cookies = again.cookies


def test_a_store_out_of_reach_signs_nobody_out(site: Site, framework: str) -> None:
    store = Failing()
    with served(site, framework, store=store) as application:
        visitor = application.visitor()
        visitor.sign_in()
        for problem in (OSError("s3cret text"), TimeoutError(), KeyError("x"), ConnectionError()):
            store.problem = problem
            for path in ("/", "/maybe"):
                answer = visitor.get(path)
                assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
            assert may_be_seen_again(visitor)
        assert visitor.sign_out().status_code == 503
        store.problem = None
        again = application.visitor()
        again.sign_in()
        assert again.get("/").status_code == 200


class Failing(MemoryStore):
    """As a database that is out of reach."""

    problem: Exception | None = None

    def load(self, key: str) -> str | None:
        if self.problem:
            raise self.problem
        return super().load(key)


# --- in every detail --------------------------------------------------------------------------------------------------


@pytest.fixture
def peer() -> Iterator[Peer]:
    with cognito_peer.running() as peer:
        peer.redirect_uris = [f"{HOME}/callback"]
        yield peer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(peer: Peer, clock: Clock) -> Callable[..., RelyingParty]:
    def made(**options: Any) -> RelyingParty:
        known = {"domain": peer.origin, "client_id": CLIENT_ID, "redirect_uri": f"{HOME}/callback", "secret": SECRET}
        return RelyingParty(**{**known, "clock": clock, **options})

    return made


@pytest.fixture(params=["cookie", "store"])
def party(make: Callable[..., RelyingParty], request: pytest.FixtureRequest, clock: Clock) -> RelyingParty:
    return make(**({} if request.param == "cookie" else {"store": MemoryStore(clock=clock)}))


def restarted(party: RelyingParty, make: Callable[..., RelyingParty]) -> RelyingParty:
    """The same application as a new process, which has no keys yet."""
    store = getattr(party._sessions, "store", None)
    return make(**({"store": store} if store else {}))


@pytest.mark.parametrize("published", [{"keys": []}, {"keys": [{"kty": "EC"}]}, {"no": "keys"}], ids=repr)
def test_a_key_set_that_is_empty_for_a_moment_signs_nobody_out(
    party: RelyingParty,
    make: Callable[..., RelyingParty],
    peer: Peer,
    published: dict[str, Any],
    tmp_path: Path,
) -> None:
    jar = Jar()
    assert jar.sign_in(party).status == 303
    for kept in tmp_path.rglob("*.keys"):
        kept.unlink()
    peer.key_set = published
    later = restarted(party, make)
    assert jar.ask(later) == "not now"
    peer.key_set = None
    assert jar.ask(later) == "in"


def test_a_sign_in_that_cannot_be_verified_now_is_told_so(
    make: Callable[..., RelyingParty], peer: Peer, clock: Clock
) -> None:
    peer.key_set = {"keys": []}
    assert Jar().sign_in(make()).status == 503
    peer.key_set = None
    clock.advance(-3600)
    assert Jar().sign_in(make()).status == 503


def test_keys_that_were_replaced_renew_the_tokens_and_sign_nobody_out(
    party: RelyingParty, peer: Peer, clock: Clock
) -> None:
    jar = Jar()
    jar.sign_in(party)
    peer.key = rsa.generate_private_key(65537, 2048)
    clock.advance(3590)
    assert jar.ask(party) == "in"


def test_tokens_whose_key_is_gone_are_shown_to_cognito_whose_word_counts(
    party: RelyingParty, make: Callable[..., RelyingParty], peer: Peer, clock: Clock, tmp_path: Path
) -> None:
    """As when a stand-in is set up anew: its visitors are not locked out until their tokens end."""
    renewed, dead = Jar(), Jar()
    renewed.sign_in(party)
    alive = set(peer.refresh_tokens)
    dead.sign_in(party)
    peer.refresh_tokens = alive
    peer.key = rsa.generate_private_key(65537, 2048)
    for kept in tmp_path.rglob("*.keys"):
        kept.unlink()
    later = restarted(party, make)
    assert renewed.ask(later) == "in"
    assert dead.ask(later) == "out"
    assert dead.cookies == {}


def test_a_key_set_that_is_behind_hammers_nobody(
    party: RelyingParty, make: Callable[..., RelyingParty], peer: Peer, clock: Clock, tmp_path: Path
) -> None:
    jar = Jar()
    jar.sign_in(party)
    another = rsa.generate_private_key(65537, 2048).public_key()
    peer.key_set = cognito_peer.jwks([cognito_peer.Jwk("another", "RS256", another)])
    for kept in tmp_path.rglob("*.keys"):
        kept.unlink()
    later, before = restarted(party, make), peer.count("/oauth2/token")
    for _ in range(10):
        assert jar.ask(later) == "not now"
    assert peer.count("/oauth2/token") == before + 1
    peer.key_set = None
    clock.advance(max(PENALTY_S, RENEW_AGAIN_S) + 1)
    assert jar.ask(later) == "in"


def test_a_refresh_token_that_rotated_before_something_failed_is_told_to_the_browser(
    make: Callable[..., RelyingParty], peer: Peer, clock: Clock, tmp_path: Path
) -> None:
    """The old one is dead by then: an answer of 503 without the new one signs the visitor out."""
    peer.rotates = True
    jar, first = Jar(), make()
    jar.sign_in(first)
    before = dict(jar.cookies)
    clock.advance(3700)
    peer.key = rsa.generate_private_key(65537, 2048)
    peer.key_set = {"keys": []}
    for kept in tmp_path.rglob("*.keys"):
        kept.unlink()
    assert jar.ask(first) == "not now"
    assert jar.cookies != before
    peer.key_set = None
    assert jar.ask(make()) == "in", "another process knows what the cookie says and no more"


def test_the_newest_tokens_count_whatever_was_done_to_the_clock(
    make: Callable[..., RelyingParty], peer: Peer, clock: Clock
) -> None:
    """Two processes with cookies and rotation, and a clock that goes back between their renewals."""
    peer.rotates = True
    one, other, jar = make(), make(), Jar()
    jar.sign_in(one)
    for party, ahead_s in ((other, 3700), (one, -7000), (other, -20_000), (one, 9000), (other, 5000)):
        clock.ahead_s = ahead_s
        assert jar.ask(party) == "in"


def test_a_cookie_of_a_newer_secret_is_left_alone(make: Callable[..., RelyingParty]) -> None:
    """While an application is rolled out half of its processes do not know the new secret yet."""
    newer, older, jar = make(secret=[NEWER, SECRET]), make(), Jar()
    jar.sign_in(newer)
    before = dict(jar.cookies)
    assert jar.ask(older) == "out"
    assert jar.cookies == before
    assert jar.ask(newer) == "in"


def test_a_store_whose_file_cannot_be_read_signs_nobody_out(
    make: Callable[..., RelyingParty], clock: Clock, tmp_path: Path
) -> None:
    party, jar = make(store=FileStore(str(tmp_path / "kept"), clock=clock)), Jar()
    jar.sign_in(party)
    (file,) = (tmp_path / "kept").glob("*.session")
    text = file.read_text()
    file.unlink()
    file.mkdir()  # what a disk that fails is for open(): an OSError
    assert jar.ask(party) == "not now"
    file.rmdir()
    file.touch(0o600)
    file.write_text(text)
    assert jar.ask(party) == "in"


def test_what_a_store_says_of_its_failure_is_not_logged(
    make: Callable[..., RelyingParty], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "halfday")
    store = Failing()
    party, jar = make(store=store), Jar()
    jar.sign_in(party)
    store.problem = OSError("redis://user:s3cret@host")
    assert jar.ask(party) == "not now"
    assert "the session store failed: Failing, OSError" in caplog.text
    assert "s3cret" not in caplog.text


def test_who_is_refused_for_good_is_signed_out(party: RelyingParty, peer: Peer, clock: Clock) -> None:
    jar = Jar()
    jar.sign_in(party)
    peer.claims = {"sub": "somebody else"}
    clock.advance(3700)
    assert jar.ask(party) == "out"
    assert jar.cookies == {}


def test_a_visit_without_our_cookies_asks_nobody(party: RelyingParty, peer: Peer) -> None:
    assert party.session(WebRequest("GET", "/", cookies={"other": "1", "halfday": ""})) is None
    assert peer.requests == []
