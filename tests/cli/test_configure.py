"""halfday configure writes a profile that AWS tools work with, and spoils nobody's."""

from __future__ import annotations

import json
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cognito_peer import CLIENT_ID, IDENTITY_POOL_ID, REDIRECT_URI, Peer

from halfday.client.configuration import aws_config
from halfday.client.errors import HalfdayError

BOTO3 = "import boto3, sys; print(boto3.Session(profile_name=sys.argv[1]).get_credentials().access_key)"
OTHERS = {
    "static keys": "aws_access_key_id = AKIA\naws_secret_access_key = x\n",
    "AWS SSO": "sso_session = corp\nsso_account_id = 1\n",
    "a role": "role_arn = arn:aws:iam::123456789012:role/x\nsource_profile = default\n",
    "aws login": "login_session = arn:aws:iam::123456789012:user/x\n",
    "a credential_process of its own": "credential_process = /bin/other\n",
}


@pytest.fixture
def connection(peer: Peer) -> list[str]:
    return ["--domain", peer.origin, "--client-id", CLIENT_ID, "--identity-pool-id", IDENTITY_POOL_ID]


@pytest.fixture
def config(environ: dict[str, str]) -> Path:
    return Path(environ["AWS_CONFIG_FILE"])


def test_boto3_gets_credentials_by_the_profile_that_was_written(
    run, peer: Peer, connection: list[str], environ: dict[str, str]
) -> None:
    done = run("configure", "--profile", "my new", *connection)
    assert (done.returncode, done.stdout) == (0, "")
    assert "halfday login --profile" in done.stderr
    assert run("exchange", peer.issue({}), "--redirect-uri", REDIRECT_URI, "--profile", "my new").returncode == 0
    boto3 = [sys.executable, "-c", BOTO3, "my new"]
    key = subprocess.run(boto3, env=environ, capture_output=True, text=True, check=True).stdout.strip()
    assert key == json.loads(run("credentials").stdout)["AccessKeyId"]


def test_the_profile_names_this_python_the_region_and_the_endpoint(
    run, peer: Peer, connection: list[str], config: Path
) -> None:
    before = config.read_bytes()
    run("configure", "--profile", "new", *connection)
    text = config.read_text()
    assert text.encode().startswith(before)
    keys = dict(line.split(" = ", 1) for line in text.partition("[profile new]\n")[2].splitlines())
    words = shlex.split(keys.pop("credential_process"))
    assert words == [sys.executable, "-I", "-m", "halfday.cli", "credentials", "--profile", "new"]
    assert keys == {
        "halfday_domain": peer.origin,
        "halfday_client_id": CLIENT_ID,
        "halfday_identity_pool_id": IDENTITY_POOL_ID,
        "region": "eu-west-1",
        "endpoint_url": peer.origin,
    }
    assert run("configure", "--profile", "new").returncode == 0
    assert config.read_text() == text


def test_a_region_that_the_profile_has_stays_until_another_is_asked_for(run, config: Path) -> None:
    config.write_text(config.read_text() + "region = eu-central-1\n")
    run("configure")
    assert "region = eu-central-1\n" in config.read_text()
    run("configure", "--region", "eu-north-1")
    assert "region = eu-north-1\n" in config.read_text()
    assert "halfday_region" not in config.read_text()


@pytest.mark.parametrize("style", OTHERS)
def test_a_profile_of_another_style_is_left_alone_and_another_name_is_shown(
    run, connection: list[str], config: Path, style: str
) -> None:
    config.write_text(f"# mine\n[profile corp]\n{OTHERS[style]}[profile corp-cognito]\nregion = x\n")
    before = config.read_bytes()
    refused = run("configure", "--profile", "corp", *connection)
    assert refused.returncode == 2
    assert style in refused.stderr
    assert refused.stdout.startswith("[profile corp-cognito-2]\ncredential_process = ")
    assert "--profile corp-cognito-2\n" in refused.stdout
    assert config.read_bytes() == before


@pytest.mark.parametrize("line", ["{} = {}", "  {} = {}", "{}: {}", "\t{}={}"])
def test_a_profile_is_read_as_aws_s_tools_read_it(run, connection: list[str], config: Path, line: str) -> None:
    """Else a key stands there twice, and they read nothing of the file any more; or static keys are passed over."""
    before = f"{config.read_text()}\n[profile theirs]\n{line.format('Region', 'eu-central-1')}\n"
    config.write_text(before)
    assert run("configure", "--profile", "theirs", *connection).returncode == 0
    keys = aws_config.as_aws_reads(config.read_text(), "theirs", "")
    assert keys["region"] == "eu-central-1"
    assert "credential_process" in keys
    config.write_text(before + line.format("AWS_Access_Key_Id", "AKIA") + "\n")
    refused = run("configure", "--profile", "theirs", *connection)
    assert refused.returncode == 2
    assert "gets its credentials by static keys" in refused.stderr


