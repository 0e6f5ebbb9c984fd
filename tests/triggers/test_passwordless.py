"""Sign-in without a password, by functions as public samples write them.

Source: the documented behaviour of three samples: aws-samples/amazon-cognito-passwordless-email-auth (a code by e-mail,
three attempts), aws-samples/amazon-cognito-passwordless-auth (MAGIC-LINKS.md: a first challenge that only carries the
client's metadata, then a signed link that is good once), and the developer guide's CAPTCHA after a password ("Custom
authentication challenge Lambda triggers"). As there, each function changes the event it was given and returns it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from asking import refusal
from functions import Function, set_triggers
from halfday.protocol.srp import ClientStart
from operations.test_sign_in import WRONG, answer_srp, initiate, respond
from world import PASSWORD, Pool, World

CUSTOM = ["ALLOW_CUSTOM_AUTH"]
Event = dict[str, Any]


class CodeByEmail:
    """A code of six digits. Whoever mistypes it is asked for the same code, which the session's metadata keeps."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sent: list[tuple[str, str]] = []

    def pre_sign_up(self, event: Event) -> Event:
        event["response"]["autoConfirmUser"] = True
        return event

    def define(self, event: Event) -> Event:
        session, response = event["request"]["session"], event["response"]
        response["issueTokens"] = bool(session) and session[-1]["challengeResult"] is True
        response["failAuthentication"] = any(one["challengeName"] != "CUSTOM_CHALLENGE" for one in session) or (
            len(session) >= 3 and session[-1]["challengeResult"] is False
        )
        if not response["issueTokens"] and not response["failAuthentication"]:
            response["challengeName"] = "CUSTOM_CHALLENGE"
        return event

    def create(self, event: Event) -> Event:
        request = event["request"]
        if not request["session"]:
            code = f"{secrets.randbelow(10**6):06d}"
            self.sent.append((request["userAttributes"]["email"], code))
        else:
            kept = re.match(r"CODE-(\d*)", request["session"][-1]["challengeMetadata"])
            assert kept
            code = kept[1]
        event["response"]["publicChallengeParameters"] = {"email": request["userAttributes"]["email"]}
        event["response"]["privateChallengeParameters"] = {"secretLoginCode": code}
        event["response"]["challengeMetadata"] = f"CODE-{code}"
        return event

    def verify(self, event: Event) -> Event:
        request = event["request"]
        expected = request["privateChallengeParameters"]["secretLoginCode"]
        event["response"]["answerCorrect"] = request["challengeAnswer"] == expected
        return event

    def post_authentication(self, event: Event) -> Event:
        """Whoever typed the code has the address. The function calls back into the pool that waits for it."""
        if event["request"]["userAttributes"].get("email_verified") != "true":
            self.world.idp.admin_update_user_attributes(
                UserPoolId=event["userPoolId"],
                Username=event["userName"],
                UserAttributes=[{"Name": "email_verified", "Value": "true"}],
            )
        return event

    @property
    def functions(self) -> dict[str, Function]:
        return {
            "PreSignUp": self.pre_sign_up,
            "DefineAuthChallenge": self.define,
            "CreateAuthChallenge": self.create,
            "VerifyAuthChallengeResponse": self.verify,
            "PostAuthentication": self.post_authentication,
        }


