"""Where functions run: Python, Node, a URL, a build; and what each fault becomes. Source: facts/triggers.md §2."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import requests

from asking import refusal
from functions import arn_of, configure
from halfday.server.seed_file import SeedRefused
from world import PASSWORD, Pool, World, running

PYTHON = """
import json, os, sys, time

def confirms(event, context):
    print("hello from", context.function_name)
    event["response"]["autoConfirmUser"] = True
    return event

def raises(event, context):
    raise Exception("Email already used")

def sleeps(event, context):
    time.sleep(6)

def exits(event, context):
    os._exit(3)

def leaves(event, context):
    sys.exit(4)

def prints(event, context):
    print("x" * 1_000_000)
    return event

def forks(event, context):
    if os.fork() == 0:
        time.sleep(0.2)
    return event

def a_list(event, context):
    return [1]

def not_a_number(event, context):
    return {**event, "response": {"autoConfirmUser": float("nan")}}

def an_object(event, context):
    return object()

def large(event, context):
    return {**event, "padding": "x" * 7_000_000}

def long(event, context):
    return {**event, "padding": "x" * 70_000}

def raises_much(event, context):
    raise Exception("x" * 70_000)

def renames(event, context):
    return {**event, "userName": "somebody-else"}

def environment(event, context):
    names = ["MINE", "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_LAMBDA_FUNCTION_NAME", "HALFDAY_SECRET_OF_THE_SERVER"]
    raise Exception(json.dumps({name: os.environ.get(name) for name in names}))

def remaining(event, context):
    raise Exception(str(context.get_remaining_time_in_millis() > 3000))

def frame(data):
    os.write(int(sys.argv[1]), len(data).to_bytes(4, "big") + data)

def speaks_for_another(event, context):
    event["response"]["autoConfirmUser"] = True
    frame(json.dumps({"id": "another", "answer": json.dumps(event)}).encode())
    return event

def speaks_no_json(event, context):
    frame(b"[" * 100000)
    return event

def speaks_a_list(event, context):
    frame(b"[1]")
    return event

def speaks_a_number(event, context):
    frame(json.dumps({"id": context.aws_request_id, "answer": 5}).encode())
    return event

def speaks_an_error(event, context):
    frame(json.dumps({"id": context.aws_request_id, "error": 5}).encode())
    return event

def half_a_character(event, context):
    print("half")
    raise Exception("\\ud800")

def answers_half_a_character(event, context):
    return {**event, "more": "\\ud800"}

def calls_back(event, context):
    import boto3
    found = boto3.client("cognito-idp").list_users(UserPoolId=event["userPoolId"])["Users"]
    raise Exception(f"{len(found)} users")
"""
NODE = """
export const confirms = async (event) => ({ ...event, response: { ...event.response, autoConfirmUser: true } });
export const calls = (event, context, callback) => setTimeout(() => callback(null, event), 5);
export const done = (event, context) => context.done(null, event);
export const raises = async () => { throw new Error("not from node"); };
export const exits = async () => process.exit(5);
"""
EARLY = """
import os, sys
os.write(int(sys.argv[1]), (3).to_bytes(4, "big") + b"[1]")

def handler(event, context):
    return event
