"""Nothing that somebody sends stands in the log: a password may stand in any field, a token behind any name.

Every string of every operation's input, every parameter, header and path of every other entrance is a mark once. What
the server logs, what reaches stderr, and what an exception says that nobody expected are then searched for the marks.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import requests
from starlette.types import Receive, Scope, Send

import halfday.server.operations.families  # noqa: F401 - registers every operation
from attack.wire import Client
from halfday.server.events.log_lines import LogLines
from halfday.server.http.edge import Edge
from halfday.server.operations.framework import registry
from halfday.server.operations.framework.model import service_model
from halfday.server.operations.framework.service_models import ListShape, MapShape, Shape, StringShape, StructureShape
from sockets import Handler, answering, on_a_socket
from world import CALLBACK, PASSWORD, Browser, Pool, World, running

MARK = "Zqx7"
"""Every mark holds it at both ends, so that a part of one is found as well."""
_numbers = itertools.count()

POOL, CLIENT = "us-east-1_Quiet0001", "quietclient"


def mark() -> str:
    return f"{MARK}-{next(_numbers):06}-hunter2-{MARK}"


class Nowhere(Handler):
    def do_GET(self) -> None:
        self.answer(200, b"{}")

    do_POST = do_GET


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with answering(Nowhere) as backend:
        document = {
            "user_pool": [{"id": POOL, "name": "quiet", "client": [{"id": CLIENT, "callback_urls": [CALLBACK]}]}],
            "gateway": [{"path": "/api", "pool": POOL, "backend": backend}],
        }
        with running(tmp_path_factory.mktemp("data"), document, upstream="none") as up:
            yield up


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Afterwards the log, and what reached stderr, are searched."""
    for name in ("botocore", "urllib3", "boto3", "httpcore2", "httpx2", "asyncio"):
        caplog.set_level(logging.WARNING, name)  # the tests' own clients, beside the server
    caplog.set_level(logging.DEBUG)
    yield
    # uvicorn's access log is off; pytest listens at its logger, so that uvicorn takes it for wanted.
    records = [record for record in caplog.get_records("call") if record.name != "uvicorn.access"]
    formatter = LogLines()
    assert any(record.name == "halfday.requests" for record in records), "this is the log"
    said = "\n".join([*map(formatter.format, records), *capfd.readouterr()])
    assert [line for line in said.splitlines() if MARK.lower() in line.lower()] == []


def json_call(world: World, service: str, operation: str, body: Any, **headers: str) -> int:
    prefix = service_model(service).metadata["targetPrefix"]
    signed = (
        f"AWS4-HMAC-SHA256 Credential=test/{time.strftime('%Y%m%d', time.gmtime())}/us-east-1/{service}/aws4_request"
    )
    sent = {
        "X-Amz-Target": f"{prefix}.{operation}",
        "X-Amz-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
        "Authorization": f"{signed}, SignedHeaders=host, Signature=00",
        "Content-Type": "application/x-amz-json-1.1",
        **headers,
    }
    content = body if isinstance(body, str) else json.dumps(body)
    return _connection(world.origin).request("POST", "/", content.encode(), sent).status


@functools.cache
def _connection(origin: str) -> Client:
    """Kept open: the calls are thousands."""
    parts = urlsplit(origin)
    return Client((parts.hostname or "", parts.port or 0), timeout_s=30)


IDS = {"UserPoolId", "ClientId"}
"""Where what has the form of an id is taken for one."""


def like_ids() -> tuple[str, str]:
    """Marks in the form of a pool's id and of an app client's: what looks like an id is as secret as the rest."""
    return f"us-east-1_{MARK}{next(_numbers):06}{MARK}", f"{MARK}{next(_numbers):06}{'a' * 12}{MARK}".lower()


def plain(shape: Shape, depth: int = 0) -> Any:
    """A value of the shape that holds no mark, and often enough passes its constraints."""
    if isinstance(shape, StructureShape):
        wanted = shape.required_members if depth else shape.members
        return {name: plain(shape.members[name], depth + 1) for name in wanted} if depth < 4 else {}
    if isinstance(shape, ListShape):
        return [plain(shape.member, depth + 1)]
    if isinstance(shape, MapShape):
        return {"USERNAME": plain(shape.value, depth + 1)}
    if isinstance(shape, StringShape):
        known = {"UserPoolIdType": POOL, "ClientIdType": CLIENT, "UsernameType": "ada", "PasswordType": PASSWORD}
        return shape.enum[0] if shape.enum else known.get(shape.name, "x" * max(1, int(shape.metadata.get("min", 1))))
    kinds = {"boolean": False, "integer": 1, "long": 1, "double": 1.0, "float": 1.0, "timestamp": 1, "blob": "eA=="}
    return kinds.get(shape.type_name, {})


