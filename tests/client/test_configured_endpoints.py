"""Endpoints as AWS's SDKs are told them, held against botocore's own reading of the same variables and files."""

from __future__ import annotations

from pathlib import Path

import botocore.session
import pytest

from halfday.client.errors import SettingsError
from halfday.client.settings_loading import load_settings

POOL = "eu-west-1:11111111-2222-3333-4444-555555555555"
GIVEN = {"domain": "https://auth.example.com", "user_pool_id": "eu-west-1_AbCdEf123", "identity_pool_id": POOL}
PROFILE = "[profile demo]\nregion = eu-west-1\n"
SERVICES = (
    "[services here]\ncognito_identity_provider =\n  endpoint_url = http://l:11/\n  # no\n"
    "cognito_identity = \n    endpoint_url = http://l:12\nsts =\n  endpoint_url=http://l:13\n  other = 1\n"
    "[services there]\nsts =\n  endpoint_url = http://l:99\n"
)
IDP, IDENTITY, STS = (
    f"AWS_ENDPOINT_URL_{name}" for name in ("COGNITO_IDENTITY_PROVIDER", "COGNITO_IDENTITY", "STS")
)  # fmt: skip
CASES = [
    ({}, PROFILE),
    ({IDP: "http://l:1", IDENTITY: "http://l:2", STS: "http://l:3"}, PROFILE),
    ({IDP: "http://l:1", "AWS_ENDPOINT_URL": "http://l:4"}, PROFILE),
    ({IDENTITY: "http://l:2"}, f"{PROFILE}endpoint_url = http://l:5\n"),
    ({}, f"{PROFILE}endpoint_url = http://l:5\nservices = here\n{SERVICES}"),
    ({STS: "http://l:3"}, f"{PROFILE}services = here\n{SERVICES}"),
    ({"AWS_ENDPOINT_URL": "http://l:4"}, f"{PROFILE}services = here\n{SERVICES}"),
    ({}, f"{PROFILE}services = there\n{SERVICES}"),
    ({IDP: "http://l:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, f"{PROFILE}endpoint_url = http://l:5\n"),
    ({IDP: "http://l:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "TRUE"}, PROFILE),
    ({IDP: "http://l:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "1"}, PROFILE),
    ({IDP: "http://l:1"}, f"{PROFILE}ignore_configured_endpoint_urls = True\nservices = here\n{SERVICES}"),
    (
        {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false"},
        f"{PROFILE}ignore_configured_endpoint_urls = true\nendpoint_url = http://l:5\n",
    ),
]


@pytest.mark.parametrize(("variables", "text"), CASES)
def test_every_service_is_asked_where_botocore_would_ask_it(
    variables: dict[str, str], text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(text)
    for name in (IDP, IDENTITY, STS, "AWS_ENDPOINT_URL", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"):
        monkeypatch.delenv(name, raising=False)
    environ = {**variables, "AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "demo"}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    settings = load_settings(GIVEN, environ=environ)
    answers = {
        "cognito-idp": settings.idp_endpoint(), "cognito-identity": settings.identity_endpoint(),
        "sts": settings.sts_endpoint(),
    }  # fmt: skip
    session = botocore.session.Session(profile="demo")
    for service, ours in answers.items():
        client = session.create_client(service, aws_access_key_id="a", aws_secret_access_key="b")
        assert ours == client.meta.endpoint_url.rstrip("/"), service


def test_a_services_section_that_is_not_there_is_refused_as_botocore_refuses_it(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(f"{PROFILE}services = nowhere\n{SERVICES}")
    with pytest.raises(SettingsError, match="names services = nowhere") as refused:
        load_settings(GIVEN, environ={"AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "demo"})
    assert "[services nowhere]" in refused.value.hint


def test_the_name_that_people_expect_and_nobody_reads_is_told(tmp_path: Path) -> None:
    environ = {"AWS_ENDPOINT_URL_COGNITO_IDP": "http://l:1", "AWS_CONFIG_FILE": str(tmp_path / "none")}
    with pytest.warns(UserWarning, match="did you mean AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"):
        assert load_settings(GIVEN, environ=environ).idp_endpoint() == "https://cognito-idp.eu-west-1.amazonaws.com"
