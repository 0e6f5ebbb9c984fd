"""Which language a page speaks to a browser: what `lang` says, what it said before, or what the browser asks for.

`lang` and the cookie of that name are Cognito's (facts/oauth.md §1). Accept-Language is an addition: AWS speaks English
to whoever names no language. A language that there is none of is as good as none.
"""

from __future__ import annotations

from starlette.requests import Request

from halfday.server.pages import ENGLISH, LANGUAGES

COOKIE = PARAMETER = "lang"

_BY_TAG = {tag.lower(): tag for tag in LANGUAGES}
_NEAREST = {"zh": "zh-CN", "zh-hans": "zh-CN", "zh-hant": "zh-TW", "zh-hk": "zh-TW", "zh-mo": "zh-TW", "pt": "pt-BR"}
"""Of the languages that are here in one country's form. `zh-Hant-HK` is looked up as `zh-hant` (RFC 4647 §3.4)."""
_LONGEST = 500
"""Characters of Accept-Language that are read: browsers send less."""


def language_of(request: Request) -> str:
    """One of LANGUAGES."""
    told = request.query_params.get(PARAMETER, ""), request.cookies.get(COOKIE, "")
    return next((tag for tag in told if tag in LANGUAGES), None) or _asked_for(request) or ENGLISH


def chosen_language(request: Request) -> str | None:
    """What this request's `lang` says; None where it says nothing that is here."""
    chosen = request.query_params.get(PARAMETER)
    return chosen if chosen in LANGUAGES else None


def _asked_for(request: Request) -> str | None:
    ranges = request.headers.get("accept-language", "")[:_LONGEST].lower().split(",")
    weighed = sorted(((_weight(each), each.partition(";")[0].strip()) for each in ranges), key=lambda w: -w[0])
    return next((found for weight, tag in weighed if weight > 0 and (found := _nearest(tag))), None)


def _weight(language_range: str) -> float:
    """RFC 9110 §12.4.2."""
    _, given, weight = language_range.replace(" ", "").partition(";q=")
    try:
        return min(float(weight), 1.0) if given else 1.0
    except ValueError:
        return 0.0


def _nearest(tag: str) -> str | None:
    """The language of a tag, or of a shorter form of it (RFC 4647 §3.4)."""
    while tag:
        if found := _BY_TAG.get(tag) or _NEAREST.get(tag):
            return found
        tag = tag.rpartition("-")[0]
    return None
