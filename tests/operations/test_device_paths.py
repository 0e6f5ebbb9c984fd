"""From sign-up to a sign-in by a remembered device instead of TOTP, for each kind of user name, as user and as admin.

Source: the paths of cognito-srp-helper's integration tests, which run against AWS. The sums are pycognito's.
"""

from __future__ import annotations

from typing import Any

import pytest
from pycognito.aws_srp import AWSSRP, generate_hash_device, long_to_hex

from halfday.server.domain.users.factors import totp
from world import PASSWORD, Pool, World

KINDS = {
    "ada": {},
    "ada@example.com": {"UsernameAttributes": ["email"]},
    "+15550100200": {"UsernameAttributes": ["phone_number"]},
}


class Person:
    """Somebody with a password, a client with a secret, and perhaps a device."""

    def __init__(self, pool: Pool, username: str, *, admin: bool) -> None:
        self.idp, self.clock, self.pool_id, self.username = pool.world.idp, pool.world.clock, pool.pool_id, username
        client = pool.client(GenerateSecret=True)
        self.client_id, self.secret = client["ClientId"], client["ClientSecret"]
        self.admin = {"UserPoolId": pool.pool_id} if admin else {}
        self.device: dict[str, str] = {}

    def sign_up(self) -> None:
        proof = AWSSRP.get_secret_hash(self.username, self.client_id, self.secret)
        named = {"ClientId": self.client_id, "Username": self.username}
        self.idp.sign_up(**named, Password=PASSWORD, SecretHash=proof)
        self.idp.admin_confirm_sign_up(UserPoolId=self.pool_id, Username=self.username)

    def peer(self) -> AWSSRP:
        known = (self.username, PASSWORD, self.pool_id, self.client_id)
        return AWSSRP(*known, client=self.idp, client_secret=self.secret, **self.device)

    def prove_password(self, peer: AWSSRP) -> dict[str, Any]:
        """The answer to USER_SRP_AUTH's two steps."""
        initiate = self.idp.admin_initiate_auth if self.admin else self.idp.initiate_auth
        asked = initiate(
            **self.admin, ClientId=self.client_id, AuthFlow="USER_SRP_AUTH", AuthParameters=peer.get_auth_params()
        )
        parameters = asked["ChallengeParameters"]
        return self.respond("PASSWORD_VERIFIER", None, peer.process_challenge(parameters, peer.get_auth_params()))

    def respond(self, name: str, session: str | None, responses: dict[str, str]) -> dict[str, Any]:
        respond = self.idp.admin_respond_to_auth_challenge if self.admin else self.idp.respond_to_auth_challenge
        proof = AWSSRP.get_secret_hash(responses["USERNAME"], self.client_id, self.secret)
        given = {"Session": session} if session else {}
        answers = {**responses, "SECRET_HASH": proof}
        return respond(**self.admin, **given, ClientId=self.client_id, ChallengeName=name, ChallengeResponses=answers)

    def turn_on_totp(self, access_token: str) -> str:
        secret: str = self.idp.associate_software_token(AccessToken=access_token)["SecretCode"]
        self.idp.verify_software_token(AccessToken=access_token, UserCode=self.code(secret))
        preferred = {"SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True}}
        self.idp.admin_set_user_mfa_preference(UserPoolId=self.pool_id, Username=self.username, **preferred)
        return secret

    def code(self, secret: str) -> str:
        return totp(secret, int(self.clock() // 30))

    def remember(self, access_token: str, device: dict[str, str]) -> None:
        """Confirms a device, whichever sign-in handed it out, and says that it is remembered."""
        key, group = device["DeviceKey"], device["DeviceGroupKey"]
        password, config = generate_hash_device(group, key)
        me = {"AccessToken": access_token, "DeviceKey": key}
        self.idp.confirm_device(**me, DeviceSecretVerifierConfig=config, DeviceName="example")
        if self.admin:
            owner = {"UserPoolId": self.pool_id, "Username": self.username, "DeviceKey": key}
            self.idp.admin_update_device_status(**owner, DeviceRememberedStatus="remembered")
        else:
            self.idp.update_device_status(**me, DeviceRememberedStatus="remembered")
        self.device = {"device_key": key, "device_group_key": group, "device_password": password}

    def prove_device(self, peer: AWSSRP, challenge: dict[str, Any]) -> dict[str, Any]:
        key, name = self.device["device_key"], self.username
        first = {"DEVICE_KEY": key, "SRP_A": long_to_hex(peer.large_a_value), "USERNAME": name}
        asked = self.respond(challenge["ChallengeName"], challenge["Session"], first)
        answer = peer.process_device_challenge(asked["ChallengeParameters"])
        return self.respond(asked["ChallengeName"], asked["Session"], answer)


@pytest.mark.parametrize("admin", [False, True], ids=["user", "admin"])
@pytest.mark.parametrize("username", KINDS)
def test_a_remembered_device_signs_in_where_totp_was_asked_for(world: World, username: str, admin: bool) -> None:
    tracked = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True}
    pool = world.pool(DeviceConfiguration=tracked, **KINDS[username])
    software = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
    world.idp.set_user_pool_mfa_config(UserPoolId=pool.pool_id, MfaConfiguration="OPTIONAL", **software)
    person = Person(pool, username, admin=admin)
    person.sign_up()
    first = person.prove_password(person.peer())["AuthenticationResult"]
    secret = person.turn_on_totp(first["AccessToken"])
    world.clock.advance(30)
    asked = person.prove_password(person.peer())
    assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    name = asked["ChallengeParameters"].get("USER_ID_FOR_SRP", username)
    code = {"USERNAME": name, "SOFTWARE_TOKEN_MFA_CODE": person.code(secret)}
    second = person.respond("SOFTWARE_TOKEN_MFA", asked["Session"], code)["AuthenticationResult"]
    person.remember(first["AccessToken"], second["NewDeviceMetadata"])
    peer = person.peer()
    challenge = person.prove_password(peer)
    assert challenge["ChallengeName"] == "DEVICE_SRP_AUTH"
    third = person.prove_device(peer, challenge)["AuthenticationResult"]
    assert {"AccessToken", "IdToken", "RefreshToken"} <= third.keys()
    assert "NewDeviceMetadata" not in third
