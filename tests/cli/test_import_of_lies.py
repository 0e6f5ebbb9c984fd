"""halfday import --live, where what answers is not AWS, or lies."""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from halfday.cli.commands import import_

POOL = "us-east-1_AbCdEf123"
TRUE = {
    "DescribeUserPool": {"UserPool": {"Id": POOL, "Name": "p"}},
    "GetUserPoolMfaConfig": {"MfaConfiguration": "OFF"},
}


@contextmanager
def answering(answer: Callable[[str, int], bytes], status: int = 200) -> Iterator[str]:
    """`answer`: of an operation, and of how many were asked before."""

    class Handler(BaseHTTPRequestHandler):
        asked = 0

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            content = answer(self.headers["X-Amz-Target"].rpartition(".")[2], Handler.asked)
            Handler.asked += 1
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *told: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def of(answers: dict[str, Any]) -> Callable[[str, int], bytes]:
    return lambda operation, asked: json.dumps({**TRUE, **answers}.get(operation, {})).encode()


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in (("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_PROFILE", "")):
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name, raising=False)


def live(origin: str, *more: str) -> int:
    return import_.run(["--live", POOL, "--endpoint-url", origin, "--data", "own", *more])


@pytest.mark.parametrize(
    "answer",
    [
        lambda operation, asked: b"<html>Welcome to nginx</html>",
        lambda operation, asked: b"[1]",
        of({"DescribeUserPool": {}}),
        of({"DescribeUserPool": {"UserPool": {"Id": POOL, "Policies": "x", "SchemaAttributes": {"a": 1}}}}),
        of({"DescribeUserPool": {"UserPool": {"Id": POOL, "EstimatedNumberOfUsers": "many"}}}),
        of({"ListGroups": {"Groups": [{}]}}),
        of({"ListUsers": {"Users": [{}]}}),
    ],
)
def test_answers_of_another_form_are_refused_and_not_kept(
    answer: Callable[[str, int], bytes], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with answering(answer) as origin:
        assert live(origin) == 1
    told = capsys.readouterr().err
    assert "is not what AWS does" in told or "Username is missing" in told
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(
    "page",
    [
        lambda asked: {"Users": [{"Username": f"u{asked}"}], "PaginationToken": "same"},
        lambda asked: {"Users": [], "PaginationToken": f"page{asked}"},
    ],
)
def test_pages_without_an_end_are_not_read_for_ever(
    page: Callable[[int], Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("halfday.server.transfer.asking._MOST_EMPTY_PAGES", 20)
    with answering(lambda operation, asked: of({"ListUsers": page(asked)})(operation, asked)) as origin:
        assert live(origin) == 1
    assert "ListUsers: its pages do not end" in capsys.readouterr().err


@pytest.mark.parametrize("lie", [b"<html>busy</html>", b"", b'{"Users": [{"Username": "gra'])
def test_an_answer_that_is_no_json_makes_no_list_shorter(lie: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    """What was read before goes on: the answer was of somebody in between."""
    pages = [{"Users": [{"Username": "ada"}], "PaginationToken": "next"}, {"Users": [{"Username": "grace"}]}]
    lists = 0

    def answer(operation: str, asked: int) -> bytes:
        nonlocal lists
        if operation != "ListUsers":
            return of({})(operation, asked)
        lists += 1
        return lie if lists == 2 else of({"ListUsers": pages[min(lists, 2) - 1]})(operation, asked)

    with answering(answer) as origin:
        assert live(origin) == 1
        assert f"ListUsers: what {origin} answers is not what AWS does: it is no JSON" in capsys.readouterr().err
        assert live(origin) == 0
    assert "2 users" in capsys.readouterr().err


def test_what_answers_says_no_line_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    lie = {"__type": "NotFoundException", "message": "no\n\x1b[2Jhalfday: error: your key is wrong"}
    with answering(lambda operation, asked: json.dumps(lie).encode(), status=400) as origin:
        assert live(origin) == 1
    told = capsys.readouterr().err
    assert "no\\n\\x1b[2Jhalfday: error: your key" in told
    assert len(told.splitlines()) == 2


def test_what_another_server_answered_is_not_gone_on_with() -> None:
    asked = ["cognito-idp", "DescribeUserPool", {"UserPoolId": POOL}]
    theirs = {"UserPool": {"Id": POOL, "Name": "another server's"}}
    keys = [json.dumps(key) for key in (asked, [None, *asked], ["http://127.0.0.1:1", *asked])]
    Path("pool.json.part").write_text("".join(f"{json.dumps([key, theirs])}\n" for key in keys))
    with answering(of({})) as origin:
        assert live(origin, "--keep", "pool.json") == 0
    assert json.loads(Path("pool.json").read_text())["UserPools"][0]["UserPool"]["Name"] == "p"


@pytest.mark.parametrize("content", ["5\n", "[1]\n", '[["a"], 1]\n', '["a", 1]\n', "[" * 100_000 + "\n", "\xff\n"])
def test_a_kept_reading_that_is_none_is_refused(content: str) -> None:
    from halfday.client.errors import SettingsError

    Path("halfday-import.json.part").write_bytes(content.encode("latin-1"))
    with pytest.raises(SettingsError, match="cannot be used"), answering(of({})) as origin:
        live(origin)


def test_what_was_read_is_the_owner_s_alone_whatever_was_there() -> None:
    for name in ("pool.json", "pool.json.part"):
        Path(name).touch(mode=0o644)
    modes = []

    def answer(operation: str, asked: int) -> bytes:
        modes.append(stat.S_IMODE(Path("pool.json.part").stat().st_mode))
        return of({})(operation, asked)

    with answering(answer) as origin:
        assert live(origin, "--keep", "pool.json") == 0
    assert set(modes) == {0o600}
    assert stat.S_IMODE(Path("pool.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("keep", ["/", ".", "..", "no/such/folder/pool.json"])
def test_a_file_that_is_none_is_refused(keep: str) -> None:
    from halfday.client.errors import SettingsError

    with pytest.raises(SettingsError), answering(of({})) as origin:
        live(origin, "--keep", keep)


def test_the_management_token_is_shown_to_nobody_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A proxy of the environment, and where an answer leads to, would see it, and all that is brought."""
    from halfday.cli.commands import export, policy

    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen.append(self.path)
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *told: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setenv("HALFDAY_MANAGEMENT_TOKEN", "a-token-of-management")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    document = Path("document.json")
    document.write_text('{"Format": "halfday-export", "Version": 1}')
    try:
        assert export.run(["--management", origin]) == 1
        assert import_.run([str(document), "--management", origin]) == 1
        asked = ["explain", "--as", "root", "s3:GetObject", "arn:aws:s3:::a", "--management", origin]
        with pytest.raises(Exception, match="is no server's management"):
            policy.run(asked)
    finally:
        server.shutdown()
        server.server_close()
    assert seen == ["/export?secrets=false&users=true", "/import", "/policies/explain"]
    assert "did not say why" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["http://127.0.0.1:none", "http://a b", "http://[::1", "http://127.0.0.1:99999"])
def test_an_address_that_is_none_is_told(url: str) -> None:
    from halfday.cli.commands import export
    from halfday.client.errors import SettingsError

    with pytest.raises(SettingsError, match="no management answers"):
        export.run(["--management", url])


@pytest.mark.parametrize(
    "document",
    [{}, {"UserPools": [{"UserPool": {"Id": POOL, "Name": "p"}, "Users": [{"Username": "ada", "Halfday": 5}]}]}],
)
def test_people_without_a_password_are_left_out_whatever_the_document_says(document: dict[str, Any]) -> None:
    file = Path("document.json")
    file.write_text(json.dumps({"Format": "halfday-export", "Version": 1, **document}))
    assert import_.run([str(file), "--passwords", "trigger", "--data", "own"]) == 0
