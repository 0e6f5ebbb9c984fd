"""Settings: what is unknown or cannot be stops the start with its name; flags over environment over file."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import re
from pathlib import Path
from typing import Any

import pytest

from halfday.cli.commands import serve
from halfday.server.settings import ENVIRONMENT_PREFIX, SettingRefused, Settings, load, secrets, table
from world import running


def refused(flags: dict[str, Any] | None = None, environment: dict[str, str] | None = None, **file: Any) -> str:
    with pytest.raises(SettingRefused) as caught:
        load(flags or {}, environment or {}, file)
    return str(caught.value)


def test_without_anything_said_the_defaults_hold() -> None:
    assert load({}, {}) == Settings()
    assert (Settings().host, Settings().port, Settings().account_id) == ("127.0.0.1", 4242, "123456789012")


def test_flags_win_over_the_environment_and_that_over_the_file() -> None:
    file, environment = {"port": 1, "region": "eu-west-1", "issuer": "aws"}, {"HALFDAY_SERVER_PORT": "2"}
    assert load({}, {}, file).port == 1
    assert load({}, environment, file).port == 2
    chosen = load({"port": "3", "region": None}, {**environment, "HALFDAY_SERVER_REGION": "us-west-2"}, file)
    assert (chosen.port, chosen.region, chosen.issuer) == (3, "us-west-2", "aws")


def test_every_setting_can_come_from_the_environment() -> None:
    given = {"port": "0", "google_port": "0", "account_id": "210987654321", "signatures": "strict"}
    variables = {ENVIRONMENT_PREFIX + s.name.upper(): given.get(s.name, str(s.default)) for s in table()}
    chosen = load({}, variables)
    assert {name: str(getattr(chosen, name)) for name in given} == given
    assert isinstance(chosen.data, Path)


@pytest.mark.parametrize(("given", "meant"), [("off", "off"), ("auto", "auto"), ("0", 0), (4250, 4250)])
def test_the_management_port_is_a_number_or_a_word(given: str | int, meant: str | int) -> None:
    assert load({}, {}, {"management_port": given}).management_port == meant
    assert load({}, {"HALFDAY_SERVER_MANAGEMENT_PORT": str(given)}).management_port == meant


@pytest.mark.parametrize(("given", "meant"), [(True, True), (False, False), ("true", True), ("False", False)])
def test_https_is_true_or_false(given: bool | str, meant: bool) -> None:
    assert load({}, {}, {"https": given}).https is meant
    assert load({}, {"HALFDAY_SERVER_HTTPS": str(given)}).https is meant


@pytest.mark.parametrize(("given", "meant"), [("off", "off"), ("0", 0), (4245, 4245)])
def test_the_proxy_for_aws_names_has_a_port_or_is_off(given: str | int, meant: str | int) -> None:
    assert load({}, {}, {"aws_names": given}).aws_names == meant


def test_an_unknown_setting_is_named_wherever_it_stands() -> None:
    assert refused(colour="red").startswith("colour: there is no such setting in [server]; there are account_id, ")
    assert refused(environment={"HALFDAY_SERVER_PROT": "1"}).startswith("HALFDAY_SERVER_PROT: there is no such")
    assert load({}, {"HALFDAY_CACHE_DIR": "x", "PATH": "y"}) == Settings(), "the rest is none of ours"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", -1),
        ("port", 65536),
        ("port", "http"),
        ("port", True),
        ("port", 42.5),
        ("google_port", 65536),
        ("https", "yes"),
        ("https", 1),
        ("aws_names", 65536),
        ("aws_names", -1),
        ("aws_names", "on"),
        ("aws_names", True),
        ("management_port", -1),
        ("management_port", 65536),
        ("management_port", "on"),
        ("management_port", False),
        ("management_host", "0.0.0.0"),
        ("management_host", "localhost"),
        ("account_id", "12345678901"),
        ("account_id", "١٢٣٤٥٦٧٨٩٠١٢"),
        ("account_id", 123456789012),
        ("region", "mars"),
        ("region", "us-east-1\n"),
        ("issuer", "google"),
        ("signatures", "loose"),
        ("upstream", "s3"),
        ("public_url", "https://halfday.example/path"),
        ("public_url", "halfday.example"),
        ("data", 5),
        ("trusted_proxy", "10.0.0.1/8"),
        ("trusted_proxy", "proxy.example"),
        ("trusted_proxy", "10.0.0.1,"),
        ("trusted_proxy", "0.0.0.0/0"),
        ("trusted_proxy", "127.0.0.1, ::/0"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_the_setting_s_name(name: str, value: Any) -> None:
    assert refused(**{name: value}).startswith(f"{name}: ")


@pytest.mark.parametrize("name", ["root_access_key_id", "root_secret_access_key"])
def test_half_a_root_pair_is_refused(name: str) -> None:
    assert "give both or neither" in refused(**{name: "half"})


SECRETS = {
    "root_secret_access_key": "hunter2-root",
    "upstream_secret_access_key": "hunter2-up",
    "smtp_url": "smtp://mailer:hunter2@mail.example",
    "management_token": "hunter2-hunter2-hunter2",
}
BESIDE = {"root_access_key_id": "AKIAROOT", "upstream_access_key_id": "AKIAUP", "smtp_from": "a@b.example"}


def test_these_are_the_settings_that_hold_secrets() -> None:
    """Each is held to the tests below: what is added to the table is added here."""
    assert {setting.name for setting in secrets()} == SECRETS.keys()


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_does_not_stand_in_a_command_line(name: str) -> None:
    sentence = refused({**BESIDE, name: SECRETS[name]})
    assert sentence.startswith(f"{name}: everybody on this machine sees a command line")
    assert f"HALFDAY_SERVER_{name.upper()}" in sentence
    assert f"--{name.replace('_', '-')}-file FILE" in sentence
    assert "hunter2" not in sentence


def test_a_mail_server_without_a_password_is_no_secret() -> None:
    chosen = load({"smtp_url": "smtp://mail.example:2525", "smtp_from": "a@b.example"}, {})
    assert chosen.smtp_url == "smtp://mail.example:2525"


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("where", ["flag", "environment", "file"])
def test_a_secret_is_read_from_the_file_that_is_named(tmp_path: Path, name: str, where: str) -> None:
    path = tmp_path / "secret"
    path.write_text(SECRETS[name] + "\n")
    given = {**{n: v for n, v in SECRETS.items() if n != name}, **BESIDE}
    named = f"{name}_file"
    flags = {named: str(path)} if where == "flag" else {}
    variables = {f"HALFDAY_SERVER_{named.upper()}": str(path)} if where == "environment" else {}
    chosen = load(flags, variables, {**given, **({named: str(path)} if where == "file" else {})})
    assert getattr(chosen, name) == SECRETS[name]


@pytest.mark.parametrize("name", SECRETS)
def test_of_a_secret_that_cannot_be_taken_nothing_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text(SECRETS[name])
    (tmp_path / "binary").write_bytes(b"\xff")
    twice = {name: SECRETS[name], f"{name}_file": str(tmp_path / "secret")}
    assert refused(**{**BESIDE, **twice}) == f"{name}_file: {name} is given as well: give one of them"
    for path in (tmp_path / "missing", tmp_path, tmp_path / "binary"):
        assert refused(**{f"{name}_file": str(path)}).startswith(f"{name}_file: the file cannot be read: ")
    assert refused(**{name: ["hunter2"]}) == f"{name}: its value is not text"
    assert "hunter2" not in repr(load({}, {}, {**SECRETS, **BESIDE}))


def test_every_setting_says_what_it_is_for() -> None:
    for setting in dataclasses.fields(Settings):
        assert setting.metadata["help"], setting.name


@pytest.fixture(scope="module")
def help_of_serve() -> dict[str, str]:
    """Each flag's help, by the flag."""
    with pytest.raises(SystemExit), contextlib.redirect_stdout(io.StringIO()) as shown:
        serve.run(["--help"])
    described = shown.getvalue().partition("options:\n")[2].partition("\nexample:")[0]
    flags = re.split(r"^  (?=-)", described, flags=re.MULTILINE)[1:]
    words = [" ".join(one.split()) for one in flags]
    return {re.match(r"--[a-z-]+|-h", one)[0]: one for one in words}


