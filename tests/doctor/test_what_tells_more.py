"""Of several marks in a text, the one that tells most is the reason: libraries and pages say theirs of anything."""

from __future__ import annotations

import pytest

from halfday.client.causes.catalogue import Cause, Symptom, catalogue
from halfday.client.causes.matching import BY_SENTENCE, find, match_text
from halfday.doctor.diagnosis import Evidence, diagnose
from halfday.doctor.pasted.refusals import read

DOMAIN = "https://demo.auth.eu-west-1.amazoncognito.com"
WRAPPERS = (
    'awsCredentialsError = "AuthError: Session expired could not fetch AWS Credentials Caused by: {}"',
    "SessionExpiredException{{message=Your session has expired., cause={}}}",
    "SignedOutException: You are currently signed out. Please sign in to continue. Caused by: {}",
    "Error: No current user: {}",
    "UserUnAuthenticatedException: User needs to be authenticated to call this API. Underlying: {}",
    "An error was encountered with the requested page. {}",
    "{} An error was encountered with the requested page.",
)


def _services_own(cause: Cause, says: str) -> bool:
    """Whether it is a sentence of a user pool or identity pool, for which its name alone is not needed."""
    words = match_text(cause, read(says))
    return cause.id[0] in "35" and words is not None and words.how == BY_SENTENCE


SENTENCES = [
    (cause.id, says)
    for cause in catalogue()
    if not (cause.when or cause.said_by or cause.otherwise)
    for says in cause.says
    if _services_own(cause, says)
]


def first(text: str) -> str:
    found = diagnose(Evidence(text), now=0.0).findings
    return found[0].cause if found else ""


def test_there_are_sentences_to_wrap() -> None:
    assert len(SENTENCES) > 60


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_services_own_sentence_goes_before_what_is_said_around_it(wrapper: str) -> None:
    wrong = [(cause, found, says) for cause, says in SENTENCES if (found := first(wrapper.format(says))) != cause]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (
            f"{DOMAIN}/error?error=redirect_mismatch&client_id=x  An error was encountered with the requested page",
            "1.1",
        ),
        (f"{DOMAIN}/error?error=unauthorized_client  An error was encountered with the requested page", "1.7"),
        ("An error was encountered with the requested page. invalid_request", "1.1c"),
        ('Session expired could not fetch: NotAuthorizedException(message: "Refresh Token has expired")', "3.7"),
        ("AuthError: Session expired could not fetch AWS Credentials: NotAuthorizedException", "1.48"),
        ("SessionExpiredException caused by PasswordResetRequiredException", "3.15"),
    ],
)
def test_a_code_goes_before_a_page_and_a_shared_code_behind_a_wrapper(text: str, cause: str) -> None:
    assert first(text) == cause


ROLE = "arn:aws:sts::111122223333:assumed-role/guests/CognitoIdentityCredentials"


@pytest.mark.parametrize("action", ["lambda:InvokeFunction", "s3:GetObject", "execute-api:Invoke", "iot:Connect"])
def test_what_the_identity_pools_role_may_not_do_is_no_triggers_fault(action: str) -> None:
    text = f"User: {ROLE} is not authorized to perform: {action} on resource: arn:aws:lambda:eu-west-1:1:function:x"
    assert first(text) == "7.4"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("https://app.example.com/?code=3c2a&state=b1 -> <Error><Code>AccessDenied</Code></Error> (Cognito)", "9.7"),
        ("https://app.example.com/callback?code=3c2a -> <Error><Code>NoSuchKey</Code></Error>", "9.7"),
        ('error="User sync failed: User already exists" (AWS Cognito)', "9.6"),
        ("Token audiences are [], expected at least one of [api]", "4.3"),
        ("JWT verification failed: aud claim missing", "4.3"),
        ("Error: SAML Response is not valid for this audience", "9.1"),
        ("Error in SAML response processing: Audience restriction was not met", "1.20"),
        ('{"error":"invalid_grant","error_description":"Invalid JWT: Token must be a short-lived token"}', "9.1"),
        ('{"error":{"code":400,"message":"TOKEN_EXPIRED","status":"INVALID_ARGUMENT"}}', "9.1"),
        ("getHostedUIJSON: Failed to read config java.lang.NullPointerException", "1.49"),
        ("Error: Cannot match any routes. URL Segment: 'oauth2/authorize'", "1.50"),
    ],
)
def test_whose_sentence_it_is_decides(text: str, cause: str) -> None:
    assert first(text) == cause


@pytest.mark.parametrize("place", ["authorize", "token", "logout"])
def test_the_word_that_is_said_of_anything_says_nothing_of_another_place(place: str) -> None:
    """Who signs in is not told of sign-out URLs."""
    found = find(Symptom(place, "invalid_request"))
    at = {cause.id: cause.at for cause in catalogue()}
    assert found
    assert all(not at[one.cause] or place in at[one.cause] for one in found)