"""
COMMON = "exports.handler = async (event) => { event.response.autoConfirmUser = true; return event; };\n"
NAMES = (
    "confirms raises sleeps exits leaves prints forks a_list not_a_number an_object large long raises_much "
    "renames environment remaining calls_back speaks_for_another speaks_no_json speaks_a_list speaks_a_number "
    "speaks_an_error half_a_character answers_half_a_character"
).split()

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on PATH")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("functions")
    (folder / "handlers.py").write_text(PYTHON)
    (folder / "handlers.mjs").write_text(NODE)
    (folder / "common.cjs").write_text(COMMON)
    (folder / "early.py").write_text(EARLY)
    (folder / "broken.py").write_text("import no_such_module\n")
    (folder / "wrong.py").write_text("def handler(event:\n")
    build = folder / "build"
    build.mkdir()
    (build / "app.py").write_text("def lambda_handler(event, context):\n    raise Exception('from a build')\n")
    with zipfile.ZipFile(folder / "build.zip", "w") as packed:
        packed.write(build / "app.py", "app.py")
    (folder / "lambdas").mkdir()
    (folder / "lambdas" / "in-a-folder.py").write_text(
        "def handler(event, context):\n    raise Exception('in the folder')\n"
    )
    return folder


@pytest.fixture(scope="module")
def server(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    declared = [{"name": name, "target": f"handlers.py:{name}"} for name in NAMES]
    declared += [
        {"name": f"node-{n}", "target": f"handlers.mjs#{n}"} for n in ("confirms", "calls", "done", "raises", "exits")
    ]
    declared += [
        {"name": "module", "target": "handlers:raises"},
        {"name": "common", "target": "common.cjs#handler"},
        {"name": "missing", "target": "handlers.py:nothing"},
        {"name": "early", "target": "early.py:handler"},
        {"name": "broken", "target": "broken.py:handler"},
        {"name": "wrong", "target": "wrong.py:handler"},
        {"name": "build", "target": "build#app.lambda_handler"},
        {"name": "packed", "target": "build.zip#app.lambda_handler"},
    ]
    if shutil.which("node") is None:
        declared = [
            each for each in declared if ".py" in each["target"] or each["name"] in ("module", "build", "packed")
        ]
    for each in declared:
        each["folder"] = str(folder)
        each["environment"] = {"MINE": "mine"}
    os.environ["HALFDAY_SECRET_OF_THE_SERVER"] = "no function's business"
    given = {"document": {"function": declared}, "functions_folder": str(folder / "lambdas")}
    with running(tmp_path_factory.mktemp("data"), **given) as world:
        yield world
    del os.environ["HALFDAY_SECRET_OF_THE_SERVER"]


@pytest.fixture
def pool(server: World) -> Pool:
    return server.pool()


def sign_up(pool: Pool, name: str = "eve") -> dict[str, Any]:
    client = pool.client()
    return pool.world.idp.sign_up(ClientId=client["ClientId"], Username=name, Password=PASSWORD)


def refused_by(pool: Pool, function: str) -> tuple[str, str]:
    configure(pool, {"PreSignUp": arn_of(function)})
    client = pool.client()
    given = {"ClientId": client["ClientId"], "Username": "eve", "Password": PASSWORD}
    return refusal(pool.world.idp.sign_up, **given)


def told(message: str) -> tuple[str, str]:
    return "UserLambdaValidationException", f"PreSignUp failed with error {message}."


def newest(pool: Pool) -> Any:
    return pool.world.running.services.functions.records[-1]


@pytest.mark.parametrize(
    "function",
    [
        "confirms",
        pytest.param("node-confirms", marks=needs_node),
        pytest.param("common", marks=needs_node),
        "confirms:PROD",
    ],
)
def test_a_function_decides(pool: Pool, function: str) -> None:
    configure(pool, {"PreSignUp": arn_of(function)})
    assert sign_up(pool)["UserConfirmed"] is True


@pytest.mark.parametrize("function", ["prints", "forks", "renames", "node-calls", "node-done"])
def test_what_is_odd_and_no_fault(pool: Pool, function: str) -> None:
    if function.startswith("node-") and shutil.which("node") is None:
        pytest.skip("there is no node on PATH")
    configure(pool, {"PreSignUp": arn_of(function)})
    assert sign_up(pool)["UserConfirmed"] is False
    assert pool.world.idp.admin_get_user(UserPoolId=pool.pool_id, Username="eve")["Username"] == "eve"


def test_what_it_prints_is_kept_with_its_invocation_up_to_a_limit(pool: Pool) -> None:
    configure(pool, {"PreSignUp": arn_of("confirms")})
    sign_up(pool)
    assert newest(pool).output == "hello from confirms\n"
    configure(pool, {"PreSignUp": arn_of("prints")})
    sign_up(pool, "bob")
    assert len(newest(pool).output) == 65536


def test_a_long_answer_and_a_long_error_are_kept_in_short(pool: Pool) -> None:
    assert refused_by(pool, "raises_much")[1].startswith("PreSignUp failed with error xxx")
    assert len(newest(pool).why) == 65536
    configure(pool, {"PreSignUp": arn_of("long")})
    assert sign_up(pool)["UserConfirmed"] is False
    ((_, length),) = newest(pool).answer.items()
    assert length.endswith(" characters")


def test_what_it_raises_is_told_with_its_place(pool: Pool) -> None:
    assert refused_by(pool, "raises") == told("Email already used")
    record = newest(pool)
    line = PYTHON.splitlines().index('    raise Exception("Email already used")') + 1
    assert record.where.endswith(f"handlers.py:{line}")
    assert "Traceback" in record.output


@needs_node
def test_what_node_throws_is_told_with_its_place(pool: Pool) -> None:
    assert refused_by(pool, "node-raises") == told("not from node")
    assert newest(pool).where.endswith("handlers.mjs:5")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("module", "Email already used"),
        ("build", "from a build"),
        ("packed", "from a build"),
        ("in-a-folder", "in the folder"),
        ("an_object", "Unable to marshal response: Object of type object is not JSON serializable"),
        ("large", "Response payload size exceeded maximum allowed payload size (6291456 bytes)."),
        ("remaining", "True"),
        ("calls_back", "0 users"),
    ],
)
def test_errors_of_the_function_s_own(pool: Pool, function: str, message: str) -> None:
    assert refused_by(pool, function) == told(message)


@pytest.mark.parametrize(
    ("function", "how"),
    [
        ("exits", "exit status 3"),
        ("leaves", "exit status 4"),
        pytest.param("node-exits", "exit status 5", marks=needs_node),
    ],
)
def test_a_process_that_ends_is_an_error_and_the_next_one_is_begun(pool: Pool, function: str, how: str) -> None:
    for _ in range(2):
        code, sentence = refused_by(pool, function)
        assert code == "UserLambdaValidationException"
        assert sentence.endswith(f"Error: Runtime exited with error: {how}.")


@pytest.mark.parametrize(
    "function",
    ["speaks_for_another", "speaks_no_json", "speaks_a_list", "speaks_a_number", "speaks_an_error", "early"],
)
def test_what_writes_to_the_socket_is_ended_and_answers_for_nobody_after(pool: Pool, function: str) -> None:
    for _ in range(2):
        code, sentence = refused_by(pool, function)
        assert code == "UserLambdaValidationException"
        assert sentence.endswith("Error: Runtime exited without providing a reason.")


@pytest.mark.parametrize("function", ["half_a_character", "answers_half_a_character"])
def test_what_utf_8_has_no_bytes_for_is_shown_at_the_management_port(pool: Pool, function: str) -> None:
    configure(pool, {"PreSignUp": arn_of(function)})
    client = pool.client()
    given = {"ClientId": client["ClientId"], "Username": "eve", "Password": PASSWORD}
    try:
        pool.world.idp.sign_up(**given)
    except pool.world.idp.exceptions.UserLambdaValidationException:
        assert function == "half_a_character"
    shown = requests.get(f"{pool.world.running.management}/triggers", params={"pool_id": pool.pool_id}, timeout=10)
    assert shown.status_code == 200
    record = shown.json()["invocations"][0]
    assert "\ud800" in (record["why"] or record["answer"]["more"])


@pytest.mark.parametrize("function", ["a_list", "not_a_number"])
def test_what_is_no_event_is_no_answer(pool: Pool, function: str) -> None:
    assert refused_by(pool, function) == ("InvalidLambdaResponseException", "Unrecognizable lambda output")


@pytest.mark.long
def test_who_sleeps_is_tried_three_times_and_given_up(pool: Pool, caplog: pytest.LogCaptureFixture) -> None:
    code, sentence = refused_by(pool, "sleeps")
    assert code == "UnexpectedLambdaException"
    assert sentence == "PreSignUp invocation failed due to error Socket timeout while invoking Lambda function."
    assert newest(pool).attempts == 3
    (line,) = [each.getMessage() for each in caplog.records if each.name == "halfday.triggers"]
    assert " function=sleeps unanswered in " in line
    assert line.endswith(", 3 attempts: it did not answer within 5 s")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("missing", "Handler 'nothing' missing on module"),
        ("broken", "Unable to import module"),
        ("wrong", "Unable to import module"),
    ],
)
def test_what_cannot_be_loaded_is_an_error_of_the_function_s(pool: Pool, function: str, message: str) -> None:
    code, sentence = refused_by(pool, function)
    assert code == "UserLambdaValidationException"
    assert sentence.startswith(f"PreSignUp failed with error {message}")


FROM_HERE = [
    ("handlers.py:raises", "Email already used"),
    ("handlers:raises", "Email already used"),
    ("build#app.lambda_handler", "from a build"),
    ("build.zip#app.lambda_handler", "from a build"),
    pytest.param("handlers.mjs#raises", "not from node", marks=needs_node),
    ("in-a-folder", "in the folder"),
]


@pytest.mark.parametrize("python", ["", "bin/python"])
@pytest.mark.parametrize(("target", "message"), FROM_HERE)
def test_paths_may_be_told_from_where_the_server_is_begun(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, message: str, python: str
) -> None:
    """As by `halfday serve --config apps/halfday.toml --functions-folder apps/lambdas`; the data is in .halfday."""
    shutil.copytree(folder, tmp_path / "apps")
    (tmp_path / "apps" / "bin").mkdir()
    (tmp_path / "apps" / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.chdir(tmp_path)
    declared = {"name": "declared", "target": target, "folder": "apps", "python": python}
    in_folder = target == "in-a-folder"
    document = {"function": [] if in_folder else [declared]}
    with running(Path(".halfday"), document, functions_folder="apps/lambdas") as world:
        assert refused_by(world.pool(), target if in_folder else "declared") == told(message)


def test_a_function_that_nobody_declared(pool: Pool) -> None:
    refused = refused_by(pool, "nowhere")
    sentence = "PreSignUp invocation failed due to error ResourceNotFoundException."
    assert refused == ("UnexpectedLambdaException", sentence)
    assert "no function nowhere is declared" in newest(pool).why


def test_a_declared_function_that_cannot_be_had_stops_the_start_where_it_stands(tmp_path: Path) -> None:
    declared = {"function": [{"name": "members-only", "target": "gone.py:handler"}]}
    place = r"^\[\[function\]\] members-only: there is no file .*gone\.py$"
    with pytest.raises(SeedRefused, match=place), running(tmp_path, declared):
        pass


def test_a_trigger_that_calls_nothing_yet_is_a_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    triggers = {"pre_sign_up": "nope", "post_confirmation": "here", "pre_token_generation": arn_of("gone")}
    (tmp_path / "here.py").write_text("def handler(event, context):\n    return event\n")
    pool = {"id": "us-east-1_Pool00001", "name": "one", "triggers": triggers}
    with running(tmp_path / "data", {"user_pool": [pool]}, functions_folder=str(tmp_path)):
        told = [each.getMessage() for each in caplog.records if each.name == "halfday.seed"]
    place = "[[user_pool]] us-east-1_Pool00001: triggers."
    assert told == [
        f"{place}pre_sign_up: there is no function 'nope' yet: what calls it is refused",
        f"{place}pre_token_generation: there is no function 'gone' yet: what calls it is refused",
    ]


def test_it_has_an_environment_of_its_own(pool: Pool) -> None:
    sentence = refused_by(pool, "environment")[1]
    seen = json.loads(sentence.removeprefix("PreSignUp failed with error ").removesuffix("."))
    assert seen == {
        "MINE": "mine",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": pool.world.origin,
        "AWS_LAMBDA_FUNCTION_NAME": "environment",
        "HALFDAY_SECRET_OF_THE_SERVER": None,
    }


def test_a_changed_file_is_loaded_anew(pool: Pool, folder: Path) -> None:
    file = folder / "lambdas" / "changing.py"
    for words in ("first", "second"):
        file.write_text(f"def handler(event, context):\n    raise Exception('{words}')\n")
        os.utime(file, (time.time(), time.time() + len(words)))
        assert refused_by(pool, "changing") == told(words)


def test_fifty_at_once_go_through_one_function(pool: Pool) -> None:
    configure(pool, {"PreSignUp": arn_of("confirms")})
    client = pool.client()

    def one(number: int) -> bool:
        given = {"ClientId": client["ClientId"], "Username": f"eve{number}", "Password": PASSWORD}
        return bool(pool.world.idp.sign_up(**given)["UserConfirmed"])

    with ThreadPoolExecutor(16) as together:
        assert all(together.map(one, range(50)))


def test_nothing_secret_is_kept_of_an_invocation(pool: Pool) -> None:
    configure(pool, {"UserMigration": arn_of("raises")})
    client = pool.client()
    given = {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": {"USERNAME": "eve", "PASSWORD": "Hidden-1815"}}
    refusal(pool.world.idp.initiate_auth, ClientId=client["ClientId"], **given)
    assert "Hidden-1815" not in repr(newest(pool).event)
    assert "Hidden-1815" not in repr(newest(pool))


def test_invocations_are_shown_at_the_management_port_newest_first(pool: Pool) -> None:
    configure(pool, {"PreSignUp": arn_of("confirms")})
    sign_up(pool, "first")
    sign_up(pool, "second")
    management = pool.world.running.management
    asked = {"pool_id": pool.pool_id, "trigger_source": "PreSignUp_SignUp", "limit": "5"}
    shown = requests.get(f"{management}/triggers", params=asked, timeout=10).json()["invocations"]
    assert [each["event"]["userName"] for each in shown] == ["second", "first"]
    assert shown[0]["answer"]["response"]["autoConfirmUser"] is True
    assert (shown[0]["outcome"], shown[0]["attempts"], shown[0]["output"]) == ("answered", 1, "hello from confirms\n")
    assert shown[0]["ms"] > 0
    refused = requests.get(f"{management}/triggers", params={"pool": "x"}, timeout=10)
    assert refused.status_code == 400


class Lambda(BaseHTTPRequestHandler):
    """Somebody else's Lambda: by the path it knows what to answer."""

    seen: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append(self.path)
        name = self.path.split("/")[3] if self.path.startswith("/2015-03-31/") else self.path
        status, headers, body = {
            "url-confirms": (200, {}, {**event, "response": {"autoConfirmUser": True}}),
            "url-raises": (200, {"X-Amz-Function-Error": "Unhandled"}, {"errorMessage": "far away", "errorType": "E"}),
            "url-emulated": (200, {}, {"errorMessage": "emulated", "errorType": "E", "stackTrace": []}),
            "url-denied": (403, {"x-amzn-ErrorType": "AccessDeniedException:http://x"}, {}),
            "url-throttled": (429, {}, {"__type": "TooManyRequestsException"}),
        }.get(name, (404, {}, {"message": "no such function"}))
        data = json.dumps(body).encode()
        self.send_response(status)
        for header, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def elsewhere() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Lambda)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("function", "answer"),
    [
        ("url-raises", told("far away")),
        ("url-emulated", told("emulated")),
        (
            "url-denied",
            ("UnexpectedLambdaException", "PreSignUp invocation failed due to error AccessDeniedException."),
        ),
        (
            "url-throttled",
            ("UnexpectedLambdaException", "PreSignUp invocation failed due to error TooManyRequestsException."),
        ),
        (
            "url-unknown",
            ("UnexpectedLambdaException", "PreSignUp invocation failed due to error ResourceNotFoundException."),
        ),
    ],
)
def test_a_function_behind_a_url(pool: Pool, elsewhere: str, function: str, answer: tuple[str, str]) -> None:
    declare_url(pool, function, elsewhere)
    assert refused_by(pool, function) == answer