@pytest.mark.parametrize("spoilt", ["\ufeff{}", "{}  Halfday_Domain = x\n", "{}[profile demo]\nregion = x\n", "x\n{}"])
@pytest.mark.parametrize("flag", [[], ["--dry-run"]])
def test_a_file_that_aws_s_tools_could_not_read_is_not_written(
    run, connection: list[str], config: Path, spoilt: str, flag: list[str]
) -> None:
    config.write_text(spoilt.format("[profile demo]\n"))
    before = config.read_bytes()
    done = run("configure", *flag, "--profile", "demo", *connection)
    assert done.returncode == 2
    assert "AWS's tools could not read" in done.stderr
    assert config.read_bytes() == before


def test_a_dry_run_prints_the_profile_and_writes_nothing(run, connection: list[str], config: Path) -> None:
    before = config.read_bytes()
    shown = run("configure", "--profile", "new", "--dry-run", *connection)
    assert (shown.returncode, config.read_bytes()) == (0, before)
    run("configure", "--profile", "new", *connection)
    assert config.read_text().endswith(shown.stdout)


def test_a_secret_is_written_on_request_only_and_shown_never(run, connection: list[str], config: Path) -> None:
    config.chmod(0o644)
    secret = {"HALFDAY_CLIENT_SECRET": "hush-hush"}
    first = run("configure", "--profile", "new", *connection, **secret)
    assert "HALFDAY_CLIENT_SECRET" in first.stderr
    assert "hush-hush" not in config.read_text()
    assert stat.S_IMODE(config.stat().st_mode) == 0o644
    second = run("configure", "--profile", "new", "--with-secret", *connection, **secret)
    shown = run("configure", "--profile", "another", "--with-secret", "--dry-run", *connection, **secret)
    assert "halfday_client_secret = hush-hush\n" in config.read_text()
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert "in the clear" in second.stderr
    assert "hush-hush" not in "".join(
        (first.stdout, first.stderr, second.stdout, second.stderr, shown.stdout, shown.stderr)
    )


def test_a_section_of_the_credentials_file_that_hides_the_profile_is_told(
    run, connection: list[str], tmp_path: Path
) -> None:
    credentials = tmp_path / "credentials"
    credentials.write_text("[new]\naws_access_key_id = AKIA\n")
    done = run("configure", "--profile", "new", *connection, AWS_SHARED_CREDENTIALS_FILE=str(credentials))
    assert done.returncode == 0
    assert f"remove [new] from {credentials}" in done.stderr


def test_what_is_missing_is_asked_for_and_nothing_is_written(run, config: Path) -> None:
    before = config.read_bytes()
    refused = run("configure", "--profile", "new", "--client-id", "x")
    assert (refused.returncode, config.read_bytes()) == (2, before)
    assert "identity_pool_id is not set" in refused.stderr


def test_of_eight_that_configure_at_once_none_is_lost(
    connection: list[str], environ: dict[str, str], config: Path
) -> None:
    """Each reads the file, adds its profile and writes the whole: who was in between used to be overwritten."""
    before = config.read_text()
    command = [sys.executable, "-m", "halfday.cli", "configure", *connection, "--profile"]
    running = [subprocess.Popen([*command, f"p{number}"], env=environ, stderr=subprocess.PIPE) for number in range(8)]
    told = [process.communicate(timeout=120)[1] for process in running]
    assert [process.returncode for process in running] == [0] * 8, told
    text = config.read_text()
    assert text.startswith(before)
    assert sorted(line for line in text.splitlines() if line.startswith("[profile p")) == [
        f"[profile p{number}]" for number in range(8)
    ]


def test_who_is_at_the_file_is_waited_for_and_then_told(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws_config, "LOCK_TIMEOUT_S", 0.05)
    with aws_config.locked(str(config)), pytest.raises(HalfdayError, match="held by another"):  # noqa: SIM117
        with aws_config.locked(str(config)):
            raise AssertionError("two at once")


@pytest.mark.parametrize("separator", ["\n", "\r", "\f", "\x85", "\u2028"], ids=ascii)
@pytest.mark.parametrize("name", ["HALFDAY_SCOPES", "HALFDAY_CLIENT_SECRET", "HALFDAY_CALLBACK_KEY"])
def test_no_variable_makes_another_profile(run, connection: list[str], config: Path, name: str, separator: str) -> None:
    before = config.read_bytes()
    value = f"x{separator}[profile evil]{separator}credential_process = /bin/evil"
    done = run("configure", "--profile", "new", "--with-secret", *connection, **{name: value})
    assert done.returncode == 2, done.stderr
    assert config.read_bytes() == before


def test_a_secret_with_a_line_end_at_its_end_is_stripped_and_that_is_told(
    run, connection: list[str], config: Path
) -> None:
    done = run("configure", "--profile", "new", "--with-secret", *connection, HALFDAY_CLIENT_SECRET="s3cret\n")
    assert done.returncode == 0, done.stderr
    assert "halfday_client_secret = s3cret\n" in config.read_text()
    assert "client_secret had a blank or a line end around it" in done.stderr
    assert "HALFDAY_CLIENT_SECRET" in done.stderr
    assert "s3cret" not in done.stderr
    assert "Warning" not in done.stderr
