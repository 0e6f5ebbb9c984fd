"""What becomes a header of an answer is a legal one, whoever wrote it."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfday.server.domain.s3.cors import CorsRule, cors_headers, parse_cors, stored_cors
from halfday.server.domain.s3.refusals import S3RequestRefused
from halfday.server.domain.s3.values import check_answered
from halfday.server.domain.text.header_fields import field_bytes, is_field_name, is_field_value
from halfday.server.http.front_door.passing import passed_back
from halfday.server.outside.upstreams import Answer
from halfday.server.outside.upstreams.calls import opened
from halfday.server.outside.upstreams.wsgi import call_wsgi, wsgi_environment

NAMES = ["€", "x\r\nSet-Cookie: evil=1", "x y", "x:", "x\x7f", "a\u2028b", "", "x" * 60_000, "é", "x,y"]
VALUES = ["€", "a\r\nX-Inj: y", "a\nb", "a\rb", "\x00", "a\x0b", "\x7f", "\x1b[2J", "x" * 60_000, "\ud800"]


def document(*names: str, element: str = "ExposeHeader") -> bytes:
    listed = "".join(f"<{element}>{escape(name, {chr(13): '&#13;'})}</{element}>" for name in names)
    rule = f"<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>{listed}"
    return f"<CORSConfiguration><CORSRule>{rule}</CORSRule></CORSConfiguration>".encode()


@pytest.mark.parametrize("element", ["ExposeHeader", "AllowedHeader"])
@pytest.mark.parametrize("name", NAMES)
def test_a_rule_with_a_header_that_is_none_is_refused(name: str, element: str) -> None:
    with pytest.raises(S3RequestRefused) as refused:
        parse_cors(document("ETag", name, element=element))
    assert (refused.value.code, refused.value.status) == ("InvalidRequest", 400)


def test_a_wildcard_is_not_exposed() -> None:
    with pytest.raises(S3RequestRefused, match="currently do not support wildcard for ExposeHeader"):
        parse_cors(document("x-amz-*"))
    assert parse_cors(document("x-amz-*", element="AllowedHeader"))[0].headers == ("x-amz-*",)


def test_many_headers_do_not_make_one_that_is_too_long() -> None:
    names = [f"x-amz-meta-{number:04}" for number in range(1000)]
    with pytest.raises(S3RequestRefused, match="more than 8000 characters"):
        parse_cors(document(*names))
    told = cors_headers(stored_cors(document(*names))[0], "https://app.example.com")
    assert 7000 < len(told["access-control-expose-headers"]) <= 8000


@given(
    st.lists(
        st.sampled_from([name[:300] for name in NAMES])
        | st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]))
    )
)
def test_a_stored_rule_exposes_nothing_that_is_no_header(names: list[str]) -> None:
    rules = stored_cors(document("ETag", *[name for name in names if "\x7f" not in name and name < "\ufffe"]))
    for value in cors_headers(rules[0], "https://app.example.com").values():
        assert is_field_value(value.encode("ascii"))
    assert "ETag" in rules[0].exposed


def test_a_stored_rule_holds_but_for_what_it_cannot_expose() -> None:
    assert stored_cors(document("ETag", "€")) == (CorsRule(("*",), ("GET",), (), ("ETag",)),)


@pytest.mark.parametrize("which", ["content-type", "content-disposition", "cache-control", "expires", "x"])
@pytest.mark.parametrize("value", VALUES)
def test_an_answer_is_not_asked_to_hold_what_is_no_header(which: str, value: str) -> None:
    with pytest.raises(S3RequestRefused) as refused:
        check_answered(f"response-{which}", value)
    assert (refused.value.code, refused.value.status) == ("InvalidArgument", 400)
    check_answered(f"response-{which}", 'attachment; filename="Über.txt"')
    check_answered("prefix", value)


@given(st.text(st.characters(codec="utf-8")) | st.sampled_from(VALUES[:-1]))
def test_whatever_is_behind_what_is_passed_back_is_legal(value: str) -> None:
    def behind(_: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("x-amz-meta-a", value), ("x-amz-id", "1"), ("€", "1"), ("x y", "1")])
        return [b"body"]

    answer = call_wsgi(behind, wsgi_environment("GET", "/b/k", {}, b""))  # type: ignore[arg-type]
    passed = passed_back(opened(answer), head=False).raw_headers
    assert all(is_field_name(name.decode()) and is_field_value(told) for name, told in passed)
    assert (b"x-amz-id", b"1") in passed


def test_what_is_legal_behind_is_passed_back_in_its_own_bytes() -> None:
    for raw in (b"caf\xe9", "café €".encode(), b"a\tb"):
        answer = Answer(200, [("X-Amz-Meta-A", raw.decode("utf-8", "surrogateescape"))], b"")
        assert (b"x-amz-meta-a", raw) in passed_back(opened(answer), head=True).raw_headers
    assert field_bytes("ETag", '"1"') == (b"etag", b'"1"')
