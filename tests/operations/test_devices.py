"""Remembered devices: handed out, confirmed, listed, forgotten, and proven at sign-in. Source: facts/api.md §4, §4.1.

What a device computes is pycognito's, which is not ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
import requests
from pycognito.aws_srp import AWSSRP, generate_hash_device, long_to_hex

from asking import invalid, missing, not_authorized, refusal
from halfday.server.domain.users.factors import totp
from world import CALLBACK, PASSWORD, Browser, Pool, World

NOT_TRACKED = ("InvalidUserPoolConfigurationException", "Device tracking is not enabled for this user pool.")
NOT_FOUND = missing("Device does not exist.")
WRONG = not_authorized("Incorrect username or password.")
UNKNOWN_KEY = "us-east-1_00000000-0000-4000-8000-000000000000"


def tracking(world: World, *, on_prompt: bool = False, suffices: bool = False) -> Pool:
    """A pool that tracks devices, with the user ada."""
    configured = {"DeviceOnlyRememberedOnUserPrompt": on_prompt, "ChallengeRequiredOnNewDevice": suffices}
    pool = world.pool(DeviceConfiguration=configured)
    pool.user()
    return pool


def claims(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


@dataclass
class Laptop:
    """What somebody's device keeps, once it is confirmed."""

    world: World
    pool: Pool
    client: dict[str, Any]
    tokens: dict[str, Any]
    key: str
    group_key: str
    password: str
    answer: dict[str, Any]

    @property
    def me(self) -> dict[str, str]:
        return {"AccessToken": self.tokens["AccessToken"], "DeviceKey": self.key}

    @property
    def owner(self) -> dict[str, str]:
        return {"UserPoolId": self.pool.pool_id, "Username": "ada", "DeviceKey": self.key}

    def sign_in(self, key: str | None = None, password: str = PASSWORD) -> dict[str, Any]:
        """The answer to ada's password and this device's key."""
        return self.world.idp.initiate_auth(
            ClientId=self.client["ClientId"],
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "ada", "PASSWORD": password, "DEVICE_KEY": key or self.key},
        )

    def prove(self, challenge: dict[str, Any], password: str | None = None, **changes: str) -> dict[str, Any]:
        """The answer to both steps of the device's SRP; `changes` to what the second step sends."""
        peer = AWSSRP(
            "ada",
            PASSWORD,
            self.pool.pool_id,
            self.client["ClientId"],
            client=self.world.idp,
            device_key=self.key,
            device_group_key=self.group_key,
            device_password=password or self.password,
        )
        first = {"DEVICE_KEY": self.key, "SRP_A": long_to_hex(peer.large_a_value), "USERNAME": "ada"}
        asked = self.respond("DEVICE_SRP_AUTH", challenge["Session"], first)
        assert asked["ChallengeName"] == "DEVICE_PASSWORD_VERIFIER"
        assert asked["ChallengeParameters"]["DEVICE_KEY"] == self.key
        answer = {**peer.process_device_challenge(asked["ChallengeParameters"]), **changes}
        return self.respond("DEVICE_PASSWORD_VERIFIER", asked["Session"], answer)

    def respond(self, name: str, session: str, responses: dict[str, str]) -> dict[str, Any]:
        return self.world.idp.respond_to_auth_challenge(
            ClientId=self.client["ClientId"], ChallengeName=name, Session=session, ChallengeResponses=responses
        )

    def refresh(self, **parameters: str) -> dict[str, Any]:
        asked = {"REFRESH_TOKEN": self.tokens["RefreshToken"], **parameters}
        return self.world.idp.initiate_auth(
            ClientId=self.client["ClientId"], AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=asked
        )


def confirmed(world: World, pool: Pool, username: str = "ada", **given: Any) -> Laptop:
    client = pool.client()
    tokens = pool.tokens(client, username)
    new = tokens["NewDeviceMetadata"]
    password, config = generate_hash_device(new["DeviceGroupKey"], new["DeviceKey"])
    named = {"DeviceKey": new["DeviceKey"], "DeviceSecretVerifierConfig": config, **given}
    answer = world.idp.confirm_device(AccessToken=tokens["AccessToken"], **named)
    return Laptop(world, pool, client, tokens, new["DeviceKey"], new["DeviceGroupKey"], password, answer)


