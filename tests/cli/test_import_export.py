"""halfday import and halfday export, as a person calls them."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
import requests

import every_member
from halfday.server.seed.written import seed_file_of
from transferred import answers, bring_into, exported, undated
from whole_pool import set_up
from world import World, running


def halfday(*argv: str, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "halfday.cli", *argv], cwd=cwd, capture_output=True, text=True, timeout=120, env=_env()
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def _env() -> dict[str, str]:
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "HALFDAY_"))} | keys


@pytest.mark.parametrize("secrets", [False, True])
def test_an_export_is_the_owner_s_alone_and_a_data_folder_takes_it(tmp_path: Path, secrets: bool) -> None:
    flags = ["--with-secrets"] if secrets else []
    with running(tmp_path / "one") as one:
        ids = set_up(one)
        told = halfday("export", "all.json", *flags, "--management", str(one.running.management), cwd=tmp_path)
        before = answers(one, secrets=secrets)
    file = tmp_path / "all.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert ("SrpVerifier" in file.read_text()) is secrets
    assert ("left out: passwords" in told.stderr) is not secrets
    halfday("import", "all.json", "--data", "two", cwd=tmp_path)
    with running(tmp_path / "two") as two:
        assert answers(two, secrets=secrets) == before
    again = halfday("import", "all.json", "--data", "two", cwd=tmp_path)
    assert "all of it is there already" in again.stderr
    csv = halfday("export", "users.csv", "--pool", ids["pool"], "--data", "two", cwd=tmp_path)
    assert "2 users" in csv.stderr
    assert (tmp_path / "users.csv").read_text().startswith("cognito:username,")


def test_a_data_folder_with_everything_is_written_as_json_and_as_a_seed_file(tmp_path: Path) -> None:
    with running(tmp_path / "one") as one:
        every_member.set_up(one)
        shown = exported(one, secrets=True)
    for name in ("all.json", "halfday.toml"):
        told = halfday("export", name, "--with-secrets", "--data", "one", cwd=tmp_path)
        assert "cannot say" not in told.stderr
    assert undated(json.loads((tmp_path / "all.json").read_text())) == undated(shown)
    assert (tmp_path / "halfday.toml").read_text() == seed_file_of(shown)[0]


def test_a_pool_of_aws_is_read_by_calls_that_change_nothing(tmp_path: Path) -> None:
    with running(tmp_path / "aws", account_id="210987654321") as aws, running(tmp_path / "own") as own:
        ids = set_up(aws)
        before = answers(aws)
        live = ["--live", ids["pool"], "--live", ids["identity_pool"], "--endpoint-url", aws.origin]
        told = halfday("import", *live, "--management", str(own.running.management), cwd=tmp_path)
        assert answers(aws) == before
        here = own.idp.describe_user_pool_client(UserPoolId=ids["pool"], ClientId=ids["client"])["UserPoolClient"]
        there = aws.idp.describe_user_pool_client(UserPoolId=ids["pool"], ClientId=ids["client"])["UserPoolClient"]
        dates = ("CreationDate", "LastModifiedDate")
        assert {k: v for k, v in here.items() if k not in dates} == {k: v for k, v in there.items() if k not in dates}
        ada = own.idp.admin_get_user(UserPoolId=ids["pool"], Username="ada")
        assert ada["UserStatus"] == "RESET_REQUIRED"
        assert "1 person came without a password" in told.stderr
        assert not list(tmp_path.glob("*.part"))


class Lacking(BaseHTTPRequestHandler):
    """A server that lacks some of AWS's calls, as moto does: it answers them with a page. The rest is another's."""

    origin, lacks = "", ("GetIdentityPoolRoles", "GetUserPoolClientSessionConfiguration", "ListTerms")
    asked: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        name = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append(name)
        if name in self.lacks:
            self._answer(500, b"<!doctype html><title>500 Internal Server Error</title>")
            return
        headers = {one: value for one, value in self.headers.items() if one not in ("Host", "Connection")}
        answer = requests.post(self.origin, data=body, headers=headers, timeout=30)
        self._answer(answer.status_code, answer.content)

    def _answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


def test_what_stands_for_aws_may_lack_calls(tmp_path: Path) -> None:
    with running(tmp_path / "aws") as aws, running(tmp_path / "own") as own:
        ids = set_up(aws)
        Lacking.origin = aws.origin
        with ThreadingHTTPServer(("127.0.0.1", 0), Lacking) as lacking:
            threading.Thread(target=lacking.serve_forever, daemon=True).start()
            live = ["--live", ids["pool"], "--live", ids["identity_pool"]]
            live += ["--endpoint-url", f"http://127.0.0.1:{lacking.server_port}"]
            told = halfday("import", *live, "--management", str(own.running.management), cwd=tmp_path)
            lacking.shutdown()
        assert own.idp.describe_user_pool(UserPoolId=ids["pool"])["UserPool"]["Id"] == ids["pool"]
        for name in Lacking.lacks:
            assert (
                f"left out: what {name} tells: http://127.0.0.1:{lacking.server_port} does not answer it" in told.stderr
            )
            assert Lacking.asked.count(name) <= 2


def test_a_pool_with_triggers_is_exported_from_a_data_folder_in_silence(tmp_path: Path) -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:mine"
    with running(tmp_path / "one") as one:
        one.idp.create_user_pool(PoolName="triggered", LambdaConfig={"PostConfirmation": arn})
    told = halfday("export", "all.json", "--data", "one", cwd=tmp_path)
    assert "exception" not in told.stderr
    told = halfday("import", "all.json", "--data", "two", cwd=tmp_path)
    assert "exception" not in told.stderr


def test_an_identity_pool_may_name_providers_that_are_gone(world: World, tmp_path: Path) -> None:
    world.boto3("cognito-identity").create_identity_pool(
        IdentityPoolName="mine",
        AllowUnauthenticatedIdentities=False,
        OpenIdConnectProviderARNs=["arn:aws:iam::123456789012:oidc-provider/gone.example.com"],
        SamlProviderARNs=["arn:aws:iam::123456789012:saml-provider/gone"],
    )
    halfday("export", "all.json", "--management", str(world.running.management), cwd=tmp_path)
    assert "gone.example.com" in (tmp_path / "all.json").read_text()


def test_who_is_refused_is_told_and_the_command_fails(tmp_path: Path) -> None:
    with running(tmp_path / "one") as one:
        pool = one.idp.create_user_pool(PoolName="mine")["UserPool"]["Id"]
        (tmp_path / "users.csv").write_text("username,phone_number\nada,+15550001\ngrace,0123\nlinus,+15550002\n")
        management = ["--management", str(one.running.management)]
        told = halfday("import", "users.csv", "--pool", pool, *management, cwd=tmp_path, code=1)
        assert "made: 2 users" in told.stderr
        assert "not brought: user pool" in told.stderr
        assert "grace: Invalid phone number format." in told.stderr


def test_management_without_its_token_names_the_variable(tmp_path: Path) -> None:
    class Asks(Lacking):
        def do_GET(self) -> None:
            self._answer(401, b'{"message": "Management asks for its token: Authorization: Bearer TOKEN."}')

    with ThreadingHTTPServer(("127.0.0.1", 0), Asks) as asking:
        threading.Thread(target=asking.serve_forever, daemon=True).start()
        management = ["--management", f"http://127.0.0.1:{asking.server_port}"]
        told = halfday("export", "all.json", *management, cwd=tmp_path, code=2)
        asking.shutdown()
    assert "asks for its token" in told.stderr
    assert "export HALFDAY_MANAGEMENT_TOKEN=" in told.stderr


@pytest.mark.parametrize("name", ["users.json", "users.ndjson"])
def test_auth0_s_lines_are_seen_whatever_the_file_is_called(tmp_path: Path, name: str) -> None:
    from halfday.cli.commands.import_ import sources

    lines = [{"email": f"{one}@example.com", "passwordHash": "$2b$10$x"} for one in ("ada", "grace")]
    for some in (lines, lines[:1]):
        (tmp_path / name).write_text("".join(json.dumps(one) + "\n" for one in some))
        assert sources.kind_of(tmp_path / name) == "auth0"


def test_a_reading_that_was_killed_goes_on_where_it_was(world: World, tmp_path: Path) -> None:
    pool = world.pool()
    for number in range(130):
        world.idp.admin_create_user(UserPoolId=pool.pool_id, Username=f"u{number:03}", MessageAction="SUPPRESS")
    world.idp.set_user_pool_mfa_config(
        UserPoolId=pool.pool_id, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    argv = ["import", "--live", pool.pool_id, "--endpoint-url", world.origin, "--keep", "kept.json", "--data", "own"]
    part = tmp_path / "kept.json.part"
    process = subprocess.Popen([sys.executable, "-m", "halfday.cli", *argv], cwd=tmp_path, env=_env())
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and (not part.exists() or part.read_bytes().count(b"\n") < 30):
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    read = part.read_bytes().count(b"\n")
    assert read >= 30
    with part.open("ab") as file:
        file.write(b'["half a li')
    told = halfday(*argv, cwd=tmp_path)
    assert f"going on with {read} answers" in told.stderr
    kept = json.loads((tmp_path / "kept.json").read_text())
    assert len(kept["UserPools"][0]["Users"]) == 130
    assert "130 users" in told.stderr


_KILLED = """
import os, sys
from halfday.cli.__main__ import main
from halfday.server.transfer.writing import Writer
call, calls = Writer.call, 0

