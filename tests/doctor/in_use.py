"""Sections 7, 8 and 0 of the table: credentials and tokens in use, signing out, and the network before all of it."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import BotoCoreError, NoCredentialsError

from doctor.recorded import answering
from doctor.table import ANSWER, Findings, Stage, answer_of, curl_of, fails, raised, refused, step, told
from halfday.client.transport.blocking import Transport
from halfday.client.transport.wire import Request
from world import Pool, World, running

GATEWAY_POOL = "us-east-1_Gateway01"


# --- credentials ------------------------------------------------------------------------------------------------------


def credentials(stage: Stage, name: str) -> tuple[Any, dict[str, Any]]:
    people = stage.identities()
    people.set_roles(authenticated=people.role(f"{name}-{people.identity_pool_id[-12:]}"))
    return people, people.credentials(people.logins())


@fails("7.1")
def credentials_that_were_copied(stage: Stage) -> Findings:
    people, copied = credentials(stage, "copied")
    stage.world.clock.advance(3601)
    now = datetime.fromtimestamp(stage.world.clock(), UTC).replace(tzinfo=None)
    stage.monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: now)
    return refused(people.signed("cognito-idp", copied).list_user_pools, MaxResults=1)


@fails("7.2")
def keys_that_are_nobody_s(stage: Stage) -> Findings:
    keys = {"aws_access_key_id": "ASIAAAAAAAAAAAAAAAAA", "aws_secret_access_key": "x", "aws_session_token": "x"}
    return refused(stage.world.boto3("sts", **keys).get_caller_identity)


def aws_profile(stage: Stage, *, credentials_file: str = "", **environ: str) -> Findings:
    client = stage.client()
    config, keys = stage.folder / "config", stage.folder / "credentials"
    config.write_text("[profile demo]\ncredential_process = halfday credentials --profile demo\n")
    keys.write_text(credentials_file)
    files = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(keys), "AWS_PROFILE": "demo"}
    for name, value in files.items():
        stage.monkeypatch.setenv(name, value)
    return step("AWS profile", stage.cognito(client, profile="demo"), environ={**files, **environ}).findings


@fails("7.2b")
def a_section_before_the_credential_process(stage: Stage) -> Findings:
    return aws_profile(stage, credentials_file="[demo]\naws_access_key_id = AKIAOLD\naws_secret_access_key = old\n")


@fails("7.3")
def keys_in_the_environment(stage: Stage) -> Findings:
    return aws_profile(stage, AWS_ACCESS_KEY_ID="AKIAOTHER")


@fails("7.4")
def a_role_that_may_not(stage: Stage) -> Findings:
    people, found = credentials(stage, "poor")
    return refused(people.signed("cognito-idp", found).list_user_pools, MaxResults=1)


def by_process(stage: Stage, line: str) -> Findings:
    """What boto3 says of a credential process."""
    config = stage.folder / "config"
    config.write_text(f"[profile broken]\nregion = us-east-1\ncredential_process = {line}\n")
    stage.monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    try:
        boto3.Session(profile_name="broken").client("sts", endpoint_url=stage.origin).get_caller_identity()
    except (BotoCoreError, ValueError, RuntimeError) as problem:
        return told(f"{type(problem).__module__}.{type(problem).__name__}: {problem}")
    raise AssertionError("the process gave credentials")


def python(stage: Stage, text: str) -> str:
    script = Path(stage.folder) / "process.py"
    script.write_text(text)
    return f"{sys.executable} {script}"


@fails("7.25")
def a_secret_key_that_is_another_s(stage: Stage) -> Findings:
    people, found = credentials(stage, "mixed")
    return refused(people.signed("sts", {**found, "SecretKey": "x" * 40}).get_caller_identity)


@fails("7.24")
def a_program_without_credentials(stage: Stage) -> Findings:
    stage.monkeypatch.setenv("AWS_CONFIG_FILE", str(stage.folder / "none"))
    with pytest.raises(NoCredentialsError) as caught:
        boto3.client("sts", endpoint_url=stage.origin, region_name="us-east-1").get_caller_identity()
    return told(f"botocore.exceptions.NoCredentialsError: {caught.value}")


@fails("7.6")
def a_process_that_fails(stage: Stage) -> Findings:
    found = by_process(stage, f"{sys.executable} -m halfday.cli credentials --client-id x --domain http://localhost:1")
    assert "halfday" in found[0].sentence
    return found


@fails("7.7")
def a_process_that_prints_something_else(stage: Stage) -> Findings:
    return by_process(stage, python(stage, "print('hello')"))


@fails("7.8")
def a_process_without_a_version(stage: Stage) -> Findings:
    return by_process(stage, python(stage, "print('{}')"))


@fails("7.10")
def a_process_that_prints_old_credentials(stage: Stage) -> Findings:
    old = '{"Version":1,"AccessKeyId":"a","SecretAccessKey":"b","SessionToken":"c","Expiration":"2020-01-01T00:00:00Z"}'
    return by_process(stage, python(stage, f"print('{old}')"))


@fails("7.11")
def a_signature_from_a_wrong_clock(stage: Stage) -> Findings:
    people, found = credentials(stage, "skewed")
    stage.world.clock.advance(1200)
    return refused(people.signed("sts", found).get_caller_identity)


# --- APIs -------------------------------------------------------------------------------------------------------------


@contextmanager
def gateway(stage: Stage) -> Iterator[tuple[World, dict[str, Any]]]:
    """/id takes ID tokens, /access those access tokens that have a scope which none has."""
    client = {"id": "gatewayclient", "flows": ["code"], "callback_urls": ["http://localhost:8080"]}
    route = {"pool": GATEWAY_POOL, "backend": "http://127.0.0.1:1"}
    document = {
        "user_pool": [{"id": GATEWAY_POOL, "client": [{**client, "auth_flows": ["ALLOW_USER_PASSWORD_AUTH"]}]}],
        "gateway": [{"path": "/id", **route}, {"path": "/access", "scopes": ["orders/read"], **route}],
    }
    with running(stage.folder, document) as world:
        pool = Pool(world, GATEWAY_POOL)
        pool.user()
        yield world, pool.tokens({"ClientId": "gatewayclient"})


def call(world: World, path: str, token: str) -> Findings:
    answer = requests.get(f"{world.origin}{path}", headers={"Authorization": f"Bearer {token}"}, timeout=10)
    assert answer.status_code == 401, answer.text
    return told(answer_of(answer), sent=curl_of(answer.request))


@fails("7.13")
def a_token_that_the_authorizer_does_not_take(stage: Stage) -> Findings:
    with gateway(stage) as (world, _):
        return call(world, "/id", "no-token")


@fails("7.13b")
def an_id_token_for_a_method_with_scopes(stage: Stage) -> Findings:
    with gateway(stage) as (world, tokens):
        return call(world, "/access", tokens["IdToken"])


@fails("7.13c")
def an_access_token_for_a_method_without_scopes(stage: Stage) -> Findings:
    with gateway(stage) as (world, tokens):
        return call(world, "/id", tokens["AccessToken"])


@fails("7.14")
def a_token_that_has_ended_at_the_api(stage: Stage) -> Findings:
    with gateway(stage) as (world, tokens):
        world.clock.advance(7200)
        return call(world, "/id", tokens["IdToken"])


@fails("8.1")
def a_logout_uri_that_is_not_registered(stage: Stage) -> Findings:
    asked = {"client_id": stage.client()["ClientId"], "logout_uri": "http://localhost:9999"}
    answer = requests.get(f"{stage.origin}/logout", params=asked, allow_redirects=False, timeout=10)
    return told(f"{stage.origin}{answer.headers['Location']}")


# --- the network ------------------------------------------------------------------------------------------------------


@contextmanager
def socket_that(answers: bytes | None) -> Iterator[str]:
    """An origin that sends these bytes to whoever connects, and hangs up; None sends nothing and holds on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        held: list[socket.socket] = []

        def serve() -> None:
            try:
                while True:
                    connection, _ = listening.accept()
                    held.append(connection)
                    if answers is not None:
                        connection.recv(65536)
                        connection.sendall(answers)
                        connection.close()
            except OSError:
                return

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def get(url: str, transport: Transport | None = None) -> Findings:
    return raised(lambda: (transport or Transport()).send(Request("GET", url)))


