"""The decision, for a person: what decided, in the words of its document; what others lacked."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from halfday.cli.terminal import paint, shown, table


def told(found: Mapping[str, Any], action: str, resource: str) -> None:
    """On stdout."""
    allowed = bool(found["allowed"])
    verdict = paint("allowed" if allowed else "denied", "bold", "green" if allowed else "red", stream=sys.stdout)
    sys.stdout.write(shown(f"{verdict}  {action} on {resource}\n\n", sys.stdout))
    sys.stdout.write(shown(table([*_rows(found)]), sys.stdout))
    if found.get("written"):
        lines = json.dumps(found["written"], indent=2, ensure_ascii=False).splitlines()
        sys.stdout.write(shown("\n" + "".join(f"    {line}\n" for line in lines), sys.stdout))
    for line in _misses(found):
        sys.stdout.write(shown(f"{line}\n", sys.stdout))


def _rows(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "who", str(found.get("who") or "")
    yield "how", str(found.get("how") or "")
    if found.get("policy"):
        yield "decided by", f"{found['policy']}, {found['statement']} ({found['kind']})"
    elif found["allowed"]:
        yield "decided by", "nothing: the account's root may do everything"
    yield "AWS says", str(found.get("because") or "")
    for key in found.get("unknown_keys") or ():
        yield "not known", f"{key}: say what the request has by --context {key}=VALUE"


def _misses(found: Mapping[str, Any]) -> Iterator[str]:
    """What the nearest statements lack, beginning with the nearest."""
    misses = found.get("misses") or []
    if misses:
        yield f"\n{paint('What would allow it, and what it lacks', 'bold', stream=sys.stdout)}"
    for miss in misses:
        name = f"{miss['policy']}, {miss['statement']}"
        yield f"  {name} ({miss['kind']})"
        yield from (f"    {paint('-', 'faint', stream=sys.stdout)} {lack}" for lack in miss["lacks"])
