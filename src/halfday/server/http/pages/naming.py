"""How a person is asked for their name on the pages, and what they may type there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

from halfday.server.domain.refusals import invalid
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.usernames import can_be_named
from halfday.server.domain.users.users import User
from halfday.server.pages import Sentence

_USERNAME = "Username"
_LABELS = {"email": "Email", "phone_number": "Phone number", "preferred_username": "Preferred username"}
_KINDS: Mapping[tuple[str, ...], str] = {("email",): "email", ("phone_number",): "tel"}


def label_at_sign_in(pool: Pool) -> Sentence:
    """Every kind of name that signs in: `Username or email`."""
    first, *others = _names_at_sign_in(pool)
    return one_of([first, *(name.lower() for name in others)])


def word_for_name(pool: Pool) -> Sentence:
    """The same in the middle of a sentence: `username or email`."""
    return one_of([name.lower() for name in _names_at_sign_in(pool)])


def label_at_sign_up(pool: Pool) -> Sentence:
    """The name of a new user. Aliases are asked for by themselves."""
    first, *others = [_LABELS[name] for name in pool.username_attributes] or [_USERNAME]
    return one_of([first, *(name.lower() for name in others)])


def kind_at_sign_up(pool: Pool) -> str:
    """The type of the input. Where several kinds of names sign in it is plain text."""
    return _KINDS.get(pool.username_attributes, "text")


def app_account(user: User) -> str:
    """What an authenticator app calls this person: the username may be a UUID, which tells nobody."""
    return user.attributes.get("email") or user.attributes.get("phone_number") or user.username


def typed_name(pool: Pool, form: Mapping[str, str]) -> str:
    """The name that was typed. Raises Refused for what can be nobody's name: it is counted and kept nowhere."""
    name = form.get("username", "").strip()
    if not can_be_named(name):
        raise invalid(Sentence("Please enter your {name}.", name=word_for_name(pool)), "no user can have this name")
    return name


def one_of(names: Sequence[str]) -> Sentence:
    """`email or phone number`."""
    said = [Sentence(name) for name in names]
    return reduce(lambda one, other: Sentence("{one} or {other}", one=one, other=other), said)


def _names_at_sign_in(pool: Pool) -> list[str]:
    names = [_LABELS[name] for name in pool.username_attributes]
    return names or [_USERNAME, *(_LABELS[name] for name in pool.alias_attributes)]
