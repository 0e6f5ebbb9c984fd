"""How a person is asked for their name on the pages, and what they may type there."""

from __future__ import annotations

from collections.abc import Mapping

from halfday.server.domain.refusals import invalid
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.usernames import can_be_named
from halfday.server.domain.users.users import User

_LABELS = {"email": "Email", "phone_number": "Phone number", "preferred_username": "Preferred username"}
_KINDS: Mapping[tuple[str, ...], str] = {("email",): "email", ("phone_number",): "tel"}


def label_at_sign_in(pool: Pool) -> str:
    """Every kind of name that signs in: `Username or email`."""
    names = [_LABELS[name] for name in pool.username_attributes]
    return _one_of(names or ["Username", *(_LABELS[name] for name in pool.alias_attributes)])


def label_at_sign_up(pool: Pool) -> str:
    """The name of a new user. Aliases are asked for by themselves."""
    return _one_of([_LABELS[name] for name in pool.username_attributes] or ["Username"])


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
        raise invalid(f"Please enter your {label_at_sign_in(pool).lower()}.", "no user can have this name")
    return name


def _one_of(names: list[str]) -> str:
    first, *others = names
    return " or ".join([first, *(name.lower() for name in others)])
