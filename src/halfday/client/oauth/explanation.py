"""Why a code was refused with invalid_grant: what was sent at authorize time, compared with what is sent now.

The differences become facts. What each fact means is in the catalogue (`causes`), in the order of facts/failures.md §9:
spent, old, redirect URI, client id, verifier.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfday.client.causes.catalogue import Finding, Symptom
from halfday.client.causes.matching import find
from halfday.client.oauth.authorization import CODE_LIFE_S, AuthorizationRequest, CodeRedemption
from halfday.client.oauth.journal import REDEEMED, SpentCode
from halfday.protocol.pkce import VERIFIER_PATTERN, challenge_of

Fact = tuple[str, str]

_CODE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def explain(
    grant: CodeRedemption,
    *,
    began: AuthorizationRequest | None,
    spent: SpentCode | None,
    returned_at: float | None,
    now: float,
) -> list[Finding]:
    """The findings, in the decision order; never empty. The arguments are those of `compare`."""
    facts = compare(grant, began=began, spent=spent, returned_at=returned_at, now=now)
    known = began is not None or spent is not None or returned_at is not None
    if not known and "difference" not in facts:
        facts |= _foreign(grant)
    return list(find(Symptom("token", "invalid_grant", facts=facts)))


def compare(
    grant: CodeRedemption,
    *,
    began: AuthorizationRequest | None,
    spent: SpentCode | None,
    returned_at: float | None,
    now: float,
) -> dict[str, str]:
    """The facts of a redemption, by their names in the catalogue.

    `began`: the sign-in that the code came from, when it is known. `spent`: an earlier use of the same code.
    `returned_at`: when the code came back from the browser, when that was seen.
    """
    facts = {"code": "", "redirect_uri": grant.redirect_uri, "client_id": grant.client_id}
    if grant.code_verifier is not None:
        facts["verifier_was_sent"] = ""
    differing = dict([*_spent(spent, now), *_old(began, returned_at, now)])
    if began is None:
        differing |= dict(_place(grant))
    else:
        facts["sign_in_is_known"] = ""
        differing |= dict([*_redirect_uri(grant, began), *_client_id(grant, began), *_verifier(grant, began)])
        if not differing:
            facts["nothing_differs"] = ""
    if "difference" in differing:  # a refusal is explained by it, an earlier one too: the code need not be spent
        differing.pop("code_was_refused", None)
    return facts | differing


def _foreign(grant: CodeRedemption) -> dict[str, str]:
    """The facts of a code whose sign-in was not begun here: only its form, as there is nothing to compare with.

    It was most likely used, is old or was made up: a redirect_uri is copied from the address that the code came with.
    """
    return {"code_is_of_elsewhere": ""} if _CODE.fullmatch(grant.code) else {"code_is_misshapen": ""}


def _spent(spent: SpentCode | None, now: float) -> Iterator[Fact]:
    if spent is not None:
        yield "code_was_exchanged" if spent.outcome == REDEEMED else "code_was_refused", ago(now - spent.at)


def _old(began: AuthorizationRequest | None, returned_at: float | None, now: float) -> Iterator[Fact]:
    """Proven when it is known when the code came back; only likely from the beginning of the sign-in."""
    if returned_at is not None and now - returned_at > CODE_LIFE_S:
        yield "code_is_old", ago(now - returned_at)
    elif returned_at is None and began is not None and now - began.began_at > CODE_LIFE_S:
        yield "sign_in_is_old", ago(now - began.began_at)


def _redirect_uri(grant: CodeRedemption, began: AuthorizationRequest) -> Iterator[Fact]:
    if grant.redirect_uri != began.redirect_uri:
        yield "began_with_redirect_uri", began.redirect_uri
        yield "difference", difference(grant.redirect_uri, began.redirect_uri)


def _place(grant: CodeRedemption) -> Iterator[Fact]:
    """The address that the code came with is the redirect_uri of its sign-in, but for the slash that a browser adds."""
    if grant.place is not None and grant.place.rstrip("/") != grant.redirect_uri.rstrip("/"):
        yield "came_back_to", grant.place
        yield "difference", difference(grant.redirect_uri, grant.place)


def _client_id(grant: CodeRedemption, began: AuthorizationRequest) -> Iterator[Fact]:
    if grant.client_id != began.client_id:
        yield "began_with_client_id", began.client_id


def _verifier(grant: CodeRedemption, began: AuthorizationRequest) -> Iterator[Fact]:
    if not began.code_challenge:
        if grant.code_verifier is not None:
            yield "verifier_is_superfluous", ""
    elif grant.code_verifier is None:
        yield "verifier_is_missing", ""
    elif not VERIFIER_PATTERN.match(grant.code_verifier):
        yield "verifier_is_malformed", ""
    elif challenge_of(grant.code_verifier) != began.code_challenge:
        own = grant.code_verifier == began.code_challenge
        yield "verifier_is_other", "the challenge itself" if own else "another sign-in's"


def difference(sent: str, other: str) -> str:
    """Names a difference that is easily overlooked, with a blank before it; empty for any other."""
    if sent.rstrip("/") == other.rstrip("/"):
        return " (the slash at the end)"
    if sent.replace("127.0.0.1", "localhost") == other.replace("127.0.0.1", "localhost"):
        return " (localhost and 127.0.0.1 are different strings)"
    if sent.partition("://")[2] == other.partition("://")[2]:
        return " (http and https)"
    return ""


def ago(seconds: float) -> str:
    return f"{span(max(0, seconds))} ago"


def span(seconds: float) -> str:
    """A length of time as people say it."""
    if seconds < 120:
        return f"{seconds:.0f} second{'' if round(seconds) == 1 else 's'}"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"
