"""What is looked for before a pattern is run stands in every text that the pattern matches."""

from __future__ import annotations

import pytest

from halfday.client.causes.catalogue import catalogue
from halfday.client.causes.matching import compiled, needle
from halfday.client.causes.required_text import needle as needle_of

PATTERNS = [pattern for cause in catalogue() for pattern in cause.text]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("state mismatch", "state mismatch"),
        (r"invalid (state|relay) ?state given", "state given"),
        ("colou?rs", "colo"),
        (r"amazoncognito\.com/login", "amazoncognito.com/login"),
        (r"a\wbc{2,3}de", "de"),
        ("one|another", ""),
        ("(one|another)", ""),
        ("[Aa]bcc+d", "bc"),
        (r"URL blocked.{0,80}redirect", "url blocked"),
    ],
)
def test_the_longest_sure_part_of_a_pattern_is_its_needle(pattern: str, text: str) -> None:
    assert needle_of(pattern) == text


def test_no_sentence_that_a_pattern_matches_is_lost_by_its_needle() -> None:
    lost = [
        (cause.id, pattern, says)
        for cause in catalogue()
        for pattern in cause.text
        for says in cause.says
        if compiled(pattern).search(says) and needle(pattern) not in says.lower()
    ]
    assert lost == []


def test_most_patterns_have_a_needle() -> None:
    """Otherwise the search would be as slow as without it."""
    assert sum(bool(needle(pattern)) for pattern in PATTERNS) > 0.7 * len(PATTERNS)
