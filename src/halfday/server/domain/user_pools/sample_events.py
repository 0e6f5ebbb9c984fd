"""One event of each triggerSource, with the members that a pool's own events have: to write a function before the pool.

Source: facts/triggers.md §3 to §6. tests/triggers hold the table against what the server sends.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from halfday.server.domain.user_pools.triggers import Trigger

POOL_ID, CLIENT_ID, USERNAME = "us-east-1_Example01", "1example23456789abcdefghij", "ada"
UNLESS_EMPTY = frozenset({"clientMetadata", "userNotFound"})
"""Members of a request that are there when they say something: the rest always is."""
_FEDERATED = "104556631362906539049"
_SUB = "6a2b4c80-0f11-7095-8d3e-1f5a7c9b2d40"
_GIVEN = {"email": "ada@example.com", "name": "Ada Lovelace"}
_ATTRIBUTES = {"sub": _SUB, "email_verified": "true", "cognito:user_status": "CONFIRMED", **_GIVEN}
_UNCONFIRMED = {"sub": _SUB, "email_verified": "false", "cognito:user_status": "UNCONFIRMED", **_GIVEN}
_METADATA = {"from": "the app"}
TAKE_OVER = "CustomEmailSender_AccountTakeOverNotification"
"""Of a sign-in that threat protection thinks is somebody else's. No pool here sends it: nothing here judges them."""
_SUSPICION = {
    "ACCOUNT_TAKE_OVER_ACTION": "BLOCK",
    "LOGIN_TIME": "Friday, March 19, 2021 02:25 PM UTC",
    "USER_NAME": USERNAME,
    "EVENT_ID": "0b9b1f7a-3c51-4f0e-9c7a-2f4de4a5d1c3",
    "IP_ADDRESS": "192.0.2.7",
    "DEVICE_NAME": "Opera 74, Linux",
    "CITY": "London",
    "COUNTRY": "United Kingdom",
    "FEEDBACK_TOKEN": "example-token",
    "ONE_CLICK_LINK_VALID": "https://example.auth.us-east-1.amazoncognito.com/feedback?value=valid",
    "ONE_CLICK_LINK_INVALID": "https://example.auth.us-east-1.amazoncognito.com/feedback?value=invalid",
}
_TOLD = {"userAttributes": _ATTRIBUTES, "clientMetadata": _METADATA}
_RIDDLES = [{"challengeName": "CUSTOM_CHALLENGE", "challengeResult": False, "challengeMetadata": "RIDDLE"}]
_GROUPS = {"groupsToOverride": ["editors"], "iamRolesToOverride": [], "preferredRole": None}
_TOKENS = {"userAttributes": _ATTRIBUTES, "groupConfiguration": _GROUPS, "clientMetadata": _METADATA}
_MACHINE = "TokenGeneration_ClientCredentials"
_CIPHERTEXT = "AYADeExample=="  # a message of the AWS Encryption SDK is longer, and opens with the key alone
_PURPOSES = (
    "SignUp AdminCreateUser ResendCode ForgotPassword UpdateUserAttribute VerifyUserAttribute Authentication".split()
)
_NAMES = {
    _MACHINE: "ClientCredentials",
    "InboundFederation_ExternalProvider": _FEDERATED,
    "PreSignUp_ExternalProvider": f"Google_{_FEDERATED}",
}
_BY_ADMINISTRATOR = frozenset(
    {
        "PreSignUp_AdminCreateUser",
        "CustomMessage_AdminCreateUser",
        "CustomEmailSender_AdminCreateUser",
        "CustomSMSSender_AdminCreateUser",
    }
)
_NOTHING_YET = {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False}
_NOBODY_YET = dict.fromkeys(
    "userAttributes forceAliasCreation enableSMSMFA finalUserStatus messageAction desiredDeliveryMediums".split()
)
_UNWORDED: Mapping[str, Any] = {"smsMessage": None, "emailMessage": None, "emailSubject": None}

_Parts = tuple[Trigger, Mapping[str, Any], Mapping[str, Any]]


def _message(purpose: str, attributes: Mapping[str, str]) -> _Parts:
    request = {
        "userAttributes": attributes,
        "codeParameter": "{####}",
        "linkParameter": "{##Click Here##}",
        "usernameParameter": "{username}" if purpose == "AdminCreateUser" else None,
        "clientMetadata": _METADATA,
    }
    return Trigger.CUSTOM_MESSAGE, request, _UNWORDED


def _new_user(attributes: Mapping[str, str], validation: Mapping[str, str] | None) -> _Parts:
    request = {"userAttributes": attributes, "validationData": validation, "clientMetadata": _METADATA}
    return Trigger.PRE_SIGN_UP, request, _NOTHING_YET


def _migration(password: str | None) -> _Parts:
    request = {"password": password, "validationData": None, "clientMetadata": _METADATA}
    return Trigger.USER_MIGRATION, request, _NOBODY_YET


def _sender(trigger: Trigger, kind: str, attributes: Mapping[str, str]) -> _Parts:
    request = {"type": kind, "code": _CIPHERTEXT, "userAttributes": attributes, "clientMetadata": _METADATA}
    return trigger, request, {}


