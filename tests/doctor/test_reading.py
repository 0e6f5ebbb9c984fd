"""The error is found in any line: whatever program printed it, and however often it was quoted on its way."""

from __future__ import annotations

import json
from urllib.parse import quote, quote_plus

import pytest

from halfday.client.causes.catalogue import Symptom
from halfday.doctor.diagnosis import Evidence, diagnose
from halfday.doctor.pasted.error_names import exceptions, oauth_words
from halfday.doctor.pasted.plain_text import LONGEST, plain
from halfday.doctor.pasted.provenance import place_of
from halfday.doctor.pasted.refusals import read

INVALID_GRANT = {
    "a dict of Python": "{'error': 'invalid_grant'}",
    "bytes of Python": 'b\'{"error":"invalid_grant"}\'',
    "JSON in prose": 'Token exchange failed (400): {"error":"invalid_grant"} - see the log',
    "JSON inside JSON": json.dumps({"level": "error", "msg": json.dumps({"error": "invalid_grant"})}),
    "JSON inside JSON inside a shell": json.dumps(json.dumps({"err": {"body": '{"error":"invalid_grant"}'}})),
    "Python": "oauthlib.oauth2.rfc6749.errors.InvalidGrantError: (invalid_grant) ",
    "Flask": "flask_cognito_lib.exceptions.CognitoError: Cognito error : invalid_grant",
    "JavaScript": "OPError: invalid_grant\n    at processResponse (/app/node_modules/openid-client/lib/x.js:45:13)",
    "Java": "[invalid_grant] null; nested exception is org.springframework.security.oauth2.core.OAuth2Authorization",
    "Java's map": "400 BAD_REQUEST {error=invalid_grant}",
    "Go": 'oauth2: cannot fetch token: 400 Bad Request\nResponse: {"error":"invalid_grant"}',
    "Go's map": "map[error:invalid_grant]",
    "Ruby": 'OAuth2::Error: invalid_grant: {"error"=>"invalid_grant"}',
    ".NET": "OpenIdConnectProtocolException: Message contains error: 'invalid_grant', error_description: ''",
    "PHP": "Array ( [error] => invalid_grant )",
    "Rust": "ServerResponse(StandardErrorResponse { error: InvalidGrant, error_description: None })",
    "Dart": "OAuth authorization error (invalid_grant).",
    "a proxy's line": '[2026/01/01 10:00:00] [oauthproxy.go:1] Error redeeming code: token exchange: "invalid_grant"',
    "a coloured log": "\x1b[31mERROR\x1b[0m invalid_grant",
    "a page": "<html><body><pre>{&quot;error&quot;:&quot;invalid_grant&quot;}</pre></body></html>",
}


@pytest.mark.parametrize("text", INVALID_GRANT.values(), ids=INVALID_GRANT)
def test_an_oauth_error_is_found_in_whatever_printed_it(text: str) -> None:
    found = diagnose(Evidence(text), now=0.0).findings
    assert found
    assert found[0].cause == "2.1"
    assert not any(finding.certain for finding in found)