def keys_of(answer: dict[str, Any]) -> list[str]:
    return [device["DeviceKey"] for device in answer["Devices"]]


def attributes_of(device: dict[str, Any]) -> dict[str, str]:
    return {attribute["Name"]: attribute["Value"] for attribute in device["DeviceAttributes"]}


def test_each_sign_in_is_handed_a_device_that_its_access_token_names(world: World) -> None:
    pool = tracking(world)
    client = pool.client()
    tokens, others = pool.tokens(client), pool.tokens(client)
    new = tokens["NewDeviceMetadata"]
    assert re.fullmatch(r"us-east-1_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", new["DeviceKey"])
    assert re.fullmatch(r"-[\w-]{8}", new["DeviceGroupKey"])
    assert claims(tokens["AccessToken"])["device_key"] == new["DeviceKey"]
    assert "device_key" not in claims(tokens["IdToken"])
    assert others["NewDeviceMetadata"]["DeviceKey"] != new["DeviceKey"]


def test_a_sign_in_by_the_pages_is_handed_no_device_and_refreshed_without_one(world: World, browser: Browser) -> None:
    pool = tracking(world)
    client = pool.client()
    form = {"grant_type": "authorization_code", "client_id": client["ClientId"], "redirect_uri": CALLBACK}
    url = f"{world.origin}/oauth2/token"
    tokens = requests.post(url, data={**form, "code": browser.code(client)}, timeout=10).json()
    assert "device_key" not in claims(tokens["access_token"])
    again = {"grant_type": "refresh_token", "client_id": client["ClientId"], "refresh_token": tokens["refresh_token"]}
    assert "access_token" in requests.post(url, data=again, timeout=10).json()


def test_where_devices_are_not_tracked_none_is_handed_out(world: World, pool: Pool) -> None:
    pool.user()
    tokens = pool.tokens(pool.client())
    assert "NewDeviceMetadata" not in tokens
    assert "device_key" not in claims(tokens["AccessToken"])


@pytest.mark.parametrize("on_prompt", [False, True])
def test_a_confirmed_device_is_remembered_at_once_or_when_the_person_says_so(world: World, on_prompt: bool) -> None:
    laptop = confirmed(world, tracking(world, on_prompt=on_prompt))
    assert laptop.answer["UserConfirmationNecessary"] is on_prompt
    me = {"AccessToken": laptop.tokens["AccessToken"]}
    assert keys_of(world.idp.list_devices(**me)) == ([] if on_prompt else [laptop.key])
    world.idp.update_device_status(**laptop.me, DeviceRememberedStatus="remembered")
    assert keys_of(world.idp.list_devices(**me)) == [laptop.key]


def test_people_see_remembered_devices_and_administrators_all(world: World) -> None:
    laptop = confirmed(world, tracking(world))
    owner = {"UserPoolId": laptop.pool.pool_id, "Username": "ada"}
    another = laptop.pool.tokens(laptop.client)
    assert keys_of(world.idp.admin_list_devices(**owner)) == [laptop.key], "one that is not confirmed is no device"
    world.idp.admin_update_device_status(**laptop.owner, DeviceRememberedStatus="not_remembered")
    assert keys_of(world.idp.list_devices(AccessToken=another["AccessToken"])) == []
    (listed,) = world.idp.admin_list_devices(**owner)["Devices"]
    assert attributes_of(listed)["dev:device_remembered_status"] == "not_remembered"


