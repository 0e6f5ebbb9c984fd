"""Policies of roles, parsed once: the same document is asked again at every call of everybody who has the role."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from halfday.server.domain.aws.policies.documents import Kind, Policy, parse_policy

MOST_KEPT = 256

_kept: OrderedDict[tuple[int, str, Kind], tuple[Mapping[str, Any], Policy]] = OrderedDict()
"""By the document itself, and not by its text: a role that is changed has other documents. What is kept here is never
freed, so that nothing else can have its id.
"""


def kept_policy(document: Mapping[str, Any], *, name: str, kind: Kind = Kind.IDENTITY) -> Policy:
    """The parsed policy. The document must not be changed afterwards. Raises Refused."""
    key = (id(document), name, kind)
    kept = _kept.get(key)
    if kept is None or kept[0] is not document:
        kept = _kept[key] = (document, parse_policy(document, name=name, kind=kind))
        if len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return kept[1]
