"""invalid_grant, explained: each comparison of facts/failures.md §9, made against a peer that only says the word."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

import pytest
from cognito_peer import REDIRECT_URI, Peer

from halfday import Cognito, GrantRefused
from halfday.client.errors import Finding
from halfday.client.oauth.authorization import AuthorizationRequest
from halfday.client.oauth.journal import Journal


def come_back(peer: Peer, request: AuthorizationRequest) -> str:
    """The callback URL of a sign-in that was begun, as it stands in the address bar."""
    sent = {"code_challenge": request.code_challenge, "nonce": request.nonce, "redirect_uri": request.redirect_uri}
    return f"{REDIRECT_URI}/?code={peer.issue(sent)}&state={request.state}"


def refused(exchange: Callable[[], object]) -> Finding:
    with pytest.raises(GrantRefused) as problem:
        exchange()
    assert str(problem.value) == "the token request was refused with invalid_grant"
    assert problem.value.hint.endswith(".")
    return problem.value.findings[0]


def test_a_code_exchanged_twice_is_said_to_be_spent(cognito: Cognito, peer: Peer) -> None:
    code = peer.issue({})
    cognito.exchange(code, REDIRECT_URI)
    finding = refused(lambda: cognito.exchange(code, REDIRECT_URI))
    assert finding.row == "2.4"
    assert finding.certain
    assert "already exchanged" in finding.sentence


def test_a_code_that_was_refused_before_is_said_to_be_gone_too(cognito: Cognito, peer: Peer) -> None:
    code = peer.issue({})
    refused(lambda: cognito.exchange(code, "http://localhost:9999"))
    finding = refused(lambda: cognito.exchange(code, REDIRECT_URI))
    assert finding.row == "2.4"
    assert not finding.certain


@pytest.mark.parametrize("tries", [1, 2, 3])
def test_a_redirect_uri_that_is_not_where_the_code_came_back_is_named_at_each_try(
    cognito: Cognito, peer: Peer, tries: int
) -> None:
    """The code may still be good: nobody is told that it is spent, or to sign in again, before it was sent rightly."""
    url = f"{REDIRECT_URI}/?code={peer.issue({})}"
    for _ in range(tries):
        with pytest.raises(GrantRefused) as problem:
            cognito.exchange(url, "http://localhost:9999")
    found = problem.value.findings[0]
    assert found.certain
    assert f"http://localhost:9999 was sent now, but the code came back to {REDIRECT_URI}/" in found.sentence
    assert "already" not in problem.value.hint
    assert "used before" not in problem.value.hint


def test_a_code_that_was_refused_for_its_redirect_uri_and_is_alive_is_exchanged(cognito: Cognito, peer: Peer) -> None:
    code = peer.issue({})
    kept = dict(peer.codes)
    refused(lambda: cognito.exchange(f"{REDIRECT_URI}/?code={code}", "http://localhost:9999"))
    peer.codes.update(kept)
    assert cognito.exchange(f"{REDIRECT_URI}/?code={code}", REDIRECT_URI).access_token


def test_a_code_that_was_exchanged_is_spent_whatever_else_differs(cognito: Cognito, peer: Peer) -> None:
    url = f"{REDIRECT_URI}/?code={peer.issue({})}"
    cognito.exchange(url, REDIRECT_URI)
    with pytest.raises(GrantRefused) as problem:
        cognito.exchange(url, "http://localhost:9999")
    assert any(found.row == "2.4" and "already exchanged" in found.sentence for found in problem.value.findings)


def test_a_sign_in_begun_long_ago_is_likely_too_old(make_cognito: Callable[..., Cognito], peer: Peer) -> None:
    request = make_cognito(clock=lambda: time.time() - 720).begin(REDIRECT_URI)
    url = come_back(peer, request)
    peer.codes.clear()
    finding = refused(lambda: make_cognito().exchange(url))
    assert finding.row == "2.5"
    assert "12 minutes ago" in finding.sentence
    assert not finding.certain


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ("http://localhost:8080/", "the slash at the end"),
        ("http://127.0.0.1:8080", "different strings"),
        ("https://localhost:8080", "http and https"),
    ],
)
def test_another_redirect_uri_is_named_beside_the_first(cognito: Cognito, peer: Peer, sent: str, named: str) -> None:
    request = cognito.begin(REDIRECT_URI)
    finding = refused(lambda: cognito.exchange(come_back(peer, request), sent))
    assert finding.row == "2.1"
    assert finding.certain
    assert sent in finding.sentence
    assert REDIRECT_URI in finding.sentence
    assert named in finding.sentence


def test_another_app_client_is_named(cognito: Cognito, peer: Peer) -> None:
    request = cognito.begin(REDIRECT_URI)
    url = come_back(peer, request)
    Journal().began(dataclasses.replace(request, client_id="another"), now=time.time())
    peer.codes.clear()
    finding = refused(lambda: cognito.exchange(url))
    assert finding.row == "2.7"
    assert "another when the sign-in began" in finding.sentence


@pytest.mark.parametrize(
    ("verifier", "told"),
    [("challenge", "the challenge itself"), ("v" * 43, "another sign-in's"), ("short", "43 to 128 characters")],
)
def test_a_verifier_that_does_not_make_the_challenge_is_found(
    cognito: Cognito, peer: Peer, verifier: str, told: str
) -> None:
    request = cognito.begin(REDIRECT_URI)
    sent = request.code_challenge if verifier == "challenge" else verifier
    finding = refused(lambda: cognito.exchange(come_back(peer, request), code_verifier=sent))
    assert finding.row == "2.6"
    assert told in finding.sentence


def test_when_nothing_differs_read_permission_is_suspected_and_not_asserted(cognito: Cognito, peer: Peer) -> None:
    url = come_back(peer, cognito.begin(REDIRECT_URI))
    peer.codes.clear()
    finding = refused(lambda: cognito.exchange(url))
    assert finding.row == "2.8"
    assert not finding.certain


def test_a_code_from_elsewhere_gets_the_likeliest_cause_and_the_doubt(cognito: Cognito) -> None:
    with pytest.raises(GrantRefused) as problem:
        cognito.exchange("b2ca649e-b34a-44a7-be1a-121882e27fe6", "http://localhost:8000")
    assert [finding.row for finding in problem.value.findings] == ["2.4", "2.1", "2.6", "2.7"]
    assert not any(finding.certain for finding in problem.value.findings)
    assert "nothing here proves it: the code was used before" in problem.value.hint


@pytest.mark.parametrize("code", ["abc", "b2ca649e-", "b2ca649e-b34a-44a7-be1a-121882e27fe", "AUTHORIZATION_CODE"])
def test_what_looks_like_no_code_is_said_to_be_cut_or_made_up(cognito: Cognito, code: str) -> None:
    with pytest.raises(GrantRefused) as problem:
        cognito.exchange(code, "http://localhost:8000")
    first, *others = problem.value.findings
    assert "does not look like one of Cognito's" in first.sentence
    assert not first.certain
    assert [finding.row for finding in others] == ["2.1", "2.4", "2.5", "2.6", "2.7"]


def test_the_journal_holds_no_code_and_forgets_a_finished_sign_in(cognito: Cognito, peer: Peer, own_home) -> None:
    request = cognito.begin(REDIRECT_URI)
    url = come_back(peer, request)
    code = next(iter(peer.codes))
    cognito.exchange(url)
    files = [path for path in (own_home / "cache").rglob("*") if path.is_file()]
    assert files
    assert not any(code in path.read_text() for path in files)
    assert Journal().find(request.state) is None
