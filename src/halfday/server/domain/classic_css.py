"""The style sheet of the classic sign-in pages: which rules it may have.

Source: Developer guide, "Customizing hosted UI (classic) branding".
"""

from __future__ import annotations

import re

_STATES = {"idpButton": ":hover", "inputField": ":focus", "submitButton": ":hover"}
_CLASSES = (
    "background banner errorMessage idpButton idpDescription inputField label legalText logo passwordCheck-valid "
    "passwordCheck-notValid redirect socialButton submitButton textDescription"
).split()
SELECTORS = frozenset(f".{name}-customizable" for name in _CLASSES) | {
    f".{name}-customizable{state}" for name, state in _STATES.items()
}

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{}]*)\{[^{}]*\}")
_FORBIDDEN = re.compile(r"@(?:import|supports|page|media)\b|<\s*script|javascript\s*:", re.IGNORECASE)


def objection(css: str) -> str | None:
    """Why the style sheet cannot be the pages'; None when it can. The sentences are ours [inferred]."""
    text = _COMMENT.sub("", css)
    forbidden = _FORBIDDEN.search(text)
    if forbidden:
        return f"CSS cannot contain {forbidden[0]}."
    rest = _RULE.sub("", text).strip()
    if rest:
        return f"CSS is rules of the form .class {{ property: value; }}, which this is not: {rest[:60]}"
    for rule in _RULE.finditer(text):
        for selector in rule[1].split(","):
            if selector.strip() not in SELECTORS:
                return f"CSS can style the classes of its template only, and not {selector.strip()[:60]}"
    return None
