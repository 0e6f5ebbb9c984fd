"""What a message says: a pool's templates, or AWS's defaults, with the code, the name or the link put in.

`{####}` stands for the code or the temporary password, `{username}` for the name (in invitations only, developer guide,
"Message templates"), `{##Verify Email##}` for a link with these words. Only the text is filled in, never the subject
[inferred]. What was put in is not searched again: a user called `{####}` reads their own name.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple


class Wording(NamedTuple):
    """A message as it is sent. An SMS has no use for the subject."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Template:
    """What a pool declares; None is AWS's default."""

    subject: str | None = None
    text: str | None = None


_VERIFICATION = Wording("Your verification code", "Your verification code is {####}. ")
_VERIFICATION_LINK = Wording(
    "Your verification link", "Please click the link below to verify your email address. {##Verify Email##} "
)
_INVITATION = Wording("Your temporary password", "Your username is {username} and temporary password is {####}. ")
# The SMS's text is AWS's; that e-mails say the same, under this subject, is [inferred].
_AUTHENTICATION = Wording("Your authentication code", "Your authentication code is {####}. ")

LINK_OPENS, LINK_CLOSES = "{##", "##}"


def verification(template: Template, code: str) -> Wording:
    """For sign-up, for a resent code, for a forgotten password and for a changed or unverified attribute."""
    return _filled(template, _VERIFICATION, {"{####}": code})


def verification_link(template: Template, url: str) -> Wording:
    """As `verification`, in pools whose e-mails confirm with a link: HTML, in which the words lead to `url`.

    AWS sends links for sign-up and resent codes only; other e-mails carry the code.
    """
    subject, text = _chosen(template, _VERIFICATION_LINK)
    return Wording(subject, "".join(_linked(text, html.escape(url))))


def invitation(template: Template, username: str, password: str) -> Wording:
    """For whom an administrator made: their name and temporary password."""
    return _filled(template, _INVITATION, {"{####}": password, "{username}": username})


def authentication(template: Template, code: str) -> Wording:
    """For somebody who signs in: a second factor, or a one-time password."""
    return _filled(template, _AUTHENTICATION, {"{####}": code})


def _linked(text: str, url: str) -> Iterator[str]:
    """The text is read once, from beginning to end. A brace that is opened and never closed stays as it is."""
    begins = 0
    while (opened := text.find(LINK_OPENS, begins)) >= 0:
        words = opened + len(LINK_OPENS)
        closed = text.find(LINK_CLOSES, words)
        if closed < 0:
            break
        yield f'{text[begins:opened]}<a href="{url}">{text[words:closed]}</a>'
        begins = closed + len(LINK_CLOSES)
    yield text[begins:]


def _filled(template: Template, default: Wording, values: dict[str, str]) -> Wording:
    subject, text = _chosen(template, default)
    placeholders = re.compile("|".join(map(re.escape, values)))
    return Wording(subject, placeholders.sub(lambda found: values[found[0]], text))


def _chosen(template: Template, default: Wording) -> Wording:
    subject = default.subject if template.subject is None else template.subject
    return Wording(subject, default.text if template.text is None else template.text)
