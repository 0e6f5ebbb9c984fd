"""The demo's story from an empty folder, as `halfday init` tells it: its own lines are what is run.

Nothing is prepared for it. Ports are the only thing that differs: those of the story may be taken on this machine.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from docs.reading import BROWSER
from halfday.server import demo
from ports import free_port

STORY_PORT, CALLBACK = "4242", "http://localhost:8080"


@dataclass
class Newcomer:
    """Somebody with an empty folder and an empty home, at a shell."""

    folder: Path
    environ: dict[str, str]
    port: int
    callback: str
    told: list[str] = field(default_factory=list)
    """The lines that `halfday init` tells to type in another terminal."""

    def here(self, text: str) -> str:
        return text.replace(STORY_PORT, str(self.port)).replace(CALLBACK, self.callback)

    @property
    def exports(self) -> list[str]:
        return [line for line in self.told if line.startswith("export ")]

    def types(self, script: str, *, fails: bool = False) -> str:
        """What stdout and stderr show."""
        done = subprocess.run(
            ["bash", "-c", "\n".join(["set -e", *self.exports, script])],
            cwd=self.folder, env=self.environ, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert (done.returncode != 0) is fails, f"{script}\n{done.stdout}"
        return done.stdout


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    """Has typed `halfday init`, and `halfday serve` in the first terminal. The seed file's callback is a free port."""
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("folder")
    port, callback = free_port(), f"http://localhost:{free_port()}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "HALFDAY_"))}
    ours = {
        "HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "BROWSER": f"{sys.executable} {BROWSER} {demo.USERNAME} {demo.PASSWORD} %s &",
        "HALFDAY_SERVER_PORT": str(port),
        "HALFDAY_SERVER_GOOGLE_PORT": "0",
        "HALFDAY_REDIRECT_URI": callback,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "NO_COLOR": "1",
    }
    person = Newcomer(folder, {**kept, **ours}, port, callback)
    here, _, there = person.types("halfday init").partition("and in another terminal:\n")
    assert here.splitlines()[1:] == ["  halfday serve", ""]
    person.told += [person.here(line.strip()) for line in there.splitlines()]
    seed = folder / "halfday.toml"
    seed.write_text(person.here(seed.read_text()))
    with _serving(person):
        yield person


@contextmanager
def _serving(person: Newcomer) -> Iterator[None]:
    path = person.folder / "serve.log"
    with path.open("w") as log:
        process = subprocess.Popen(["halfday", "serve"], cwd=person.folder, env=person.environ, stderr=log)
        try:
            end = time.monotonic() + 60
            while "Ctrl-C stops it" not in path.read_text():
                assert process.poll() is None, path.read_text()
                assert time.monotonic() < end, path.read_text()
                time.sleep(0.05)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def test_from_an_empty_folder_to_aws_s3_ls_and_halfday_call(newcomer: Newcomer) -> None:
    login, buckets, call = (line.split("  #")[0].strip() for line in newcomer.told if line not in newcomer.exports)
    assert (login, buckets) == ("halfday login", "halfday exec -- aws s3 ls")
    assert "signed in as ada@example.com" in newcomer.types(login)
    assert re.search(rf"^\S+ \S+ {demo.BUCKET}$", newcomer.types(buckets), re.MULTILINE)
    assert call.startswith("halfday call ")
    assert f'"x-email":"{demo.USERNAME}"' in newcomer.types(call)


def test_the_role_lets_into_ones_own_folder_and_no_further(newcomer: Newcomer) -> None:
    (newcomer.folder / "visit.py").write_text(_VISIT)
    told = newcomer.types(f"HALFDAY_PASSWORD={demo.PASSWORD} halfday login --username {demo.USERNAME}\npython visit.py")
    assert told.splitlines()[-5:] == [
        "own put",
        "own list",
        "other AccessDenied",
        "other AccessDenied",
        "all AccessDenied",
    ]


_VISIT = f"""
from botocore.exceptions import ClientError
from halfday import Cognito

session = Cognito().session
s3, own = session.boto3().client("s3"), f"home/{{session.identity_id}}/"
s3.put_object(Bucket="{demo.BUCKET}", Key=own + "hello", Body=b"hello")
print("own put")
found = s3.list_objects_v2(Bucket="{demo.BUCKET}", Prefix=own)["Contents"]
print("own list" if [one["Key"] for one in found] == [own + "hello"] else found)
for where, call, more in (
    ("other", s3.put_object, {{"Key": "home/us-east-1:somebody-else/hello", "Body": b"hello"}}),
    ("other", s3.list_objects_v2, {{"Prefix": "home/us-east-1:somebody-else/"}}),
    ("all", s3.list_objects_v2, {{}}),
):
    try:
        call(Bucket="{demo.BUCKET}", **more)
        print(where, "let in")
    except ClientError as refused:
        print(where, refused.response["Error"]["Code"])
"""


def test_the_running_server_says_how_clients_reach_it(newcomer: Newcomer) -> None:
    log = (newcomer.folder / "serve.log").read_text()
    assert newcomer.exports
    assert all(line in log for line in newcomer.exports)


def test_every_address_that_the_running_server_says_can_be_opened(newcomer: Newcomer) -> None:
    announced = (newcomer.folder / "serve.log").read_text().partition("Ctrl-C stops it")[0]
    announced = re.sub(r"HALFDAY_REDIRECT_URI=\S+", "", announced)  # where a sign-in listens, while it goes on
    addresses = set(re.findall(r"http://[^\s]+", announced))
    assert len(addresses) == 4, "the server, the stand-in Google, the messages, the sign-in page"
    assert {requests.get(address, timeout=10).status_code for address in addresses} <= {200}
