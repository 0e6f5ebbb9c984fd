"""Kinds of lines that were explained wrongly once: what stands around the error word decides."""

from __future__ import annotations

import pytest

from halfday.doctor.diagnosis import Evidence, diagnose

DOMAIN = "https://demo.auth.eu-west-1.amazoncognito.com"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (f"{DOMAIN}/error?logout_uri=x&client_id=y: Required String parameter 'redirect_uri' is not present", "8.1"),
        (f"After logging out: {DOMAIN}/error?error=redirect_mismatch&client_id=y", "8.1"),
        ("Error: Bad+id_token+issuer+https%3A%2F%2Fissuer.example", "1.21"),
        ('POST /oauth2/token grant_type=client_credentials answers 400 {"error":"invalid_grant"}', "2.3"),
        (f"Access to fetch at '{DOMAIN}/.well-known/openid-configuration' was blocked by CORS policy", "4.15"),
        (f"Access to fetch at '{DOMAIN}/login?x=y' was blocked by CORS policy", "1.46"),
        ("Access to fetch at 'https://a.execute-api.eu-west-1.amazonaws.com/x' was blocked by CORS policy", "7.33"),
        ("InvalidStateException: There is already a user which is signed in.", "1.47"),
        ('{"error":"invalid_grant","error_description":"The moon is full"}', "9.8"),
        ('{"error":"invalid_grant","error_description":"Code not valid"}', "9.1"),
        ("Error 400: redirect_uri_mismatch. redirect_uri=http://localhost:3000/api/auth/callback/google", "9.1"),
        (f"Error 400: redirect_uri_mismatch. redirect_uri={DOMAIN}/oauth2/idpresponse", "1.14"),
        ("Failed build model due to ingress: dev/web: unknown action type: authenticate-cognito", "7.27"),
        ("Actions of type 'authenticate-cognito' are supported only on HTTPS listeners", "7.27"),
        ("Access to fetch at 'https://cognito-identity.eu-west-1.amazonaws.com/' was blocked by CORS policy", "0.9"),
        ("http://localhost:1337/?error=Grant%3A%20missing%20session%20or%20misconfigured%20provider", "1.32"),
        ("https://app.example.com/api/auth/error?error=OAuthCallback", "0.9"),
        ('OAuthErrorEvent {"type":"code_error","error_description":"invalid_scope","error":"invalid_request"}', "1.6"),
        ('{"error":"invalid_request","error_description":"invalid_scope"}', "1.6"),
        ("/callback?error=invalid_scope&error_description=The+moon+is+no+scope+of+ours", "9.8"),
        ("Required String parameter 'client_id' is not present", "1.9"),
        ("Required String parameter 'redirect_uri' is not present", "1.10"),
        ("TypeError: callback.newPasswordRequired is not a function", "3.20"),
        ("TypeError: callback.totpRequired is not a function", "3.21"),
        ('{"nextStep":{"signInStep":"CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED"}}', "3.20"),
        ('{"nextStep":{"signInStep":"CONFIRM_SIGN_UP"}}', "3.14"),
        ("Signature validation failed. SAML Response rejected", "9.1"),
        ("failed to authorize: failed to fetch oauth token: unexpected status: 403 Forbidden", "9.5"),
        ('POST https://sso.example.com/auth/realms/x answered {"error":"invalid_grant"}', "9.1"),
        ("ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey]", "9.6"),
        ("OAuthError: state parameter mismatch", "1.23"),
        ("Error: creating CloudFront Distribution: InvalidViewerCertificate: The specified SSL certificate", "9.7"),
        ("Error: creating Cognito User Pool Domain: The specified SSL certificate doesn't exist", "3.31"),
    ],
)
def test_what_stands_around_an_error_word_decides(text: str, cause: str) -> None:
    found = diagnose(Evidence(text), now=0.0).findings
    assert [finding.cause for finding in found][:1] == [cause]
    assert not found[0].certain or cause.startswith("9.")


@pytest.mark.parametrize("text", ["InternalOAuthError: failed to obtain access token", "failed to fetch token"])
def test_a_wrapper_that_names_no_reason_is_not_explained(text: str) -> None:
    assert diagnose(Evidence(text), now=0.0).findings == ()
