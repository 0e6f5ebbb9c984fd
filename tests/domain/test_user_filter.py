"""The filter of ListUsers, as properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfday.server.domain.refusals import Refused
from halfday.server.domain.users.user_filter import SEARCHABLE, UserFilter, after_prefix, parse_filter

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(st.sampled_from(sorted(SEARCHABLE)), st.booleans(), texts)
def test_what_is_written_is_read(attribute: str, prefix: bool, value: str) -> None:
    text = f"{attribute} {'^=' if prefix else '='} {quoted(value)}"
    assert parse_filter(text) == UserFilter(attribute, value, prefix)


@given(st.text(max_size=40))
def test_anything_is_read_or_refused(text: str) -> None:
    try:
        found = parse_filter(text)
    except Refused:
        return
    assert found is None or found.attribute in SEARCHABLE


@given(texts.filter(bool), texts, texts)
def test_the_range_of_a_prefix_holds_what_begins_with_it_and_nothing_else(prefix: str, rest: str, other: str) -> None:
    beyond = after_prefix(prefix)

    def within(text: str) -> bool:
        return text >= prefix and (beyond is None or text < beyond)

    assert within(prefix + rest)
    assert within(other) == other.startswith(prefix)


@pytest.mark.parametrize("prefix", ["\ud7ff", "a\U0010ffff", "\U0010ffff\U0010ffff"])
def test_the_ends_of_unicode_are_no_trap(prefix: str) -> None:
    beyond = after_prefix(prefix)
    assert beyond is None or beyond > prefix + "\U0010ffff" * 3
    if beyond:
        beyond.encode()
