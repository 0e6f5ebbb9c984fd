"""Every English sentence that the pages can show, read from their sources: the catalogues are held to this list."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment, nodes

import halfday.server
from halfday.server.domain.user_pools.attributes import ADDRESSES, STANDARD_NAMES
from halfday.server.http.pages.attribute_fields import label
from halfday.server.oauth.logout import SENTENCE as LOGOUT_SENTENCE
from halfday.server.pages import ERROR_MESSAGE as OF_ALL

SERVER = Path(halfday.server.__file__).parent
TEMPLATES = SERVER / "pages" / "templates"
PAGES = [
    *(SERVER / "http" / "pages").rglob("*.py"),
    *(SERVER / "http" / name for name in ("app.py", "notices.py", "unavailable.py")),
]
RULES = ("domain/sign_in", "domain/user_pools/attributes.py", "domain/user_pools/password_policy.py", "domain/users",
         "flows/account", "flows/factors", "flows/protection", "flows/sign_in", "flows/triggers",
         "flows/users.py")  # fmt: skip
"""Where the refusals stand that pages show."""
POLICIES = ("attributes.py", "password_policy.py")
COMPOSED = {
    "{}: {}",
    "Password does not conform to policy",
    "Password must have {} characters",
    "Username should be {}.",
    "{}: {} must not be greater than {}",
    "{}: {} must not be less than {}",
    "String length",
    "Value",
    "Boolean",
    "Number",
    "String",
    "cannot be updated.",
}
"""What the rules put sentences together of; the sentences are these."""
BUILT = {
    *(f"Password {told}: {{}}" for told in ("does not conform to policy", "did not conform with policy")),
    *(f"Password must have {kind} characters" for kind in ("uppercase", "lowercase", "numeric", "symbol")),
    *(
        f"{{}}: {what} must not be {how} than {{}}"
        for what in ("String length", "Value")
        for how in ("greater", "less")
    ),
    *(f"Username should be {kind}." for kind in ("an email", "a phone number")),
    "Unrecognizable lambda output",
}
ELSEWHERE = {"user_import.py", "user_filter.py", "linked_identities.py", "own_attributes.py", "devices.py", "srp.py",
             "custom_auth.py"}  # fmt: skip
"""Of these rooms: what no page leads to."""
NEVER_SHOWN = {
    "Access Token has been revoked",
    "Access token was issued to another client than the challenge.",
    "SRP_A is not a valid public value.",
    "Custom auth lambda trigger is not configured for the user pool.",
    "Invalid Access Token",
    "User has no authentication factors that satisfy a requested ACR value.",
    "A user pool takes password hashes of {} kinds and costs: every sign-in computes each. "
    "Bring those of further kinds without their hashes.",
}
"""Refusals of the API alone, and what the app and who imports are told."""
NAMES = {"Halfday", "JavaScript", "Google", "Cognito"}
HEARD = ("aria-label", "alt", "title", "placeholder")
UNTOLD = {"because", "note", "OAuthError", "getLogger", "info", "warning", "Taken", "Stale", "no_such_code"}
HEADERS = {"Vary", "Accept", "Retry-After"}
"""Calls whose text goes to the log or to the app."""

_LIKE_A_SENTENCE = re.compile(r"[A-Z][a-z]+$|.*[A-Za-z}].* .*[A-Za-z{]", re.DOTALL)


class Unsaid(HTMLParser):
    """The words of a template that do not pass through `say`. Expressions have become nothing."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._within: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within.append(tag)
        pressed = tag == "input" and (dict(attrs).get("type") or "").lower() == "submit"
        shown = [*HEARD, *(["value"] if pressed else [])]
        self.found += [value for name, value in attrs if name in shown and re.search("[A-Za-z]", value or "") and value]

    def handle_endtag(self, tag: str) -> None:
        while self._within and self._within.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        words = set(re.findall("[A-Za-z]{2,}", data)) - NAMES
        if words and not {"code", "style", "script"} & {*self._within}:
            self.found.append(data.strip())


def unsaid(source: str) -> list[str]:
    """Words that a template shows in English whatever the language."""
    parsed = Environment(autoescape=True).parse(source)
    text = "".join(each.data if isinstance(each, nodes.TemplateData) else "" for each in _shown(parsed))
    said = {id(const) for call in parsed.find_all(nodes.Call) if _is_say(call) for const in call.find_all(nodes.Const)}
    loose = [c.value for c in parsed.find_all(nodes.Const) if id(c) not in said and _reads_as_sentence(c.value)]
    return [*Unsaid(text).found, *(each for each in loose if each not in NAMES)]


