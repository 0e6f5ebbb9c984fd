"""How much of each attack is run: HALFDAY_ATTACK_SCALE multiplies the size for CI; `full` takes the full sizes."""

from __future__ import annotations

import os

VARIABLE = "HALFDAY_ATTACK_SCALE"


def sized(ci: int, full: int) -> int:
    """The count for this run: at least one."""
    chosen = os.environ.get(VARIABLE, "1")
    if chosen == "full":
        return full
    try:
        return max(1, int(ci * float(chosen)))
    except ValueError:
        raise SystemExit(f"{VARIABLE} is a number or the word full, not {chosen!r}") from None
