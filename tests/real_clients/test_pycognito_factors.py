"""pycognito, which is not ours: an app, text messages, a remembered device, a new password. SRP: test_pycognito."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from pycognito import AWSSRP, Cognito
from pycognito.exceptions import SMSMFAChallengeException, SoftwareTokenMFAChallengeException

from halfday.server.domain.users.factors import totp
from operations.test_mfa import with_mfa
from world import PASSWORD, Pool, World


def cognito(world: World, pool: Pool, client: dict[str, Any]) -> Any:
    keys = {"endpoint_url": world.origin, "aws_access_key_id": "test", "aws_secret_access_key": "test"}
    secret = client.get("ClientSecret")
    return Cognito(pool.pool_id, client["ClientId"], username="ada", client_secret=secret, boto3_client_kwargs=keys)


@pytest.mark.parametrize("with_secret", [False, True])
def test_an_app_is_set_up_and_asked_for(world: World, with_secret: bool) -> None:
    pool = with_mfa(world, "OPTIONAL", "totp", "sms")
    pool.user()
    person = cognito(world, pool, pool.client(GenerateSecret=with_secret))
    person.authenticate(PASSWORD)
    secret = person.associate_software_token()
    assert person.verify_software_token(totp(secret, int(world.clock() // 30)), "Phone")
    person.set_user_mfa_preference(sms_mfa=False, software_token_mfa=True, preferred="SOFTWARE_TOKEN")
    with pytest.raises(SoftwareTokenMFAChallengeException):
        person.authenticate(PASSWORD)
    person.respond_to_software_token_mfa_challenge(totp(secret, int(world.clock() // 30) + 1))
    assert person.get_user().email == "ada@example.com"
    person.renew_access_token()


def test_a_text_message_is_answered(world: World) -> None:
    pool = with_mfa(world, "ON", "sms")
    pool.user(phone_number="+15555550839")
    person = cognito(world, pool, pool.client())
    with pytest.raises(SMSMFAChallengeException):
        person.authenticate(PASSWORD)
    person.respond_to_sms_mfa_challenge(pool.code_for("ada", "Authentication"))
    assert person.access_token


def test_a_remembered_device_signs_in_by_its_own_srp(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Devices it posts to AWS's host whatever client it is given: that name leads here, as DNS would."""
    post = requests.post
    monkeypatch.setattr("pycognito.aws_srp.requests.post", lambda _, **given: post(world.origin, **given))
    devices = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}
    pool = world.pool(DeviceConfiguration=devices)
    pool.user()
    client = pool.client()
    given = {
        "username": "ada",
        "password": PASSWORD,
        "pool_id": pool.pool_id,
        "client_id": client["ClientId"],
        "client": world.idp,
    }
    first = AWSSRP(**given)
    tokens = first.authenticate_user()
    metadata = tokens["AuthenticationResult"]["NewDeviceMetadata"]
    _, device_password = first.confirm_device(tokens=tokens, device_name="Laptop")
    keys = {"device_key": metadata["DeviceKey"], "device_group_key": metadata["DeviceGroupKey"]}
    again = AWSSRP(**given, **keys, device_password=device_password).authenticate_user()["AuthenticationResult"]
    assert "AccessToken" in again
    assert "NewDeviceMetadata" not in again
    stranger = AWSSRP(**given, **keys, device_password="bm90IHRoaXM=")
    with pytest.raises(world.idp.exceptions.NotAuthorizedException, match="Incorrect username or password"):
        stranger.authenticate_user()


def test_a_temporary_password_is_replaced(world: World, pool: Pool) -> None:
    pool.user(password=None)
    world.idp.admin_set_user_password(UserPoolId=pool.pool_id, Username="ada", Password="Temporary-1", Permanent=False)
    person = cognito(world, pool, pool.client())
    person.new_password_challenge("Temporary-1", PASSWORD)
    assert person.access_token
