"""What an assertion must say before it proves anybody (SAML core §2.3 to §2.7; profiles §4.1.4.2, §4.1.4.3).

Everything here is read from a verified element. Source of what Cognito asks for: facts/federation.md §5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

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
    """What an answer must fit. `request_id` is None for an answer that nobody asked for.

    `consumer` is where the answer was to be sent: None for an assertion that is brought by somebody else, wherever it
    was sent (`for_aws`). `other_names` are names beside `entity_id` for whom it is addressed to.
    """

    entity_id: str
    consumer: str | None
    issuer: str
    now: float
    request_id: str | None = None
    other_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proven:
    """What a checked assertion says. `session` is what a LogoutRequest needs to name this session again."""

    assertion_id: str
    issuer: str
    issued_at: float
    subject: str
    attributes: dict[str, str | list[str]] = field(repr=False)
    session: dict[str, str] = field(repr=False)


def proven_by(assertion: Element, expected: Expected) -> Proven:
    """What the verified assertion says, if it says it to this pool and now. Raises Unacceptable, Unreadable."""
    if assertion.get("Version") != "2.0" or not assertion.get("ID"):
        raise Unreadable("the assertion has no ID, or is none of SAML 2.0")
    _check_issuer(only_child(assertion, ASSERTION, "Issuer"), expected)
    issued_at = seconds_of(assertion.get("IssueInstant", ""))
    if issued_at > expected.now + LEEWAY_S:
        raise Unacceptable("Assertion is not yet valid", "IssueInstant lies in the future")
    if expected.request_id is None and issued_at < expected.now - UNSOLICITED_WITHIN_S:
        raise Unacceptable("Assertion is expired", "it was issued more than 6 minutes ago, and nobody asked for it")
    subject = only_child(assertion, ASSERTION, "Subject")
    name_id = only_child(subject, ASSERTION, "NameID")
    _check_confirmation(subject, expected)
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
    )


def _check_issuer(issuer: Element, expected: Expected) -> None:
    if text_of(issuer) != expected.issuer:
        raise Unacceptable("Issuer is invalid", "the issuer is not the entityID of the provider's metadata")


def _check_confirmation(subject: Element, expected: Expected) -> None:
    """At least one bearer confirmation fits (profiles §4.1.4.3)."""
    objections = [
        _objection_to(confirmation, expected)
        for confirmation in children(subject, ASSERTION, "SubjectConfirmation")
        if confirmation.get("Method") == BEARER
    ]
    if not objections:
        raise Unacceptable("SubjectConfirmation is missing", "there is no bearer confirmation")
    if None not in objections:
        sentence, detail = objections[0] or ("", "")
        raise Unacceptable(sentence, detail)


def _objection_to(confirmation: Element, expected: Expected) -> tuple[str, str] | None:
    data = only_child(confirmation, ASSERTION, "SubjectConfirmationData")
    if expected.consumer is not None and data.get("Recipient") != expected.consumer:
        return "Recipient is invalid", "Recipient is not /saml2/idpresponse of this domain"
    if data.get("InResponseTo") != expected.request_id:
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
    names = {expected.entity_id, *expected.other_names}
    fits = [names.intersection(map(text_of, children(each, ASSERTION, "Audience"))) for each in restrictions]
    if not fits or not all(fits):
        detail = f"no Audience, or not {' or '.join(sorted(names))}"
        raise Unacceptable("Audience restriction is invalid", detail)


def _time_objection(bounded: Element, now: float) -> tuple[str, str] | None:
    not_before, not_on_or_after = bounded.get("NotBefore"), bounded.get("NotOnOrAfter")
    if not_before is not None and now + LEEWAY_S < seconds_of(not_before):
        return "Assertion is not yet valid", "NotBefore lies in the future"
    if not_on_or_after is not None and now - LEEWAY_S >= seconds_of(not_on_or_after):
        return "Assertion is expired", "NotOnOrAfter has passed"
    return None


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
