"""A whole day of signing in, rightly and wrongly, and a log in which no secret stands."""

from __future__ import annotations

import logging
import os
from typing import Any

import pytest
import requests

from asking import refusal, unchecked
from federated import Identities, identities
from halfday.protocol.pkce import challenge_of
from halfday.protocol.srp import ClientStart, secret_hash
from proof_of_password import proof_of_password
from world import CALLBACK, PASSWORD, Browser, World, code_in

VERIFIER = "verifier-of-pkce-verifier-of-pkce-verifier-of-pkce"
WRONG = {"wrong password": "Wr0ng-Passw0rd", "new password": "N3w-Passw0rd!", "temporary password": "T3mporary!"}
PUBLIC = {"ExpiresIn", "TokenType", "expires_in", "token_type"}


class Day:
    """Does everything once, and remembers every secret that was on the way."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.people: Identities = identities(world, AllowClassicFlow=True)
        self.people.set_roles(authenticated=self.people.role("day"))
        self.client = self.people.pool.client(ClientName="confidential", GenerateSecret=True)
        self.secrets: dict[str, str] = {**WRONG, "password": PASSWORD, "client secret": self.client["ClientSecret"]}
        self.secrets["pkce verifier"] = VERIFIER

    def keep(self, where: str, answer: dict[str, Any]) -> dict[str, Any]:
        secrets = {f"{where} {name}": str(value) for name, value in answer.items() if name not in PUBLIC}
        self.secrets |= secrets
        return answer

    def token(self, secret: str | None = None, **form: str) -> requests.Response:
        auth = (self.client["ClientId"], secret or self.client["ClientSecret"])
        return requests.post(f"{self.world.origin}/oauth2/token", data=form, auth=auth, timeout=10)

    def by_the_pages(self) -> dict[str, Any]:
        browser = Browser(self.world.origin)
        page = browser.sign_in(self.client, password=WRONG["wrong password"])
        assert page.status_code == 200
        pkce = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}
        code = code_in(browser.sign_in(self.client, **pkce))
        self.keep("cookie", {str(cookie.name): cookie.value for cookie in browser.session.cookies})
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        self.keep("page", {"code": code})
        assert self.token(**{**form, "redirect_uri": "http://localhost:1"}).status_code == 400
        assert self.token(**form, secret="gu3ssed-client-secret").status_code == 400
        self.secrets["guessed secret"] = "gu3ssed-client-secret"
        tokens = self.token(**form).json()
        assert self.token(**form).status_code == 400
        return self.keep("oauth", tokens)

    def tokens_at_the_endpoints(self, tokens: dict[str, Any]) -> None:
        refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        self.keep("renewed", self.token(**refresh).json())
        assert self.token(**{**refresh, "refresh_token": "m4de-up-refresh-token"}).status_code == 400
        self.secrets["made up"] = "m4de-up-refresh-token"
        origin = self.world.origin
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert requests.get(f"{origin}/oauth2/userInfo", headers=bearer, timeout=10).status_code == 200
        bearer = {"Authorization": f"Bearer {tokens['id_token']}"}
        assert requests.get(f"{origin}/oauth2/userInfo", headers=bearer, timeout=10).status_code == 401
        auth = (self.client["ClientId"], self.client["ClientSecret"])
        form = {"token": tokens["refresh_token"]}
        assert requests.post(f"{origin}/oauth2/revoke", data=form, auth=auth, timeout=10).status_code == 200

    def by_the_api(self) -> None:
        idp, pool, client = self.world.idp, self.people.pool, self.people.client
        tokens = self.keep("api", pool.tokens(client))
        assert refusal(pool.tokens, client=client, password=WRONG["wrong password"])
        given = {"ClientId": client["ClientId"], "AuthFlow": "REFRESH_TOKEN_AUTH"}
        parameters = {"REFRESH_TOKEN": tokens["RefreshToken"]}
        self.keep("api renewed", idp.initiate_auth(**given, AuthParameters=parameters)["AuthenticationResult"])
        assert refusal(idp.initiate_auth, **given, AuthParameters={"REFRESH_TOKEN": "m4de-up-refresh-token"})
        assert refusal(idp.get_user, AccessToken=tokens["IdToken"])
        tampered = tokens["AccessToken"][:-20] + "A" * 20
        assert refusal(idp.get_user, AccessToken=tampered)
        self.secrets["tampered"] = tampered
        loose = unchecked(self.world, "cognito-idp")
        long = {"USERNAME": "ada", "PASSWORD": WRONG["wrong password"] * 10_000}
        assert refusal(loose.initiate_auth, **{**given, "AuthFlow": "USER_PASSWORD_AUTH"}, AuthParameters=long)
        assert refusal(loose.get_user, AccessToken=f"{tokens['AccessToken']} {tokens['AccessToken']}")
        hashed = secret_hash("ada", self.client["ClientId"], self.client["ClientSecret"])
        self.secrets["secret hash"] = hashed
        parameters = {"USERNAME": "ada", "PASSWORD": PASSWORD, "SECRET_HASH": hashed}
        given = {"ClientId": self.client["ClientId"], "AuthFlow": "USER_PASSWORD_AUTH"}
        self.keep("hashed", idp.initiate_auth(**given, AuthParameters=parameters)["AuthenticationResult"])
        assert refusal(idp.global_sign_out, AccessToken="g4rbage-token")
        idp.global_sign_out(AccessToken=tokens["AccessToken"])

    def by_srp(self, password: str) -> Any:
        idp, pool, client_id = self.world.idp, self.people.pool, self.people.client["ClientId"]
        start = ClientStart(os.urandom(32))
        parameters = {"USERNAME": "ada", "SRP_A": start.public}
        asked = idp.initiate_auth(ClientId=client_id, AuthFlow="USER_SRP_AUTH", AuthParameters=parameters)
        responses = proof_of_password(start, asked["ChallengeParameters"], pool.pool_id, password, username="ada")
        self.secrets[f"secret block {password}"] = responses["PASSWORD_CLAIM_SECRET_BLOCK"]
        self.secrets[f"signature {password}"] = responses["PASSWORD_CLAIM_SIGNATURE"]
        given = {"ClientId": client_id, "ChallengeName": "PASSWORD_VERIFIER", "ChallengeResponses": responses}
        return idp.respond_to_auth_challenge(**given)["AuthenticationResult"]

    def a_new_password(self) -> None:
        idp, pool, client_id = self.world.idp, self.people.pool, self.people.client["ClientId"]
        pool.user("eve", password=None)
        temporary = WRONG["temporary password"]
        idp.admin_set_user_password(UserPoolId=pool.pool_id, Username="eve", Password=temporary)
        parameters = {"USERNAME": "eve", "PASSWORD": temporary}
        given = {"ClientId": client_id, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters}
        session = idp.initiate_auth(**given)["Session"]
        self.secrets["session"] = session
        responses = {"USERNAME": "eve", "NEW_PASSWORD": WRONG["new password"]}
        answer = {"ClientId": client_id, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": session}
        idp.respond_to_auth_challenge(**answer, ChallengeResponses=responses)
        assert refusal(idp.respond_to_auth_challenge, **answer, ChallengeResponses=responses)

    def to_credentials(self) -> None:
        people = self.people
        logins = people.logins()
        self.secrets["login token"] = logins[people.provider]
        issued = people.credentials(logins)
        self.secrets |= {"secret key": issued["SecretKey"], "session token": issued["SessionToken"]}
        assert people.signed("sts", issued).get_caller_identity()
        assert refusal(people.signed("cognito-idp", issued).list_user_pools, MaxResults=1)
        spoilt = {**issued, "SecretKey": "gu3ssed-secret-key"}
        assert refusal(people.signed("cognito-idp", spoilt).list_user_pools, MaxResults=1)
        assert refusal(people.get_id, logins=people.logins(token="AccessToken"))
        get_id = unchecked(self.world, "cognito-identity").get_id
        many = {f"p{n}": logins[people.provider] for n in range(11)}
        assert refusal(get_id, IdentityPoolId=people.identity_pool_id, Logins=many)
        identity_id = people.get_id(logins)
        token = people.api.get_open_id_token(IdentityId=identity_id, Logins=logins)["Token"]
        self.secrets["openid token"] = token
        assume = self.world.boto3("sts").assume_role_with_web_identity
        given = {"RoleSessionName": "day", "WebIdentityToken": token}
        self.keep("classic", assume(RoleArn=people.role("classic"), **given)["Credentials"])
        assert refusal(assume, RoleArn="arn:aws:iam::123456789012:role/nobody", **given)
        assert refusal(assume, RoleArn="arn:aws:iam::123456789012:role/day", **{**given, "WebIdentityToken": PASSWORD})


def test_no_secret_of_a_whole_day_stands_in_the_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "halfday")
    day = Day(world)
    day.tokens_at_the_endpoints(day.by_the_pages())
    day.by_the_api()
    day.keep("srp", day.by_srp(PASSWORD))
    assert refusal(day.by_srp, password=WRONG["wrong password"])
    day.a_new_password()
    day.to_credentials()
    logged = "\n".join(record.getMessage() + str(record.exc_text or "") for record in caplog.records)
    for said in ("InitiateAuth 200", "wrong password for user ", "is not the one the code was issued for"):
        assert said in logged, "this is the log"
    assert len(day.secrets) > 40
    public = {"Expiration", "AccessKeyId"}
    for name, secret in day.secrets.items():
        if name.rpartition(" ")[2] not in public:
            assert len(secret) > 8, name
            assert secret not in logged, f"{name} stands in the log"
            assert secret[-40:] not in logged, f"the end of {name} stands in the log"