def test_a_device_is_shown_with_its_name_and_its_times(world: World) -> None:
    world.clock.hold()
    laptop = confirmed(world, tracking(world), DeviceName="ada's laptop")
    device = world.idp.get_device(**laptop.me)["Device"]
    owner = f"ada.{laptop.pool.pool_id}"
    assert attributes_of(device) == {
        "device_status": "valid",
        "device_name": "ada's laptop",
        "dev:device_arn": f"arn:aws:cognito-idp:us-east-1:123456789012:owner/{owner}/device/{laptop.key}",
        "dev:device_owner": owner,
        "dev:device_remembered_status": "remembered",
        "dev:device_sdk": "aws-sdk-unknown-unknown",
    }
    assert device["DeviceCreateDate"] == device["DeviceLastModifiedDate"]
    assert device["DeviceLastAuthenticatedDate"].microsecond == 0
    assert world.idp.admin_get_device(**laptop.owner)["Device"] == device
    (listed,) = world.idp.list_devices(AccessToken=laptop.tokens["AccessToken"])["Devices"]
    assert attributes_of(listed) == {"device_status": "valid", "device_name": "ada's laptop"}
    world.clock.advance(60)
    world.idp.update_device_status(**laptop.me, DeviceRememberedStatus="not_remembered")
    later = world.idp.get_device(**laptop.me)["Device"]
    assert later["DeviceLastModifiedDate"] > later["DeviceCreateDate"] == device["DeviceCreateDate"]


def test_a_status_that_is_not_given_changes_nothing(world: World) -> None:
    laptop = confirmed(world, tracking(world))
    device = world.idp.get_device(**laptop.me)
    world.idp.update_device_status(**laptop.me)
    assert world.idp.get_device(**laptop.me)["Device"] == device["Device"]


def test_devices_are_listed_page_by_page(world: World) -> None:
    pool = tracking(world)
    made = sorted(confirmed(world, pool).key for _ in range(3))
    me = {"AccessToken": pool.tokens(pool.client())["AccessToken"]}
    owner = {"UserPoolId": pool.pool_id, "Username": "ada"}
    for listing, whose in ((world.idp.list_devices, me), (world.idp.admin_list_devices, owner)):
        first = listing(**whose, Limit=2)
        second = listing(**whose, Limit=2, PaginationToken=first["PaginationToken"])
        assert keys_of(first) + keys_of(second) == made
        assert "PaginationToken" not in second


def test_the_device_of_another_sign_in_of_the_same_person_is_confirmed(world: World) -> None:
    """Source: cognito-srp-helper's integration tests, which run against AWS."""
    pool = tracking(world)
    client = pool.client()
    mine, another = pool.tokens(client), pool.tokens(client)["NewDeviceMetadata"]
    _, config = generate_hash_device(another["DeviceGroupKey"], another["DeviceKey"])
    given = {"DeviceKey": another["DeviceKey"], "DeviceSecretVerifierConfig": config}
    assert world.idp.confirm_device(AccessToken=mine["AccessToken"], **given)


def test_nobody_else_s_device_is_confirmed(world: World) -> None:
    pool = tracking(world)
    client = pool.client()
    pool.user("eve")
    mine, hers = pool.tokens(client), pool.tokens(client, "eve")["NewDeviceMetadata"]
    _, config = generate_hash_device(hers["DeviceGroupKey"], hers["DeviceKey"])
    given = {"DeviceKey": hers["DeviceKey"], "DeviceSecretVerifierConfig": config}
    refused = refusal(world.idp.confirm_device, AccessToken=mine["AccessToken"], **given)
    assert refused == invalid("Invalid device key given.")