class MagicLink:
    """The first challenge asks nothing: its answer brings the metadata that say where the link leads."""

    ORIGIN = "https://app.example.com"

    def __init__(self) -> None:
        self.key = os.urandom(32)
        self.sent: list[str] = []
        self.unused: dict[str, str] = {}

    def define(self, event: Event) -> Event:
        session, told = event["request"]["session"], event["request"].get("clientMetadata") or {}
        links = [one for one in session if one.get("challengeMetadata") != "PROVIDE_AUTH_PARAMETERS"]
        if session and session[-1]["challengeResult"]:
            event["response"]["issueTokens"], event["response"]["failAuthentication"] = True, False
        elif not session or (
            told.get("signInMethod") == "MAGIC_LINK" and told.get("alreadyHaveMagicLink") != "yes" and not links
        ):
            event["response"].update(issueTokens=False, failAuthentication=False, challengeName="CUSTOM_CHALLENGE")
        else:
            event["response"]["issueTokens"], event["response"]["failAuthentication"] = False, True
        return event

    def create(self, event: Event) -> Event:
        request, response = event["request"], event["response"]
        if not request["session"]:
            asked = {"challenge": "PROVIDE_AUTH_PARAMETERS"}
            response["challengeMetadata"] = "PROVIDE_AUTH_PARAMETERS"
            response["privateChallengeParameters"] = response["publicChallengeParameters"] = asked
            return event
        response["challengeMetadata"] = "MAGIC_LINK"
        to = request["clientMetadata"]["redirectUri"]
        parts = urlsplit(to)
        if f"{parts.scheme}://{parts.netloc}" != self.ORIGIN:
            raise ValueError(f"Invalid redirectUri: {to}")
        message = json.dumps({"userName": event["userName"], "exp": int(time.time()) + 900}).encode()
        signature = self.signature(message, event)
        self.unused[event["userName"]] = signature
        if not request.get("userNotFound"):
            self.sent.append(f"{to}#{base64.urlsafe_b64encode(message).decode()}.{signature}")
        response["privateChallengeParameters"] = {"challenge": "PROVIDE_MAGIC_LINK"}
        return event

    def verify(self, event: Event) -> Event:
        request, told = event["request"], event["request"].get("clientMetadata") or {}
        event["response"]["answerCorrect"] = False
        asked_for = request["privateChallengeParameters"]["challenge"]
        if asked_for == "PROVIDE_AUTH_PARAMETERS" and told.get("alreadyHaveMagicLink") != "yes":
            return event
        message, _, signature = request["challengeAnswer"].partition(".")
        raw = base64.urlsafe_b64decode(message)
        event["response"]["answerCorrect"] = (
            hmac.compare_digest(signature, self.signature(raw, event))
            and self.unused.pop(event["userName"], None) == signature
            and json.loads(raw)["userName"] == event["userName"]
        )
        return event

    def signature(self, message: bytes, event: Event) -> str:
        context = f"{event['userPoolId']} {event['callerContext']['clientId']}".encode()
        return hmac.new(self.key, message + context, hashlib.sha256).hexdigest()

    @property
    def functions(self) -> dict[str, Function]:
        return {
            "DefineAuthChallenge": self.define,
            "CreateAuthChallenge": self.create,
            "VerifyAuthChallengeResponse": self.verify,
        }


@pytest.fixture
def pool(world: World) -> Pool:
    pool = world.pool()
    pool.user()
    return pool


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    return pool.client(ExplicitAuthFlows=CUSTOM)


def answered(world: World, client: dict[str, Any], asked: Any, text: str, **metadata: str) -> Any:
    return world.idp.respond_to_auth_challenge(
        ClientId=client["ClientId"],
        ChallengeName="CUSTOM_CHALLENGE",
        Session=asked["Session"],
        ChallengeResponses={"USERNAME": "ada", "ANSWER": text},
        ClientMetadata=metadata,
    )


@pytest.fixture
def mail(world: World, pool: Pool) -> CodeByEmail:
    mail = CodeByEmail(world)
    set_triggers(pool, **mail.functions)
    return mail


def test_somebody_signs_up_and_in_by_a_code_that_is_mistyped_once(
    world: World, pool: Pool, client: dict[str, Any], mail: CodeByEmail
) -> None:
    email = "grace@example.com"
    world.idp.sign_up(
        ClientId=client["ClientId"],
        Username="grace",
        Password=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": email}],
    )
    asked = initiate(world, client, "CUSTOM_AUTH", USERNAME="grace")
    assert asked["ChallengeParameters"] == {"email": email, "USERNAME": "grace"}
    again = respond(world, client, "CUSTOM_CHALLENGE", asked["Session"], USERNAME="grace", ANSWER="no")
    ((to, code),) = mail.sent
    done = respond(world, client, "CUSTOM_CHALLENGE", again["Session"], USERNAME="grace", ANSWER=code)
    assert (to, "AccessToken" in done["AuthenticationResult"]) == (email, True)
    found = world.idp.admin_get_user(UserPoolId=pool.pool_id, Username="grace")
    assert {"Name": "email_verified", "Value": "true"} in found["UserAttributes"]


def test_a_third_wrong_code_ends_it(world: World, client: dict[str, Any], mail: CodeByEmail) -> None:
    asked = initiate(world, client, "CUSTOM_AUTH", USERNAME="ada")
    for _ in range(2):
        asked = answered(world, client, asked, "no")
    assert refusal(answered, world=world, client=client, asked=asked, text="no") == WRONG


@pytest.fixture
def links(pool: Pool) -> MagicLink:
    links = MagicLink()
    set_triggers(pool, **links.functions)
    return links


