"""Which of several templates a path means, and what stands in its parameters."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfday.server.domain.gateway.paths import (
    DEFAULT,
    MalformedPath,
    best_match,
    decoded,
    is_ambiguous,
    parse_template,
)


def match(path: str, *templates: str) -> tuple[str, dict[str, str]] | None:
    found = best_match(path, [(DEFAULT if text == "$default" else parse_template(text), text) for text in templates])
    return None if found is None else (found[0], decoded(found[1]))


ALL = ("/", "/a", "/{x}", "/{x+}", "/a/b", "/a/{y}", "/{x}/b", "/a/{y+}")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", ("/", {})),
        ("/a", ("/a", {})),
        ("/b", ("/{x}", {"x": "b"})),
        ("/a/b", ("/a/b", {})),
        ("/a/c", ("/a/{y}", {"y": "c"})),
        ("/c/b", ("/{x}/b", {"x": "c"})),
        ("/a/b/c", ("/a/{y+}", {"y": "b/c"})),
        ("/c/d/e", ("/{x+}", {"x": "c/d/e"})),
        ("/%61", ("/a", {})),
        ("/x%2Fy", ("/{x}", {"x": "x/y"})),
    ],
)
def test_the_more_literal_template_wins(path: str, expected: Any) -> None:
    assert match(path, *ALL) == expected
    assert match(path, *reversed(ALL)) == expected


def test_what_fits_none() -> None:
    assert match("/a/b", "/a", "/b/{x}", "/a/b/{x+}") is None
    assert match("/a/b", "/a", "$default") == ("$default", {})
    assert match("/a/", "/a/{x}", "/a/{x+}") is None


@pytest.mark.parametrize("text", ["a", "", "/{a", "/a}", "/{a+}/b", "/{a}/{a}", "/x{a}", "/{}"])
def test_paths_that_no_method_can_have(text: str) -> None:
    with pytest.raises(MalformedPath):
        parse_template(text)


@given(st.lists(st.text(st.characters(exclude_characters="/", exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_a_greedy_parameter_is_all_of_the_path(parts: list[str]) -> None:
    path = "/" + "/".join(quote(part, safe="") for part in parts)
    assert match(path, "/{all+}") == ("/{all+}", {"all": "/".join(parts)})


@pytest.mark.parametrize("path", ["/a/..", "/a/./b", "/%2e%2E/a", "/a%2f..%2fb", "/a%5c..", "/."])
def test_paths_that_two_readers_read_otherwise(path: str) -> None:
    assert is_ambiguous(path)
    assert not is_ambiguous(path.replace(".", "x").replace("%2e", "x").replace("%2E", "x"))