def test_a_device_is_confirmed_once(world: World) -> None:
    laptop = confirmed(world, tracking(world))
    _, config = generate_hash_device(laptop.group_key, laptop.key)
    code, _ = refusal(world.idp.confirm_device, **laptop.me, DeviceSecretVerifierConfig=config)
    assert code == "DeviceKeyExistsException"
    assert "AccessToken" in laptop.prove(laptop.sign_in())["AuthenticationResult"], "the first verifier stands"


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (None, "Missing required parameter DeviceSecretVerifierConfig"),
        ({"Salt": "AQ=="}, "Missing required parameter DeviceSecretVerifierConfig"),
        ({"PasswordVerifier": "no base64", "Salt": "AQ=="}, "Invalid device secret verifier config given."),
        ({"PasswordVerifier": "AA==", "Salt": "AQ=="}, "Invalid device secret verifier config given."),
    ],
)
def test_a_device_that_could_never_prove_itself_is_not_confirmed(
    world: World, config: dict[str, str] | None, sentence: str
) -> None:
    pool = tracking(world)
    tokens = pool.tokens(pool.client())
    given = {} if config is None else {"DeviceSecretVerifierConfig": config}
    named = {"AccessToken": tokens["AccessToken"], "DeviceKey": tokens["NewDeviceMetadata"]["DeviceKey"]}
    assert refusal(world.idp.confirm_device, **named, **given) == invalid(sentence)


@pytest.mark.parametrize("by_admin", [False, True])
def test_a_forgotten_device_is_gone_with_its_refresh_tokens(world: World, by_admin: bool) -> None:
    laptop = confirmed(world, tracking(world))
    laptop.refresh(DEVICE_KEY=laptop.key)
    if by_admin:
        world.idp.admin_forget_device(**laptop.owner)
    else:
        world.idp.forget_device(**laptop.me)
    code, sentence = refusal(laptop.refresh, DEVICE_KEY=laptop.key)
    assert (code, sentence.rstrip(".")) == not_authorized("Invalid Refresh Token")
    assert refusal(world.idp.get_device, **laptop.me) == NOT_FOUND, "the access token goes on"
    _, config = generate_hash_device(laptop.group_key, laptop.key)
    again = refusal(world.idp.confirm_device, **laptop.me, DeviceSecretVerifierConfig=config)
    assert again == invalid("Invalid device key given."), "who stole it cannot bring it back"
    assert refusal(laptop.sign_in) == NOT_FOUND


def test_forgetting_one_device_leaves_the_others(world: World) -> None:
    pool = tracking(world)
    laptop, phone = confirmed(world, pool), confirmed(world, pool)
    world.idp.forget_device(AccessToken=laptop.tokens["AccessToken"], DeviceKey=phone.key)
    assert keys_of(world.idp.list_devices(AccessToken=phone.tokens["AccessToken"])) == [laptop.key]
    assert "AccessToken" in laptop.refresh(DEVICE_KEY=laptop.key)["AuthenticationResult"]


ON_ONE = [
    ("get_device", {}),
    ("forget_device", {}),
    ("update_device_status", {"DeviceRememberedStatus": "remembered"}),
]


@pytest.mark.parametrize(("operation", "given"), ON_ONE)
def test_a_device_that_is_not_one_s_own_does_not_exist(world: World, operation: str, given: dict[str, str]) -> None:
    pool = tracking(world)
    pool.user("bob")
    hers, his = confirmed(world, pool), confirmed(world, pool, "bob")
    for key in (his.key, UNKNOWN_KEY):
        me, owner = {**hers.me, "DeviceKey": key}, {**hers.owner, "DeviceKey": key}
        assert refusal(getattr(world.idp, operation), **me, **given) == NOT_FOUND
        assert refusal(getattr(world.idp, f"admin_{operation}"), **owner, **given) == NOT_FOUND
    assert keys_of(world.idp.list_devices(AccessToken=his.tokens["AccessToken"])) == [his.key]


