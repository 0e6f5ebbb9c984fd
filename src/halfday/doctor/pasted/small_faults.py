"""Small faults of a request that are easily overlooked: blanks, line ends, empty values, parameters that come twice.

The result are facts, by their names in the catalogue of causes. They say what is wrong with a secret, and not the
secret.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

Fact = tuple[str, str]
Pair = tuple[str, str]

SECRET = ("client_secret", "code", "code_verifier", "refresh_token", "token")
_TO_THE_LETTER = ("client_id", "redirect_uri", "logout_uri", *SECRET)
_ASKED_FOR = frozenset(
    "response_type client_id redirect_uri scope state nonce code_challenge code_challenge_method identity_provider "
    "idp_identifier prompt login_hint lang resource logout_uri max_age acr_values".split()
)
_SENT = frozenset(
    "grant_type client_id client_secret code redirect_uri code_verifier refresh_token scope token resource "
    "aws_client_metadata token_type_hint".split()
)

_OF_PEOPLE = ("openid", "email", "phone", "profile", "aws.cognito.signin.user.admin")


def of_form(pairs: Sequence[Pair]) -> Iterator[Fact]:
    """Of the parameters of a request to the token endpoint, as they stood, in their order."""
    yield from _blanks(pairs)
    yield from _empty(pairs, _SENT)
    yield from _twice(pairs)
    yield from _cut(pairs, _SENT)
    yield from _scopes_of_people(dict(pairs))


def of_link(pairs: Sequence[Pair]) -> Iterator[Fact]:
    """Of the parameters of a sign-in link: the same faults under names of their own, link_…, and two of its own."""
    faults = (*_blanks(pairs), *_empty(pairs, _ASKED_FOR), *_twice(pairs), *_cut(pairs, _ASKED_FOR))
    yield from ((f"link_{name}", told) for name, told in faults)
    yield from _encoded_twice(pairs)
    yield from _scopes(dict(pairs).get("scope", ""))


def blanks_of(name: str, value: str) -> str:
    """Which blank stands at which end of a value, in words; empty when none does."""
    if value == value.strip():
        return ""
    at_the_end = value != value.rstrip()
    edge = value[len(value.rstrip()) :] if at_the_end else value[: len(value) - len(value.lstrip())]
    kind = "a line end" if set(edge) & {"\n", "\r"} else "a blank"
    return f"{name} {'ends in' if at_the_end else 'begins with'} {kind}"


def _blanks(pairs: Sequence[Pair]) -> Iterator[Fact]:
    told = [found for name, value in pairs if name in _TO_THE_LETTER and (found := blanks_of(name, value))]
    if told:
        yield "has_a_blank", ", ".join(told)


def _empty(pairs: Sequence[Pair], known: frozenset[str]) -> Iterator[Fact]:
    names = [name for name, value in pairs if name in known and not value.strip()]
    if names:
        yield "parameter_is_empty", ", ".join(dict.fromkeys(names))
    if "client_secret" in names:
        yield "secret_is_empty", "client_secret"


def _twice(pairs: Sequence[Pair]) -> Iterator[Fact]:
    names = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if names:
        yield "parameter_is_twice", ", ".join(names)


def _cut(pairs: Sequence[Pair], known: frozenset[str]) -> Iterator[Fact]:
    """A value with a query of its own whose & was not escaped: what follows became parameters of the outer one."""
    for (name, value), (stray, _) in pairwise(pairs):
        if "?" in value and stray not in known:
            yield "value_is_cut", f"{name} ends before &{stray}="
            return


def _scopes_of_people(form: dict[str, str]) -> Iterator[Fact]:
    """A machine has no profile: OpenID Connect's scopes are for people's sign-ins."""
    found = [scope for scope in form.get("scope", "").split() if scope in _OF_PEOPLE]
    if form.get("grant_type") == "client_credentials" and found:
        yield "scopes_are_of_people", ", ".join(found)


def _encoded_twice(pairs: Sequence[Pair]) -> Iterator[Fact]:
    for name, value in pairs:
        if name in ("redirect_uri", "logout_uri") and re.match(r"https?%3A", value, re.IGNORECASE):
            yield "encoded_twice", name
            return


def _scopes(scope: str) -> Iterator[Fact]:
    """What separates scopes is a blank, and in a URL + or %20."""
    if found := re.search(r"[,;|]|\+", scope):
        yield "scopes_are_glued", f"{scope} (with {found[0]} between them)"
