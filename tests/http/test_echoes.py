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