@pytest.mark.parametrize(("operation", "given"), [*ON_ONE, ("list_devices", None)])
def test_where_devices_are_not_tracked_the_operations_say_so(
    world: World, pool: Pool, operation: str, given: dict[str, str] | None
) -> None:
    pool.user()
    me = {"AccessToken": pool.tokens(pool.client())["AccessToken"]}
    named = {} if given is None else {"DeviceKey": UNKNOWN_KEY, **given}
    assert refusal(getattr(world.idp, operation), **me, **named) == NOT_TRACKED
    owner = {"UserPoolId": pool.pool_id, "Username": "ada"}
    assert refusal(getattr(world.idp, f"admin_{operation}"), **owner, **named) == NOT_TRACKED
    assert refusal(world.idp.confirm_device, **me, DeviceKey=UNKNOWN_KEY) == NOT_TRACKED


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("admin_get_device", "ResourceNotFoundException"),
        ("admin_list_devices", "ResourceNotFoundException"),
        ("admin_forget_device", "UserNotFoundException"),
        ("admin_update_device_status", "UserNotFoundException"),
    ],
)
def test_the_devices_of_nobody_are_not_found(world: World, operation: str, code: str) -> None:
    given = {} if operation == "admin_list_devices" else {"DeviceKey": UNKNOWN_KEY}
    asked = {"UserPoolId": tracking(world).pool_id, "Username": "nobody", **given}
    assert refusal(getattr(world.idp, operation), **asked) == (code, "User does not exist.")


def test_a_remembered_device_proves_itself_before_tokens(world: World) -> None:
    laptop = confirmed(world, tracking(world))
    before = world.idp.get_device(**laptop.me)["Device"]["DeviceLastAuthenticatedDate"]
    world.clock.advance(60)
    challenge = laptop.sign_in()
    assert challenge["ChallengeName"] == "DEVICE_SRP_AUTH"
    tokens = laptop.prove(challenge)["AuthenticationResult"]
    assert claims(tokens["AccessToken"])["device_key"] == laptop.key
    assert "NewDeviceMetadata" not in tokens
    after = world.idp.get_device(AccessToken=tokens["AccessToken"], DeviceKey=laptop.key)["Device"]
    assert after["DeviceLastAuthenticatedDate"] > before


