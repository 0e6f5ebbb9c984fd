import pytest

from halfday import CallbackRefused, SettingsError
from halfday.client.oauth.callback import parse_callback

CODE = "b2ca649e-b34a-44a7-be1a-121882e27fe6"


@pytest.mark.parametrize(
    "text",
    [
        CODE,
        f"  {CODE}\n",
        f"http://localhost:8080/?code={CODE}",
        f"http://localhost:8080?code={CODE}&state=abc",
        f"'https://app.example.com/cb?state=a%2Fb&code={CODE}#_=_'",
        f"myapp://cb?code={CODE}",
        f"?code={CODE}&state=x",
        f"code={CODE}",
    ],
)
def test_a_code_is_found_however_it_was_copied(text: str) -> None:
    assert parse_callback(text).code == CODE


def test_state_and_place_come_with_the_whole_url() -> None:
    callback = parse_callback(f"http://localhost:8080/cb?code={CODE}&state=a%2Bb")
    assert (callback.state, callback.place) == ("a+b", "http://localhost:8080/cb")


@pytest.mark.parametrize(
    ("query", "error", "told"),
    [
        ("error_description=invalid_scope&state=s&error=invalid_request", "invalid_request", "scope"),
        ("error=unauthorized_client", "unauthorized_client", "authorization code grant"),
        (
            "error_description=Client+is+not+enabled+for+OAuth2.0+flows+&error=invalid_request",
            "invalid_request",
            "AllowedOAuthFlowsUserPoolClient",
        ),
        (
            "error_description=attributes+required%3A+%5Bemail%5D&error=invalid_request",
            "invalid_request",
            "Map a claim",
        ),
        ("error_description=Google+Error+-+401+error+getting+token&error=invalid_request", "invalid_request", "secret"),
    ],
)
def test_an_error_in_the_callback_says_what_to_change(query: str, error: str, told: str) -> None:
    with pytest.raises(CallbackRefused) as refused:
        parse_callback(f"http://localhost:8080/?{query}")
    assert refused.value.error == error
    assert told in refused.value.hint


def test_the_grey_error_page_of_cognito_is_understood() -> None:
    url = "https://demo.auth.eu-west-1.amazoncognito.com/error?error=redirect_mismatch&client_id=1example"
    with pytest.raises(CallbackRefused, match="redirect_mismatch") as refused:
        parse_callback(url)
    assert "letter for letter" in refused.value.hint


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://demo.example.com/oauth2/authorize?response_type=code&client_id=1", "sign-in link itself"),
        ("http://localhost:8080/#id_token=a.b.c&access_token=d.e.f", "implicit flow"),
        ("http://localhost:8080/", "whole address"),
    ],
)
def test_a_url_without_a_code_says_what_was_copied_instead(text: str, told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse_callback(text)
    assert told in refused.value.hint
