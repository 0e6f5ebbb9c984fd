"""The style sheet of the classic sign-in pages: which rules it may have, and how a page takes them.

It is parsed by tinycss2, as browsers parse CSS (CSS Syntax Level 3): a comment, an escape or a string hides nothing.
Any property may be set, as on AWS: that its console's template names some of them binds nobody (facts/oauth.md §2).

Source: Developer guide, "Customizing hosted UI (classic) branding".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tinycss2.ast import Node, QualifiedRule

_STATES = {"idpButton": ":hover", "inputField": ":focus", "submitButton": ":hover"}
_CLASSES = (
    "background banner errorMessage idpButton idpDescription inputField label legalText logo passwordCheck-valid "
    "passwordCheck-notValid redirect socialButton submitButton textDescription"
).split()
SELECTORS = frozenset(f".{name}-customizable" for name in _CLASSES) | {
    f".{name}-customizable{state}" for name, state in _STATES.items()
}

_ADDRESSES = frozenset({"url", "src", "image", "image-set", "-webkit-image-set"})
"""Functions whose argument is, or may be, an address that a browser fetches."""

_BEFORE = ":root:root:root "
"""Puts an app's rules before those of the page, whichever come first: they have to win, as on AWS."""

_INSTEAD = ": an image is written into it as url(data:image/…)"
_SHOWN = 60
_DEEPEST = 20


def objection(css: str) -> str | None:
    """Why the style sheet cannot be the pages'; None when it can. The sentences are ours [inferred]."""
    if "<" in css:
        return "CSS cannot contain HTML."
    try:
        return next(_objections(css), None)
    except RecursionError:
        return "CSS cannot be nested that deep."
    except ValueError:  # a number of more digits than Python reads
        return "CSS cannot hold numbers of that many digits."


@lru_cache(maxsize=64)
def for_page(css: str) -> str:
    """The rules as a page takes them: written anew, so that what is checked is what is used, and stronger than its own.

    Takes a style sheet that `objection` has let pass.
    """
    return "\n".join(_written(rule) for rule in _rules(css) if rule.type == "qualified-rule")


def _objections(css: str) -> Iterator[str]:
    if css.strip() and not _is_closed(css):
        yield "CSS is rules of the form .class { property: value; }, which this is not: it ends within one."
    for rule in _rules(css):
        if rule.type == "at-rule":
            yield f"CSS cannot contain @{rule.at_keyword[:_SHOWN]}."
        elif rule.type != "qualified-rule":
            yield f"CSS is rules of the form .class {{ property: value; }}, which this is not: {_start(rule)}"
        else:
            yield from _objections_to_selectors(rule)
            yield from _objections_to_block(rule)


def _objections_to_selectors(rule: QualifiedRule) -> Iterator[str]:
    for selector in _selectors(rule):
        if selector not in SELECTORS:
            yield f"CSS can style the classes of its template only, and not {selector[:_SHOWN]}"


def _objections_to_block(rule: QualifiedRule) -> Iterator[str]:
    import tinycss2

    for each in tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True):
        if each.type == "at-rule":
            yield f"CSS cannot contain @{each.at_keyword[:_SHOWN]}."
        elif each.type != "declaration":
            yield f"CSS is rules of the form .class {{ property: value; }}, which this is not: {_start(each)}"
        elif (bad := next(_fetching(each.value), None)) is not None:
            yield f"CSS cannot contain {bad}."


def _fetching(values: Iterable[Node], depth: int = 0) -> Iterator[str]:
    """What would make a browser ask another place, however deep it stands."""
    if depth > _DEEPEST:
        yield f"brackets within {_DEEPEST} brackets"
        return
    for value in values:
        if value.type == "url":
            if not _is_picture(value.value):
                yield f"url({value.value[:_SHOWN]}){_INSTEAD}"
        elif value.type == "function":
            if value.lower_name in _ADDRESSES and not _is_written_picture(value.arguments):
                yield f"{value.name[:_SHOWN]}({_texts(value.arguments)[:_SHOWN]}){_INSTEAD}"
            yield from _fetching(value.arguments, depth + 1)
        elif value.type == "error":
            yield f"what cannot be read: {value.message.rstrip('.')}"
        elif value.type.endswith("block"):
            yield from _fetching(value.content, depth + 1)


def _is_written_picture(arguments: Iterable[Node]) -> bool:
    """Whether a function names one picture, that stands in the CSS itself."""
    given = [each for each in arguments if each.type not in ("whitespace", "comment")]
    return len(given) == 1 and given[0].type == "string" and _is_picture(given[0].value)


def _is_picture(address: str) -> bool:
    return address.strip().lower().startswith("data:image/")


def _texts(arguments: Iterable[Node]) -> str:
    return "".join(each.value for each in arguments if each.type == "string")


def _selectors(rule: QualifiedRule) -> list[str]:
    """Each selector as it is, but for comments and for escapes, which are resolved."""
    parts: list[str] = [""]
    for each in rule.prelude:
        if each.type == "comment":
            continue
        if each.type == "literal" and each.value == ",":
            parts.append("")
        else:
            parts[-1] += each.value if each.type == "ident" else each.serialize()
    return [part.strip() for part in parts]


def _written(rule: QualifiedRule) -> str:
    """A "<" that was written as an escape stays one: it could end the element that the rules stand in."""
    import tinycss2

    selectors = ", ".join(f"{_BEFORE}{selector}" for selector in _selectors(rule))
    found = tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True)
    return f"{selectors} {{ {tinycss2.serialize(found)} }}".replace("<", r"\3c ")


def _is_closed(css: str) -> bool:
    """Whether a brace more would be one too many. What is left open at the end would take it in."""
    import tinycss2

    last = tinycss2.parse_component_value_list(css + "}")[-1]
    return bool(last.type == "error" and last.kind == "}")


def _rules(css: str) -> list[Node]:
    import tinycss2

    return list(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True))


def _start(node: Node) -> str:
    """What a person can find again: the line, and what the parser says of it."""
    return f"line {node.source_line}, {getattr(node, 'message', '') or node.serialize()[:_SHOWN]}"
