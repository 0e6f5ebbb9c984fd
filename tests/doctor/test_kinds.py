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
    ],
)
def test_what_stands_around_an_error_word_decides(text: str, cause: str) -> None:
    found = diagnose(Evidence(text), now=0.0).findings
    assert [finding.cause for finding in found][:1] == [cause]
    assert not found[0].certain or cause.startswith("9.")
