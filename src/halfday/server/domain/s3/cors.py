"""A bucket's CORS rules: read from its configuration, and what the first that fits says to a web page.

Source: S3 user guide, Elements of a CORS configuration and How S3 evaluates the CORS configuration; S3 API reference,
PutBucketCors. That S3 gives Vary and Access-Control-Allow-Credentials with every rule that fits was measured by
others (scality/cloudserver pull request 518).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from halfday.server.domain.s3.refusals import S3RequestRefused
from halfday.server.domain.text.header_fields import LONGEST_NAME, is_field_name
from halfday.server.domain.text.xml_documents import MalformedDocument, new_parser, read_whole

METHODS = frozenset({"DELETE", "GET", "HEAD", "POST", "PUT"})
MOST_RULES = 100
LONGEST_BYTES = 64 * 1024
LONGEST_EXPOSED = 8000
"""All exposed headers of a rule: they are one header of an answer. AWS tells no limit of its own."""
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"

_ROOT = "CORSConfiguration"
_LISTS = ("AllowedOrigin", "AllowedMethod", "AllowedHeader", "ExposeHeader")
_ELEMENTS = frozenset({*_LISTS, "ID", "MaxAgeSeconds"})


@dataclass(frozen=True, slots=True)
class CorsRule:
    """`origins` and `headers` may hold one `*` each."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    max_age_s: str = ""


def find_rule(rules: Iterable[CorsRule], origin: str, method: str, headers: Iterable[str]) -> CorsRule | None:
    """The first rule that fits in all three. `headers` are those that a page asks to send, lower-case."""
    asked = tuple(headers)
    return next((rule for rule in rules if _fits(rule, origin, method, asked)), None)


def cors_headers(rule: CorsRule, origin: str, headers: Iterable[str] = ()) -> dict[str, str]:
    """What the answer says of this rule, to a preflight as to the call itself. Vary is the edge's to join."""
    anybody = "*" in rule.origins
    told = {
        "access-control-allow-origin": "*" if anybody else origin,
        "access-control-allow-methods": ", ".join(rule.methods),
        "access-control-allow-headers": ", ".join(headers),
        "access-control-expose-headers": ", ".join(rule.exposed),
        "access-control-max-age": rule.max_age_s,
        "access-control-allow-credentials": "" if anybody else "true",
    }
    return {name: value for name, value in told.items() if value}


def parse_cors(document: bytes) -> tuple[CorsRule, ...]:
    """Raises S3RequestRefused, as PutBucketCors does. A document type, and so an entity, is never read."""
    rules = _read_rules(document)
    for rule in rules:
        _check_headers(rule)
    return rules


def stored_cors(document: bytes) -> tuple[CorsRule, ...]:
    """Rules as they are kept behind. What cannot be a header is not exposed; the rest of its rule holds.

    Whoever stored such a rule is not the one who would be refused by it now. Raises S3RequestRefused.
    """
    return tuple(replace(rule, exposed=_exposable(rule.exposed)) for rule in _read_rules(document))


def _read_rules(document: bytes) -> tuple[CorsRule, ...]:
    reader = _Reader()
    if len(document) > LONGEST_BYTES:
        raise _malformed()
    try:
        read_whole(reader.parser, document)
    except MalformedDocument as problem:
        raise _malformed() from problem
    if not 1 <= len(reader.rules) <= MOST_RULES:
        raise _malformed()
    for rule in reader.rules:
        _check(rule)
    return tuple(reader.rules)


def _fits(rule: CorsRule, origin: str, method: str, headers: tuple[str, ...]) -> bool:
    allowed = [pattern.lower() for pattern in rule.headers]
    return (
        method in rule.methods
        and any(_matches(pattern, origin) for pattern in rule.origins)
        and all(any(_matches(pattern, header) for pattern in allowed) for header in headers)
    )


def _matches(pattern: str, text: str) -> bool:
    head, star, tail = pattern.partition("*")
    if not star:
        return text == pattern
    return len(text) >= len(head) + len(tail) and text.startswith(head) and text.endswith(tail)


def _check(rule: CorsRule) -> None:
    if not rule.origins or not rule.methods or not (rule.max_age_s == "" or _is_number(rule.max_age_s)):
        raise _malformed()
    for method in rule.methods:
        if method not in METHODS:
            sentence = f"Found unsupported HTTP method in CORS config. Unsupported method is {method}"
            raise S3RequestRefused("InvalidRequest", sentence)
    for element, patterns in (("AllowedOrigin", rule.origins), ("AllowedHeader", rule.headers)):
        for pattern in patterns:
            if pattern.count("*") > 1:
                sentence = f'{element} "{pattern}" can not have more than one wildcard.'
                raise S3RequestRefused("InvalidRequest", sentence)


def _check_headers(rule: CorsRule) -> None:
    """AWS looks at ExposeHeader only, and calls it AllowedHeader (scality/cloudserver pull request 497).

    AllowedHeader is looked at here too: what is no header's name can fit none.
    """
    if wild := next((name for name in rule.exposed if "*" in name), None):
        sentence = f'ExposeHeader "{wild}" contains wildcard. We currently do not support wildcard for ExposeHeader.'
        raise S3RequestRefused("InvalidRequest", sentence)
    for name in (*rule.headers, *rule.exposed):
        if len(name) > LONGEST_NAME:
            raise S3RequestRefused("InvalidRequest", f"The name of a header is longer than {LONGEST_NAME} characters.")
        if not is_field_name(name):
            raise S3RequestRefused("InvalidRequest", f'AllowedHeader "{name}" contains invalid character.')
    if _exposable(rule.exposed) != rule.exposed:
        raise S3RequestRefused("InvalidRequest", f"A rule exposes headers of more than {LONGEST_EXPOSED} characters.")


def _exposable(names: tuple[str, ...]) -> tuple[str, ...]:
    kept: list[str] = []
    for name in filter(is_field_name, names):
        if len(", ".join([*kept, name])) <= LONGEST_EXPOSED:
            kept.append(name)
    return tuple(kept)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def _malformed() -> S3RequestRefused:
    sentence = "The XML you provided was not well-formed or did not validate against our published schema"
    return S3RequestRefused("MalformedXML", sentence)


class _Reader:
    def __init__(self) -> None:
        self.rules: list[CorsRule] = []
        self._open: list[str] = []
        self._text = ""
        self._read: dict[str, list[str]] = {}
        self.parser = new_parser(self._start, self._end, self._add)

    def _start(self, name: str, _: list[str]) -> None:
        expected = (name == _ROOT, name == "CORSRule", name in _ELEMENTS)
        if len(self._open) >= len(expected) or not expected[len(self._open)]:
            raise MalformedDocument(f"the element {name} is not expected")
        self._open.append(name)
        self._text = ""

    def _add(self, text: str) -> None:
        self._text += text

    def _end(self, name: str) -> None:
        self._open.pop()
        if name == "CORSRule":
            self.rules.append(self._rule())
            self._read = {}
        elif name in _ELEMENTS:
            self._read.setdefault(name, []).append(self._text.strip())

    def _rule(self) -> CorsRule:
        origins, methods, headers, exposed = (tuple(self._read.get(name, ())) for name in _LISTS)
        ages = self._read.get("MaxAgeSeconds", [])
        if len(ages) > 1:
            raise MalformedDocument("MaxAgeSeconds stands twice in the same CORSRule")
        return CorsRule(origins, methods, headers, exposed, "".join(ages))