def test_a_url_is_called_by_the_function_s_name_or_as_it_stands(pool: Pool, elsewhere: str) -> None:
    declare_url(pool, "url-confirms", elsewhere)
    configure(pool, {"PreSignUp": arn_of("url-confirms")})
    assert sign_up(pool)["UserConfirmed"] is True
    assert Lambda.seen[-1] == "/2015-03-31/functions/url-confirms/invocations"
    whole = f"{elsewhere}/2015-03-31/functions/url-confirms/invocations"
    declare_url(pool, "another", whole)
    configure(pool, {"PreSignUp": arn_of("another")})
    assert sign_up(pool, "bob")["UserConfirmed"] is True


def test_a_url_where_nobody_listens(pool: Pool) -> None:
    declare_url(pool, "nobody", "http://127.0.0.1:9")
    sentence = "PreSignUp invocation failed due to error ResourceNotFoundException."
    assert refused_by(pool, "nobody") == ("UnexpectedLambdaException", sentence)


def declare_url(pool: Pool, name: str, url: str) -> None:
    from halfday.server.outside.functions.invoke_url import InvokeUrl

    services = pool.world.running.services
    services.functions.declare(name, InvokeUrl(url, services.http))


def test_a_pool_s_functions_are_begun_when_it_is_touched_first(tmp_path: Path) -> None:
    """Nobody who signs up waits until a process is there; each LambdaConfig is begun once."""
    mark, source = tmp_path / "begun", tmp_path / "slow.py"
    source.write_text(
        f"import os\nopen({str(mark)!r}, 'a').write('x')\ndef handler(event, context):\n    return event\n"
    )
    declared = {"name": "slow", "target": f"{source}:handler"}
    with running(tmp_path / "data", {"function": [declared]}, upstream="none") as world:
        pool = world.pool(LambdaConfig={"PreSignUp": arn_of("slow"), "PostConfirmation": arn_of("slow")})
        world.idp.describe_user_pool(UserPoolId=pool.pool_id)
        deadline = time.monotonic() + 10
        while not mark.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        world.idp.describe_user_pool(UserPoolId=pool.pool_id)
        client = pool.client()
        world.idp.sign_up(ClientId=client["ClientId"], Username="ada", Password=PASSWORD)
        assert mark.read_text() == "x"
