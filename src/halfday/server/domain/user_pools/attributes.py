"""User attributes: the standard ones, custom ones, and who may read and write them.

Source: facts/api.md §10 (order and constraints of SchemaAttributes), facts/oauth.md §1, §4 (scopes).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from halfday.server.domain.refusals import invalid

AttributeType = Literal["String", "Number", "DateTime", "Boolean"]

LONGEST_VALUE = 2048
"""Characters of any attribute's value, as in the model. It holds for values from outside the API too."""

# Developer guide, Working with user attributes: an address as RFC 3696 §3 has it, here without quoted local parts; a
# plus sign and at once the country code, which has no zero in front (E.164).
_ATOM = r"""[^@\s<>()\[\],;:\\".]+"""
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_ATOM}(?:\.{_ATOM})+")
_PHONE = re.compile(r"\+[1-9][0-9]{0,14}")
_BOOLEAN = re.compile(r"true|false")
_BIRTHDATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", re.ASCII)
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True, slots=True)
class SchemaAttribute:
    """One attribute of a pool's schema. Lengths for strings, values for numbers; None is unlimited."""

    name: str
    data_type: AttributeType = "String"
    required: bool = False
    mutable: bool = True
    minimum: int | None = None
    maximum: int | None = None


def _text(name: str, minimum: int = 0, maximum: int = 2048) -> SchemaAttribute:
    return SchemaAttribute(name, minimum=minimum, maximum=maximum)


STANDARD: tuple[SchemaAttribute, ...] = (
    SchemaAttribute("sub", required=True, mutable=False, minimum=1, maximum=2048),
    *map(_text, ("name", "given_name", "family_name", "middle_name", "nickname", "preferred_username")),
    *map(_text, ("profile", "picture", "website", "email")),
    SchemaAttribute("email_verified", "Boolean"),
    _text("gender"),
    _text("birthdate", 10, 10),
    *map(_text, ("zoneinfo", "locale", "phone_number")),
    SchemaAttribute("phone_number_verified", "Boolean"),
    _text("address"),
    SchemaAttribute("updated_at", "Number", minimum=0),
)

STANDARD_NAMES = frozenset(attribute.name for attribute in STANDARD)

ADDRESSES = ("email", "phone_number")
"""The attributes that a code can prove: each has its `_verified`."""

PROFILE_SCOPE = STANDARD_NAMES - {"sub", "email", "email_verified", "phone_number", "phone_number_verified"}
SCOPE_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "profile": PROFILE_SCOPE,
    "email": frozenset({"email", "email_verified"}),
    "phone": frozenset({"phone_number", "phone_number_verified"}),
}


def full_schema(declared: Iterable[SchemaAttribute]) -> tuple[SchemaAttribute, ...]:
    """The standard attributes in AWS's order, with the pool's changes to them, then its custom ones."""
    changes = {attribute.name: attribute for attribute in declared}
    standard = tuple(changes.pop(attribute.name, attribute) for attribute in STANDARD)
    return standard + tuple(changes.values())


def grown_schema(declared: Iterable[SchemaAttribute], old: Iterable[SchemaAttribute]) -> tuple[SchemaAttribute, ...]:
    """The declared attributes and the custom ones that exist already: a custom attribute is never removed."""
    declared = tuple(declared)
    names = STANDARD_NAMES | {attribute.name for attribute in declared}
    return declared + tuple(attribute for attribute in old if attribute.name not in names)


def check_attributes(
    schema: Iterable[SchemaAttribute], values: Mapping[str, str], *, creating: bool, complete: bool | None = None
) -> None:
    """Raises Refused unless every value fits the schema, and every required one is there when `complete`."""
    if objections := attribute_objections(schema, values, creating=creating, complete=complete):
        raise invalid(_nonconformity(objections))


def _nonconformity(objections: list[str]) -> str:
    """The sentences that name a format stand alone; the schema's are AWS's list, one a line (facts/api.md §5)."""
    if all(sentence.endswith("format.") for sentence in objections):
        return objections[0]
    lines = "".join(f"{sentence}\n" for sentence in objections)
    if all(sentence.endswith("cannot be updated.") for sentence in objections):
        return lines
    return f"Attributes did not conform to the schema: {lines}"


