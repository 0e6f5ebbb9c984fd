"""Signature wrapping: the eight ways in which a signed assertion has been carried beside a forged one.

XSW1 to XSW8 are numbered as by Somorovsky and others (On breaking SAML, USENIX Security 2012) and by SAML Raider. In
each, the signed element and its signature are whole, and its digest is right: what is forged stands in its place.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from federation.saml.conftest import told, usernames
from federation.saml.corp import DS, SAML, SAMLP, Corp
from world import World

Tree = Any
FORGED = "mallory"


def xsw1(response: Tree) -> Tree:
    """Of a signed response: the forged one holds the signature, which holds the signed one, behind it."""
    forged, signed = forged_copy(response), without_signature(response)
    signature(forged).append(signed)
    return forged


def xsw2(response: Tree) -> Tree:
    """As XSW1, with the signed response before the signature, not within it."""
    forged, signed = forged_copy(response), without_signature(response)
    signature(forged).addprevious(signed)
    return forged


def xsw3(response: Tree) -> Tree:
    """The forged assertion before the signed one."""
    assertion = child(response)
    assertion.addprevious(without_signature(forged_copy(assertion)))
    return response


def xsw4(response: Tree) -> Tree:
    """The signed assertion within the forged one."""
    assertion = child(response)
    forged = without_signature(forged_copy(assertion))
    assertion.addprevious(forged)
    forged.append(assertion)
    return response


def xsw5(response: Tree) -> Tree:
    """The signed assertion, without its signature, behind the forged one, which holds it."""
    assertion = child(response)
    forged = forged_copy(assertion)
    assertion.addprevious(forged)
    forged.addnext(without_signature(assertion))
    return response


def xsw6(response: Tree) -> Tree:
    """As XSW5, with the signed assertion within the signature."""
    assertion = child(response)
    forged = forged_copy(assertion)
    assertion.addprevious(forged)
    signature(forged).append(without_signature(assertion))
    return response


def xsw7(response: Tree) -> Tree:
    """The forged assertion in extensions, before the signed one."""
    assertion = child(response)
    extensions = etree.Element(f"{{{SAMLP}}}Extensions")
    extensions.append(without_signature(forged_copy(assertion)))
    assertion.addprevious(extensions)
    return response


def xsw8(response: Tree) -> Tree:
    """The signed assertion in an Object of the forged one's signature."""
    assertion = child(response)
    forged = forged_copy(assertion)
    assertion.addprevious(forged)
    holder = etree.SubElement(signature(forged), f"{{{DS}}}Object")
    holder.append(without_signature(assertion))
    return response


def twins(response: Tree) -> Tree:
    """The forged assertion has the signed one's ID, and stands first."""
    assertion = child(response)
    forged = without_signature(forged_copy(assertion))
    forged.set("ID", assertion.get("ID"))
    assertion.addprevious(forged)
    return response


def twins_by_another_name(response: Tree) -> Tree:
    """As `twins`, with the same ID in `Id`, of an element that has no business there."""
    assertion = child(response)
    other = etree.SubElement(response, f"{{{SAMLP}}}Extensions")
    other.set("Id", assertion.get("ID"))
    return response


def parted(response: Tree) -> Tree:
    """The signature of the assertion is the response's child."""
    assertion = child(response)
    found = signature(assertion)
    response.insert(1, found)
    change(assertion)
    return response


def in_another_namespace(response: Tree) -> Tree:
    """The forged assertion is none to who looks for SAML 2.0's, and the signed one stands behind it."""
    assertion = child(response)
    forged = without_signature(forged_copy(assertion))
    forged.tag = "{urn:oasis:names:tc:SAML:1.0:assertion}Assertion"
    assertion.addprevious(forged)
    without_signature(assertion)
    return response


OF_RESPONSES = (xsw1, xsw2)
OF_ASSERTIONS = (xsw3, xsw4, xsw5, xsw6, xsw7, xsw8, twins, twins_by_another_name, parted, in_another_namespace)


@pytest.mark.parametrize("wrap", [*OF_RESPONSES, *OF_ASSERTIONS], ids=lambda wrap: wrap.__name__)
def test_wrapped(world: World, person: Any, corp: Corp, wrap: Callable[[Tree], Tree]) -> None:
    corp.sign = ("Response",) if wrap in OF_RESPONSES else ("Assertion",)

    def alter(xml: str) -> str:
        changed = etree.tostring(wrap(etree.fromstring(xml))).decode()
        assert FORGED in changed or wrap in (twins_by_another_name,)
        return changed

    before = usernames(world)
    error, sentence = told(person.come(corp, name_id="carlos", alter=alter))
    assert error == "server_error"
    assert sentence.removeprefix("Invalid SAML response received: ") in (
        "SAML Response is malformed",
        "SAML Assertion signature is invalid. ",
        "SAML Response signature is invalid. ",
    )
    assert usernames(world) == before
    assert "cognito" not in person.session.cookies


def test_what_is_wrapped_here_is_good_before(world: World, person: Any, corp: Corp) -> None:
    for signed in ("Response", "Assertion"):
        corp.sign = (signed,)
        answer = person.come(
            corp, name_id="unwrapped", alter=lambda xml: etree.tostring(etree.fromstring(xml)).decode()
        )
        assert "code=" in answer.headers["Location"]


def child(response: Tree) -> Tree:
    return response.find(f"{{{SAML}}}Assertion")


def signature(element: Tree) -> Tree:
    return element.find(f"{{{DS}}}Signature")


def without_signature(element: Tree) -> Tree:
    found = signature(element)
    if found is not None:
        element.remove(found)
    return element


def forged_copy(element: Tree) -> Tree:
    """The same with another name and another ID, its signature still there."""
    forged = copy.deepcopy(element)
    forged.set("ID", "_forged")
    change(forged)
    return forged


def change(element: Tree) -> None:
    for name in element.iter(f"{{{SAML}}}NameID"):
        name.text = FORGED
    for assertion in element.iter(f"{{{SAML}}}Assertion"):
        if element.get("ID") == "_forged" and assertion is not element:
            assertion.set("ID", "_forged_too")
