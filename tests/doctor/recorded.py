"""What cannot be made to happen here: recorded answers, sent over a socket, and lines that other programs leave.

The texts are those of facts/failures.md, whose rows name their sources.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import cognito_peer
import requests

import sockets
from doctor.table import ANSWER, LINE, TABLE, Findings, Stage, answer_of, curl_of, fails, raised, step, told
from halfday.client.causes.catalogue import catalogue
from sockets import Handler

AWS_JSON = {"Content-Type": "application/x-amz-json-1.1"}
CALLBACK = "http://localhost:8080/"


@contextmanager
def answering(status: int, body: str, headers: Mapping[str, str] | None = None) -> Iterator[str]:
    """An origin that answers this to everything."""

    class Recorded(Handler):
        def do_GET(self) -> None:
            self.read_body()
            others = dict(headers or {})
            content_type = others.pop("Content-Type", "text/plain")
            self.answer(status, body.encode(), content_type, **others)

        do_POST = do_GET

    with sockets.answering(Recorded) as origin:
        yield origin


def put(cause: str, status: int, body: str, headers: Mapping[str, str] | None = None, *, path: str = "/") -> None:
    """An answer, as curl -i shows it, with the request that it is to."""

    @fails(cause, how=ANSWER)
    def make(stage: Stage) -> Findings:
        with answering(status, body, headers) as origin:
            answer = requests.get(f"{origin}{path}", allow_redirects=False, timeout=10)
            return told(answer_of(answer), sent=curl_of(answer.request))


def put_refusal(cause: str, code: str, message: str) -> None:
    """A refusal of an AWS JSON API."""
    put(cause, 400, json.dumps({"__type": code, "message": message}), AWS_JSON)


def put_redirect(cause: str, query: str) -> None:
    """An error that the browser brings back."""
    put(cause, 302, "", {"Location": f"{CALLBACK}?{query}"}, path="/oauth2/authorize")


def put_sts(cause: str, code: str, message: str) -> None:
    error = f"<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>"
    put(cause, 400, f"<ErrorResponse><Error>{error}</Error></ErrorResponse>", {"Content-Type": "text/xml"})


def put_line(cause: str, line: str) -> None:
    """What another program prints: no answer of a service at all."""

    @fails(cause, how=LINE)
    def make(stage: Stage) -> Findings:
        return told(line)


put("1.1c", 400, "<html><body>An error was encountered with the requested page.</body></html>", path="/error")
put("1.10", 400, "Required String parameter 'redirect_uri' is not present", path="/login")
put("1.11", 400, "<html>An error was encountered: Invalid State</html>", path="/oauth2/idpresponse")
put_redirect("1.13", "error=server_error&state=s")
put("1.14", 400, "<html><body>Error 400: redirect_uri_mismatch</body></html>")
put_redirect(
    "1.18",
    "error_description=Invalid+user+attributes%3A+email%3A+Attribute+cannot+be+updated.%0A+&error=invalid_request",
)
put_redirect("1.19", "error_description=Already+found+an+entry+for+username+Google_1&error=invalid_request")
put_redirect(
    "1.20",
    "error_description=Invalid+SAML+response+received%3A+SAML+Assertion+signature+is+invalid&error=server_error",
)
put_line(
    "1.23", "authlib MismatchingStateError: mismatching_state: CSRF Warning! State not equal in request and response."
)
put_line("1.29", "Error: Incompatible auth server: does not support code challenge method S256")
put_redirect("1.31", "error=access_denied&state=s")
put_line(
    "2.24",
    "Access to XMLHttpRequest at 'https://demo.auth.eu-west-1.amazoncognito.com/oauth2/token' from origin 'null' has "
    "been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
)
put_refusal("2.25", "ForbiddenException", "Request not allowed due to WAF block.")
put_refusal("3.6", "NotAuthorizedException", "Refresh Token has different Client.")
put_refusal("3.11", "TooManyRequestsException", "Rate exceeded")
put_refusal(
    "5.9",
    "ValidationException",
    "1 validation error detected: Value '{cognito-idp.eu-west-1.amazonaws.com/eu-west-1_x=}' at 'logins' failed to "
    "satisfy constraint: Map value must satisfy constraint: [Member must have length greater than or equal to 1]",
)
put_refusal("5.29", "NotAuthorizedException", "Invalid login token. Incorrect token audience")
put_refusal("5.30", "ExternalServiceException", "accounts.google.com is not responding.")
put_refusal("5.31", "InvalidParameterException", "The number of rules in the request exceeded 25.")
put_refusal(
    "5.32",
    "InvalidParameterException",
    "Identity provider arn:aws:iam::999999999999:saml-provider/x is not valid for account 123456789012",
)
put_sts(
    "6.2",
    "InvalidIdentityToken",
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity "
    "documentation for requirements",
)
put_sts("6.4", "InvalidIdentityToken", "Incorrect token audience")
put_sts("6.5", "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://issuer.example")
put(
    "7.15",
    401,
    '{"message":"Unauthorized"}',
    {
        "www-authenticate": 'Bearer scope="" error="invalid_token" '
        'error_description="the token does not have a valid audience"'
    },
)
put(
    "7.16",
    403,
    '{"message":"Missing Authentication Token"}',
    {"x-amzn-ErrorType": "MissingAuthenticationTokenException"},
)
put(
    "7.17",
    403,
    "{\"message\":\"'eyJ' not a valid key=value pair (missing equal-sign) in Authorization header: 'Bearer eyJ'.\"}",
    {"x-amzn-ErrorType": "IncompleteSignatureException"},
)
put(
    "7.18",
    403,
    "{\"message\":\"Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' "
    "parameter. Authorization header requires 'SignedHeaders' parameter.\"}",
)
put("7.19", 401, '{"errors":[{"errorType":"UnauthorizedException","message":"Unable to parse JWT token."}]}')
put(
    "7.20",
    401,
    '{"errors":[{"errorType":"UnauthorizedException","message":"Valid authorization header not provided."}]}',
)
put_line(
    "7.22", "keyring.errors.NoKeyringError: No recommended backend was available. Install a recommended 3rd party one."
)
put("8.2", 400, "", path="/logout")


@fails("2.2", how=ANSWER)
def an_unregistered_redirect_uri_at_the_token_endpoint(stage: Stage) -> Findings:
    """The peer refuses it with the misleading word, as people have seen AWS do."""
    with cognito_peer.running() as peer:

        def refuse(members: dict[str, Any]) -> dict[str, Any]:
            raise cognito_peer.Refusal(400, {"error": "unauthorized_client"})

        peer._redeem = refuse  # type: ignore[method-assign]
        client = {"ClientId": cognito_peer.CLIENT_ID}
        cognito = stage.cognito(client, domain=peer.origin, redirect_uri="https://example.com/elsewhere")
        return step("token endpoint", cognito).findings


@fails("5.19", how=ANSWER)
def logins_of_two_identities(stage: Stage) -> Findings:
    refusal = {"__type": "ResourceConflictException", "message": "This login is already linked to another account."}
    with answering(400, json.dumps(refusal), AWS_JSON) as origin:
        ids = {"identity_pool_id": cognito_peer.IDENTITY_POOL_ID, "endpoint_url": origin}
        return raised(lambda: stage.cognito(stage.client(), **ids).guest().identity_id)


@fails("5.1b", how=ANSWER)
def a_provider_that_is_refused_before_its_token_is_looked_at(stage: Stage) -> Findings:
    """A made-up token has no app client: of such an answer only the user pool is left."""
    message = "Token is not from a supported provider of this identity pool."
    with answering(400, json.dumps({"__type": "NotAuthorizedException", "message": message}), AWS_JSON) as origin:
        ids = {"identity_pool_id": cognito_peer.IDENTITY_POOL_ID, "user_pool_id": stage.pool.pool_id}
        stage.monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY", origin)
        return step("identity pool", stage.cognito(stage.client(), **ids)).findings


def console(stage: Stage, page: str) -> Findings:
    people = stage.identities()
    people.set_roles(authenticated=people.role(f"console-{people.identity_pool_id[-12:]}"))
    with answering(400, page, {"Content-Type": "text/html"}) as origin:
        stage.monkeypatch.setenv("AWS_ENDPOINT_URL_SIGNIN", origin)
        session = stage.person(people)
        return raised(session.console_link)


@fails("7.12", how=ANSWER)
def credentials_that_the_console_does_not_take(stage: Stage) -> Findings:
    return console(stage, "<html><head><title>HTTP Status 400 - Invalid credentials parameter</title></head></html>")


@fails("7.12b", how=ANSWER)
def a_console_that_says_no_more_than_no(stage: Stage) -> Findings:
    return console(stage, "<html><head><title>HTTP Status 400 - Bad Request</title></head></html>")


put_refusal("3.25", "UserLambdaValidationException", "PreTokenGeneration failed with error no.")
put_refusal("7.4b", "AccessDeniedException", "User: anonymous is not authorized to perform: s3:ListBucket")


@fails("0.9", how=ANSWER)
def a_word_that_nobody_knows(stage: Stage) -> Findings:
    with answering(400, '{"error":"made_up"}') as origin:
        return raised(lambda: stage.cognito(stage.client(), domain=origin).exchange("code"))


def put_what_is_said() -> None:
    """The catalogue's own sentence, for causes that no other module of the table makes happen."""
    for cause in catalogue():
        if cause.id not in TABLE and cause.says and not cause.when:
            put_line(cause.id, cause.says[0])


