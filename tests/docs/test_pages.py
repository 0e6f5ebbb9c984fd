"""docs/ is true: every block of its pages runs as it stands, and shows what the page shows."""

from __future__ import annotations

import os
import re
import signal
import sys
import tomllib
from pathlib import Path

import pytest

from docs.blocks import DOCS, Block, blocks, text_of
from docs.browser import sign_in
from docs.place import MACHINE_SECRET, Place, up
from docs.reading import Reader, in_a_group
from halfday.cli.exit_codes import FAILED, INTERRUPTED, NETWORK, OK, SIGN_IN_NEEDED, USAGE
from halfday.cli.report import _EXIT_CODES as EXIT_CODES
from halfday.client.user_pool.challenges import Asked
from halfday.doctor.diagnosis import Evidence, diagnose
from halfday.protocol import claims
from halfday.server import demo
from ports import free_port
from world import Pool, running


def test_i_have_a_code(reader: Reader, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", place.world.origin)  # of the commands that are not Halfday's
    reader.read("code.md")


def test_i_want_aws_s3_ls_to_work(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a keyring that needs no desktop."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyrings.alt.file.PlaintextKeyring")
    reader.read("aws-cli.md")


def test_on_a_server_over_ssh(reader: Reader, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """`ssh` runs its command here: both machines are one, and the forwarded port leads to itself."""
    reader.set(**place.connection)
    forwarded = "{0}:localhost:{0}".format(place.callback.rpartition(":")[2])
    there = (
        f'[ "$1 $2 $3 $4" = "-t -L {forwarded} you@server" ] && shift 4 && BROWSER="{os.environ["BROWSER"]}" exec "$@"'
    )
    reader.command_in_home("ssh", there)
    reader.elsewhere = True
    monkeypatch.delenv("BROWSER")
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.2 50000 192.0.2.1 22")

    def before(block: Block) -> None:
        if "(address)" in block.text:
            reader.names["address"] = sign_in(reader.names["request"].url, demo.USERNAME, demo.PASSWORD)

    reader.before = before
    reader.read("ssh.md")


def test_i_have_a_library_that_wants_a_configuration(reader: Reader, place: Place) -> None:
    reader.set(endpoint_url=place.world.origin)
    reader.read("snippets.md")
    printed = tomllib.loads((reader.folder / ".streamlit" / "secrets.toml").read_text())
    assert printed["auth"]["client_secret"] == place.client_secret
    assert '"http://localhost:5173/callback"' in (reader.folder / "cognito.js").read_text()


def test_i_verify_tokens_in_my_service(reader: Reader, place: Place) -> None:
    """On AWS the keys are at AWS: here each pool is given its endpoint too."""
    there = f'endpoint="{place.world.origin}"'
    other = place.world.pool().pool_id
    reader.words = {
        '"eu-west-1_YOURPOOL",': f'"{demo.POOL_ID}", {there},',
        '"eu-west-1_YOURPOOL2",': f'"{other}", {there},',
        **reader.words,
    }
    reader.names |= place.tokens()
    reader.read("verify.md")


def test_the_verify_page_lists_every_claim_that_is_looked_at() -> None:
    """TokenInvalid.claim, wherever `protocol.claims` sets it."""
    source = Path(claims.__file__).read_text()
    raised = re.findall(r'(?:ClaimsError|UnknownKey)\(\s*"([\w:]+)"|_require_one_of\(claims, "(\w+)"', source)
    looked_at = {"aud", "client_id"} | {name for one, other in raised for name in (one, other) if name}
    rows = re.findall(r"^\| (`.+?`) \|", text_of("verify.md"), re.MULTILINE)
    shown = {name for row in rows for name in re.findall(r"`([\w:]+)`", row)}
    assert shown - {"claim"} == looked_at


def test_guests_and_people_whom_my_own_backend_knows(
    reader: Reader, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_by_boto3(place, monkeypatch)
    reader.read("guests.md")


def test_which_role_and_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server of its own: the page gives the demo's identity pool other roles."""
    with up(tmp_path / "data") as place:
        reader = Reader(tmp_path / "home", place.words, place.new_code, monkeypatch)
        call_by_boto3(place, monkeypatch)
        for block in blocks("roles.md"):
            if block.language != "toml":
                reader.do(block)
    (file,) = [block for block in blocks("roles.md") if block.language == "toml"]
    with running(tmp_path / "seeded", tomllib.loads(file.text), region="eu-west-1", upstream="none"):
        pass


def call_by_boto3(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the pages' own boto3 needs to come to the server."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL", place.world.origin)


def test_why_was_i_denied(reader: Reader, place: Place) -> None:
    reader.words = {"http://127.0.0.1:4244": str(place.world.running.management), **reader.words}
    reader.read("policies.md")


def test_it_says_invalid_grant(reader: Reader, place: Place) -> None:
    """The doctor is asked about a redirect URI that is not registered; the code is the confidential client's."""
    reader.words = {"http://localhost:9999": "http://localhost:9999", **reader.words}

    def before(block: Block) -> None:
        other = {"redirect_uri": "http://localhost:9999"} if "doctor" in block.text else {}
        confidential = {"client_id": demo.CONFIDENTIAL_CLIENT_ID, "client_secret": place.client_secret}
        alone = "ask.py" in block.text or "GrantRefused" in block.text
        reader.set(**{"client_secret": "", **place.connection, **other, **(confidential if alone else {})})

    reader.before = before
    reader.read("errors.md")
    _, told = in_a_group([sys.executable, "ask.py"], reader.folder)
    assert told.count("Traceback") == 1, "one error is one traceback"


CAUSES = {
    '{"error":"invalid_grant"}': "2.1",
    '{"error":"invalid_client"}': "2.13",
    "redirect_mismatch": "1.1",
    '{"error":"unauthorized_client"}': "2.2",
    "An error was encountered with the requested page.": "1.1c",
    "Unable to verify secret hash for client 1example23456789": "3.2",
    "USER_PASSWORD_AUTH flow not enabled for this client": "3.4",
    "Token is not from a supported provider of this identity pool.": "5.1",
    "Unauthenticated access is not supported for this identity pool.": "5.8",
    "Invalid identity pool configuration. Check assigned IAM roles for this pool.": "5.15",
    "Not authorized to perform sts:AssumeRoleWithWebIdentity": "6.1",
    '{"message":"Unauthorized"}': "7.13",
    "Could not resolve host: demo.auth.eu-west-1.amazoncognito.com": "1.28",
    "The security token included in the request is expired": "7.1",
}
"""What the page's table of sayings means, by the catalogue's ids."""


def test_what_the_errors_page_says_of_each_saying_is_what_the_catalogue_says() -> None:
    table = text_of("errors.md").partition("| it says |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(.+?)` \|", table, re.MULTILINE) == list(CAUSES)
    for saying, cause in CAUSES.items():
        found = diagnose(Evidence(saying, "", ""), now=0.0)
        assert found.findings[0].cause == cause, saying


def test_the_exit_codes_are_the_code_s() -> None:
    table = text_of("errors.md").partition("| exit code |")[2].partition("\n\n")[0]
    rows = dict(re.findall(r"^\| ([\d, ]+) \|(.*)$", table, re.MULTILINE))
    named = {OK, FAILED, USAGE, SIGN_IN_NEEDED, NETWORK, INTERRUPTED}
    assert {int(code) for codes in rows for code in codes.split(",")} == named | {126, 127}
    for kind, code in EXIT_CODES:
        assert kind is OSError or f"`{kind.__name__}`" in rows[str(code)]
    short = text_of("commands.md").partition("| exit code |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| (\d+) \|", short, re.MULTILINE)) == {"0", "1", "2", "3", "4"}


def test_all_commands_are_completed(reader: Reader) -> None:
    reader.read("commands.md")


def test_what_to_type_when_it_does_not_work(reader: Reader, place: Place) -> None:
    """The doctor is shown a connection that is in order; `explain` always explains something."""
    reader.set(**place.connection)
    reader.read("troubleshooting.md")


def test_what_a_start_is_said_to_say_is_what_it_says() -> None:
    """The sentences in the first table of the page stand in the code."""
    table = text_of("troubleshooting.md").partition("## The server does not start")[2].partition("## ")[0]
    source = "\n".join(path.read_text() for path in (DOCS.parent / "src").rglob("*.py"))
    parts = [part.strip() for cell in re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE) for part in cell.split("`")]
    said = [piece.strip() for part in parts for piece in part.split("…") if piece.strip()]
    assert len(said) > 5
    assert {one for one in said if one not in source} == {"Address already in use"}, "the system's own words"


def test_in_github_actions(reader: Reader, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """`pip` is a stand-in that knows the extras; the job's own server has a free port in the place of 4242."""
    port, management = free_port(), free_port()
    here = {"127.0.0.1:4242": f"127.0.0.1:{port}", "127.0.0.1:4244": f"127.0.0.1:{management}"}
    reader.words = {**here, **reader.words}
    reader.secrets = {"COGNITO_CLIENT_SECRET": MACHINE_SECRET, "TEST_USER_PASSWORD": demo.PASSWORD}
    for name, value in {"PORT": port, "GOOGLE_PORT": 0, "MANAGEMENT_PORT": management}.items():
        monkeypatch.setenv(f"HALFDAY_SERVER_{name}", str(value))
    reader.command_in_home("pip", f'echo "$@" >> {reader.home}/pip')
    reader.command_in_home(
        "halfday", _NOTED.format(halfday=Path(sys.executable).with_name("halfday"), home=reader.home)
    )

    def before(block: Block) -> None:
        if "HALFDAY_USER_POOL_ID" in block.text:
            monkeypatch.setenv("HALFDAY_ENDPOINT_URL", place.world.origin)  # AWS's own, on AWS
            monkeypatch.setenv("AWS_ENDPOINT_URL", place.world.origin)

    reader.before = before
    try:
        reader.read("github-actions.md")
    finally:
        os.kill(int((reader.home / "serve.pid").read_text()), signal.SIGTERM)
    assert "1 passed" in reader.log
    assert '"method": "GET"' in reader.log
    assert "halfday-demo" in reader.log
    assert "signed out" in reader.log
    assert "eyJ" not in reader.log
    extras = tomllib.loads((DOCS.parent / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    asked = re.findall(r"halfday\[(.+?)\]", (reader.home / "pip").read_text())
    assert {extra for words in asked for extra in words.split(",")} <= set(extras)


_NOTED = """
[ "$1" = serve ] && echo $$ > {home}/serve.pid
exec {halfday} "$@\"
"""
"""halfday, whose server can be ended when the page is read."""


def test_with_user_name_and_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server of its own, whose pool sends codes and tracks devices. AWS's endpoints are in the region; here it is."""
    with up(tmp_path / "data") as place:
        prepare_people(place)
        reader = Reader(tmp_path / "home", place.words, place.new_code, monkeypatch)
        monkeypatch.setenv("AWS_ENDPOINT_URL", place.world.origin)
        prompts: list[str] = []

        def asked(prompt: str) -> str:
            prompts.append(prompt)
            return str(place.world.messages(destination=PHONE)[0]["code"])

        answers = {
            "Password of ada@example.com: ": lambda: demo.PASSWORD,
            "Password of mary@example.com: ": lambda: "Somerville-1780",
            "The code that was sent by SMS to +*******0839: ": lambda: asked(""),
        }
        reader.names["input"] = asked
        reader.types = lambda shown: next((a() for prompt, a in answers.items() if shown.endswith(prompt)), None)
        reader.before = lambda block: track_devices(place) if "remember_device" in block.text else None
        reader.read("password.md")
        assert set(prompts) == {"", "The code that was sent by SMS to +*******0839: "}


PHONE = "+12065550839"


def prepare_people(place: Place) -> None:
    """Grace has a temporary password; Mary gets codes by SMS."""
    idp, pool_id = place.world.idp, demo.POOL_ID
    sms = {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}}
    idp.set_user_pool_mfa_config(UserPoolId=pool_id, MfaConfiguration="OPTIONAL", SmsMfaConfiguration=sms)
    grace, mary = "grace@example.com", "mary@example.com"
    idp.admin_create_user(UserPoolId=pool_id, Username=grace, TemporaryPassword="Temporary-1906")
    verified = {"email_verified": "true", "phone_number": PHONE, "phone_number_verified": "true"}
    Pool(place.world, pool_id).user(mary, "Somerville-1780", email=mary, **verified)
    on = {"Enabled": True, "PreferredMfa": True}
    idp.admin_set_user_mfa_preference(UserPoolId=pool_id, Username=mary, SMSMfaSettings=on)


def track_devices(place: Place) -> None:
    """Where a device is remembered, no code is asked for."""
    settings = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True}
    place.world.idp.update_user_pool(UserPoolId=demo.POOL_ID, DeviceConfiguration=settings, MfaConfiguration="OPTIONAL")


def test_the_password_page_lists_every_kind_of_question() -> None:
    table = text_of("password.md").partition("| `challenge.asked` |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == set(Asked)


def test_i_call_my_api(reader: Reader, place: Place) -> None:
    reader.set(**place.connection)
    reader.read("api.md")