SECRET_HASH = "Unable to verify secret hash for client 1example23456789"
SHAPES = {
    "boto3": "botocore.errorfactory.NotAuthorizedException: An error occurred (NotAuthorizedException) when calling "
    f"the InitiateAuth operation: {SECRET_HASH}",
    "boto3 after retries": "An error occurred (NotAuthorizedException) when calling the InitiateAuth operation "
    f"(reached max retries: 4): {SECRET_HASH}",
    "the wire": json.dumps({"__type": "NotAuthorizedException", "message": SECRET_HASH}),
    "the wire, Coral's": json.dumps({"__type": "com.amazonaws.cognito#NotAuthorizedException", "message": SECRET_HASH}),
    "JavaScript v3": f"{{ name: 'NotAuthorizedException', '$fault': 'client', message: '{SECRET_HASH}' }}",
    "JavaScript v2": f"NotAuthorizedException: {SECRET_HASH}\n at Request.extractError (aws-sdk/lib/protocol/json.js)",
    "Java": "com.amazonaws.services.cognitoidentityprovider.model.NotAuthorizedException: "
    f"{SECRET_HASH} (Service: AWSCognitoIdentityProvider; Status Code: 400)",
    "Go": "operation error Cognito Identity Provider: InitiateAuth, https response error StatusCode: 400, "
    f"NotAuthorizedException: {SECRET_HASH}",
    "Ruby": f"Aws::CognitoIdentityProvider::Errors::NotAuthorizedException: {SECRET_HASH}",
    ".NET": f"Amazon.CognitoIdentityProvider.Model.NotAuthorizedException: {SECRET_HASH}",
    "PHP": 'Error executing "InitiateAuth" on "https://cognito-idp.eu-west-1.amazonaws.com"; NotAuthorizedException '
    f"(client): {SECRET_HASH}",
    "curl -i": "HTTP/1.1 400 Bad Request\nx-amzn-ErrorType: NotAuthorizedException:\n\n"
    + json.dumps({"__type": "NotAuthorizedException", "message": SECRET_HASH}),
    "Halfday": f"halfday.client.errors.ApiRefused: InitiateAuth was refused: NotAuthorizedException: {SECRET_HASH}",
    "the sentence alone": SECRET_HASH,
}


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_a_refusal_of_an_api_is_found_in_whatever_printed_it(text: str) -> None:
    found = diagnose(Evidence(text), now=0.0).findings
    assert [finding.cause for finding in found][:1] == ["3.2"]


@pytest.mark.parametrize("shape", ["boto3", "Java", "Go", "Ruby", ".NET", "PHP", "Halfday"])
def test_a_place_that_the_text_names_lets_a_sentence_be_certain(shape: str) -> None:
    assert diagnose(Evidence(SHAPES[shape]), now=0.0).findings[0].certain


@pytest.mark.parametrize("encode", [quote, quote_plus, lambda text: quote(quote(text))])
def test_a_description_is_read_however_often_it_was_encoded(encode) -> None:
    told = encode("user.email: Attribute cannot be updated.")
    for text in (f"http://localhost:3000/?error_description={told}&error=invalid_request", f"GET /cb?error={told} 302"):
        assert diagnose(Evidence(text), now=0.0).findings[0].cause == "1.18"


def test_words_count_as_words() -> None:
    assert oauth_words("pre_invalid_grant_post uninvalid_client invalid_scopes") == []
    assert oauth_words("error=invalid_request&error_description=invalid_scope") == ["invalid_scope", "invalid_request"]
    assert exceptions("ResourceNotFoundException") == ["ResourceNotFoundException"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("POST https://demo.auth.eu-west-1.amazoncognito.com/oauth2/token 400", "token"),
        ("https://login.example.com/oauth2/authorize?client_id=x", "authorize"),
        ("when calling the GetCredentialsForIdentity operation", "identity"),
        ("when calling the AssumeRoleWithWebIdentity operation", "sts"),
        ("when calling the PutObject operation", "aws"),
        ("when calling the GetUser operation", ""),
        ("x-amz-target: AWSCognitoIdentityProviderService.SignUp", "idp"),
        ("aws_cognito_user_pool_client.app: error", "idp"),
        ("https://abc.execute-api.eu-west-1.amazonaws.com/prod", "gateway"),
        ("the token request was refused with invalid_grant", "token"),
        ("nothing of that kind", ""),
    ],
)
def test_a_place_is_known_where_the_text_names_it(text: str, place: str) -> None:
    assert place_of(text) == place


def test_a_pasted_text_of_any_length_and_kind_is_read() -> None:
    """Bounded, and no pattern of ours runs away on it."""
    for text in (
        "{" * 50_000,
        "%25" * 50_000,
        "\\" * 50_000,
        "<" * 50_000,
        "error=" * 50_000,
        "a_" * 50_000,
        "\0\x1b[",
    ):
        assert isinstance(read(text), Symptom)
    assert len(plain("x " * LONGEST)) <= LONGEST + 1


def test_the_end_of_a_long_log_is_looked_at() -> None:
    log = "started\n" * 50_000 + 'refused: {"error":"invalid_grant"}'
    assert diagnose(Evidence(log), now=0.0).findings[0].cause == "2.1"
