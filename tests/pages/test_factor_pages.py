"""Second factors on the pages: shown, sent again, chosen, and set up on the way in."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from halfday.server.domain.users.factors import totp
from operations.test_mfa import SMS_CONFIGURATION, step, with_mfa, wrong
from page_forms import go_on, hidden_fields, open_page, press, shown
from world import CALLBACK, PASSWORD, Browser, Pool, World, query_in

PHONE = {"phone_number": "+15555550839", "phone_number_verified": "true"}


def bare_user(pool: Pool, name: str = "eve") -> str:
    """Somebody without any address."""
    idp = pool.world.idp
    idp.admin_create_user(UserPoolId=pool.pool_id, Username=name, MessageAction="SUPPRESS")
    idp.admin_set_user_password(UserPoolId=pool.pool_id, Username=name, Password=PASSWORD, Permanent=True)
    return name


def attributes(pool: Pool, name: str = "eve") -> dict[str, str]:
    known = pool.world.idp.admin_get_user(UserPoolId=pool.pool_id, Username=name)
    return {each["Name"]: each["Value"] for each in known["UserAttributes"]}


def secret_of(page: Any) -> str:
    found = re.search(r'id="totpSecret">([A-Z2-7 ]+)<', page.text)
    assert found, page.text
    return found[1].replace(" ", "")


def signed_in(answer: Any) -> bool:
    return answer.status_code == 302 and answer.headers["Location"].startswith(f"{CALLBACK}?code=")


class TestSettingUpAnApp:
    @pytest.fixture
    def pool(self, world: World) -> Pool:
        pool = with_mfa(world, "ON", "totp")
        pool.user()
        return pool

    def test_the_app_is_set_up_on_the_way_in_and_asked_for_from_then_on(
        self, world: World, pool: Pool, browser: Browser
    ) -> None:
        client = pool.client()
        page = browser.sign_in(client, state="s")
        secret = secret_of(page)
        assert "cognito" not in browser.session.cookies
        answer = press(browser, page, "signInSubmitButton", authentication_code=totp(secret, step(world)))
        assert signed_in(answer)
        assert query_in(answer)["state"] == "s"
        other = Browser(browser.origin)
        page = other.sign_in(client)
        assert "Open your authenticator app" in shown(page)
        assert "totpSecret" not in page.text
        assert 'id="totpCodeInput"' in page.text
        assert signed_in(press(other, page, authentication_code=totp(secret, step(world) + 1)))

    def test_the_code_holds_the_key_that_is_written_below_it(self, pool: Pool, browser: Browser) -> None:
        page = browser.sign_in(pool.client())
        found = re.search(r'href="(otpauth:[^"]+)"', page.text)
        assert found
        address = urlsplit(found[1].replace("&amp;", "&"))
        name = world_name(pool)
        assert address.netloc == "totp"
        assert unquote(address.path) == f"/{name}:ada@example.com"
        assert parse_qs(address.query) == {"secret": [secret_of(page)], "issuer": [name]}
        assert re.search(r'<div class="qr" role="img" aria-label="[^"]+"><svg', page.text)

    def test_a_wrong_code_keeps_the_key(self, world: World, pool: Pool, browser: Browser) -> None:
        page = browser.sign_in(pool.client())
        secret, code = secret_of(page), totp(secret_of(page), step(world))
        page = press(browser, page, authentication_code=wrong(code))
        assert "Code mismatch and fail enable Software Token MFA" in shown(page)
        assert secret_of(page) == secret
        assert signed_in(press(browser, page, authentication_code=code))

    def test_a_key_is_shown_to_nobody_without_the_password(self, pool: Pool, browser: Browser) -> None:
        client = pool.client()
        page = browser.sign_in(client)
        form = {"session": "made-up", "_csrf": hidden_fields(page)["_csrf"], "factor": "SOFTWARE_TOKEN_MFA"}
        url = open_page(browser, "/mfa/setup", client).url.replace("/login?", "/mfa/setup?")
        answer = browser.session.post(url, data=form)
        assert "Invalid session for the user." in shown(answer)
        assert "totpSecret" not in answer.text

    def test_the_api_does_not_go_on_with_a_session_of_the_pages(self, pool: Pool, browser: Browser) -> None:
        page = browser.sign_in(pool.client())
        idp = pool.world.idp
        with pytest.raises(idp.exceptions.NotAuthorizedException):
            idp.associate_software_token(Session=hidden_fields(page)["session"])

    def test_a_sign_up_goes_on_to_it(self, world: World, browser: Browser) -> None:
        pool = with_mfa(world, "ON", "totp")
        world.idp.update_user_pool(UserPoolId=pool.pool_id, AutoVerifiedAttributes=["email"], MfaConfiguration="ON")
        world.idp.set_user_pool_mfa_config(
            UserPoolId=pool.pool_id, MfaConfiguration="ON", SoftwareTokenMfaConfiguration={"Enabled": True}
        )
        page = open_page(browser, "/signup", pool.client())
        given = {"requiredAttributes[email]": "eve@example.com"}
        page = go_on(browser, press(browser, page, username="eve", password=PASSWORD, **given))
        page = press(browser, page, "confirm", verification_code=pool.code_for("eve"))
        assert signed_in(press(browser, page, authentication_code=totp(secret_of(page), step(world))))


def world_name(pool: Pool) -> str:
    return pool.world.idp.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]["Name"]


class TestSettingUpAnAddress:
    @pytest.mark.parametrize(
        ("factor", "name", "address", "verified"),
        [
            ("email", "email", "eve@example.com", "email_verified"),
            ("sms", "phone_number", "+15555550839", "phone_number_verified"),
        ],
    )
    def test_an_address_is_the_person_s_once_its_code_comes_back(
        self, world: World, browser: Browser, factor: str, name: str, address: str, verified: str
    ) -> None:
        pool = with_mfa(world, "ON", factor)
        bare_user(pool)
        client = pool.client()
        page = browser.sign_in(client, "eve")
        assert "Where should codes go?" in shown(page)
        page = press(browser, page, **{name: "nowhere"})
        assert "Invalid" in shown(page)
        assert 'value="nowhere"' in page.text
        page = press(browser, page, **{name: address})
        assert name not in attributes(pool), "it could be a slip, and the next sign-in would send its code there"
        assert "Where should codes go?" in shown(Browser(browser.origin).sign_in(client, "eve"))
        code = pool.code_for("eve", "Authentication")
        page = press(browser, page, authentication_code=wrong(code))
        assert "Invalid code or auth state for the user." in shown(page)
        assert signed_in(press(browser, page, authentication_code=code))
        assert {name: address, verified: "true"}.items() <= attributes(pool).items()
        assert "We sent a code to" in shown(Browser(browser.origin).sign_in(client, "eve"))

    def test_an_address_that_another_name_is_stays_theirs(self, world: World, browser: Browser) -> None:
        pool = with_mfa(world, "ON", "email")
        pool.user("ada")
        bare_user(pool)
        page = press(browser, browser.sign_in(pool.client(), "eve"), email="ada@example.com")
        assert signed_in(press(browser, page, authentication_code=pool.code_for("eve", "Authentication")))

    def test_of_several_factors_one_is_chosen_and_another_may_be(self, world: World, browser: Browser) -> None:
        pool = with_mfa(world, "ON", "totp", "email")
        bare_user(pool)
        page = browser.sign_in(pool.client(), "eve")
        assert re.findall(r'name="factor" value="(\w+)"', page.text) == ["SOFTWARE_TOKEN_MFA", "EMAIL_OTP"]
        page = press(browser, page, factor="EMAIL_OTP")
        page = press(browser, page, "another")
        page = press(browser, page, factor="SOFTWARE_TOKEN_MFA")
        assert signed_in(press(browser, page, authentication_code=totp(secret_of(page), step(world))))

    def test_a_factor_that_the_pool_has_not_is_not_set_up(self, world: World, browser: Browser) -> None:
        pool = with_mfa(world, "ON", "totp")
        pool.user()
        page = browser.sign_in(pool.client())
        answer = press(browser, page, setting_up="EMAIL_OTP", email="eve@example.com")
        assert "Invalid session for the user." in shown(answer)


class TestCodes:
    @pytest.fixture
    def pool(self, world: World) -> Pool:
        pool = with_mfa(world, "ON", "sms", "email")
        pool.user(**PHONE)
        return pool

    def test_one_of_several_factors_is_chosen(self, pool: Pool, browser: Browser) -> None:
        client = pool.client()
        for factor, masked in (("SMS_MFA", "+*******0839"), ("EMAIL_OTP", "a***@e***")):
            browser = Browser(browser.origin)
            page = browser.sign_in(client)
            assert masked in shown(page)
            page = press(browser, page, factor=factor)
            assert f"We sent a code to {masked}" in shown(page)
            assert signed_in(press(browser, page, authentication_code=pool.code_for(purpose="Authentication")))

    def test_what_was_not_offered_is_not_chosen(self, pool: Pool, browser: Browser) -> None:
        page = browser.sign_in(pool.client())
        assert "Invalid session for the user." in shown(press(browser, page, factor="SOFTWARE_TOKEN_MFA"))

    def test_another_code_ends_the_one_before_and_its_session(self, pool: Pool, browser: Browser) -> None:
        page = press(browser, browser.sign_in(pool.client()), factor="SMS_MFA")
        first, before = pool.code_for(purpose="Authentication"), page
        page = press(browser, page, "resend")
        assert "We sent a new code." in shown(page)
        second = pool.code_for(purpose="Authentication")
        assert hidden_fields(page)["session"] != hidden_fields(before)["session"]
        stale = press(browser, page, authentication_code=second, session=hidden_fields(before)["session"])
        assert "Invalid session for the user." in shown(stale)
        if first != second:
            page = press(browser, page, authentication_code=first)
            assert "Invalid code or auth state for the user." in shown(page)
        assert signed_in(press(browser, page, authentication_code=second))

    def test_codes_are_not_sent_without_end(self, pool: Pool, browser: Browser) -> None:
        page = press(browser, browser.sign_in(pool.client()), factor="SMS_MFA")
        for _ in range(30):
            page = press(browser, page, "resend")
        assert "Attempt limit exceeded, please try after some time." in shown(press(browser, page, "resend"))

    def test_there_is_a_way_back_from_every_page(self, pool: Pool, browser: Browser) -> None:
        page = browser.sign_in(pool.client(), state="s")
        for each in (page, press(browser, page, factor="SMS_MFA")):
            found = re.search(r'<a href="(/login\?[^"]+)">Back to sign-in</a>', each.text)
            assert found
            assert "state=s" in found[1]

    @pytest.mark.parametrize("path", ["/mfa", "/mfa/choice", "/mfa/setup", "/newPassword", "/login/choice"])
    def test_who_comes_by_the_address_alone_begins_at_sign_in(self, pool: Pool, browser: Browser, path: str) -> None:
        page = open_page(browser, path, pool.client(), state="s")
        assert "/login?" in page.url
        assert "state=s" in page.url


class TestBeginningByAChoice:
    """Passwordless: USER_AUTH on the pages."""

    @pytest.fixture
    def pool(self, world: World) -> Pool:
        policy = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP"]}}
        pool = world.pool(Policies=policy, SmsConfiguration=SMS_CONFIGURATION)
        pool.user(**PHONE)
        return pool

    @pytest.fixture
    def client(self, pool: Pool) -> dict[str, Any]:
        return choosing(pool)

    def test_a_code_signs_in_without_a_password(self, pool: Pool, client: dict[str, Any], browser: Browser) -> None:
        page = begun(browser, client, state="s")
        assert "as ada" in shown(page)
        assert "a***" not in shown(page), "nobody has proven to be Ada yet"
        page = press(browser, page, factor="EMAIL_OTP")
        code = pool.code_for(purpose="Authentication")
        assert len(code) == 8
        page = press(browser, page, authentication_code=wrong(code))
        answer = press(browser, page, authentication_code=code)
        assert signed_in(answer)
        assert query_in(answer)["state"] == "s"

    def test_a_password_may_be_chosen_too(self, client: dict[str, Any], browser: Browser) -> None:
        page = press(browser, begun(browser, client), factor="PASSWORD")
        page = press(browser, page, password="Wrong-1815")
        assert "Incorrect username or password." in shown(page)
        assert signed_in(press(browser, page, password=PASSWORD))

    def test_another_code_may_be_asked_for(self, pool: Pool, client: dict[str, Any], browser: Browser) -> None:
        page = press(browser, press(browser, begun(browser, client), factor="SMS_OTP"), "resend")
        assert signed_in(press(browser, page, authentication_code=pool.code_for(purpose="Authentication")))

    def test_a_password_signs_in_as_ever(self, client: dict[str, Any], browser: Browser) -> None:
        assert signed_in(browser.sign_in(client))

    def test_who_has_to_reset_their_password_is_led_on_from_each_factor(
        self, pool: Pool, client: dict[str, Any], browser: Browser
    ) -> None:
        pool.world.idp.admin_reset_user_password(UserPoolId=pool.pool_id, Username="ada")
        by_password = press(browser, begun(browser, client), factor="PASSWORD")
        answers = [press(browser, by_password, password=PASSWORD)]
        by_code = press(browser, begun(browser, client), factor="EMAIL_OTP")
        answers += [press(browser, by_code, authentication_code=pool.code_for(purpose="Authentication"))]
        for answer in answers:
            assert "Your password has to be reset." in shown(go_on(browser, answer))
        assert "cognito" not in browser.session.cookies

    def test_who_is_not_confirmed_is_led_on_from_a_password_that_was_chosen(
        self, world: World, browser: Browser
    ) -> None:
        policy = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
        pool = world.pool(Policies=policy, UsernameAttributes=["email"], AutoVerifiedAttributes=["email"])
        client = choosing(pool)
        eve = "eve@example.com"
        world.idp.sign_up(ClientId=client["ClientId"], Username=eve, Password=PASSWORD)
        page = press(browser, begun(browser, client, eve), factor="PASSWORD")
        page = go_on(browser, press(browser, page, password=PASSWORD))
        assert "User is not confirmed." in shown(page)
        assert signed_in(press(browser, page, verification_code=pool.code_for(eve)))

    def test_a_client_without_the_flow_has_no_such_way(self, pool: Pool, browser: Browser) -> None:
        page = open_page(browser, "/login", pool.client())
        assert "otherWays" not in page.text
        refused = press(browser, page, username="ada", otherWays="1")
        assert "Incorrect username or password." in shown(refused)

    def test_what_was_not_offered_is_not_begun(self, client: dict[str, Any], browser: Browser) -> None:
        for factor in ("WEB_AUTHN", "PASSWORD_SRP", "SOFTWARE_TOKEN_MFA", ""):
            page = press(browser, begun(Browser(browser.origin), client), factor=factor)
            assert page.status_code in (200, 400)
            assert "cognito" not in browser.session.cookies

    def test_nobody_is_asked_as_somebody_is_where_the_client_asks_for_that(
        self, world: World, browser: Browser
    ) -> None:
        """In a pool of e-mail addresses everybody can be sent a code, and so is whoever does not exist."""
        policy = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
        pool = world.pool(Policies=policy, UsernameAttributes=["email"])
        pool.user("ada@example.com")
        client = choosing(pool, PreventUserExistenceErrors="ENABLED")
        for name in ("ada@example.com", "nobody@example.com", "nemo@example.com"):
            person = Browser(browser.origin)
            page = begun(person, client, name)
            page = press(person, page, factor="EMAIL_OTP") if 'value="EMAIL_OTP"' in page.text else page
            if "authentication_code" not in page.text:
                continue  # a decoy may have a password alone, as people may
            again = press(person, page, "resend")
            assert "We sent a new code." in shown(again)
            refused = press(person, again, authentication_code="00000000")
            assert "Invalid code or auth state for the user." in shown(refused)


def choosing(pool: Pool, **given: Any) -> dict[str, Any]:
    return pool.client(ExplicitAuthFlows=["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"], **given)


def begun(browser: Browser, client: dict[str, Any], name: str = "ada", **more: str) -> Any:
    return press(browser, open_page(browser, "/login", client, **more), "otherWays", username=name)
