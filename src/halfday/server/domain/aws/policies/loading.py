"""A policy's JSON, read as IAM reads it: nothing twice in an object, no number that JSON could not spell."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

from halfday.server.domain.refusals import Refused


def malformed(sentence: str, detail: str | None = None) -> Refused:
    """IAM's refusal of a policy. The sentence names the offending member."""
    return Refused("MalformedPolicyDocument", sentence, detail)


def load(document: str | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(document, str):
        try:
            document = json.loads(
                document, object_pairs_hook=_without_repetition, parse_float=_number, parse_constant=_number
            )
        except RecursionError:
            raise malformed("the policy is nested too deeply") from None
        except json.JSONDecodeError as problem:
            raise malformed(f"Syntax errors in policy: {problem}") from None
        except ValueError:  # more digits than Python reads
            raise malformed("Syntax errors in policy: a number is too long") from None
    if not isinstance(document, Mapping):
        raise malformed("Syntax errors in policy: it is not a JSON object")
    return document


def characters(document: str | Mapping[str, Any]) -> int:
    """A policy's size as IAM counts it. Only the text is looked at: nothing is parsed yet."""
    text = document if isinstance(document, str) else json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return len("".join(text.split()))


def _number(text: str) -> float:
    """Python reads 1e999, NaN and Infinity as numbers, which JSON could not spell when the policy is shown again."""
    number = float(text)
    if not math.isfinite(number):
        raise malformed(f"Syntax errors in policy: {text[:20]} is not a number")
    return number


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        counted = Counter(name for name, _ in pairs)
        raise malformed(f"{counted.most_common(1)[0][0]} stands twice in the same object")
    return members


def statements_in(members: Mapping[str, Any]) -> list[Any]:
    statements = members.get("Statement")
    if isinstance(statements, Mapping):
        return [statements]
    if not isinstance(statements, list) or not statements:
        raise malformed("Statement: must be a statement or a list of statements, and not empty")
    return statements
