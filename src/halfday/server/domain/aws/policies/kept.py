"""Policies, parsed once: the same document is asked again at every call of everybody who has it.

What is kept is bounded by number; a document's size is bounded where it is put. A role's document is found by itself, a
session's and a resource's by its text: these are read anew for each call.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from halfday.server.domain.aws.policies.documents import Kind, Policy, parse_policy

MOST_KEPT = 256

_by_document: OrderedDict[tuple[int, str, Kind], tuple[Mapping[str, Any], Policy]] = OrderedDict()
"""What is kept here is never freed, so that nothing else can have its id."""
_by_text: OrderedDict[tuple[str, str, Kind], Policy] = OrderedDict()


def kept_policy(document: Mapping[str, Any] | str, *, name: str, kind: Kind = Kind.IDENTITY) -> Policy:
    """The parsed policy. The document must not be changed afterwards. Raises Refused."""
    if isinstance(document, str):
        return _of_text(document, name, kind)
    if kind is Kind.SESSION:
        return _of_text(json.dumps(document), name, kind)
    key = (id(document), name, kind)
    kept = _by_document.get(key)
    if kept is None or kept[0] is not document:
        kept = _by_document[key] = (document, _of_text(json.dumps(document), name, kind))
        if len(_by_document) > MOST_KEPT:
            _by_document.popitem(last=False)
    return kept[1]


def _of_text(text: str, name: str, kind: Kind) -> Policy:
    key = (text, name, kind)
    policy = _by_text.get(key)
    if policy is None:
        policy = _by_text[key] = parse_policy(text, name=name, kind=kind)
        if len(_by_text) > MOST_KEPT:
            _by_text.popitem(last=False)
    return policy
