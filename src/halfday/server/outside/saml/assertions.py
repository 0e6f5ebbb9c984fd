"""What an assertion must say before it proves anybody (SAML core §2.3 to §2.7; profiles §4.1.4.2, §4.1.4.3).

Everything here is read from a verified element. Source of what Cognito asks for: facts/federation.md §5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from halfday.server.outside.saml.documents import (
    ASSERTION,
    Element,
    Unreadable,
    children,
    named,
    only_child,
    seconds_of,
    text_of,
)

BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
LEEWAY_S = 60
UNSOLICITED_WITHIN_S = 360
"""How old an assertion may be that no request of ours preceded: six minutes (facts/federation.md §5)."""

_CONDITIONS = {named(ASSERTION, name) for name in ("AudienceRestriction", "OneTimeUse", "ProxyRestriction")}


class Unacceptable(ValueError):
    """The assertion proves nothing to this pool, now, as an answer to this request. `sentence` is for the app."""

    def __init__(self, sentence: str, detail: str) -> None:
        super().__init__(detail)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Expected:
    """What an answer must fit. `request_id` is None for an answer that nobody asked for; it has to be used within
    `within_s`. `audiences` and `consumers`: any one of them will do; without consumers any address, for an assertion
    that is brought by the app that it was sent to. `of_any_request`: who sends no requests does not look at which one
    is answered.
    """

    audiences: tuple[str, ...]
    consumers: tuple[str, ...]
    issuer: str
    now: float
    request_id: str | None = None
    within_s: int = UNSOLICITED_WITHIN_S
    of_any_request: bool = False

    def is_answer_to(self, request_id: str | None) -> bool:
        return self.of_any_request or request_id == self.request_id


@dataclass(frozen=True, slots=True)
class Proven:
    """What a checked assertion says. `session` is what a LogoutRequest needs to name this session again, which ends at
    `session_ends_at` if the provider says so. `recipient` is the address that it was sent to.
    """

    assertion_id: str
    issuer: str
    issued_at: float
    subject: str
    attributes: dict[str, str | list[str]] = field(repr=False)
    session: dict[str, str] = field(repr=False)
    recipient: str = ""
    session_ends_at: float | None = None


def proven_by(assertion: Element, expected: Expected) -> Proven:
    """What the verified assertion says, if it says it to this pool and now. Raises Unacceptable, Unreadable."""
    if assertion.get("Version") != "2.0" or not assertion.get("ID"):
        raise Unreadable("the assertion has no ID, or is none of SAML 2.0")
    _check_issuer(only_child(assertion, ASSERTION, "Issuer"), expected)
    issued_at = seconds_of(assertion.get("IssueInstant", ""))
    if issued_at > expected.now + LEEWAY_S:
        raise Unacceptable("Assertion is not yet valid", "IssueInstant lies in the future")
    if expected.request_id is None and issued_at < expected.now - expected.within_s:
        detail = f"it was issued more than {expected.within_s // 60} minutes ago, and nobody asked for it"
        raise Unacceptable("Assertion is expired", detail)
    subject = only_child(assertion, ASSERTION, "Subject")
    name_id = only_child(subject, ASSERTION, "NameID")
    recipient = _check_confirmation(subject, expected)
    _check_conditions(only_child(assertion, ASSERTION, "Conditions"), expected)
    if not text_of(name_id):
        raise Unacceptable("NameID is missing", "NameID is empty")
    return Proven(
        assertion_id=assertion.get("ID"),
        issuer=expected.issuer,
        issued_at=issued_at,
        subject=text_of(name_id),
        attributes=dict(_attributes(assertion)),
        session={**_name_of(name_id), **_session_of(assertion, expected.now)},
        recipient=recipient,
        session_ends_at=_ends_at(assertion),
    )


def _check_issuer(issuer: Element, expected: Expected) -> None:
    if text_of(issuer) != expected.issuer:
        raise Unacceptable("Issuer is invalid", "the issuer is not the entityID of the provider's metadata")


def _check_confirmation(subject: Element, expected: Expected) -> str:
    """At least one bearer confirmation fits (profiles §4.1.4.3). Its Recipient."""
    bearers = [
        only_child(confirmation, ASSERTION, "SubjectConfirmationData")
        for confirmation in children(subject, ASSERTION, "SubjectConfirmation")
        if confirmation.get("Method") == BEARER
    ]
    if not bearers:
        raise Unacceptable("SubjectConfirmation is missing", "there is no bearer confirmation")
    objections = [_objection_to(data, expected) for data in bearers]
    fitting = next((data for data, found in zip(bearers, objections, strict=True) if found is None), None)
    if fitting is None:
        sentence, detail = objections[0] or ("", "")
        raise Unacceptable(sentence, detail)
    recipient: str = fitting.get("Recipient", "")
    return recipient


def _objection_to(data: Element, expected: Expected) -> tuple[str, str] | None:
    if expected.consumers and data.get("Recipient") not in expected.consumers:
        return "Recipient is invalid", f"Recipient is not {' or '.join(map(_path_of, expected.consumers))}"
    if not expected.is_answer_to(data.get("InResponseTo")):
        return "InResponseTo is invalid", "the assertion's InResponseTo is not the request's ID"
    if data.get("NotOnOrAfter") is None:
        return "Assertion is expired", "SubjectConfirmationData has no NotOnOrAfter"
    return _time_objection(data, expected.now)


def _check_conditions(conditions: Element, expected: Expected) -> None:
    """A condition that is not understood leaves the assertion undetermined (SAML core §2.5.1)."""
    if objection := _time_objection(conditions, expected.now):
        raise Unacceptable(*objection)
    if any(condition.tag not in _CONDITIONS for condition in conditions):
        raise Unacceptable("Conditions are invalid", "there is a condition that is not known here")
    restrictions = children(conditions, ASSERTION, "AudienceRestriction")
    fits = [
        not set(expected.audiences).isdisjoint(map(text_of, children(each, ASSERTION, "Audience")))
        for each in restrictions
    ]
    if not fits or not all(fits):
        detail = f"no Audience, or not {' or '.join(expected.audiences)}"
        raise Unacceptable("Audience restriction is invalid", detail)


def _time_objection(bounded: Element, now: float) -> tuple[str, str] | None:
    not_before, not_on_or_after = bounded.get("NotBefore"), bounded.get("NotOnOrAfter")
    if not_before is not None and now + LEEWAY_S < seconds_of(not_before):
        return "Assertion is not yet valid", "NotBefore lies in the future"
    if not_on_or_after is not None and now - LEEWAY_S >= seconds_of(not_on_or_after):
        return "Assertion is expired", "NotOnOrAfter has passed"
    return None


def _path_of(consumer: str) -> str:
    """An address for a log: a domain may be a customer's own."""
    return f"{urlsplit(consumer).path} of this domain"


