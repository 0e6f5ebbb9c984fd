"""Where an app's terms of use and privacy policy are, in somebody's language.

Source: API reference, CreateTerms; Developer guide, "Terms documents".
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from halfday.server.domain.user_pools.configuration import Terms

DEFAULT = "cognito:default"
TERMS_OF_USE, PRIVACY_POLICY = "terms-of-use", "privacy-policy"

_LANGUAGES: Mapping[str, str] = {
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fr": "french",
    "id": "bahasa-indonesia",
    "it": "italian",
    "ja": "japanese",
    "ko": "korean",
    "nl": "dutch",
    "pt-BR": "portuguese-brazil",
    "zh-CN": "chinese-simplified",
    "zh-TW": "chinese-traditional",
}


def is_address(link: str) -> bool:
    """Whether a browser opens it as a page: nothing that runs, and nothing of its own machine."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.hostname)


def link_of(terms: Terms, language: str) -> str:
    """The document in this language, which is named as in the parameter `lang`; else the default one."""
    return terms.links.get(f"cognito:{_LANGUAGES.get(language, 'default')}", terms.links[DEFAULT])