SAMPLES: Mapping[str, _Parts] = {
    "PreSignUp_SignUp": _new_user(_GIVEN, {"captcha": "seven"}),
    "PreSignUp_AdminCreateUser": _new_user(_GIVEN, None),
    "PreSignUp_ExternalProvider": _new_user({**_GIVEN, "email_verified": "false"}, None),
    "PostConfirmation_ConfirmSignUp": (Trigger.POST_CONFIRMATION, _TOLD, {}),
    "PostConfirmation_ConfirmForgotPassword": (Trigger.POST_CONFIRMATION, _TOLD, {}),
    "PreAuthentication_Authentication": (
        Trigger.PRE_AUTHENTICATION,
        {"userAttributes": _ATTRIBUTES, "validationData": {"from": "the app"}},
        {},
    ),
    "PostAuthentication_Authentication": (Trigger.POST_AUTHENTICATION, {**_TOLD, "newDeviceUsed": False}, {}),
    "DefineAuthChallenge_Authentication": (
        Trigger.DEFINE_AUTH_CHALLENGE,
        {**_TOLD, "session": _RIDDLES},
        {"challengeName": None, "issueTokens": None, "failAuthentication": None},
    ),
    "CreateAuthChallenge_Authentication": (
        Trigger.CREATE_AUTH_CHALLENGE,
        {**_TOLD, "challengeName": "CUSTOM_CHALLENGE", "session": _RIDDLES},
        {"publicChallengeParameters": None, "privateChallengeParameters": None, "challengeMetadata": None},
    ),
    "VerifyAuthChallengeResponse_Authentication": (
        Trigger.VERIFY_AUTH_CHALLENGE_RESPONSE,
        {**_TOLD, "privateChallengeParameters": {"answer": "42"}, "challengeAnswer": "42"},
        {"answerCorrect": None},
    ),
    **{
        f"TokenGeneration_{way}": (Trigger.PRE_TOKEN_GENERATION, _TOKENS, {})
        for way in ("Authentication", "HostedAuth", "NewPasswordChallenge", "AuthenticateDevice", "RefreshTokens")
    },
    _MACHINE: (
        Trigger.PRE_TOKEN_GENERATION,
        {"userAttributes": {}, "groupConfiguration": None, "clientMetadata": _METADATA},
        {},
    ),
    "UserMigration_Authentication": _migration("Lovelace-1815"),
    "UserMigration_ForgotPassword": _migration(None),
    "CustomMessage_SignUp": _message("SignUp", _UNCONFIRMED),
    "CustomMessage_AdminCreateUser": _message("AdminCreateUser", _ATTRIBUTES),
    **{
        f"{trigger}_{purpose}": _sender(trigger, kind, _UNCONFIRMED if purpose == "SignUp" else _ATTRIBUTES)
        for trigger, kind in (
            (Trigger.CUSTOM_EMAIL_SENDER, "customEmailSenderRequestV1"),
            (Trigger.CUSTOM_SMS_SENDER, "customSMSSenderRequestV1"),
        )
        for purpose in _PURPOSES
    },
    TAKE_OVER: (
        Trigger.CUSTOM_EMAIL_SENDER,
        {"type": "customEmailSenderRequestV1", "code": None, "userAttributes": _SUSPICION, "clientMetadata": None},
        {},
    ),
    "InboundFederation_ExternalProvider": (
        Trigger.INBOUND_FEDERATION,
        {
            "providerName": "Google",
            "providerType": "Google",
            "attributes": {
                "tokenResponse": {"access_token": "ya29.example", "token_type": "Bearer", "expires_in": "3599"},
                "idToken": {
                    "sub": _FEDERATED,
                    "iss": "https://accounts.google.com",
                    **_GIVEN,
                    "email_verified": "true",
                },
                "userInfo": {"sub": _FEDERATED, **_GIVEN},
            },
        },
        {"userAttributesToMap": {}},
    ),
    **{
        f"CustomMessage_{purpose}": _message(purpose, _ATTRIBUTES)
        for purpose in _PURPOSES
        if purpose not in ("SignUp", "AdminCreateUser")
    },
}
"""triggerSource → the trigger, the request and the response as it is sent. The first of a trigger is its usual one."""


def sources_of(trigger: Trigger) -> list[str]:
    return [source for source, parts in SAMPLES.items() if parts[0] is trigger]


def sample_event(source: str, version: int = 1) -> dict[str, Any]:
    """An event of this triggerSource. `version` counts for PreTokenGeneration. Raises ValueError for one that is not
    sent in that version.
    """
    trigger, request, response = copy.deepcopy(SAMPLES[source])
    if version != 1 and trigger is not Trigger.PRE_TOKEN_GENERATION:
        raise ValueError(f"{trigger} has version 1 only")
    if source == _MACHINE and version != 3:
        raise ValueError(f"{source} is sent in version 3 only")
    if trigger is Trigger.PRE_TOKEN_GENERATION:
        scopes = ["orders/read"] if source == _MACHINE else ["aws.cognito.signin.user.admin"]
        request = {**request, **({"scopes": scopes} if version > 1 else {})}
        response = {"claimsOverrideDetails" if version == 1 else "claimsAndScopeOverrideDetails": None}
    return {
        "version": str(version),
        "triggerSource": source,
        "region": "us-east-1",
        "userPoolId": POOL_ID,
        "userName": _NAMES.get(source, USERNAME),
        "callerContext": {
            "awsSdkVersion": "aws-sdk-unknown-unknown",
            "clientId": "CLIENT_ID_NOT_APPLICABLE" if source in _BY_ADMINISTRATOR else CLIENT_ID,
        },
        "request": request,
        "response": response,
    }
