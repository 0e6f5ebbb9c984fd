"""The style sheet of the classic sign-in pages: which rules it may have. It is read once, in one direction.

Source: Developer guide, "Customizing hosted UI (classic) branding".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_STATES = {"idpButton": ":hover", "inputField": ":focus", "submitButton": ":hover"}
_CLASSES = (
    "background banner errorMessage idpButton idpDescription inputField label legalText logo passwordCheck-valid "
    "passwordCheck-notValid redirect socialButton submitButton textDescription"
).split()
SELECTORS = frozenset(f".{name}-customizable" for name in _CLASSES) | {
    f".{name}-customizable{state}" for name, state in _STATES.items()
}

_FORBIDDEN = re.compile(r"@(?:import|supports|page|media)\b|<\s*script|javascript\s*:", re.IGNORECASE)


def objection(css: str) -> str | None:
    """Why the style sheet cannot be the pages'; None when it can. The sentences are ours [inferred]."""
    text = _without_comments(css)
    forbidden = _FORBIDDEN.search(text)
    if forbidden:
        return f"CSS cannot contain {forbidden[0][:60]}."
    for selectors, block in _rules(text):
        if block is None:
            return f"CSS is rules of the form .class {{ property: value; }}, which this is not: {selectors[:60]}"
        for selector in selectors.split(","):
            if selector.strip() not in SELECTORS:
                return f"CSS can style the classes of its template only, and not {selector.strip()[:60]}"
    return None


def _without_comments(css: str) -> str:
    """A comment that is never closed stays, and is then no rule."""
    kept, begins = [], 0
    while (opened := css.find("/*", begins)) >= 0 and (closed := css.find("*/", opened + 2)) >= 0:
        kept.append(css[begins:opened])
        begins = closed + 2
    return "".join([*kept, css[begins:]])


def _rules(text: str) -> Iterator[tuple[str, str | None]]:
    """(selectors, block) of each rule. What is no rule comes with None for a block, and ends the walk."""
    *rules, rest = text.split("}")
    for rule in rules:
        selectors, brace, block = rule.partition("{")
        if not brace or "{" in block:
            yield rule.strip() or "}", None
            return
        yield selectors, block
    if rest.strip():
        yield rest.strip(), None