def said_in_templates() -> set[str]:
    parsed = [Environment(autoescape=True).parse(path.read_text(encoding="utf-8")) for path in TEMPLATES.glob("*.html")]
    calls = [call for tree in parsed for call in tree.find_all(nodes.Call) if _is_say(call)]
    return {call.args[0].value for call in calls if isinstance(call.args[0], nodes.Const)}


@cache
def said_in_modules() -> frozenset[str]:
    """The texts of the modules of the pages that read as sentences, and that do not go to the log."""
    return frozenset(text for path in PAGES for text in sentences_of(path.read_text(encoding="utf-8")))


def sentences_of(source: str) -> set[str]:
    """Of a module of the pages. A text that is put together (an f-string) has its braces, and is in no catalogue."""
    tree = ast.parse(source)
    left_out = {id(part) for node in ast.walk(tree) for skipped in _not_shown(node) for part in ast.walk(skipped)}
    return {text for node in ast.walk(tree) if id(node) not in left_out and _reads_as_sentence(text := text_of(node))}


@cache
def refusals() -> frozenset[str]:
    """The sentences that rules refuse with, their values as `{}`."""
    found = {blank(each) for path in _rules() for each in _refused(path)}
    return frozenset((found | BUILT) - NEVER_SHOWN - COMPOSED)


@cache
def attribute_labels() -> frozenset[str]:
    """What the pages call the standard attributes, at the beginning and in the middle of a sentence."""
    names = STANDARD_NAMES - {"sub", "email_verified", "phone_number_verified"}
    return frozenset(label(name) for name in names) | {
        label(name).lower() for name in (*ADDRESSES, "preferred_username")
    }


def all_sentences() -> set[str]:
    """Every key of a catalogue but the refusals, whose values have names there."""
    own = {OF_ALL, LOGOUT_SENTENCE, "username"}
    return {*said_in_templates(), *said_in_modules(), *attribute_labels(), *own}


def blank(sentence: str) -> str:
    return re.sub(r"\{[^{}]*\}", "{}", sentence)


def text_of(node: ast.AST) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return ""


def _shown(parsed: nodes.Template) -> Iterator[nodes.Node]:
    """What is written, but for the block that fills an attribute."""
    attributes = [block for block in parsed.find_all(nodes.Block) if block.name == "main_class"]
    within = {id(output) for block in attributes for output in block.find_all(nodes.Output)}
    for output in parsed.find_all(nodes.Output):
        yield from output.nodes if id(output) not in within else ()


def _is_say(call: nodes.Call) -> bool:
    return isinstance(call.node, nodes.Name) and call.node.name == "say"


def _reads_as_sentence(text: object) -> bool:
    return isinstance(text, str) and bool(_LIKE_A_SENTENCE.match(text)) and "%(" not in text and text not in HEADERS


def _not_shown(node: ast.AST) -> Iterator[ast.AST]:
    """Docstrings, annotations, and what a call tells the log: `detail`, and what a refusal has beside its sentence."""
    if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        for statement in node.body:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                yield statement
    if isinstance(node, ast.JoinedStr):
        yield from node.values
    if isinstance(node, ast.AnnAssign):
        yield node.annotation
    if isinstance(node, ast.Call):
        name = _name_of(node)
        if name in UNTOLD:
            yield from [*node.args, *(keyword.value for keyword in node.keywords)]
        if name in ("invalid", "not_authorized"):
            yield from node.args[1:]
        if name == "Refused":
            yield from [*node.args[:1], *node.args[2:]]
        yield from (keyword.value for keyword in node.keywords if keyword.arg == "detail")


def _name_of(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _rules() -> Iterator[Path]:
    for room in RULES:
        path = SERVER / room
        found = [path] if path.suffix else path.rglob("*.py")
        yield from (each for each in found if each.name not in ELSEWHERE)


def _refused(path: Path) -> Iterator[str]:
    """The sentences of refusals that are raised, and of the members of rules; of policies all there are."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if path.name in POLICIES:
        yield from (text for text in sentences_of(path.read_text(encoding="utf-8")))
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            at = {"invalid": 0, "not_authorized": 0, "_refused": 0, "Refused": 1}.get(_name_of(node))
            if at is not None and len(node.args) > at:
                yield from _texts(node.args[at])
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("sentence", "message"):
            values = [node.value.body, node.value.orelse] if isinstance(node.value, ast.IfExp) else [node.value]
            yield from (text for value in values for text in _texts(value))
        if isinstance(node, ast.ClassDef) and "Rule" in {ast.unparse(each) for each in node.bases}:
            yield from (text_of(s.value.elts[1]) for s in node.body if isinstance(s, ast.Assign) and _is_pair(s.value))


def _is_pair(value: ast.expr) -> bool:
    return isinstance(value, ast.Tuple) and len(value.elts) > 1


def _texts(node: ast.AST) -> list[str]:
    return [text] if (text := text_of(node)) else []