def test_no_flag_of_serve_is_shown_that_is_always_refused(help_of_serve: dict[str, str]) -> None:
    assert "--root-secret-access-key-file" in help_of_serve
    assert "--root-secret-access-key" not in help_of_serve


def test_the_help_of_a_flag_names_one_default_at_most_and_the_true_one(help_of_serve: dict[str, str]) -> None:
    for flag, told in help_of_serve.items():
        assert told.count("default") <= 1, told
        setting = next((one for one in dataclasses.fields(Settings) if "--" + one.name.replace("_", "-") == flag), None)
        if setting is not None and setting.default is not False and str(setting.default):
            assert f"(default: {setting.default})" in told.replace("us- east-1", "us-east-1")
    assert "(default: DIR/master.key)" in help_of_serve["--master-key-file"]


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["--port", "x"], "it is set by --port, HALFDAY_SERVER_PORT or port in the seed file's [server]"),
        (["--google-port", "-1"], "it is set by --google-port, HALFDAY_SERVER_GOOGLE_PORT or google_port"),
        (["--config", "nowhere.toml"], "--config FILE names one; without it ./halfday.toml is read, if it is there"),
        (["--prot", "1"], "did you mean --port? halfday serve --help shows the options and an example"),
    ],
)
def test_a_start_that_is_refused_says_where_to_change_it(
    argv: list[str], told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        code = serve.run(argv)
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    assert f"halfday: hint: {told}" in capsys.readouterr().err


def test_a_port_that_is_taken_stops_the_start_with_the_setting_s_name(tmp_path: Path) -> None:
    with running(tmp_path / "one") as up:
        port = int(up.origin.rpartition(":")[2])
        with (
            pytest.raises(SettingRefused, match=r"^port: cannot listen on 127\.0\.0\.1"),
            running(tmp_path / "2", port=port),
        ):
            pass


def test_the_account_is_a_setting(tmp_path: Path) -> None:
    with running(tmp_path, account_id="210987654321", region="eu-west-1") as up:
        assert up.boto3("sts").get_caller_identity()["Account"] == "210987654321"
        assert ":210987654321:" in up.idp.create_user_pool(PoolName="p")["UserPool"]["Arn"]
