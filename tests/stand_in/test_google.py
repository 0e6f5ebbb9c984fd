"""The stand-in Google, asked the way a relying party of the real one asks."""

from __future__ import annotations

import base64
import hashlib
from html import unescape
from typing import Any

import jwt
import pytest
import requests

from halfday.protocol import pkce


def verified(google: Any, token: str, **options: Any) -> dict[str, Any]:
    """By PyJWT, which knows nothing of ours, and by what discovery says."""
    published = requests.get(f"{google.origin}/.well-known/openid-configuration", timeout=5).json()
    key = jwt.PyJWKClient(published["jwks_uri"]).get_signing_key_from_jwt(token).key
    claims: dict[str, Any] = jwt.decode(
        token, key, algorithms=["RS256"], audience=google.client_id, issuer=published["issuer"], **options
    )
    return claims


def test_a_code_becomes_an_id_token_that_a_foreign_library_verifies(google: Any) -> None:
    answer = google.token(google.code()).json()
    claims = verified(google, answer["id_token"])
    assert claims["email"] == "grace@example.com"
    assert claims["email_verified"] is True
    assert (claims["name"], claims["given_name"], claims["family_name"]) == ("Grace Hopper", "Grace", "Hopper")
    assert claims["nonce"] == "n0nce"
    assert len(claims["sub"]) == 21
    assert claims["sub"].isdigit()
    half = hashlib.sha256(answer["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()


def test_a_person_keeps_the_subject_however_the_address_is_spelt(google: Any) -> None:
    picked = verified(google, google.token(google.code("grace@example.com")).json()["id_token"])
    typed_code = google.returned(google.choose(google.chooser(), email="Grace@Example.com"))["code"]
    typed = verified(google, google.token(typed_code).json()["id_token"])
    assert (typed["sub"], typed["name"]) == (picked["sub"], "Grace Hopper")
    other = verified(google, google.token(google.code("alan@example.com")).json()["id_token"])
    assert other["sub"] != picked["sub"]
    assert other["email_verified"] is False
    assert other["picture"] == "https://example.com/alan.png"


def test_anybody_may_be_typed_in(google: Any) -> None:
    code = google.returned(google.choose(google.chooser(), email="new@example.com", name="Somebody Quite New"))["code"]
    claims = verified(google, google.token(code).json()["id_token"])
    assert (claims["email"], claims["given_name"], claims["family_name"]) == (
        "new@example.com",
        "Somebody",
        "Quite New",
    )


@pytest.mark.parametrize("email", ["", "nobody", "@", "nobody@"])
def test_what_is_no_address_is_asked_again(google: Any, email: str) -> None:
    answer = google.choose(google.chooser(), email=email)
    assert answer.status_code == 200
    assert "Enter an e-mail address." in answer.text


def test_state_comes_back_exactly_or_not_at_all(google: Any) -> None:
    assert google.returned(google.choose(google.chooser(), account="grace@example.com"))["state"] == "st/4+te"
    without = google.choose(google.chooser(state=None), account="grace@example.com")
    assert "state" not in google.returned(without)


def test_claims_are_those_of_the_scopes(google: Any) -> None:
    claims = verified(google, google.token(google.code(scope="openid email")).json()["id_token"])
    assert "email" in claims
    assert "name" not in claims


def test_user_info_says_what_the_id_token_says(google: Any) -> None:
    answer = google.token(google.code()).json()
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    said = requests.get(f"{google.origin}/userinfo", headers=headers, timeout=5).json()
    claims = verified(google, answer["id_token"])
    assert said == {name: claims[name] for name in said}
    assert said["sub"] == claims["sub"]
    google.clock.advance(3600)
    assert requests.get(f"{google.origin}/userinfo", headers=headers, timeout=5).status_code == 401


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Basic nonsense"])
def test_user_info_without_a_live_access_token_is_refused(google: Any, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    assert requests.get(f"{google.origin}/userinfo", headers=headers, timeout=5).status_code == 401


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": "http://127.0.0.1:4242/oauth2/idpresponse/"}, "redirect_uri_mismatch"),
        ({"redirect_uri": "https://evil.example/"}, "redirect_uri_mismatch"),
        ({"redirect_uri": None}, "redirect_uri_mismatch"),
        ({"client_id": "another"}, "invalid_client"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "email"}, "invalid_scope"),
        ({"scope": "openid https://www.googleapis.com/auth/drive"}, "invalid_scope"),
        ({"code_challenge": "x" * 43, "code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_a_wrong_request_ends_on_google_s_kind_of_page(google: Any, changes: dict[str, str | None], error: str) -> None:
    page = google.chooser(**changes)
    assert page.status_code == 400
    assert f"Error 400: <strong>{error}</strong>" in page.text
    posted = requests.post(
        f"{google.origin}/o/oauth2/v2/auth",
        params=google.asked(**changes),
        data={"account": "grace@example.com"},
        allow_redirects=False,
        timeout=5,
    )
    assert posted.status_code == 400, "the POST is held to what the GET is"


def test_a_code_works_once(google: Any) -> None:
    code = google.code()
    assert google.token(code).status_code == 200
    again = google.token(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_a_code_lives_five_minutes(google: Any) -> None:
    code = google.code()
    google.clock.advance(300)
    assert google.token(code).json()["error"] == "invalid_grant"


def test_a_code_is_redeemed_with_its_own_redirect_uri(google: Any) -> None:
    answer = google.token(google.code(), redirect_uri="http://127.0.0.1:4242/other")
    assert (answer.status_code, answer.json()["error"]) == (400, "redirect_uri_mismatch")


@pytest.mark.parametrize(
    ("auth", "changes"),
    [
        (None, {"client_secret": "wrong"}),
        (None, {"client_secret": None}),
        (None, {"client_id": "another"}),
        (("stand-in-client.apps.example.com", "wrong"), {}),
    ],
)
def test_a_client_that_is_not_proven_gets_nothing_and_spends_no_code(
    google: Any, auth: tuple[str, str] | None, changes: dict[str, str | None]
) -> None:
    code = google.code()
    answer = google.token(code, auth, **changes)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert google.token(code).status_code == 200


def test_a_client_may_prove_itself_by_basic(google: Any) -> None:
    auth = (google.client_id, google.client_secret)
    assert google.token(google.code(), auth, client_id=None, client_secret=None).status_code == 200


@pytest.mark.parametrize("header", ["Basic ???", "Basic " + base64.b64encode(b"\xff\xff").decode()])
def test_a_malformed_basic_header_is_a_refusal(google: Any, header: str) -> None:
    answer = requests.post(f"{google.origin}/token", headers={"Authorization": header}, timeout=5)
    assert answer.json()["error"] == "invalid_client"


def test_a_body_that_is_not_utf_8_is_a_refusal(google: Any) -> None:
    answer = requests.post(f"{google.origin}/token", data=b"client_id=\xff\xfe", timeout=5)
    assert answer.json()["error"] == "invalid_client"


@pytest.mark.parametrize(("verifier", "status"), [(None, 400), ("b" * 43, 400), ("é" * 43, 400), ("a" * 43, 200)])
def test_a_challenge_asks_for_its_verifier(google: Any, verifier: str | None, status: int) -> None:
    code = google.code(code_challenge=pkce.challenge_of("a" * 43), code_challenge_method="S256")
    assert google.token(code, code_verifier=verifier).status_code == status


def test_another_grant_type_is_refused(google: Any) -> None:
    assert google.token("x", grant_type="password").json()["error"] == "unsupported_grant_type"


def test_what_the_person_s_app_sends_is_shown_as_text(google: Any) -> None:
    page = google.chooser(login_hint='"><script>alert(1)</script>', state="<b>")
    assert "<script>" not in page.text
    assert "<b>" not in page.text
    assert '"><script>alert(1)</script>' in unescape(page.text)
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_chooser_says_that_it_is_a_stand_in(google: Any) -> None:
    assert "Stand-in Google" in google.chooser().text
    assert "Stand-in Google" in google.chooser(client_id="x").text


def test_whoever_opens_its_address_is_told_who_can_sign_in_and_where(google: Any) -> None:
    page = requests.get(f"{google.origin}/", timeout=5)
    assert page.status_code == 200
    assert "grace@example.com" in page.text
    assert "Continue with Google" in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_no_more_of_a_form_is_read_than_a_form_can_be_for(google: Any) -> None:
    answer = requests.post(f"{google.origin}/token", data={"code": "x" * 70_000}, timeout=10)
    assert answer.status_code == 413