def ask_for_a_link(world: World, client: dict[str, Any], to: str = MagicLink.ORIGIN + "/signed-in") -> Any:
    asked = initiate(world, client, "CUSTOM_AUTH", USERNAME="ada")
    assert asked["ChallengeParameters"] == {"challenge": "PROVIDE_AUTH_PARAMETERS", "USERNAME": "ada"}
    return answered(world, client, asked, "__dummy__", signInMethod="MAGIC_LINK", redirectUri=to)


def follow(world: World, client: dict[str, Any], link: str) -> Any:
    """The link is opened in another browser, which begins anew and has the link already."""
    asked = initiate(world, client, "CUSTOM_AUTH", USERNAME="ada")
    fragment = link.partition("#")[2]
    return answered(world, client, asked, fragment, signInMethod="MAGIC_LINK", alreadyHaveMagicLink="yes")


def test_a_link_signs_in_from_another_browser_once(world: World, client: dict[str, Any], links: MagicLink) -> None:
    ask_for_a_link(world, client)
    (link,) = links.sent
    assert "AccessToken" in follow(world, client, link)["AuthenticationResult"]
    assert refusal(follow, world=world, client=client, link=link) == WRONG


def test_a_link_signs_in_where_it_was_asked_for(world: World, client: dict[str, Any], links: MagicLink) -> None:
    waiting = ask_for_a_link(world, client)
    fragment = links.sent[0].partition("#")[2]
    done = answered(world, client, waiting, fragment, signInMethod="MAGIC_LINK")
    assert "AccessToken" in done["AuthenticationResult"]


def test_a_link_is_one_client_s(world: World, pool: Pool, client: dict[str, Any], links: MagicLink) -> None:
    ask_for_a_link(world, client)
    other = pool.client(ExplicitAuthFlows=CUSTOM)
    assert refusal(follow, world=world, client=other, link=links.sent[0]) == WRONG


def test_a_link_to_a_strange_place_is_refused_by_the_function(
    world: World, client: dict[str, Any], links: MagicLink
) -> None:
    refused = refusal(ask_for_a_link, world=world, client=client, to="https://evil.example.net/")
    words = "CreateAuthChallenge failed with error Invalid redirectUri: https://evil.example.net/."
    assert refused == ("UserLambdaValidationException", words)
    assert links.sent == []


def test_a_picture_is_asked_about_after_the_password(world: World, pool: Pool, client: dict[str, Any]) -> None:
    def define(event: Event) -> Event:
        results = [(one["challengeName"], one["challengeResult"]) for one in event["request"]["session"]]
        steps: dict[tuple[tuple[str, bool], ...], Event] = {
            (("SRP_A", True),): {"challengeName": "PASSWORD_VERIFIER"},
            (("SRP_A", True), ("PASSWORD_VERIFIER", True)): {"challengeName": "CUSTOM_CHALLENGE"},
            (("SRP_A", True), ("PASSWORD_VERIFIER", True), ("CUSTOM_CHALLENGE", True)): {"issueTokens": True},
        }
        event["response"] |= {"issueTokens": False, "failAuthentication": False}
        event["response"] |= steps.get(tuple(results), {"failAuthentication": True})
        return event

    def create(event: Event) -> Event:
        event["response"] = {
            "publicChallengeParameters": {"captchaUrl": "https://example.com/5.png"},
            "privateChallengeParameters": {"answer": "5"},
            "challengeMetadata": "CAPTCHA_CHALLENGE",
        }
        return event

    def verify(event: Event) -> Event:
        request = event["request"]
        event["response"]["answerCorrect"] = (
            request["privateChallengeParameters"]["answer"] == request["challengeAnswer"]
        )
        return event

    set_triggers(pool, DefineAuthChallenge=define, CreateAuthChallenge=create, VerifyAuthChallengeResponse=verify)

    def past_the_password() -> Any:
        start = ClientStart(os.urandom(32))
        began = initiate(world, client, "CUSTOM_AUTH", USERNAME="ada", CHALLENGE_NAME="SRP_A", SRP_A=start.public)
        proof = answer_srp(pool, start, began, PASSWORD)
        return respond(world, client, "PASSWORD_VERIFIER", began["Session"], **proof)

    asked = past_the_password()
    assert asked["ChallengeParameters"] == {"captchaUrl": "https://example.com/5.png", "USERNAME": "ada"}
    assert "AccessToken" in answered(world, client, asked, "5")["AuthenticationResult"]
    assert refusal(answered, world=world, client=client, asked=past_the_password(), text="6") == WRONG