@pytest.mark.parametrize("suffices", [False, True])
def test_a_remembered_device_is_a_second_factor_where_the_pool_says_so(world: World, suffices: bool) -> None:
    laptop = confirmed(world, tracking(world, suffices=suffices))
    app = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
    world.idp.set_user_pool_mfa_config(UserPoolId=laptop.pool.pool_id, MfaConfiguration="OPTIONAL", **app)
    me = {"AccessToken": laptop.tokens["AccessToken"]}
    secret = world.idp.associate_software_token(**me)["SecretCode"]
    world.idp.verify_software_token(**me, UserCode=totp(secret, int(world.clock() // 30)))
    world.idp.set_user_mfa_preference(**me, SoftwareTokenMfaSettings={"Enabled": True})
    answer = laptop.prove(laptop.sign_in())
    assert answer.get("ChallengeName") == (None if suffices else "SOFTWARE_TOKEN_MFA")
    assert ("AuthenticationResult" in answer) is suffices


def test_a_device_that_does_not_know_its_password_gets_no_tokens(world: World) -> None:
    laptop = confirmed(world, tracking(world))
    before = world.idp.get_device(**laptop.me)
    world.clock.advance(60)
    assert refusal(laptop.prove, challenge=laptop.sign_in(), password="guessed") == WRONG
    assert world.idp.get_device(**laptop.me)["Device"] == before["Device"]


@pytest.mark.parametrize(
    "changes", [{"PASSWORD_CLAIM_SECRET_BLOCK": "AAAA"}, {"DEVICE_KEY": UNKNOWN_KEY}, {"TIMESTAMP": "another"}]
)
def test_each_part_of_a_device_s_proof_counts(world: World, changes: dict[str, str]) -> None:
    laptop = confirmed(world, tracking(world))
    expected = not_authorized("Invalid session for the user.") if "PASSWORD_CLAIM_SECRET_BLOCK" in changes else WRONG
    assert refusal(laptop.prove, challenge=laptop.sign_in(), **changes) == expected


def test_a_public_value_that_is_nothing_starts_no_proof(world: World) -> None:
    laptop = confirmed(world, tracking(world))
    answer = {"DEVICE_KEY": laptop.key, "SRP_A": "0", "USERNAME": "ada"}
    named = {"name": "DEVICE_SRP_AUTH", "session": laptop.sign_in()["Session"], "responses": answer}
    assert refusal(laptop.respond, **named) == WRONG


def test_a_device_that_is_not_remembered_is_not_asked_and_stays_the_tokens_device(world: World) -> None:
    laptop = confirmed(world, tracking(world, on_prompt=True))
    tokens = laptop.sign_in()["AuthenticationResult"]
    assert claims(tokens["AccessToken"])["device_key"] == laptop.key
    assert "NewDeviceMetadata" not in tokens


def test_a_sign_in_that_names_an_unknown_device_is_told_so_once_the_password_is_right(world: World) -> None:
    laptop = confirmed(world, tracking(world))
    assert refusal(laptop.sign_in, key=UNKNOWN_KEY, password="Wrong-1815") == WRONG
    assert refusal(laptop.sign_in, key=UNKNOWN_KEY) == NOT_FOUND


def test_a_device_s_tokens_are_refreshed_for_that_device_only(world: World) -> None:
    laptop = confirmed(world, tracking(world))
    tokens = laptop.refresh(DEVICE_KEY=laptop.key)["AuthenticationResult"]
    assert claims(tokens["AccessToken"])["device_key"] == laptop.key
    for parameters in ({}, {"DEVICE_KEY": UNKNOWN_KEY}):
        code, sentence = refusal(laptop.refresh, **parameters)
        assert (code, sentence.rstrip(".")) == not_authorized("Invalid Refresh Token")


def test_tokens_are_not_refreshed_for_a_device_that_was_never_confirmed(world: World) -> None:
    pool = tracking(world)
    client = pool.client()
    tokens = pool.tokens(client)
    new = tokens["NewDeviceMetadata"]
    named = {"ClientId": client["ClientId"], "RefreshToken": tokens["RefreshToken"], "DeviceKey": new["DeviceKey"]}
    assert refusal(world.idp.get_tokens_from_refresh_token, **named) == not_authorized("Invalid Refresh Token.")
    parameters = {"REFRESH_TOKEN": tokens["RefreshToken"], "DEVICE_KEY": new["DeviceKey"]}
    flow = {"ClientId": client["ClientId"], "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": parameters}
    assert refusal(world.idp.initiate_auth, **flow) == not_authorized("Invalid Refresh Token.")
    _, config = generate_hash_device(new["DeviceGroupKey"], new["DeviceKey"])
    world.idp.confirm_device(
        AccessToken=tokens["AccessToken"], DeviceKey=new["DeviceKey"], DeviceSecretVerifierConfig=config
    )
    assert "AccessToken" in world.idp.get_tokens_from_refresh_token(**named)["AuthenticationResult"]
    without = {name: value for name, value in named.items() if name != "DeviceKey"}
    assert refusal(world.idp.get_tokens_from_refresh_token, **without) == not_authorized("Invalid Refresh Token.")


def test_where_devices_are_tracked_no_more_their_tokens_are_refreshed_without_them(world: World) -> None:
    laptop = confirmed(world, tracking(world))
    world.idp.update_user_pool(UserPoolId=laptop.pool.pool_id)
    named = {"ClientId": laptop.client["ClientId"], "RefreshToken": laptop.tokens["RefreshToken"]}
    assert "AccessToken" in world.idp.get_tokens_from_refresh_token(**named)["AuthenticationResult"]
    assert "NewDeviceMetadata" not in laptop.sign_in()["AuthenticationResult"]


def test_a_device_key_tells_nobody_who_exists(world: World) -> None:
    pool = tracking(world)
    client = pool.client(ExplicitAuthFlows=["ALLOW_USER_AUTH"], PreventUserExistenceErrors="ENABLED")
    for name in ("ada", "nobody"):
        parameters = {"USERNAME": name, "DEVICE_KEY": UNKNOWN_KEY}
        answer = world.idp.initiate_auth(ClientId=client["ClientId"], AuthFlow="USER_AUTH", AuthParameters=parameters)
        assert answer["ChallengeName"] == "SELECT_CHALLENGE"
