"""The style sheet of the classic pages: parsed as browsers do, so that nothing hides in it (facts/oauth.md §2)."""

from __future__ import annotations

import re

import pytest
import tinycss2
from hypothesis import given
from hypothesis import strategies as st

from halfday.server.domain.user_pools.classic_css import SELECTORS, for_page, objection

PICTURE = "data:image/png;base64,AAAA"


@pytest.mark.parametrize(
    "css",
    [
        "",
        "  \n",
        "/* @import no more */ .submitButton-customizable:hover, .logo-customizable {\n\tcolor: #fff;\n}\n",
        ".label-customizable { font-weight: 400; }",
        ".label-customizable{font-weight:400 !important}",
        ".label-customizable { display: none; position: absolute; --mine: { x: y } }",
        ".inputField-customizable:focus { border-color: rgb(1 2 3 / 50%) }",
        f".banner-customizable {{ background: url({PICTURE}) center, linear-gradient(red, blue) }}",
        f'.banner-customizable {{ background: url("{PICTURE}") }}',
        ".l\\61 bel-customizable { color: red }",
        '.label-customizable::before { content: "x" }'.replace("::before", ""),
    ],
)
def test_rules_of_the_template_s_classes_are_taken_whatever_they_set(css: str) -> None:
    assert objection(css) is None


@pytest.mark.parametrize(
    ("css", "why"),
    [
        (".x { color: red }", "and not .x"),
        (".label-customizable, body { color: red }", "and not body"),
        (".label-customizable:hover { color: red }", "and not .label-customizable:hover"),
        (".label-customizable > .x { color: red }", "and not .label-customizable > .x"),
        (".submitButton-customizable :hover { color: red }", "and not .submitButton-customizable :hover"),
        ("@media print { .label-customizable { color: red } }", "cannot contain @media"),
        ("@import 'x';", "cannot contain @import"),
        ("@\\69mport 'x';", "cannot contain @import"),
        (".label-customizable { color: red; @media print { color: blue } }", "cannot contain @media"),
        (".label-customizable { .x { color: red } }", "which this is not: line 1"),
        ("<b>", "cannot contain HTML"),
        ('.label-customizable { content: "</style><script>" }', "cannot contain HTML"),
        (".label-customizable { color: red", "it ends within one"),
        (".label-customizable { color: red } /* open", "it ends within one"),
        ("}", "which this is not"),
        (".label-customizable { color }", "which this is not"),
        (".label-customizable { a: " + "(" * 30 + ")" * 30 + " }", "brackets within 20 brackets"),
        (".label-customizable { a: " + "(" * 60_000 + ")" * 60_000 + " }", "brackets within 20 brackets"),
        (".label-customizable" + "(" * 60_000 + ")" * 60_000 + " { a: b }", "nested that deep"),
    ],
)
def test_what_is_no_rule_for_these_classes_is_named(css: str, why: str) -> None:
    assert why in (objection(css) or "nothing")


@pytest.mark.parametrize(
    "value",
    [
        "url(https://elsewhere.example/x.png)",
        "url(//elsewhere.example/x.png)",
        "url(/own/path.png)",
        'url( "https://elsewhere.example" )',
        "u\\72l(https://elsewhere.example)",
        "URL(https://elsewhere.example)",
        'src("https://elsewhere.example")',
        'image-set("https://elsewhere.example" 1x)',
        '-webkit-image-set(url("https://elsewhere.example") 1x)',
        "image-set(var(--mine) 1x)",
        'image("https://elsewhere.example")',
        "cross-fade(url(https://elsewhere.example), red)",
        "var(--mine, url(https://elsewhere.example))",
        "url(data:text/html,x)",
        "url(javascript:alert(1))",
        "url(not one address)",
    ],
)
@pytest.mark.parametrize("name", ["background", "--mine", "content", "cursor"])
def test_nothing_leaves_the_page(name: str, value: str) -> None:
    assert "CSS cannot contain" in (objection(f".label-customizable {{ {name}: {value} }}") or "nothing")


def test_an_app_s_rules_are_stronger_than_the_page_s_own() -> None:
    css = ".label-customizable, .submitButton-customizable:hover { color: red }"
    before = ":root:root:root "
    assert for_page(css) == f"{before}.label-customizable, {before}.submitButton-customizable:hover {{ color: red ; }}"


def test_a_sign_that_ends_an_element_stays_an_escape() -> None:
    css = '.label-customizable { content: "\\3c/style>" }'
    assert objection(css) is None
    assert "<" not in for_page(css)


SIGNS = [*"{}();:,\"'\\/*@<>-", " ", "\n", "<!--", "-->", "/*", "*/", "\\72", "\0"]
WORDS = ["url(", "url(//x)", "@import", "red", "--x", "!important", "data:image/", "color", "U+26", "é", "body"]
PIECES = st.sampled_from([*sorted(SELECTORS), *SIGNS, *WORDS])


@given(st.lists(PIECES, max_size=40).map("".join))
def test_whatever_is_taken_styles_these_classes_and_asks_nobody(css: str) -> None:
    """What a browser reads of the page's rules, whatever was sent: the parser's own word for it."""
    if objection(css) is not None:
        return
    written = for_page(css)
    assert "<" not in written
    for rule in tinycss2.parse_stylesheet(written, skip_whitespace=True, skip_comments=True):
        assert rule.type == "qualified-rule"
        selectors = tinycss2.serialize(rule.prelude).split(",")
        assert {each.strip().removeprefix(":root:root:root ") for each in selectors} <= SELECTORS
        for address in re.findall(r"url\(\s*['\"]?([^)]*)", tinycss2.serialize(rule.content), re.IGNORECASE):
            assert address.lower().startswith("data:image/")
