"""The code of functions: what a zip may hold, how long it may be, where it comes from, and what survives of it."""

from __future__ import annotations

import io
import json
import os
import re
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from asking import refusal, status
from functions import arn_of, configure
from halfday.server.outside.functions import code_files
from halfday.server.outside.functions.code_files import CodeFiles, CodeRefused, check_code
from lambda_api import ECHO, TRUSTS_LAMBDA, Made, made_in, python, zipped
from ports import free_port
from world import World, running

UNREADABLE = "Could not unzip uploaded file. Please check your file, then try to upload again."
BAD = "InvalidParameterValueException"


def damaged() -> bytes:
    """A file whose content is another than its list says."""
    content = bytearray(zipped({"app.py": "x = 1\n" * 100}))
    content[45] ^= 0xFF
    return bytes(content)


def with_entry(**attributes: Any) -> bytes:
    written, entry = io.BytesIO(), zipfile.ZipInfo("device")
    for name, value in attributes.items():
        setattr(entry, name, value)
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr(entry, b"")
    return written.getvalue()


def shorter_than_it_says() -> bytes:
    content = bytearray(zipped({"app.py": ECHO}))
    at = content.rfind(b"PK\x01\x02") + 24
    content[at : at + 4] = (300 * 1024 * 1024).to_bytes(4, "little")
    return bytes(content)


REFUSED = {
    "text": b"no zip at all",
    "half of one": zipped({"app.py": ECHO})[:-30],
    "damaged": damaged(),
    "a name that leaves the folder": zipped({"../app.py": ECHO}),
    "a name that leaves it within": zipped({"a/../../app.py": ECHO}),
    "a name from the root": zipped({"/tmp/app.py": ECHO}),
    "a name of Windows": zipped({"..\\app.py": ECHO}),
    "a link to the root": zipped({"app.py": ECHO}, {"passwd": "/etc/passwd"}),
    "a link upwards": zipped({"app.py": ECHO}, {"a/secret": "../../secret"}),
    "a long link": zipped({"app.py": ECHO}, {"a": "b/" * 4000}),
    "a device": with_entry(external_attr=(0o020666 << 16)),
    "a link out by another": zipped({"lib/a.py": ""}, {"up": "lib/..", "out": "up/../etc"}),
    "a link out by a later one": zipped({"app.py": ECHO}, {"out": "up/../etc", "up": "."}),
    "a link below a link": zipped({"app.py": ECHO}, {"up": ".", "up/b": "app.py"}),
    "a file below a link": zipped({"up/b": ""}, {"up": "."}),
    "a link below a file": zipped({"app.py": ECHO}, {"app.py/a": "b"}),
    "a file below a file": zipped({"app.py": ECHO, "app.py/a": ""}),
    "a folder and a file": zipped({"a/": "", "a": ""}),
    "a file and a link": zipped({"a": ""}, {"./a": "b"}),
    "a link and a folder": zipped({"a/": ""}, {"a": "b"}),
    "links in a circle": zipped({"app.py": ECHO}, {"a": "b", "b": "a"}),
    "a link twice": zipped({"app.py": ECHO}, {"./a": "../secret", "a": "app.py"}),
    "links of long ways": zipped({"app.py": ECHO}, {f"{n}": "x/../" * 800 + "b" for n in range(400)}),
    "a link to nothing": zipped({"app.py": ECHO}, {"a": ""}),
    "a link with a NUL": zipped({"app.py": ECHO}, {"a": "b\0c"}),
    "a link in no encoding": zipped({"app.py": ECHO}, {"a": b"\xff"}),
    "a link with a long name in it": zipped({"app.py": ECHO}, {"a": "n" * 300}),
    "a long name": zipped({"n" * 256: ""}),
    "a long name of few letters": zipped({"é" * 128: ""}),
    "a deep folder": zipped({"d/" * 600 + "a": ""}),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_code_is_refused_and_leaves_nothing(made: Made, what: str) -> None:
    folder = made.world.data / "functions" / "code"
    before = set(folder.glob("*"))
    assert refusal(made.function, name="refused", code=REFUSED[what]) == (BAD, UNREADABLE)
    assert set(folder.glob("*")) == before


@pytest.mark.parametrize("content", [b"", zipped({})])
def test_an_empty_zip(made: Made, content: bytes) -> None:
    assert refusal(made.function, name="refused", code=content) == (BAD, "Uploaded file must be a non-empty zip")


def test_what_unpacks_to_too_much_is_not_unpacked(made: Made) -> None:
    """Zeros to more than Lambda takes, and a list that says so of little."""
    bomb = zipped({f"{n}.bin": bytes(60_000_000) for n in range(5)})
    assert len(bomb) < 1_000_000
    told = (BAD, "Unzipped size must be smaller than 262144000 bytes")
    for content in (bomb, shorter_than_it_says()):
        assert refusal(made.function, name="refused", code=content) == told


def test_a_zip_that_lists_too_many_files_is_not_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_files, "MOST_ENTRIES", 2)
    with pytest.raises(CodeRefused) as refused:
        check_code(zipped({f"{n}.py": "" for n in range(8)}))
    assert "more than 2 files" in refused.value.detail


