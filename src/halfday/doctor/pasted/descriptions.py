"""The sentence beside an OAuth error word: `error_description`, and the forms in which libraries print it.

A description says more than the word. Cognito's token endpoint sends none as a rule (facts/oauth.md §4). So a sentence
that no cause knows is another server's, or new, and the causes of the bare word do not explain it.
"""

from __future__ import annotations

import re

from halfday.doctor.pasted.error_names import OAUTH_WORDS

_WORD = rf"(?:{'|'.join(OAUTH_WORDS)})"
_MEMBER = re.compile(
    r"error_?(?:description|message|reason|hint|debug|info)[\"']?\s*(?:=>|[:=])\s*[\"']?(?P<told>[^\"}&|]{2,300})",
    re.IGNORECASE,
)
_PRINTED = re.compile(
    rf"(?<![\w-]){_WORD} \((?P<node>[A-Z][^()]{{6,300}})\)|"  # openid-client
    rf"\({_WORD}\) (?P<python>[A-Z][^\n]{{6,300}})|"  # oauthlib, requests-oauthlib, google-auth
    rf"\[{_WORD}\] (?P<java>[A-Z][^\n]{{6,300}})|"  # Spring Security
    rf"\"{_WORD}\" \"(?P<go>[^\"]{{6,300}})\"|"  # golang.org/x/oauth2
    rf"(?<![\w-]){_WORD}: (?P<colon>[A-Z][a-z']+ [^\n]{{6,300}})"  # Authlib, omniauth-oauth2, league/oauth2-client
)
_NOTHING = re.compile(r"(?:null|none|nil|undefined|empty|error_description is null)\b|\W*$|at \S+$", re.IGNORECASE)


def description(text: str) -> str:
    """The sentence beside an OAuth word in the plain text of a refusal; empty where there is none."""
    for match in (*_MEMBER.finditer(text), *_PRINTED.finditer(text)):
        told = next(group for group in match.groups() if group).strip(" '.,")
        if not _NOTHING.match(told) and re.search(r"\w\W+\w", told) and not re.fullmatch(r"\S+_\S+", told):
            return told
    return ""
