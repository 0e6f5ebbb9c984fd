"""Which attributes a page asks for, and with which control: what the pool requires, and where its codes go."""

from __future__ import annotations

from collections.abc import Mapping

from halfday.server.domain.refusals import invalid
from halfday.server.domain.user_pools.app_clients import AppClient, is_writable
from halfday.server.domain.user_pools.attributes import ADDRESSES, full_schema
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.http.pages.naming import one_of
from halfday.server.pages import AttributeField, Sentence

_KINDS = {"email": "email", "phone_number": "tel", "birthdate": "date", "updated_at": "number"}
_AUTOCOMPLETE = {
    "email": "email",
    "phone_number": "tel",
    "birthdate": "bday",
    "name": "name",
    "given_name": "given-name",
    "family_name": "family-name",
    "middle_name": "additional-name",
    "nickname": "nickname",
    "website": "url",
    "gender": "sex",
    "address": "street-address",
    "locale": "language",
}
_HINTS = {"phone_number": "With the country code: +15551234567", "updated_at": "In seconds since 1970"}


def field(name: str, value: str = "", *, required: bool = True) -> AttributeField:
    return AttributeField(
        name,
        label(name),
        value,
        kind=_KINDS.get(name, "text"),
        required=required,
        autocomplete=_AUTOCOMPLETE.get(name, ""),
        hint=_HINTS.get(name, ""),
    )


def label(name: str) -> str:
    return name.removeprefix("custom:").replace("_", " ").capitalize()


def at_sign_up(pool: Pool, client: AppClient, values: Mapping[str, str]) -> list[AttributeField]:
    """The required attributes, then the addresses that codes go to or that sign in. The name that is typed is one.

    That addresses are asked for which are not required is [inferred]: without one no code could confirm the account.
    """
    schema, named, verified = full_schema(pool.schema), set(pool.username_attributes), pool.auto_verified_attributes
    required = {a.name for a in schema if a.required and a.name != "sub"}
    further = {*verified, *(set(ADDRESSES) & set(pool.alias_attributes))}
    asked = required | {name for name in further if is_writable(client, name)}
    asked -= named if len(named) == 1 else set()
    needed = (required | set(verified if len(verified) == 1 else ())) - named
    names = [a.name for a in schema if a.name in asked]
    return [field(name, values.get(name, ""), required=name in needed) for name in names]


def given_at_sign_up(pool: Pool, client: AppClient, form: Mapping[str, str]) -> dict[str, str]:
    """The attributes of the form that were filled in. Raises Refused for one that the page does not ask for."""
    given = posted(form)
    asked = {each.name for each in at_sign_up(pool, client, {})} | set(pool.username_attributes)
    if strange := given.keys() - asked:
        raise invalid("This page does not ask for all that was sent.", f"{len(strange)} attributes are not asked for")
    return {name: value for name, value in given.items() if value}


def posted(form: Mapping[str, str]) -> dict[str, str]:
    """`requiredAttributes[NAME]`, by name."""
    prefix, end = "requiredAttributes[", "]"
    found = {key: value for key, value in form.items() if key.startswith(prefix) and key.endswith(end)}
    return {key[len(prefix) : -len(end)]: value.strip() for key, value in found.items()}


def check_reachable(pool: Pool, username: str, attributes: Mapping[str, str]) -> None:
    """Raises Refused where the code that confirms the account could go nowhere."""
    kind = "email" if "@" in username else "phone_number"
    known = {*attributes, *({kind} & set(pool.username_attributes))}
    verified = pool.auto_verified_attributes
    if verified and not known & set(verified):
        wanted = one_of([label(name).lower() for name in verified])
        raise invalid(
            Sentence("Please enter your {address}: a code that confirms your account goes there.", address=wanted)
        )
