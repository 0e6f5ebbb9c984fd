"""What stays of AWS's sentences in the log: names of ours, and nothing that somebody typed."""

from __future__ import annotations

import json

import pytest

from halfday.server.http.log_redaction import without_echoes

POOL_LIKE, CLIENT_LIKE = "us-east-1_Hunter3SecretX", "hunter3secretx0123456789ab"


@pytest.mark.parametrize("typed", [POOL_LIKE, CLIENT_LIKE, "my-dogsname-1", "eu-hunter-2", "us-east-1x"])
@pytest.mark.parametrize("member", ["DeviceKey", "Username", "Session", "IdentityPoolId", "SomethingElse"])
def test_what_looks_like_an_id_is_not_repeated_from_another_member(member: str, typed: str) -> None:
    sentence = f"Value '{typed}' failed to satisfy constraint; {typed} is no such thing"
    assert "unter" not in (told := without_echoes(sentence, json.dumps({member: typed}).encode()))
    assert typed not in told


@pytest.mark.parametrize(
    ("member", "given"),
    [("UserPoolId", POOL_LIKE), ("ClientId", CLIENT_LIKE), ("Region", "us-east-1"), ("Region", "ap-southeast-2")],
)
def test_ids_and_regions_are_told(member: str, given: str) -> None:
    sentence = f"{given} does not exist."
    assert without_echoes(sentence, json.dumps({member: given}).encode()) == sentence


def test_an_id_s_member_tells_nothing_that_has_not_its_form() -> None:
    for typed in ("us-east-1_hunter two", "hunter2-hunter2", CLIENT_LIKE):
        told = without_echoes(f"User pool {typed} does not exist.", json.dumps({"UserPoolId": typed}).encode())
        assert typed not in told


def test_a_form_s_client_id_is_told() -> None:
    assert (
        without_echoes(f"{CLIENT_LIKE} is unknown", f"client_id={CLIENT_LIKE}".encode()) == f"{CLIENT_LIKE} is unknown"
    )
    assert CLIENT_LIKE not in without_echoes(f"{CLIENT_LIKE} is unknown", f"password={CLIENT_LIKE}".encode())


LONG = "A pass phrase that is longer than what a sentence of AWS quotes of it. " * 6


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("upper", [False, True])
def test_a_long_value_is_cut_out_wherever_its_beginning_stands(times: int, upper: bool) -> None:
    quoted = LONG[:256].upper() if upper else LONG[:256]
    sentence = "; ".join([f"Value '{quoted}...' at 'member' failed"] * times)
    assert without_echoes(sentence, json.dumps({"UserPoolId": LONG}).encode()) == "; ".join(
        ["Value '…...' at 'member' failed"] * times
    )


def test_values_that_begin_alike_are_cut_out_each() -> None:
    """As tokens signed with one key do."""
    values = [f"eyJraWQiOiJhYmMi{letter * 300}" for letter in "adgz"]
    sentence = "; ".join(f"Value '{value[:256]}...' failed" for value in values)
    told = without_echoes(sentence, json.dumps(dict(enumerate(values))).encode())
    assert told == "; ".join(["Value '…...' failed"] * 4)


def test_letters_that_grow_when_they_are_small_move_nothing() -> None:
    sentence = f"\u0130\u0130\u0130 Value '{LONG[:256]}...' failed"
    assert without_echoes(sentence, json.dumps({"Name": LONG}).encode()) == "\u0130\u0130\u0130 Value '…...' failed"