def marked(shape: Shape, depth: int = 0) -> Iterator[Any]:
    """Values of the shape in each of which one string is a mark, or one key of a map."""
    if isinstance(shape, StringShape):
        yield from (mark(), f" {mark()} ") if depth < 2 else (mark(),)
    elif isinstance(shape, ListShape):
        yield from ([value] for value in marked(shape.member, depth + 1))
    elif isinstance(shape, MapShape):
        yield {mark(): plain(shape.value)}
        yield from ({"USERNAME": value} for value in marked(shape.value, depth + 1))
    elif isinstance(shape, StructureShape) and depth < 3:
        for name, member in shape.members.items():
            rest = {n: plain(shape.members[n], depth + 1) for n in shape.required_members if n != name}
            yield from ({**rest, name: value} for value in marked(member, depth + 1))
            if isinstance(member, StringShape) and name not in IDS:
                yield from ({**rest, name: value} for value in like_ids())


OPERATIONS = sorted(key for key in registry._OPERATIONS if key[0] in ("cognito-idp", "cognito-identity"))
CHANGING_THE_POOL = {"DeleteUserPool", "DeleteUserPoolClient"}


@pytest.mark.long
def test_no_string_of_an_operation_is_repeated(world: World, heard: None) -> None:
    calls = 0
    for service, name in OPERATIONS:
        shape = registry._OPERATIONS[service, name].model.input_shape
        for given in marked(shape) if shape and name not in CHANGING_THE_POOL else ():
            assert json_call(world, service, name, given) in (*range(500), NOT_BUILT), (name, given)
            calls += 1
    assert calls > 1000, "this is the model"


