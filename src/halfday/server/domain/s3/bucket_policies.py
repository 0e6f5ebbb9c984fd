"""Bucket policies, as far as they are looked at here: the form that S3 takes (MalformedPolicy else). None is evaluated.

Source: S3 user guide, Bucket policies; the sentences are those that S3 is known to answer [seen in public reports].
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from halfday.server.domain.s3.refusals import S3RequestRefused

_NEEDED = (("Effect",), ("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource"))


def check_bucket_policy(body: bytes) -> None:
    """Raises S3RequestRefused."""
    try:
        document = json.loads(body.decode())
    except (ValueError, RecursionError) as problem:
        raise _malformed("Policies must be valid JSON and the first byte must be '{'") from problem
    if not isinstance(document, Mapping):
        raise _malformed("Policies must be valid JSON and the first byte must be '{'")
    if not document.get("Statement"):
        raise _malformed("Missing required field Statement")
    statements = document["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        _check_statement(statement)


def _check_statement(statement: Any) -> None:
    if not isinstance(statement, Mapping):
        raise _malformed("Policy document contains a statement that is no object")
    for names in _NEEDED:
        given = [name for name in names if name in statement]
        if not given:
            raise _malformed(f"Missing required field {names[0]}")
        if len(given) > 1:
            raise _malformed(f"Statement has both {' and '.join(given)}")
    if statement["Effect"] not in ("Allow", "Deny"):
        raise _malformed(f"Invalid effect: {statement['Effect']}")
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if name in statement and not _is_text_or_texts(statement[name]):
            raise _malformed(f"Policy has invalid {name.removeprefix('Not').lower()}")


def _is_text_or_texts(value: Any) -> bool:
    values = value if isinstance(value, list) else [value]
    return bool(values) and all(isinstance(each, str) and each for each in values)


def _malformed(sentence: str) -> S3RequestRefused:
    return S3RequestRefused("MalformedPolicy", sentence)