def attribute_objections(
    schema: Iterable[SchemaAttribute], values: Mapping[str, str], *, creating: bool, complete: bool | None = None
) -> list[str]:
    """AWS's sentences for what does not fit the schema, and for what is missing when `complete`; empty if all is well.

    A new user has to be complete, unless `complete` says otherwise. Nobody chooses `sub`. What is not mutable is set
    when creating, or never.
    """
    known = {attribute.name: attribute for attribute in full_schema(schema)}
    unknown = [name for name in values if name not in known]
    if unknown:
        return [f"{name}: Attribute does not exist in the schema." for name in unknown]
    fixed = [name for name in values if name == "sub" or (not creating and not known[name].mutable)]
    if fixed:
        return [f"user.{name}: Attribute cannot be updated." for name in fixed]
    given = {name: value for name, value in values.items() if creating or value}  # a blank one is to be deleted
    problems = [found for name, value in given.items() if (found := _objection(known[name], value))]
    problems += [f"{name}: The attribute is required" for name in values if known[name].required and name not in given]
    if creating if complete is None else complete:
        missing = (a.name for a in known.values() if a.required and a.name != "sub" and not values.get(a.name))
        problems += [f"{name}: The attribute is required" for name in missing]
    return problems


def changed(attributes: Mapping[str, str], changes: Mapping[str, str]) -> dict[str, str]:
    """A user's attributes after the changes: a blank value deletes, and a new address is unverified unless the changes
    say otherwise.
    """
    new = [name for name in ADDRESSES if changes.get(name) and changes[name] != attributes.get(name)]
    merged = {**attributes, **{f"{name}_verified": "false" for name in new}, **changes}
    return {name: value for name, value in merged.items() if value}


_DATE_LENGTH = 10


def _objection(attribute: SchemaAttribute, value: str) -> str | None:
    if len(value) > LONGEST_VALUE:
        return f"{attribute.name}: String length must not be greater than {LONGEST_VALUE}"
    if attribute.name == "email" and not _EMAIL.fullmatch(value):
        return "Invalid email address format."
    if attribute.name == "phone_number" and not _PHONE.fullmatch(value):
        return "Invalid phone number format."
    if attribute.name == "birthdate" and len(value) == _DATE_LENGTH and not _BIRTHDATE.fullmatch(value):
        return "Invalid birthdate format."
    if attribute.data_type == "Boolean":
        return None if _BOOLEAN.fullmatch(value) else f"{attribute.name}: Value must be true or false."
    if attribute.data_type == "Number":
        return _number_objection(attribute, value)
    return _length_objection(attribute, value)


def _number_objection(attribute: SchemaAttribute, value: str) -> str | None:
    if not _NUMBER.fullmatch(value):
        return f"{attribute.name}: Value must be a number."
    return _range_objection(attribute, float(value), "Value")


def _length_objection(attribute: SchemaAttribute, value: str) -> str | None:
    return _range_objection(attribute, len(value), "String length")


def _range_objection(attribute: SchemaAttribute, measure: float, what: str) -> str | None:
    if attribute.minimum is not None and measure < attribute.minimum:
        return f"{attribute.name}: {what} must not be less than {attribute.minimum}"
    if attribute.maximum is not None and measure > attribute.maximum:
        return f"{attribute.name}: {what} must not be greater than {attribute.maximum}"
    return None


def readable(values: Mapping[str, str], read_attributes: Collection[str] | None) -> dict[str, str]:
    """The attributes that a client may read. None is Cognito's default: all of them, custom ones too.

    The API reference says that by default it is the standard ones; AWS's console and pools in use say all of them
    (docs/decisions/0012).
    """
    if read_attributes is None:
        return dict(values)
    return {name: value for name, value in values.items() if name in read_attributes or name == "sub"}


def within_scopes(values: Mapping[str, str], scopes: Collection[str]) -> dict[str, str]:
    """The attributes that OAuth scopes open: openid alone opens all of them (facts/oauth.md §4)."""
    narrowing = [SCOPE_ATTRIBUTES[scope] for scope in scopes if scope in SCOPE_ATTRIBUTES]
    if not narrowing:
        return dict(values)
    opened = frozenset().union(*narrowing)
    custom_too = "profile" in scopes
    return {n: v for n, v in values.items() if n in opened or n == "sub" or (custom_too and n.startswith("custom:"))}