def _ends_at(assertion: Element) -> float | None:
    statements = children(assertion, ASSERTION, "AuthnStatement")
    ends = [seconds_of(value) for each in statements if (value := each.get("SessionNotOnOrAfter")) is not None]
    return min(ends, default=None)


def _attributes(assertion: Element) -> Iterator[tuple[str, str | list[str]]]:
    """Attributes by Name, as text; of several values the list. One that is sent twice has the values of both."""
    found: dict[str, list[str]] = {}
    for statement in children(assertion, ASSERTION, "AttributeStatement"):
        for attribute in children(statement, ASSERTION, "Attribute"):
            values = [text_of(value) for value in children(attribute, ASSERTION, "AttributeValue") if not len(value)]
            found.setdefault(attribute.get("Name", ""), []).extend(values)
    for name, values in found.items():
        if name and values:
            yield name, values[0] if len(values) == 1 else values


def _name_of(name_id: Element) -> dict[str, str]:
    known = ("Format", "NameQualifier", "SPNameQualifier", "SPProvidedID")
    return {name: value for name in known if (value := name_id.get(name)) is not None}


def _session_of(assertion: Element, now: float) -> dict[str, str]:
    """SessionIndex of the first statement that has one, as Cognito keeps it (facts/federation.md §5)."""
    statements = children(assertion, ASSERTION, "AuthnStatement")
    if not statements:
        raise Unacceptable("AuthnStatement is missing", "the assertion does not say that anybody signed in")
    for statement in statements:
        ends = statement.get("SessionNotOnOrAfter")
        if ends is not None and now - LEEWAY_S >= seconds_of(ends):
            raise Unacceptable("Session is expired", "SessionNotOnOrAfter has passed")
    index = next((each.get("SessionIndex") for each in statements if each.get("SessionIndex")), None)
    return {"SessionIndex": index} if index else {}
