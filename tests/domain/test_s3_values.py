"""Numbers and dates that are none are answered as by S3, and reach nobody behind."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfday.server.domain.s3.refusals import S3RequestRefused
from halfday.server.domain.s3.values import check_number, with_readable_values


@pytest.mark.parametrize("name", ["max-keys", "max-uploads", "max-parts", "max-buckets", "part-number-marker"])
@pytest.mark.parametrize("value", ["abc", "-1", "", "1.5", "1_0", "²", "٣", "9" * 400, str(2**31)])
def test_a_count_that_is_none_is_an_invalid_argument(name: str, value: str) -> None:
    with pytest.raises(S3RequestRefused, match="not an integer or within integer range") as refused:
        check_number(name, value)
    assert (refused.value.code, refused.value.status) == ("InvalidArgument", 400)
    check_number(name, "1000")


@pytest.mark.parametrize("value", ["0", "10001", "x", ""])
def test_part_numbers_go_from_1_to_10000(value: str) -> None:
    with pytest.raises(S3RequestRefused, match="between 1 and 10000"):
        check_number("partNumber", value)


def test_dates_are_told_in_one_form_and_what_is_none_does_not_count() -> None:
    given = {
        "if-modified-since": "Sun, 06 Nov 1994 08:49:37 GMT",
        "if-unmodified-since": "zz",
        "x-amz-copy-source-if-modified-since": "1994-11-06T08:49:37Z",
        "x-amz-copy-source-if-unmodified-since": "Mon, 01 Jan 2026 00:00:00 +99999999999999",
        "content-type": "zz",
    }
    assert with_readable_values(given) == {
        "if-modified-since": "Sun, 06 Nov 1994 08:49:37 GMT",
        "x-amz-copy-source-if-modified-since": "Sun, 06 Nov 1994 08:49:37 GMT",
        "content-type": "zz",
    }


@pytest.mark.parametrize(
    ("name", "value"), [("x-amz-object-lock-retain-until-date", "soon"), ("x-amz-max-parts", "many")]
)
def test_a_header_that_decides_something_is_refused(name: str, value: str) -> None:
    with pytest.raises(S3RequestRefused):
        with_readable_values({name: value})


@given(st.dictionaries(st.sampled_from(["if-modified-since", "if-unmodified-since"]), st.text(max_size=60)))
def test_no_text_of_a_date_raises(headers: dict[str, Any]) -> None:
    assert with_readable_values(headers).keys() <= headers.keys()