@fails("0.1")
def no_tls_where_https_is_said(stage: Stage) -> Findings:
    with socket_that(b"HTTP/1.1 400 Bad Request\r\n\r\n") as place:
        return get(f"https://{place}/")


@fails("0.2")
def nobody_there(stage: Stage) -> Findings:
    return get("http://127.0.0.1:1/")


@fails("0.3")
def no_answer_in_time(stage: Stage) -> Findings:
    with socket_that(None) as place:
        return get(f"http://{place}/", Transport(read_timeout_s=0.2))


@fails("0.4")
def a_proxy_that_says_no(stage: Stage) -> Findings:
    with socket_that(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") as place:
        stage.monkeypatch.setenv("HTTPS_PROXY", f"http://{place}")
        stage.monkeypatch.setenv("https_proxy", f"http://{place}")
        stage.monkeypatch.delenv("NO_PROXY", raising=False)
        stage.monkeypatch.delenv("no_proxy", raising=False)
        return get("https://demo.auth.eu-west-1.example/")


@fails("0.5")
def an_answer_cut_off(stage: Stage) -> Findings:
    with socket_that(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf") as place:
        return get(f"http://{place}/")


@fails("0.6", how=ANSWER)
def a_page_where_tokens_belong(stage: Stage) -> Findings:
    with answering(200, "<html>Welcome to our network</html>", {"Content-Type": "text/html"}) as origin:
        return raised(lambda: stage.cognito(stage.client(), domain=origin).exchange("code"))


@fails("0.7", how=ANSWER)
def a_fault_of_the_service(stage: Stage) -> Findings:
    with answering(503, "") as origin:
        return raised(lambda: stage.cognito(stage.client(), domain=origin).exchange("code"))


@fails("0.8")
def nobody_signed_in(stage: Stage) -> Findings:
    return raised(lambda: stage.cognito(stage.client()).session)