put_line("9.8", '{"error":"invalid_grant","error_description":"The grant is of no use"}')


@fails("4.19", how=LINE)
def a_token_that_is_over(stage: Stage) -> Findings:
    token = stage.pool.tokens(stage.client())["AccessToken"]
    return told(token, now=stage.world.clock() + 90_000)


@fails("4.20", how=LINE)
def a_token_that_is_good(stage: Stage) -> Findings:
    found = told(stage.pool.tokens(stage.client())["IdToken"], now=stage.world.clock())
    assert "an ID token" in found[0].sentence
    assert stage.pool.pool_id in found[0].sentence
    return found


@fails("4.21", how=LINE)
def a_refresh_token_that_is_pasted(stage: Stage) -> Findings:
    return told("eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIn0.YQ.Yg.Yw.ZA")


for number, line in enumerate(
    (
        "AADSTS50011: The redirect URI specified in the request does not match",
        'psycopg2.OperationalError: FATAL: password authentication failed for user "app"',
        "npm ERR! code E401",
        "nginx: upstream prematurely closed connection while reading response header from upstream",
        'Error from server (Forbidden): pods is forbidden: User "system:serviceaccount:default:app" cannot list',
        "stripe.error.InvalidRequestError: No such customer: 'cus_x'",
    ),
    start=1,
):
    put_line(f"9.{number}", line)