def test_what_zip64_says_of_the_list_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the two ends of a zip, the one that is read is the one that is held to the limit."""
    monkeypatch.setattr(code_files, "MOST_ENTRIES", 2)
    content = zipped({f"{n}.py": "" for n in range(8)})
    at = content.rfind(b"PK\x05\x06")
    count, length, begins = struct.unpack("<HII", content[at + 10 : at + 20])
    long_end = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, length, begins)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, at, 1)
    for few in (struct.pack("<HHII", 1, 1, 46, 0), content[at + 8 : at + 20]):
        end = content[at : at + 8] + few + content[at + 20 :]
        with pytest.raises(CodeRefused) as refused:
            check_code(content[:at] + long_end + locator + end)
        assert "more than 2 files" in refused.value.detail
        with pytest.raises(CodeRefused) as refused:
            check_code(content[:at] + locator + end)
        assert refused.value.detail == "it does not end as a zip ends"
    monkeypatch.undo()
    check_code(content[:at] + long_end + locator + content[at:])


def test_a_link_within_the_folder_is_a_link_and_programs_stay_programs(tmp_path: Path) -> None:
    links = {"b.py": "lib/a.py", "up": "lib/..", "deep/er/c.py": "../../up/b.py", "not/there": "yet"}
    written = io.BytesIO(zipped({"lib/a.py": "X = 1", "lib/": ""}, links))
    with zipfile.ZipFile(written, "a") as archive:
        entry = zipfile.ZipInfo("bin/tool")
        entry.external_attr = 0o100755 << 16
        archive.writestr(entry, "#!/bin/sh\n")
    files = CodeFiles(tmp_path)
    content = written.getvalue()
    files.keep("one", content)
    check_code(content)
    folder = files.unpack("one")
    assert (folder / "b.py").is_symlink()
    assert (folder / "b.py").read_text() == "X = 1"
    assert os.access(folder / "bin" / "tool", os.X_OK)
    assert (folder / "deep" / "er" / "c.py").read_text() == "X = 1"
    assert (folder / "not" / "there").is_symlink()
    for path in folder.rglob("*"):
        assert path.resolve().is_relative_to(folder.resolve())
    files.close()
    assert not folder.exists()


def test_what_a_process_left_that_was_killed_goes_and_what_another_has_stays(tmp_path: Path) -> None:
    ours, theirs = CodeFiles(tmp_path), CodeFiles(tmp_path)
    ours.keep("one", zipped({"app.py": ECHO}))
    folder = ours.unpack("one")
    left = tmp_path / "unpacked" / "left"
    left.mkdir()
    (left / "x").write_text("x")
    assert theirs.unpack("one").is_dir()
    assert folder.is_dir()
    assert not left.exists()
    theirs.close()
    ours.close()


def test_a_request_has_a_longest_body(made: Made) -> None:
    """Lambda takes 50 MB as a zip in a request. It is refused before it is read."""
    credential = "test/20260101/us-east-1/lambda/aws4_request"
    signed = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"
    connection = HTTPConnection(made.world.for_tools.partition("//")[2], timeout=10)
    connection.putrequest("POST", "/2015-03-31/functions")
    for name, value in {
        "Authorization": signed,
        "Content-Length": "70167212",
        "X-Amz-Date": "20260101T000000Z",
    }.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (413, "RequestEntityTooLargeException")
    assert b"Request must be smaller than 70167211 bytes for the CreateFunction operation" in answer.read()
    connection.close()
    event = json.dumps("x" * 6_300_000)
    made.function("narrow")
    code, sentence = refusal(made.api.invoke, FunctionName="narrow", Payload=event)
    assert (code, "6291456 bytes for the InvokeFunction operation" in sentence) == (
        "RequestEntityTooLargeException",
        True,
    )


def test_a_zip_of_many_megabytes(made: Made) -> None:
    made.function("heavy", zipped({"app.py": ECHO, "data.bin": os.urandom(12_000_000)}))
    assert made.invoke("heavy", "x") == "x"


def test_code_from_s3(tmp_path: Path) -> None:
    with running(tmp_path / "data", upstream="moto") as world:
        made, s3 = made_in(world), world.boto3("s3", config=Config(s3={"addressing_style": "path"}))
        s3.create_bucket(Bucket="code")
        s3.put_object(Bucket="code", Key="dir/my app.zip", Body=python(ECHO))
        made.function("from-s3", Code={"S3Bucket": "code", "S3Key": "dir/my app.zip"})
        assert made.invoke("from-s3", 7) == 7
        s3.put_object(Bucket="code", Key="two.zip", Body=python("def handler(e, c):\n    return 2\n"))
        made.api.update_function_code(FunctionName="from-s3", S3Bucket="code", S3Key="two.zip")
        assert made.invoke("from-s3", 7) == 2
        missing = refusal(made.function, name="x", Code={"S3Bucket": "code", "S3Key": "nothing"})
        assert missing[0] == BAD
        assert missing[1].startswith("Error occurred while GetObject. S3 Error Code: NoSuchKey.")


def test_code_from_s3_without_an_s3(tmp_path: Path) -> None:
    with running(tmp_path / "data", upstream="none") as world:
        refused = refusal(made_in(world).function, name="x", Code={"S3Bucket": "code", "S3Key": "nothing"})
        assert refused[0] == "NotImplementedException"


@contextmanager
def two_processes(data: Path) -> Iterator[tuple[World, World]]:
    """Two servers of one data folder, each called at its own address."""
    first, second = free_port(), free_port()
    together = {"public_url": f"http://127.0.0.1:{first}", "upstream": "none"}
    with running(data, port=first, **together) as one, running(data, port=second, **together) as other:
        here = {"endpoint_url": f"http://127.0.0.1:{second}"}
        other.clients = {name: other.boto3(name, **here) for name in ("iam", "lambda")}
        yield one, other


def test_functions_survive_a_restart_and_are_those_of_every_process(tmp_path: Path) -> None:
    with two_processes(tmp_path / "data") as (world, other):
        made, there = made_in(world), Made(other, "")
        made.function(
            "kept",
            "import os\ndef handler(e, c):\n    return os.environ['WHERE']\n",
            Environment={"Variables": {"WHERE": "a"}},
        )
        made.permit("kept")
        assert there.invoke("kept") == made.invoke("kept") == "a"
        there.api.update_function_configuration(FunctionName="kept", Environment={"Variables": {"WHERE": "b"}})
        assert there.invoke("kept") == made.invoke("kept") == "b"
        there.api.update_function_code(FunctionName="kept", ZipFile=python("def handler(e, c):\n    return 'new'\n"))
        assert made.invoke("kept") == "new"
    with two_processes(tmp_path / "data") as (world, other):
        made, there = Made(world, ""), Made(other, "")
        assert made.invoke("kept") == there.invoke("kept") == "new"
        assert "cognito-idp.amazonaws.com" in made.api.get_policy(FunctionName="kept")["Policy"]
        made.api.delete_function(FunctionName="kept")
        assert refusal(there.api.invoke, FunctionName="kept")[0] == "ResourceNotFoundException"
    assert not list((tmp_path / "data" / "functions" / "code").iterdir())


def test_one_of_two_that_make_a_function_at_once(tmp_path: Path) -> None:
    with two_processes(tmp_path / "data") as (world, other):
        made = made_in(world)
        there = Made(other, made.role)

        def make(by: Made) -> str:
            try:
                return str(by.function("raced")["FunctionName"])
            except by.api.exceptions.ResourceConflictException:
                return "taken"

        with ThreadPoolExecutor() as pool:
            answers = sorted(pool.map(make, [made, there, made, there]))
        assert answers == ["raced", "taken", "taken", "taken"]
        assert len(list((tmp_path / "data" / "functions" / "code").iterdir())) == 1, "what lost left nothing"


@contextmanager
def process(data: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    command = [sys.executable, "-m", "halfday.cli", "serve", "--port", "0", "--data", str(data), "--upstream=none"]
    log, environment = data.parent / "log", {"PATH": os.environ["PATH"], "HOME": str(data.parent)}
    with log.open("wb") as stderr:
        given = {"HALFDAY_SERVER_MANAGEMENT_PORT": "off", "HALFDAY_SERVER_DURABILITY": "full"}
        with subprocess.Popen(command, cwd=data.parent, stderr=stderr, env={**environment, **given}) as up:
            try:
                deadline = time.monotonic() + 30
                while not (found := re.search(r"is up on (\S+)", log.read_text())):
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
                yield up, found[1]
            finally:
                up.kill()


def test_a_function_and_its_permission_survive_a_kill(tmp_path: Path) -> None:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    with process(tmp_path / "data") as (up, origin):
        iam, api = (boto3.client(name, endpoint_url=origin, **keys) for name in ("iam", "lambda"))
        role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUSTS_LAMBDA))["Role"]["Arn"]
        settings = {"Runtime": "python3.12", "Handler": "app.handler", "Role": role}
        api.create_function(FunctionName="kept", Code={"ZipFile": python(ECHO)}, **settings)
        given = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "cognito-idp.amazonaws.com"}
        api.invoke(FunctionName="kept", Payload=b"1")
        api.add_permission(FunctionName="kept", **given)
        up.kill()
    with running(tmp_path / "data", upstream="none") as world:
        made = Made(world, role)
        assert made.invoke("kept", [1]) == [1]
        pool = world.pool()
        configure(pool, {"PreTokenGeneration": arn_of("kept")})
        pool.user()
        assert pool.tokens(pool.client())["IdToken"]
        folders = [path for path in (tmp_path / "data" / "functions" / "unpacked").iterdir() if path.is_dir()]
        assert len(folders) == 1, "what the killed one had unpacked is gone"


def test_the_aws_cli_makes_and_invokes_one(world: World, tmp_path: Path) -> None:
    made = made_in(world)
    (tmp_path / "f.zip").write_bytes(python(ECHO))
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "AWS_ENDPOINT_URL": world.for_tools,
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip

    def aws(*words: str) -> dict[str, Any]:
        command = [str(Path(sys.executable).with_name("aws")), "lambda", *words]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout or "{}")

    named = ("--function-name", "by-cli")
    settings = ("--runtime", "python3.12", "--handler", "app.handler", "--role", made.role)
    assert aws("create-function", *named, *settings, "--zip-file", "fileb://f.zip")["FunctionName"] == "by-cli"
    aws("wait", "function-active-v2", *named)
    permission = ("--statement-id", "cognito", "--action", "lambda:InvokeFunction")
    aws("add-permission", *named, *permission, "--principal", "cognito-idp.amazonaws.com")
    payload = ("--cli-binary-format", "raw-in-base64-out") if "aws-cli/2" in aws_version() else ()
    assert aws("invoke", *named, *payload, "--payload", '{"a": 1}', "out.json")["StatusCode"] == 200
    assert json.loads((tmp_path / "out.json").read_text()) == {"a": 1}
    aws("delete-function", *named)
    assert status(made.api.get_function, FunctionName="by-cli") == 404


def aws_version() -> str:
    command = [str(Path(sys.executable).with_name("aws")), "--version"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
