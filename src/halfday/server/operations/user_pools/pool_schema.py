"""The attributes of a pool's schema, as the API gives them and as it shows them.

Two families need them: pools (CreateUserPool's Schema) and custom_attributes (AddCustomAttributes). Sentences are
AWS's, seen by people, but for those marked [inferred].
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from halfday.server.domain.user_pools.attributes import STANDARD, SchemaAttribute
from halfday.server.operations.framework.lookups import invalid, not_built

MOST_CUSTOM = 50
MOST_CHARACTERS = 2048
"""Of any attribute's value (API reference, StringAttributeConstraintsType). The sentence for more is [inferred]."""

_WHOLE = re.compile("-?[0-9]{1,18}")
_STANDARD = {attribute.name: attribute for attribute in STANDARD}


def schema_of(given: Iterable[Mapping[str, Any]]) -> tuple[SchemaAttribute, ...]:
    """CreateUserPool's Schema: changes to standard attributes, and custom ones. Raises Refused."""
    schema = tuple(_standard(each) if each.get("Name") in _STANDARD else custom_attribute(each) for each in given)
    names = [attribute.name for attribute in schema]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise invalid(f"Duplicate custom attribute names {twice} are not allowed in a user pool schema.")
    return schema


def custom_attribute(given: Mapping[str, Any]) -> SchemaAttribute:
    """Every name gets the prefix `custom:`, even one that has it already, as on AWS. Raises Refused."""
    if "Name" not in given:
        raise invalid("Invalid schema: an attribute has no Name.")
    if given.get("DeveloperOnlyAttribute"):
        raise not_built("DeveloperOnlyAttribute", "a schema's attributes")
    if given.get("Required"):
        raise invalid("Required custom attributes are not supported currently.")
    if "AttributeDataType" not in given:
        raise invalid("Invalid AttributeDataType input, consider using the provided AttributeDataType enum.")
    attribute = SchemaAttribute(
        f"custom:{given['Name']}", given["AttributeDataType"], mutable=given.get("Mutable", False)
    )
    return _bounded(attribute, given)


def _standard(given: Mapping[str, Any]) -> SchemaAttribute:
    """A standard attribute with the given changes; members that are left out keep their standard values."""
    usual = _STANDARD[given["Name"]]
    if given.get("AttributeDataType", usual.data_type) != usual.data_type or given.get("DeveloperOnlyAttribute"):
        raise invalid(
            "You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute "
            f"{usual.name}"
        )
    changed = replace(
        usual, required=given.get("Required", usual.required), mutable=given.get("Mutable", usual.mutable)
    )
    return _bounded(changed, given)


def _bounded(attribute: SchemaAttribute, given: Mapping[str, Any]) -> SchemaAttribute:
    """The constraints of the attribute's own type. Those of another type are ignored, as on AWS [inferred]."""
    if attribute.data_type == "Number":
        bounds, measure = given.get("NumberAttributeConstraints", {}), "Value"
        wrong = f"Attribute {attribute.name} cannot have a max value smaller than it's min value"
    elif attribute.data_type == "String":
        bounds, measure = given.get("StringAttributeConstraints", {}), "Length"
        wrong = f"Attribute {attribute.name} cannot have a max length shorter than it's min length"
    else:
        return attribute
    low = _whole(bounds[f"Min{measure}"]) if f"Min{measure}" in bounds else attribute.minimum
    high = _whole(bounds[f"Max{measure}"]) if f"Max{measure}" in bounds else attribute.maximum
    if low is not None and high is not None and low > high:
        raise invalid(wrong)
    if measure == "Length" and not all(0 <= bound <= MOST_CHARACTERS for bound in (low, high) if bound is not None):
        raise invalid(f"Attribute {attribute.name}: lengths go from 0 to {MOST_CHARACTERS}.")
    return replace(attribute, minimum=low, maximum=high)


def _whole(text: str) -> int:
    """A whole number in ASCII digits. int() would take `1_000`, blanks and digits of other scripts as well."""
    if not _WHOLE.fullmatch(text):
        raise invalid(f"Invalid schema: {text!r} is not a whole number.")
    return int(text)


def schema_shape(attribute: SchemaAttribute) -> dict[str, Any]:
    """SchemaAttributeType. Its constraints are strings, and the member is there even when it is empty (facts/api.md
    §10).
    """
    low, high = (None if bound is None else str(bound) for bound in (attribute.minimum, attribute.maximum))
    shape: dict[str, Any] = {
        "Name": attribute.name,
        "AttributeDataType": attribute.data_type,
        "DeveloperOnlyAttribute": False,
        "Mutable": attribute.mutable,
        "Required": attribute.required,
    }
    if attribute.data_type == "String":
        shape["StringAttributeConstraints"] = {"MinLength": low, "MaxLength": high}
    elif attribute.data_type == "Number":
        shape["NumberAttributeConstraints"] = {"MinValue": low, "MaxValue": high}
    return shape


IDENTITIES = SchemaAttribute("identities")
"""Shown as an attribute of the pool once it has an identity provider (facts/api.md §10)."""
