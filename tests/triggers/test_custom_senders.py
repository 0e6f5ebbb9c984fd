"""CustomEmailSender and CustomSMSSender: the function gets the code, which it decrypts with AWS's own library.

Source: facts/triggers.md §4; the KMS is moto's.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from aws_encryption_sdk import CommitmentPolicy, EncryptionSDKClient
from aws_encryption_sdk.key_providers.kms import KMSMasterKey, KMSMasterKeyConfig
from moto.server import ThreadedMotoServer

from asking import refusal
from functions import InProcess, arn_of, set_triggers
from operations.test_mfa import SMS_CONFIGURATION
from triggers.test_sign_up import EMAIL, refusing
from world import PASSWORD, Pool, World, running

PHONE = [{"Name": "phone_number", "Value": "+12025550123"}]


@pytest.fixture(scope="module")
def kms() -> Iterator[Any]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    yield boto3.client("kms", endpoint_url=f"http://{host}:{port}", **keys)
    server.stop()


@pytest.fixture(scope="module")
def world(kms: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("data"), kms_url=kms.meta.endpoint_url) as up:
        yield up


@pytest.fixture(scope="module")
def key(kms: Any) -> str:
    return str(kms.create_key()["KeyMetadata"]["Arn"])


@pytest.fixture
def pool(world: World) -> Pool:
    return world.pool(AutoVerifiedAttributes=["email", "phone_number"], SmsConfiguration=SMS_CONFIGURATION)


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    return pool.client()


@pytest.fixture
def decrypted(kms: Any, key: str) -> Callable[[InProcess], str]:
    def decrypted(target: InProcess) -> str:
        """The code of its first event, which comes in its own time."""
        sdk = EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT)
        provider = KMSMasterKey(config=KMSMasterKeyConfig(key_id=key, client=kms))
        code, _ = sdk.decrypt(source=base64.b64decode(event_of(target)["request"]["code"]), key_provider=provider)
        return bytes(code).decode()

    return decrypted


def event_of(target: InProcess) -> dict[str, Any]:
    until = time.monotonic() + 10
    while not target.events:
        assert time.monotonic() < until, "the function was not called"
        time.sleep(0.01)
    return target.events[0]


def sign_up(world: World, client: dict[str, Any], attributes: list[dict[str, str]]) -> None:
    given = {"ClientId": client["ClientId"], "Username": "eve", "Password": PASSWORD, "UserAttributes": attributes}
    world.idp.sign_up(**given, ClientMetadata={"from": "a test"})


@pytest.mark.parametrize(
    ("trigger", "kind", "attributes"),
    [
        ("CustomEmailSender", "customEmailSenderRequestV1", EMAIL),
        ("CustomSMSSender", "customSMSSenderRequestV1", PHONE),
    ],
)
def test_the_code_that_it_decrypts_confirms(
    world: World, pool: Pool, client: dict[str, Any], key: str, decrypted: Any, trigger: str, kind: str, attributes: Any
) -> None:
    told = set_triggers(pool, config={"KMSKeyID": key}, **{trigger: lambda event: event})[trigger]
    sign_up(world, client, attributes)
    code = decrypted(told)
    event = event_of(told)
    assert event["triggerSource"] == f"{trigger}_SignUp"
    assert (event["userName"], event["request"]["type"]) == ("eve", kind)
    assert event["request"]["clientMetadata"] == {"from": "a test"}
    assert event["request"]["userAttributes"]["cognito:user_status"] == "UNCONFIRMED"
    world.idp.confirm_sign_up(ClientId=client["ClientId"], Username="eve", ConfirmationCode=code)
    record = world.running.services.functions.records[-1]
    assert record.event["request"]["code"] == "(left out)"


def test_a_temporary_password_comes_with_html_s_escapes(world: World, pool: Pool, key: str, decrypted: Any) -> None:
    told = set_triggers(pool, config={"KMSKeyID": key}, CustomEmailSender=lambda event: event)["CustomEmailSender"]
    given = {"UserPoolId": pool.pool_id, "Username": "eve", "UserAttributes": EMAIL}
    world.idp.admin_create_user(**given, TemporaryPassword="<Love&lace>-1815", DesiredDeliveryMediums=["EMAIL"])
    assert decrypted(told) == "&lt;Love&amp;lace&gt;-1815"
    assert event_of(told)["triggerSource"] == "CustomEmailSender_AdminCreateUser"


def test_it_is_called_in_place_of_the_function_that_words_messages(
    world: World, pool: Pool, client: dict[str, Any], key: str
) -> None:
    senders = {"CustomEmailSender": lambda event: event, "CustomMessage": refusing("never")}
    told = set_triggers(pool, config={"KMSKeyID": key}, **senders)
    sign_up(world, client, EMAIL)
    event_of(told["CustomEmailSender"])
    assert told["CustomMessage"].events == []


def test_what_it_answers_is_ignored(world: World, pool: Pool, client: dict[str, Any], key: str) -> None:
    told = set_triggers(pool, config={"KMSKeyID": key}, CustomEmailSender=lambda event: None)["CustomEmailSender"]
    records = world.running.services.functions.records
    records.clear()
    sign_up(world, client, EMAIL)
    event_of(told)
    until = time.monotonic() + 10
    while not records:
        assert time.monotonic() < until
        time.sleep(0.02)
    assert (records[-1].outcome, records[-1].answer) == ("answered", None)


def test_the_other_medium_is_sent_as_ever(world: World, pool: Pool, client: dict[str, Any], key: str) -> None:
    told = set_triggers(pool, config={"KMSKeyID": key}, CustomSMSSender=lambda event: event)["CustomSMSSender"]
    sign_up(world, client, EMAIL)
    assert pool.code_for("eve")
    assert told.events == []


def test_nobody_waits_for_it_and_its_failure_is_told_in_its_record_only(
    world: World, pool: Pool, client: dict[str, Any], key: str
) -> None:
    def slow(event: dict[str, Any]) -> None:
        time.sleep(0.5)
        raise ValueError("the provider is down")

    told = set_triggers(pool, config={"KMSKeyID": key}, CustomEmailSender=slow)["CustomEmailSender"]
    sign_up(world, client, EMAIL)
    event_of(told)
    records = world.running.services.functions.records
    until = time.monotonic() + 10
    while not (records and records[-1].why == "the provider is down"):
        assert time.monotonic() < until
        time.sleep(0.02)
    assert records[-1].outcome == "failed"


def test_a_key_that_is_nowhere_refuses_nobody(
    world: World, pool: Pool, client: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    told = set_triggers(pool, config={"KMSKeyID": nowhere}, CustomEmailSender=lambda event: event)["CustomEmailSender"]
    sign_up(world, client, EMAIL)
    until = time.monotonic() + 10
    while "CustomEmailSender was not called" not in caplog.text:
        assert time.monotonic() < until
        time.sleep(0.02)
    assert told.events == []


def test_who_does_not_exist_is_told_of_by_nobody(world: World, pool: Pool, key: str) -> None:
    hiding = pool.client(PreventUserExistenceErrors="ENABLED")
    told = set_triggers(pool, config={"KMSKeyID": key}, CustomEmailSender=lambda event: event)["CustomEmailSender"]
    world.idp.forgot_password(ClientId=hiding["ClientId"], Username="nobody")
    sign_up(world, hiding, EMAIL)
    assert event_of(told)["userName"] == "eve"
    assert len(told.events) == 1


def test_without_a_kms_a_pool_refuses_them_by_name(tmp_path: Any, key: str) -> None:
    named = {"CustomEmailSender": {"LambdaArn": arn_of("f"), "LambdaVersion": "V1_0"}, "KMSKeyID": key}
    with running(tmp_path, upstream="none") as world:
        code, sentence = refusal(world.idp.create_user_pool, PoolName="p", LambdaConfig=named)
    assert code == "NotImplementedException"
    assert "LambdaConfig.CustomEmailSender without the setting kms_url" in sentence


def test_the_kms_behind_the_front_door_serves_where_no_other_is_named(tmp_path: Any) -> None:
    with running(tmp_path) as world:
        kms = world.boto3("kms")
        key = kms.create_key()["KeyMetadata"]["Arn"]
        pool = world.pool(AutoVerifiedAttributes=["email"])
        told = set_triggers(pool, config={"KMSKeyID": key}, CustomEmailSender=lambda event: event)["CustomEmailSender"]
        sign_up(world, pool.client(), EMAIL)
        sdk = EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT)
        provider = KMSMasterKey(config=KMSMasterKeyConfig(key_id=key, client=kms))
        code, _ = sdk.decrypt(source=base64.b64decode(event_of(told)["request"]["code"]), key_provider=provider)
        assert len(bytes(code)) == 6
