"""halfday.install(): AWS profiles with halfday_* keys, in every boto3 session of the process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import botocore.credentials
import pytest
import sts_peer
from botocore.exceptions import NoCredentialsError
from cognito_peer import CLIENT_ID, IDENTITY_POOL_ID, PASSWORD, REDIRECT_URI, Peer
from sts_peer import Sts

import halfday
from halfday import Cognito, SettingsError, SignInNeeded
from halfday.client.process_wide import uninstall


@pytest.fixture
def sts() -> Iterator[Sts]:
    with sts_peer.running() as sts:
        yield sts


@pytest.fixture(autouse=True)
def profiles(peer: Peer, sts: Sts, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    config = own_home / "config"
    config.write_text(
        f"[profile demo]\nhalfday_domain = {peer.origin}\nhalfday_client_id = {CLIENT_ID}\nregion = eu-west-1\n"
        f"halfday_identity_pool_id = {IDENTITY_POOL_ID}\n"
        "[profile chained]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = demo\nregion = eu-west-1\n"
        "[profile static]\naws_access_key_id = AKIASTATIC\naws_secret_access_key = x\nregion = eu-west-1\n"
        "[profile empty]\nregion = eu-west-1\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(own_home / "credentials"))
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts.origin)
    yield config
    uninstall()


@pytest.fixture
def signed_in(peer: Peer) -> str:
    """The access key id of the kept session."""
    session = Cognito(profile="demo").exchange(peer.issue({}), REDIRECT_URI, keep=True)
    return session.credentials().access_key_id


def caller(**options: str) -> None:
    boto3.Session(**options).client("sts").get_caller_identity()  # type: ignore[arg-type]


def test_a_profile_signs_as_the_person_who_is_signed_in(sts: Sts, signed_in: str) -> None:
    halfday.install()
    assert boto3.Session(profile_name="demo").get_credentials().method == "custom-cognito"
    caller(profile_name="demo")
    assert sts.heard == [("GetCallerIdentity", signed_in)]


def test_aws_profile_and_the_default_session_count_too(
    sts: Sts, signed_in: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    halfday.install()
    monkeypatch.setenv("AWS_PROFILE", "demo")
    caller()
    assert sts.heard == [("GetCallerIdentity", signed_in)]


def test_a_role_is_assumed_from_a_source_profile(sts: Sts, signed_in: str) -> None:
    halfday.install()
    caller(profile_name="chained")
    assert sts.heard == [("AssumeRole", signed_in), ("GetCallerIdentity", "ASIACHAINED")]


def test_other_profiles_stay_what_they_are(sts: Sts, signed_in: str) -> None:
    halfday.install()
    caller(profile_name="static")
    assert sts.heard == [("GetCallerIdentity", "AKIASTATIC")]
    with pytest.raises(NoCredentialsError):
        caller(profile_name="empty")


def test_a_section_of_the_credentials_file_hides_nothing(sts: Sts, signed_in: str, own_home: Path) -> None:
    (own_home / "credentials").write_text("[demo]\naws_access_key_id = AKIAOLD\naws_secret_access_key = x\n")
    halfday.install()
    caller(profile_name="demo")
    assert sts.heard == [("GetCallerIdentity", signed_in)]


def test_who_is_not_signed_in_is_told_so_and_may_sign_in_later(sts: Sts, peer: Peer) -> None:
    halfday.install()
    client = boto3.Session(profile_name="demo").client("sts")
    with pytest.raises(SignInNeeded):
        client.get_caller_identity()
    Cognito(profile="demo").sign_in("ada", PASSWORD, keep=True)
    client.get_caller_identity()
    assert len(sts.heard) == 1


def test_nothing_happens_unasked_twice_or_after_all(signed_in: str) -> None:
    before = botocore.credentials.ProfileProviderBuilder.providers
    with pytest.raises(NoCredentialsError):
        caller(profile_name="demo")
    halfday.install()
    halfday.install()
    uninstall()
    assert botocore.credentials.ProfileProviderBuilder.providers is before


@pytest.mark.parametrize("change", [None, lambda self, something, otherwise: []])
def test_a_botocore_that_has_changed_is_left_alone(change: object, monkeypatch: pytest.MonkeyPatch) -> None:
    if change is None:
        monkeypatch.delattr(botocore.credentials, "ProfileProviderBuilder")
    else:
        monkeypatch.setattr(botocore.credentials.ProfileProviderBuilder, "providers", change)
    with pytest.raises(SettingsError, match="builds its providers another way") as refused:
        halfday.install()
    assert "halfday configure" in refused.value.hint
    monkeypatch.undo()
