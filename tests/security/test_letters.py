"""Letters that a pool sends, and names and addresses that would like to say more in them than who they are."""

from __future__ import annotations

import pytest

from halfday.server.domain.user_pools.message_templates import Template, invitation
from halfday.server.outside.messages import Message
from halfday.server.outside.smtp import compose

LINK = '<a/href="//evil.example">Confirm</a>'


def letter(text: str, *, username: str = "ada", destination: str = "ada@example.com") -> Message:
    return Message("p", username, "EMAIL", destination, "Hello", text, 0.0, code="Temporary-1")


@pytest.mark.parametrize(
    ("template", "kind", "text"),
    [
        (None, "text/plain", f"Your username is {LINK} and temporary password is Temporary-1. \n"),
        (
            "<p>{username} {####}</p>",
            "text/html",
            "<p>&lt;a/href=&quot;//evil.example&quot;&gt;Confirm&lt;/a&gt; Temporary-1</p>\n",
        ),
    ],
)
def test_a_username_is_no_link(template: str | None, kind: str, text: str) -> None:
    wording = invitation(Template(text=template), LINK, "Temporary-1")
    mail = compose(letter(wording.text, username=LINK), "pool@example.com")
    assert (mail.get_content_type(), mail.get_content()) == (kind, text)


def test_nor_is_an_address_that_is_a_username() -> None:
    address = '"<b/x>"@example.com'
    wording = invitation(Template(), address, "Temporary-1")
    mail = compose(letter(wording.text, destination=address), "pool@example.com")
    assert mail.get_content_type() == "text/plain"
