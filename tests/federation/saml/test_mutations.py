"""Whatever is done to a signed answer: it proves what it proved before, or it is refused; nothing else happens."""

from __future__ import annotations

import base64
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from federation.saml.corp import DS, KEYS, SAML, SAMLP, Corp, certificate_of
from halfday.server.outside.saml.assertions import Expected, Proven, Unacceptable
from halfday.server.outside.saml.responses import Keys, prove

CONSUMER, REQUEST = "https://pool.example/saml2/idpresponse", "_request"
CORP = Corp("https://corp.example", "us-east-1_Mutations")
KNOWN = Keys([certificate_of(KEYS[0])])


def expected() -> Expected:
    audience = f"urn:amazon:cognito:sp:{CORP.pool_id}"
    return Expected((audience,), (CONSUMER,), CORP.entity_id, time.time(), REQUEST)


def proven(xml: str | bytes) -> Proven | None:
    raw = xml.encode() if isinstance(xml, str) else xml
    try:
        return prove(base64.b64encode(raw).decode(), expected(), KNOWN)
    except Unacceptable:
        return None


ANSWERS = []
for signed in (("Assertion",), ("Response",), ("Assertion", "Response")):
    CORP.sign = signed
    ANSWERS.append(CORP.response(CONSUMER, REQUEST, attributes={"mail": "carlos@corp.example", "groups": ["a", "b"]}))
WHOLE = [proven(answer) for answer in ANSWERS]


def test_they_are_good_as_they_are() -> None:
    assert all(one is not None and one.subject == "carlos" for one in WHOLE)


@settings(max_examples=400, deadline=None)
@given(
    which=st.sampled_from(range(len(ANSWERS))),
    edits=st.lists(
        st.tuples(st.integers(0, 6000), st.integers(0, 300), st.binary(max_size=40)), min_size=1, max_size=3
    ),
)
def test_bytes_that_were_changed(which: int, edits: list[tuple[int, int, bytes]]) -> None:
    raw = ANSWERS[which].encode()
    for at, removed, added in edits:
        at %= len(raw) + 1
        raw = raw[:at] + added + raw[at + removed :]
    assert proven(raw) in (None, WHOLE[which])


NAMES = [
    f"{{{space}}}{name}"
    for space, names in (
        (SAML, ("Assertion", "Issuer", "Subject", "NameID", "Conditions", "Attribute", "Advice", "EncryptedAssertion")),
        (SAMLP, ("Response", "Extensions", "Status", "StatusCode")),
        (DS, ("Signature", "Object", "Reference", "KeyInfo", "Transforms")),
    )
    for name in names
]


@settings(max_examples=400, deadline=None)
@given(data=st.data(), which=st.sampled_from(range(len(ANSWERS))))
def test_elements_that_were_moved_copied_and_renamed(data: st.DataObject, which: int) -> None:
    root = etree.fromstring(ANSWERS[which])
    for _ in range(data.draw(st.integers(1, 4))):
        nodes = list(root.iter())
        source, target = data.draw(st.sampled_from(nodes)), data.draw(st.sampled_from(nodes))
        match data.draw(st.sampled_from(["copy", "move", "rename", "id", "text", "wrap"])):
            case "copy":
                target.append(etree.fromstring(etree.tostring(source, with_tail=False)))
            case "move" if source is not root and target not in list(source.iter()):
                target.append(source)
            case "rename":
                source.tag = data.draw(st.sampled_from(NAMES))
            case "id":
                source.set(data.draw(st.sampled_from(["ID", "Id", "URI", "Version"])), target.get("ID") or "#x")
            case "text":
                source.text = data.draw(st.sampled_from(["mallory", "", "carlos", CORP.entity_id]))
            case "wrap" if source is not root:
                holder = etree.Element(data.draw(st.sampled_from(NAMES)))
                source.addprevious(holder)
                holder.append(source)
    assert proven(etree.tostring(root)) in (None, WHOLE[which])


@pytest.mark.parametrize("length", [0, 1, 100, 1000, 3000])
def test_answers_that_were_cut_off(length: int) -> None:
    for answer in ANSWERS:
        assert proven(answer[:length]) is None