async def killed(self, *given, **named):
    global calls
    calls += 1
    if calls > int(sys.argv[1]):
        os.kill(os.getpid(), 9)
    return await call(self, *given, **named)

Writer.call = killed
sys.exit(main(sys.argv[2:]))
"""


def test_whatever_was_half_made_when_an_import_was_killed_is_made_whole(tmp_path: Path) -> None:
    with running(tmp_path / "one") as one:
        set_up(one)
        halfday("export", "all.json", "--with-secrets", "--management", str(one.running.management), cwd=tmp_path)
        before = answers(one)
    argv, number, killed = ["import", "all.json", "--data", "two"], 1, -signal.SIGKILL
    while killed == -signal.SIGKILL:  # goes on in the same folder, some calls further on each time
        program = [sys.executable, "-c", _KILLED, str(number), *argv]
        killed = subprocess.run(program, cwd=tmp_path, capture_output=True, env=_env()).returncode
        number += 3
    assert killed == 0
    assert number > 10
    with running(tmp_path / "two") as two:
        assert answers(two) == before


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("state.pod", b"\x80\x04", "Python pickles"),
        ("pools.json", b"{\n nope", "line 2: is not JSON"),
        ("pools.json", b'{"Format": "halfday-export", "Version": 9}', "is an export of version 9"),
        ("pools.json", b"[]", "cannot be seen from it"),
        ("users.csv", b"cognito:username\nada\n", "people of other products come into a pool"),
        ("nothing", None, "cannot be read"),
    ],
)
def test_what_cannot_be_brought_is_refused_in_a_sentence(
    tmp_path: Path, name: str, content: bytes | None, sentence: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    process = subprocess.run(
        [sys.executable, "-m", "halfday.cli", "import", name, "--data", "own"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=_env(),
    )
    assert process.returncode in (1, 2)
    assert sentence in process.stderr
    assert "Traceback" not in process.stderr


def test_a_seed_file_is_exported_from_a_data_folder(tmp_path: Path) -> None:
    with running(tmp_path / "one") as one:
        set_up(one)
    told = halfday("export", "halfday.toml", "--data", "one", cwd=tmp_path)
    assert "what a seed file cannot say" in told.stderr
    assert "user grace is disabled" in told.stderr
    assert "[[user_pool]]" in (tmp_path / "halfday.toml").read_text()


def test_whatever_people_are_named_they_are_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "=1+1\n\x1b[31m\x00\u202e\"'\\ü"
    with running(tmp_path / "one") as one:
        pool_id = one.idp.create_user_pool(PoolName="p", UserPoolTags={'k"]=\n': name})["UserPool"]["Id"]
        user = {"Username": "ü,\"'", "Attributes": [{"Name": "name", "Value": name}]}
        pool = {"UserPool": {"Id": pool_id}, "Users": [user]}
        bring_into(one, {"Format": "halfday-export", "Version": 1, "UserPools": [pool]})
        where = ["--pool", pool_id, "--management", str(one.running.management)]
        told = halfday("export", "pool.json", *where, cwd=tmp_path)
        assert "exported 1 user pool, 1 user, 0 identity pools\n" in told.stderr
        told = halfday("export", "halfday.toml", *where, cwd=tmp_path)
        assert "this file is refused as it is" in told.stderr  # NUL can be nowhere in a seed file
        refused = halfday("export", *where, cwd=tmp_path, code=2)
        assert "tags.k" in refused.stderr
        (tmp_path / "halfday.toml").unlink()
        halfday("export", "pool.json", *where, cwd=tmp_path)
        monkeypatch.setenv("PYTHONIOENCODING", "ascii")
        monkeypatch.setenv("PYTHONUTF8", "0")
        for kind in ("json", "csv", "toml"):
            argv = [sys.executable, "-m", "halfday.cli", "export", "--format", kind, *where]
            printed = subprocess.run(argv, cwd=tmp_path, capture_output=True, env=_env())
            assert printed.returncode == 0, printed.stderr
            assert "ü" in printed.stdout.decode()
    read = json.loads((tmp_path / "pool.json").read_text())["UserPools"][0]["Users"][0]
    assert {one["Name"]: one["Value"] for one in read["Attributes"]}["name"] == name