CHALLENGES = "PASSWORD_VERIFIER NEW_PASSWORD_REQUIRED SMS_MFA EMAIL_OTP SELECT_CHALLENGE WEB_AUTHN".split()
SESSION = {"ClientId": CLIENT, "Session": "x" * 20}
AUTH = [
    ("InitiateAuth", {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": CLIENT}, "AuthParameters"),
    ("InitiateAuth", {"AuthFlow": "USER_SRP_AUTH", "ClientId": CLIENT}, "AuthParameters"),
    ("InitiateAuth", {"AuthFlow": "USER_AUTH", "ClientId": CLIENT}, "AuthParameters"),
    ("InitiateAuth", {"AuthFlow": "REFRESH_TOKEN_AUTH", "ClientId": CLIENT}, "AuthParameters"),
    *(("RespondToAuthChallenge", {**SESSION, "ChallengeName": name}, "ChallengeResponses") for name in CHALLENGES),
]
NAMES = (
    "USERNAME PASSWORD SECRET_HASH SRP_A REFRESH_TOKEN DEVICE_KEY PREFERRED_CHALLENGE NEW_PASSWORD ANSWER CREDENTIAL "
    "EMAIL_OTP_CODE SMS_MFA_CODE PASSWORD_CLAIM_SECRET_BLOCK PASSWORD_CLAIM_SIGNATURE TIMESTAMP"
).split()


@pytest.mark.long
@pytest.mark.parametrize(("operation", "given", "member"), AUTH)
@pytest.mark.parametrize("hidden", ["ENABLED", "LEGACY"])
def test_nothing_of_a_sign_in_is_repeated_in_whichever_field_it_stands(
    world: World, heard: None, operation: str, given: dict[str, Any], member: str, hidden: str
) -> None:
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    pool = Pool(world, POOL)
    client = pool.client(ExplicitAuthFlows=flows, PreventUserExistenceErrors=hidden)["ClientId"]
    usual = {**dict.fromkeys(NAMES, "x"), "USERNAME": "ada", "SRP_A": "ab"}
    for name in NAMES:
        for value in (mark(), f"{mark()}\t ", *like_ids()):
            body = {**given, "ClientId": client, member: {**usual, name: value}}
            assert json_call(world, "cognito-idp", operation, body) < 500


PARAMETERS = (
    "client_id client_secret redirect_uri response_type scope state nonce code code_verifier code_challenge prompt "
    "code_challenge_method grant_type refresh_token token identity_provider idp_identifier logout_uri login_hint error "
    "error_description resource lang user_name confirmation_code username password at key verification_code destination"
).split()
NOT_BUILT = 501
USUAL = {"client_id": CLIENT, "redirect_uri": CALLBACK, "response_type": "code", "grant_type": "authorization_code"}
PAGES = "/login /mfa /newPassword /signup /confirm /resendcode /forgotPassword /confirmForgotPassword"
GETS = (
    "/signup /confirm /forgotPassword /confirmForgotPassword "
    "/oauth2/authorize /login /logout /oauth2/idpresponse /error /confirmUser /oauth2/userInfo / /api /nowhere "
    f"/{POOL}/.well-known/jwks.json /user-import/{POOL}/x"
).split()
POSTS = f"/oauth2/token /oauth2/revoke {PAGES} /nowhere".split()


@pytest.mark.long
@pytest.mark.parametrize("path", GETS)
def test_nothing_of_a_query_is_repeated(world: World, heard: None, path: str) -> None:
    method = "PUT" if path.startswith("/user-import") else "GET"
    for name in [*PARAMETERS, mark()]:
        for sent in (mark(), f"{CALLBACK}/?code={mark()}", f"https://{mark()}@{mark()}.example/{mark()}#{mark()}"):
            url = world.origin + path
            answer = requests.request(method, url, params={**USUAL, name: sent}, allow_redirects=False, timeout=10)
            assert answer.status_code < 500
    requests.request(method, f"{world.origin}{path}?{mark()}&{mark()}={mark()}&{mark()}", timeout=10)


@pytest.mark.long
@pytest.mark.parametrize("path", POSTS)
def test_nothing_of_a_form_is_repeated(world: World, heard: None, path: str) -> None:
    asked = f"{world.origin}{path}?client_id={CLIENT}&redirect_uri={quote(CALLBACK)}&response_type=code"
    where = asked if path in PAGES.split() else world.origin + path
    for name in [*PARAMETERS, "session", "challenge", "_csrf", mark()]:
        for value in (mark(), f"{mark()} "):
            for form in ({**USUAL, name: value}, [(name, value), (name, value)]):
                answer = requests.post(where, data=form, allow_redirects=False, timeout=10)
                assert answer.status_code < 500 or answer.json()["error"] == "not_implemented"
    requests.post(where, data=mark(), headers={"Content-Type": mark()}, allow_redirects=False, timeout=10)
    for basic in (mark(), f"Basic {mark()}", requests.auth._basic_auth_str(mark(), mark())):
        requests.post(where, data=USUAL, headers={"Authorization": basic}, allow_redirects=False, timeout=10)


def test_nothing_of_the_sign_in_page_is_repeated(world: World, heard: None) -> None:
    Pool(world, POOL).user("page")
    client = Pool(world, POOL).client()
    for username, password in ((mark(), PASSWORD), ("page", mark()), (mark(), mark()), (f"{mark()} ", "")):
        Browser(world.origin).sign_in(client, username, password)
    cookies = {"cognito": mark(), "XSRF-TOKEN": mark(), mark(): mark()}
    requests.get(f"{world.origin}/login", params=USUAL, cookies=cookies, allow_redirects=False, timeout=10)


PASTED = ["{}", "{} ", "{}\t", " {}", "Bearer {} ", "Bearer  {}", "Bearer {}x\x07", "eyJhbGciOiJub25lIn0.{}.{}"]


@pytest.mark.parametrize("form", PASTED)
@pytest.mark.parametrize("path", ["/api/x", "/oauth2/userInfo", "/", "/nowhere", "/oauth2/token"])
def test_nothing_of_a_header_is_repeated(
    world: World, heard: None, caplog: pytest.LogCaptureFixture, path: str, form: str
) -> None:
    token = Pool(world, POOL).tokens(Pool(world, POOL).client(), Pool(world, POOL).user(f"u{next(_numbers)}"))
    for value in (mark(), token["IdToken"], token["AccessToken"]):
        pasted = form.replace("{}", value)
        status = raw(world, f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {pasted}\r\nX-Other: {mark()}\r\n")
        assert status < 500
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert not [name for name, value in token.items() if len(str(value)) > 20 and str(value)[-30:] in logged]


def test_a_token_with_a_blank_behind_it_is_let_through(world: World) -> None:
    """As it was meant: whitespace around a field's value is no part of it (RFC 9110 §5.5)."""
    pool = Pool(world, POOL)
    token = pool.tokens(pool.client(), pool.user("blank"))["IdToken"]
    for pasted in (token, f"{token} ", f"  {token}\t ", f"Bearer {token}  "):
        assert raw(world, f"GET /api/x HTTP/1.1\r\nHost: x\r\nAuthorization: {pasted}\r\n") == 200


PATHS = "/{} /{}/{}?{} //?code={} //{}?code={} /api/{}?{} /login/{} /%5A{} /oauth2/{} /{}/.well-known/jwks.json".split()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", MARK.upper()])
def test_nothing_of_a_path_or_a_method_is_repeated(world: World, heard: None, path: str, method: str) -> None:
    target = path.replace("{}", mark())
    raw(world, f"{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n")
    raw(world, f"GET {target} HTTP/1.1\r\nHost: {mark()}\r\nUser-Agent: {mark()}\x1b[2J\r\nReferer: {mark()}\r\n")
    requests.get(f"{world.origin}/error", timeout=10)  # a line in any case


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server that takes no dummy keys."""
    with running(tmp_path_factory.mktemp("strict"), signatures="strict", upstream="none") as up:
        yield up


@pytest.mark.parametrize("service", ["s3", "sts", "iam", "cognito-idp", MARK])
@pytest.mark.parametrize("door", ["world", "strict"])
def test_nothing_of_a_signed_call_is_repeated(
    request: pytest.FixtureRequest, heard: None, service: str, door: str
) -> None:
    world: World = request.getfixturevalue(door)
    today = time.strftime("%Y%m%d", time.gmtime())
    for key, date, region in ((mark(), today, "us-east-1"), ("test", mark(), "us-east-1"), ("test", today, mark())):
        scope = f"{key}/{date}/{region}/{service}/aws4_request"
        signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={mark()}"
        headers = {"Authorization": signed, "X-Amz-Security-Token": mark(), "x-amz-acl": mark()}
        calls = [("GET", f"/{mark()}/{mark()}"), ("PUT", f"/bucket/{mark()}?{mark()}={mark()}"), ("POST", "/")]
        for (method, path), at in itertools.product(calls, (mark(), time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()))):
            sent = {**headers, "X-Amz-Date": at}
            assert requests.request(method, world.origin + path, headers=sent, data=mark(), timeout=10).status_code


def test_nothing_of_a_query_call_is_repeated(world: World, heard: None) -> None:
    names = "Version RoleArn RoleSessionName WebIdentityToken Policy DurationSeconds".split()
    for action in (mark(), "AssumeRoleWithWebIdentity", "GetCallerIdentity", "CreateRole"):
        for name in names:
            form = {**dict.fromkeys(names, "x" * 20), "Version": "2011-06-15", "Action": action, name: mark()}
            assert requests.post(world.origin, data=form, timeout=10).status_code < 500


def test_nothing_of_a_body_or_a_target_that_cannot_be_read_is_repeated(world: World, heard: None) -> None:
    for target in (mark(), f"AWSCognitoIdentityProviderService.{mark()}", f"{mark()}.GetUser"):
        assert requests.post(world.origin, data="{}", headers={"X-Amz-Target": target}, timeout=10).status_code < 500
    bodies = [
        "%s",
        '{"%s": 1}',
        '["%s"]',
        '{"UserPoolId": "%s',
        '{"UserPoolId": ["%s"]}',
        '{"UserPoolId": {"a": "%s"}}',
    ]
    for body in bodies:
        assert json_call(world, "cognito-idp", "DescribeUserPool", body % mark()) < 500


def test_nothing_of_a_call_to_management_is_repeated(world: World, heard: None) -> None:
    origin = world.running.management
    for name in ("pool_id", "username", "limit", "after", mark()):
        requests.get(f"{origin}/messages", params={name: mark()}, timeout=10)
        requests.get(f"{origin}/messages/latest", params={name: mark()}, timeout=10)
    requests.get(f"{origin}/{mark()}?{mark()}", headers={"Origin": mark()}, timeout=10)
    requests.get(f"{origin}/messages", headers={"Host": mark()}, timeout=10)


def test_what_an_exception_says_is_not_repeated(heard: None) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/late":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
        try:
            raise KeyError(scope["query_string"])
        except KeyError as problem:
            raise ExceptionGroup(mark(), [ValueError(mark())]) from problem

    with on_a_socket(lambda origin: Edge(broken)) as origin:
        assert requests.get(f"{origin}/x?{mark()}", timeout=10).status_code == 500
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            requests.get(f"{origin}/late?{mark()}", timeout=10)


def test_a_task_that_nobody_awaits_says_what_and_where_alone(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """asyncio would write the exception, and with it what it says."""
    from halfday.server.serving import _log_unexpected

    async def fail() -> None:
        raise ValueError(mark())

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(_log_unexpected)
        task = asyncio.ensure_future(fail())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    thread.join()
    assert "ValueError" in caplog.text
    assert "in test_a_task_that_nobody_awaits_says_what_and_where_alone.<locals>.fail" in caplog.text
    assert MARK not in caplog.text


def raw(world: World, head: str) -> int:
    """The status of a request written by hand; 0 where the server only closed."""
    place = urlsplit(world.origin)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as connection:
        connection.sendall(f"{head}Connection: close\r\n\r\n".encode("latin-1"))
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return int(answer.split(b" ")[1]) if answer.startswith(b"HTTP/") else 0
