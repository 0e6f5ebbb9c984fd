"""Why a code was refused with invalid_grant, found by comparing what was sent at authorize time with what is sent now.

The order is facts/failures.md §9: spent, old, redirect URI, client id, verifier. What is compared is certain; when
nothing is known about the sign-in, the likeliest causes are given as guesses and say so.
"""

from __future__ import annotations

from collections.abc import Iterator

from halfday.client.authorization import CODE_LIFE_S, AuthorizationRequest, Grant
from halfday.client.errors import Finding
from halfday.client.journal import REDEEMED, Spent
from halfday.protocol.pkce import VERIFIER_PATTERN, challenge_of

_AGAIN = "Sign in again for a new code"


def explain(
    grant: Grant,
    *,
    began: AuthorizationRequest | None,
    spent: Spent | None,
    returned_at: float | None,
    now: float,
) -> list[Finding]:
    """The findings, in the decision order; never empty.

    `began`: the sign-in that the code came from, when it was ours. `spent`: an earlier use of the same code.
    `returned_at`: when the code came back from the browser, when that was seen.
    """
    findings = [*_spent(spent, now), *_old(began, returned_at, now)]
    if began is not None:
        findings += [*_redirect_uri(grant, began), *_client_id(grant, began), *_verifier(grant, began)]
        return findings or [_nothing_differs()]
    return [*findings, *_guesses(grant, known=bool(findings))]


def _spent(spent: Spent | None, now: float) -> Iterator[Finding]:
    if spent is None:
        return
    ago = _ago(now - spent.at)
    if spent.outcome == REDEEMED:
        yield Finding(f"this code was already exchanged for tokens {ago}, and a code works once", _AGAIN, "2.4")
    else:
        sentence = f"this code was already tried {ago} and refused, and Cognito takes a code once"
        yield Finding(sentence, _AGAIN, "2.4", certain=False)


def _old(began: AuthorizationRequest | None, returned_at: float | None, now: float) -> Iterator[Finding]:
    """Certain when the code was seen coming back; from the beginning of the sign-in alone, only likely."""
    if returned_at is not None and now - returned_at > CODE_LIFE_S:
        sentence = f"the code came back {_ago(now - returned_at)}, and a code lives 5 minutes"
        yield Finding(sentence, _AGAIN, "2.5")
    elif returned_at is None and began is not None and now - began.began_at > CODE_LIFE_S:
        sentence = f"the sign-in was begun {_ago(now - began.began_at)}, and a code lives 5 minutes"
        yield Finding(sentence, f"{_AGAIN}, and exchange it at once", "2.5", certain=False)


def _redirect_uri(grant: Grant, began: AuthorizationRequest) -> Iterator[Finding]:
    if grant.redirect_uri != began.redirect_uri:
        sentence = (
            f"redirect_uri {grant.redirect_uri} was sent now, but {began.redirect_uri} when the sign-in began"
            f"{_slightly(grant.redirect_uri, began.redirect_uri)}"
        )
        yield Finding(sentence, f"Sign in again and send {began.redirect_uri} both times", "2.1")


def _client_id(grant: Grant, began: AuthorizationRequest) -> Iterator[Finding]:
    if grant.client_id != began.client_id:
        sentence = f"client_id {grant.client_id} was sent now, but {began.client_id} when the sign-in began"
        yield Finding(sentence, "Sign in again with the app client that exchanges the code", "2.7")


def _verifier(grant: Grant, began: AuthorizationRequest) -> Iterator[Finding]:
    change = "Sign in again and send the code_verifier of that very sign-in"
    if grant.code_verifier is None:
        yield Finding("the sign-in began with a code_challenge, and no code_verifier was sent now", change, "2.6")
    elif not VERIFIER_PATTERN.match(grant.code_verifier):
        yield Finding("the code_verifier sent now is not 43 to 128 characters of A-Z a-z 0-9 - . _ ~", change, "2.6")
    elif challenge_of(grant.code_verifier) != began.code_challenge:
        what = "the challenge itself" if grant.code_verifier == began.code_challenge else "another sign-in's"
        yield Finding(f"the code_verifier sent now is {what}: it does not make the code_challenge", change, "2.6")


def _nothing_differs() -> Finding:
    sentence = (
        "everything sent now equals what was sent when the sign-in began, so the app client may lack read permission "
        "on an attribute behind a scope, or the user was disabled meanwhile"
    )
    change = "Let the app client read every attribute of its scopes (email needs email_verified too)"
    return Finding(sentence, change, "2.8", certain=False)


def _guesses(grant: Grant, *, known: bool) -> Iterator[Finding]:
    """The code came from a sign-in that was not begun here: what people meet most, the likeliest first."""
    sentence = f"redirect_uri {grant.redirect_uri} is not, letter for letter, the one in the sign-in link"
    change = "Copy redirect_uri from the link that was opened; a slash at the end counts"
    yield Finding(sentence, change, "2.1", certain=False)
    if not known:
        yield Finding("the code was used before or is older than 5 minutes", _AGAIN, "2.4", certain=False)
    sentence = "the sign-in link had a code_challenge or another client_id"
    change = "Give the whole callback URL, and exchange it where the sign-in was begun"
    if grant.code_verifier is None:
        yield Finding(sentence, change, "2.6", certain=False)


def _slightly(sent: str, began: str) -> str:
    """Names the difference that the eye does not see."""
    if sent.rstrip("/") == began.rstrip("/"):
        return " (the slash at the end)"
    if sent.replace("127.0.0.1", "localhost") == began.replace("127.0.0.1", "localhost"):
        return " (localhost and 127.0.0.1 are different strings)"
    if sent.partition("://")[2] == began.partition("://")[2]:
        return " (http and https)"
    return ""


def _ago(seconds: float) -> str:
    if seconds < 120:
        return f"{max(0, seconds):.0f} seconds ago"
    return f"{seconds / 60:.0f} minutes ago" if seconds < 7200 else f"{seconds / 3600:.0f} hours ago"
