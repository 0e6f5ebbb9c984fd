"""A domain written as its prefix alone, which AWS's console shows beside the region."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfday import Cognito, SettingsError
from halfday.client.settings_loading import load_settings

WHOLE = "https://demo.auth.eu-west-1.amazoncognito.com"
POOL = "eu-west-1:11111111-2222-3333-4444-555555555555"


@pytest.mark.parametrize(
    ("given", "environ"),
    [
        ({"region": "eu-west-1"}, {}),
        ({"user_pool_id": "eu-west-1_AbCdEf123", "region": "us-east-1"}, {}),
        ({"identity_pool_id": POOL}, {}),
        ({}, {"AWS_REGION": "eu-west-1"}),
        ({}, {"AWS_DEFAULT_REGION": "eu-west-1"}),
        ({}, {"HALFDAY_REGION": "eu-west-1", "AWS_REGION": "us-east-1"}),
    ],
    ids=str,
)
def test_a_prefix_and_a_region_are_the_whole_domain(given: dict[str, str], environ: dict[str, str]) -> None:
    for prefix in ("demo", " Demo "):
        settings = load_settings({"domain": prefix, "client_id": "c", **given}, environ=environ)
        assert settings.domain is not None
        assert settings.domain.origin == WHOLE
        assert settings.user_pool_region == "eu-west-1"
        assert settings.key == load_settings({"domain": WHOLE, "client_id": "c"}, environ={}).key


def test_a_profile_s_region_completes_its_prefix(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[profile demo]\nregion = eu-west-1\nhalfday_domain = demo\nhalfday_client_id = c\n")
    settings = load_settings({"profile": "demo"}, environ={"AWS_CONFIG_FILE": str(config)})
    assert settings.domain is not None
    assert settings.domain.origin == WHOLE


def test_in_govcloud_the_host_is_its_own() -> None:
    settings = load_settings({"domain": "demo", "region": "us-gov-west-1"}, environ={})
    assert settings.domain is not None
    assert settings.domain.origin == "https://demo.auth-fips.us-gov-west-1.amazoncognito.com"


def test_without_a_region_the_error_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SettingsError, match="'demo' is a prefix, and the region that it belongs to is not known") as no:
        Cognito(domain="demo", client_id="c")
    assert "set region" in no.value.hint
    assert "https://demo.auth.REGION.amazoncognito.com" in no.value.hint


def test_in_china_nobody_guesses() -> None:
    with pytest.raises(SettingsError, match="no known host in cn-north-1"):
        load_settings({"domain": "demo", "region": "cn-north-1"}, environ={})


@pytest.mark.parametrize("region", ["evil.example/", "eu-west-1.evil.example", "x", "eu west 1"])
def test_a_region_that_is_none_makes_no_host(region: str) -> None:
    with pytest.raises(SettingsError):
        load_settings({"domain": "demo", "region": region}, environ={})


@pytest.mark.parametrize(
    ("text", "origin"),
    [("localhost", "http://localhost"), ("http://cognito:4242", None), ("cognito:4242", "https://cognito:4242"),
     ("auth.example.com", "https://auth.example.com")],
)  # fmt: skip
def test_a_host_is_no_prefix(text: str, origin: str | None) -> None:
    given = {"domain": text, "region": "eu-west-1", "endpoint_url": "http://localhost:4242"}
    settings = load_settings(given, environ={})
    assert settings.domain is not None
    assert settings.domain.origin == (origin or text)
