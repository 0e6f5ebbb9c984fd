"""halfday call: a curl that is signed in, as a process, against an API on a socket."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cognito_peer import REDIRECT_URI, Peer

from halfday.protocol.jws import read_unverified


class Api:
    """Answers with what it heard. `answer` decides (status, headers, body) where it is set."""

    def __init__(self) -> None:
        self.origin = ""
        self.heard: list[dict[str, str]] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = []


@pytest.fixture
def api() -> Iterator[Api]:
    api = Api()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            heard = {"method": self.command, "path": self.path, "body": body, **headers}
            api.heard.append(heard)
            status, more, answer = api.answers.pop(0) if api.answers else (200, {}, json.dumps(heard).encode())
            self.send_response(status)
            for name, value in {**more, "Content-Length": str(len(answer))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_PUT = do_DELETE = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.origin = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield api
    server.shutdown()
    server.server_close()


@pytest.fixture
def call(run, peer: Peer):
    assert run("exchange", peer.issue({}), "--redirect-uri", REDIRECT_URI).returncode == 0
    return lambda *argv, **more: run("call", *argv, **more)


def token_use(value: str) -> str:
    return str(read_unverified(value.removeprefix("Bearer ")).unverified_payload["token_use"])


def test_the_body_goes_to_stdout_and_nothing_else_does(call, api: Api) -> None:
    api.answers = [(200, {}, b"\x00bytes")]
    done = call("GET", f"{api.origin}/file", "-i")
    assert (done.returncode, done.stdout) == (0, "\x00bytes")
    assert "HTTP 200" in done.stderr


def test_an_answer_may_be_long(call, api: Api) -> None:
    api.answers = [(200, {}, b"x" * (5 << 20))]
    done = call("GET", f"{api.origin}/file")
    assert (done.returncode, len(done.stdout)) == (0, 5 << 20), done.stderr


def test_method_headers_and_body_are_as_given(call, api: Api, tmp_path: Path) -> None:
    heard = json.loads(call("put", f"{api.origin}/a?b=c", "-d", "x=1", "-H", "Content-Type: text/plain").stdout)
    assert (heard["method"], heard["path"], heard["body"]) == ("PUT", "/a?b=c", "x=1")
    assert heard["content-type"] == "text/plain"
    body = tmp_path / "body.json"
    body.write_text('{"item": "engine"}')
    heard = json.loads(call("POST", f"{api.origin}/", "--json", f"@{body}").stdout)
    assert (heard["body"], heard["accept"]) == ('{"item": "engine"}', "application/json")
    heard = json.loads(call(f"{api.origin}/", "-d", "@-", stdin="piped").stdout)
    assert (heard["method"], heard["body"]) == ("POST", "piped")
    assert json.loads(call(f"{api.origin}/").stdout)["method"] == "GET"


@pytest.mark.parametrize(
    ("options", "use", "bearer"),
    [
        ([], "id", False),
        (["--bearer"], "id", True),
        (["--api", "rest"], "id", False),
        (["--api", "http"], "access", True),
        (["--api", "http", "--bare"], "access", False),
        (["--api", "appsync"], "access", False),
        (["--token", "access"], "access", True),
        (["--token", "id", "-H", "authorization: nonsense"], "id", False),
    ],
)
def test_the_options_overrule_what_the_host_tells(call, api: Api, options: list[str], use: str, bearer: bool) -> None:
    heard = json.loads(call(f"{api.origin}/", *options).stdout)["authorization"]
    assert (token_use(heard), heard.startswith("Bearer ")) == (use, bearer)


def test_after_a_401_the_other_token_is_tried_once(call, api: Api) -> None:
    api.answers = [(401, {}, b'{"message":"Unauthorized"}')]
    done = call(f"{api.origin}/orders")
    assert done.returncode == 0
    assert [token_use(heard["authorization"]) for heard in api.heard] == ["id", "access"]


def test_a_refused_token_is_renewed_once_and_then_the_refusal_is_told(call, api: Api, peer: Peer) -> None:
    api.answers = [(401, {}, b"no"), (401, {}, b'{"message":"Unauthorized"}')]
    done = call(f"{api.origin}/orders?secret=1", "--token", "access")
    assert (done.returncode, done.stdout) == (1, '{"message":"Unauthorized"}')
    assert f"GET {api.origin}/orders answered 401" in done.stderr
    assert "another user pool, or wants a scope" in done.stderr
    assert peer.count("/oauth2/token") == 2


def test_a_redirect_is_told_and_not_followed(call, api: Api) -> None:
    api.answers = [(302, {"Location": "http://127.0.0.1:9/elsewhere?a=b"}, b"")]
    done = call(f"{api.origin}/")
    assert (done.returncode, done.stdout) == (0, "")
    assert "answered 302, with another address: http://127.0.0.1:9/elsewhere\n" in done.stderr


@pytest.mark.parametrize(
    ("status", "headers", "body", "told"),
    [
        (401, {}, '{"message":"Unauthorized"}', "another user pool, or wants a scope"),
        (401, {}, '{"message":"The incoming token has expired"}', "clock"),
        (
            401,
            {"www-authenticate": 'Bearer error_description="the token does not have a valid audience"'},
            "{}",
            "authorizer's audience",
        ),
        (401, {}, '{"errors":[{"errorType":"UnauthorizedException","message":"Unable to parse JWT token."}]}', "bare"),
        (403, {"www-authenticate": 'Bearer scope="a" error="insufficient_scope"'}, "{}", "--scopes"),
        (403, {}, '{"message":"Missing Authentication Token"}', "path, stage or method does not exist"),
        (403, {}, '{"message":"Authorization header requires \'Credential\' parameter."}', "AWS signatures"),
    ],
)
def test_a_refusal_is_told_with_what_to_change(
    call, api: Api, status: int, headers: dict[str, str], body: str, told: str
) -> None:
    api.answers = [(status, headers, body.encode())] * 2
    done = call(f"{api.origin}/orders", "--api", "appsync" if "errors" in body else "http")
    assert (done.returncode, done.stdout) == (1, body)
    assert told in done.stderr.partition("hint: ")[2]


@pytest.mark.parametrize(
    ("argv", "code", "told"),
    [
        (["http://api.example.com/"], 2, "in the clear to api.example.com"),
        (["ftp://api.example.com/"], 2, "is not a URL"),
        (["orders"], 2, "is not a URL"),
        (["GET", "http://127.0.0.1:9/", "more"], 2, "one word too many"),
        (["G-T", "http://127.0.0.1:9/"], 2, "is no method"),
        (["http://127.0.0.1:9/", "-H", "sk-secret"], 2, "a header has no name"),
        (["http://127.0.0.1:9/", "-d", "x", "--json", "x"], 2, "not allowed with"),
        (["http://127.0.0.1:9/", "-d", "@/no/such/file"], 1, "No such file"),
        (["http://127.0.0.1:9/"], 4, "nothing accepts connections"),
    ],
)
def test_exit_codes_and_sentences(call, argv: list[str], code: int, told: str) -> None:
    done = call(*argv)
    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr
    assert "sk-secret" not in done.stderr


def test_without_a_session_nothing_is_sent(run, api: Api) -> None:
    assert run("call", f"{api.origin}/").returncode == 3
    assert api.heard == []


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (404, "the API has no such path"),
        (405, "not for this method"),
        (500, "the API has a fault of its own"),
        (502, "what stands behind it did not answer, or not in the form that it has to: see whether it runs"),
        (503, "is not there or has too much to do"),
        (504, "did not answer in time"),
    ],
)
def test_nobody_is_told_to_wait_for_an_api_that_has_a_fault(call, api: Api, status: int, told: str) -> None:
    """Whatever stands behind the API is somebody's to mend. "Wait a moment" was said of Cognito."""
    api.answers = [(status, {}, b'{"message": "Internal server error"}')]
    done = call("GET", f"{api.origin}/things")
    assert done.returncode == 1
    assert told in done.stderr.partition("halfday: hint: ")[2]
    assert "ait" not in done.stderr.partition("halfday: hint: ")[2]
