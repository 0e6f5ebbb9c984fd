"""The hosted pages as documents: Cognito's markup contract, escaping, accessibility, and no way out of the page."""

from __future__ import annotations

import base64
import re
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest

from halfday.server import pages

ACTION = "/login?client_id=abc&response_type=code&redirect_uri=http%3A%2F%2Flocalhost%3A8080"
GOOGLE = pages.ProviderButton("Google", "/oauth2/authorize?identity_provider=Google&client_id=abc", "Google")
ACME = pages.ProviderButton("Acme", "/oauth2/authorize?identity_provider=Acme", "SAML")
NASTY = "\"'><script>alert(1)</script>&amp;"


class Document(HTMLParser):
    """Every element as (tag, attributes), and the text outside style sheets."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._in_style = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._in_style = tag == "style"

    def handle_data(self, data: str) -> None:
        self.text += "" if self._in_style else data

    def all(self, tag: str, **attributes: str) -> list[dict[str, str]]:
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        return [held for found, held in self.elements if found == tag and wanted.items() <= held.items()]

    def one(self, tag: str, **attributes: str) -> dict[str, str]:
        (found,) = self.all(tag, **attributes)
        return found


def login(**given: Any) -> Document:
    defaults = {"action": ACTION, "csrf": "t0ken", "pool_name": "people", "client_name": "Web app", "language": "en"}
    return Document(pages.render_login(**{**defaults, **given}))


def account_pages(nasty: str = "x", language: str = "en") -> list[str]:
    form = pages.Form(nasty, nasty, nasty, nasty, nasty, nasty, language=language)
    field = pages.AttributeField(nasty, nasty, nasty, nasty, False, nasty, nasty)
    named = {"username": nasty, "username_label": nasty, "sign_in_url": nasty}
    told = {"destination": nasty, "resend_action": nasty}
    return [
        pages.render_sign_up(
            form,
            **named,
            username_kind=nasty,
            attributes=[field],
            with_password=True,
            password_optional=True,
            rules=[nasty],
        ),
        pages.render_confirm(form, **named, **told, by_link=False),
        pages.render_confirm(form, **{**named, "username": ""}, **told, by_link=True),
        pages.render_forgot_password(form, **named),
        pages.render_confirm_forgot_password(form, **named, **told, rules=[nasty]),
    ]


def factor_pages(nasty: str = "x", language: str = "en") -> list[str]:
    form, away = pages.Form(nasty, nasty, nasty, nasty, nasty, nasty, language=language), {"sign_in_url": nasty}
    field = pages.AttributeField(nasty, nasty, nasty, nasty, True, nasty, nasty)
    choice = pages.Choice(nasty, nasty, nasty)
    code = {"title": nasty, "challenge": nasty, "device_name": nasty, "label": nasty, **away}
    setup = {"others": True, "setting_up": nasty, **away}
    return [
        pages.render_code(form, **code, destination=nasty),
        pages.render_code(form, **code, destination=""),
        pages.render_choice(form, title=nasty, lead=nasty, name=nasty, choices=[choice], **away),
        pages.render_app_setup(form, secret=nasty, issuer=nasty, account=nasty, **setup),
        pages.render_address_setup(form, field, value=nasty, **setup),
        pages.render_password(form, username=nasty, **away),
        pages.render_choose_account(form, username=nasty, other_url=nasty),
        pages.render_message(title=nasty, text=nasty, back_href=nasty, back_label=nasty, language=language),
    ]


def pages_with_a_script(nasty: str = "x", language: str = "en") -> list[str]:
    form = pages.Form(nasty, nasty, nasty, nasty, nasty, nasty, language=language)
    return [
        pages.render_passkey(form, options=nasty, sign_in_url=nasty),
        pages.render_add_passkey(form, options=nasty, username=nasty, back_url=nasty),
    ]


def every_page(nasty: str = "x", language: str = "en") -> list[str]:
    of_all = (sign_in_pages, account_pages, factor_pages)
    return [text for pages_of_a_kind in of_all for text in pages_of_a_kind(nasty, language)]


def sign_in_pages(nasty: str, language: str = "en") -> list[str]:
    client = pages.ClientLink(nasty, nasty, nasty)
    attribute = pages.AttributeField(nasty, nasty, nasty)
    return [
        pages.render_login(
            language=language,
            action=nasty,
            csrf=nasty,
            pool_name=nasty,
            client_name=nasty,
            username_label=nasty,
            username=nasty,
            error=nasty,
            notice=nasty,
            other_ways=nasty,
            providers=[pages.ProviderButton(nasty, nasty, nasty)],
            forgot_password_url=nasty,
            sign_up_url=nasty,
        ),
        pages.render_new_password(
            language=language,
            action=nasty,
            csrf=nasty,
            client_name=nasty,
            username=nasty,
            session=nasty,
            rules=[nasty],
            attributes=[attribute],
            error=nasty,
        ),
        pages.render_error(
            language=language,
            error=nasty,
            message=nasty,
            advice=nasty,
            details={nasty: nasty},
            back_href=nasty,
            back_label=nasty,
        ),
        pages.render_index(
            language=language, origin=nasty, pools=[pages.PoolSummary(nasty, nasty, nasty, nasty, [client])]
        ),
        pages.render_index(language=language, origin=nasty, pools=[pages.PoolSummary(nasty, nasty, nasty, nasty)]),
        pages.render_index(language=language, origin=nasty, pools=[]),
    ]


def test_the_form_is_the_one_that_scrapers_of_cognito_look_for() -> None:
    page = login()
    assert page.one("form", name="cognitoSignInForm", method="POST")["action"] == ACTION
    assert page.one("input", name="_csrf", type="hidden")["value"] == "t0ken"
    assert page.one("input", id="signInFormUsername", name="username", type="text")["value"] == ""
    assert "value" not in page.one("input", id="signInFormPassword", name="password", type="password")
    assert page.one("input", name="cognitoAsfData", type="hidden")["value"] == ""
    submit = page.one("input", name="signInSubmitButton", type="Submit")
    assert submit["value"] == "Sign in"
    assert "aria-label" not in submit, "a screen reader says what is shown"


def test_the_form_stands_once_and_no_id_twice() -> None:
    page = login(providers=[GOOGLE, ACME], error="No.", username="ada")
    ids = [held["id"] for _, held in page.elements if "id" in held]
    assert len(ids) == len(set(ids))
    assert len(page.all("form")) == 1


def test_an_error_is_shown_where_cognito_shows_it_and_is_announced() -> None:
    page = login(error="Incorrect username or password.", username="ada")
    shown = page.one("p", id="loginErrorMessage")
    assert "errorMessage-customizable" in shown["class"].split()
    assert shown["role"] == "alert"
    assert "Incorrect username or password." in page.text
    assert page.one("input", name="password")["aria-describedby"] == "loginErrorMessage"
    assert page.one("input", name="username")["value"] == "ada"
    assert login().all("p", id="loginErrorMessage") == []


def test_the_classes_of_set_ui_customization_are_there() -> None:
    text = pages.render_login(
        language="en",
        action=ACTION,
        csrf="t",
        pool_name="people",
        client_name="Web app",
        error="No.",
        providers=[GOOGLE, ACME],
        sign_up_url="/signup",
    )
    for part in (
        "logo banner label textDescription idpDescription legalText submitButton errorMessage inputField idpButton "
        "socialButton redirect background"
    ).split():
        assert f"{part}-customizable" in text, part


@pytest.mark.parametrize(
    ("kind", "css_class"),
    [
        ("Google", "socialButton-customizable"),
        ("Facebook", "socialButton-customizable"),
        ("OIDC", "idpButton-customizable"),
        ("SAML", "idpButton-customizable"),
    ],
)
def test_a_provider_is_a_link_of_its_kind(kind: str, css_class: str) -> None:
    page = login(providers=[pages.ProviderButton("Acme", "/go?a=1&b=2", kind)])
    assert css_class in page.one("a", href="/go?a=1&b=2")["class"].split()
    assert "Continue with Acme" in page.text


def test_a_client_without_cognito_among_its_providers_shows_buttons_only() -> None:
    page = login(native=False, providers=[GOOGLE])
    assert page.all("form") == []
    assert page.all("a", href=GOOGLE.href)


def test_every_field_that_is_seen_has_a_label() -> None:
    attribute = pages.AttributeField("given_name", "Given name")
    changing = pages.render_new_password(
        language="en", action=ACTION, csrf="t", client_name="Web app", username="ada", attributes=[attribute]
    )
    for page in (login(), Document(changing), *map(Document, [*account_pages(), *factor_pages()])):
        labelled = {held["for"] for held in page.all("label")}
        seen = [held for held in page.all("input") if held.get("type", "").lower() not in ("hidden", "submit")]
        assert {held["id"] for held in seen} == labelled


def test_no_page_has_an_id_twice_and_every_description_is_there() -> None:
    for text in [*every_page(), *pages_with_a_script()]:
        page = Document(text)
        ids = [held["id"] for _, held in page.elements if "id" in held]
        assert len(ids) == len(set(ids)), ids
        described = {held["aria-describedby"] for _, held in page.elements if "aria-describedby" in held}
        assert described <= set(ids)


def test_a_page_with_a_script_allows_that_one_and_no_other() -> None:
    policy = pages.passkey_headers()["Content-Security-Policy"]
    for text in pages_with_a_script():
        (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
        assert f"script-src 'sha256-{base64.b64encode(sha256(script.encode()).digest()).decode()}';" in policy


def test_a_qr_code_shows_nothing_but_squares() -> None:
    """Black on white, whatever the page's colours: scanners want it, and the text is no markup."""
    form = pages.Form("/", "t", "Web app", language="en")
    text = pages.render_app_setup(
        form, secret="ABCD", issuer=NASTY, account=NASTY, others=False, setting_up="x", sign_in_url="/"
    )
    (code,) = re.findall(r"<div class=\"qr\"[^>]*>(.*?)</div>", text, re.DOTALL)
    assert re.sub(r'd="[^"]*"', "", code).count("<path") == 2
    assert 'fill="#fff"' in code


def test_a_new_password_is_asked_for_twice_with_what_else_is_required() -> None:
    page = Document(
        pages.render_new_password(
            language="en",
            action=ACTION,
            csrf="t0ken",
            client_name="Web app",
            username="ada",
            session="s3ssion",
            rules=["at least 8 characters"],
            attributes=[pages.AttributeField("given_name", "Given name", "Ada")],
        )
    )
    names = {held["name"] for held in page.all("input")}
    assert names == {"_csrf", "session", "username", "userAttributes.given_name", "new_password", "confirm_password"}
    assert page.one("input", name="userAttributes.given_name")["value"] == "Ada"
    assert "at least 8 characters" in page.text


def test_the_error_page_says_aws_s_words_and_then_ours() -> None:
    page = Document(
        pages.render_error(
            language="en", error="redirect_mismatch", advice="Register the URL.", details={"redirect_uri": "http://x"}
        )
    )
    for words in (pages.ERROR_MESSAGE, "redirect_mismatch", "What to change", "Register the URL.", "http://x"):
        assert words in page.text
    assert "What to change" not in pages.render_error(language="en", error="invalid_request")


def test_the_index_leads_to_sign_in_where_there_is_a_page() -> None:
    clients = [pages.ClientLink("Web app", "abc", "/login?client_id=abc"), pages.ClientLink("machine", "def", None)]
    page = Document(
        pages.render_index(language="en", origin="http://o", pools=[pages.PoolSummary("p", "id", "iss", "/d", clients)])
    )
    assert page.one("a", href="/login?client_id=abc")["aria-label"] == "Sign in to Web app"
    assert "machine" in page.text
    empty = pages.render_index(language="en", origin="http://o", pools=[])
    assert "create-user-pool" in empty


def test_whatever_is_given_stays_text() -> None:
    plain = [[tag for tag, _ in Document(text).elements] for text in [*every_page(), *pages_with_a_script()]]
    for text, tags in zip([*every_page(NASTY), *pages_with_a_script(NASTY)], plain, strict=True):
        page = Document(text)
        assert [tag for tag, _ in page.elements] == tags
        assert NASTY in page.text
        assert not any("onerror" in held or "onclick" in held for _, held in page.elements)


def test_a_page_is_one_response_that_is_not_indexed_and_runs_nothing() -> None:
    for text in every_page():
        page = Document(text)
        assert page.one("meta", name="robots")["content"] == "noindex, nofollow"
        assert page.one("meta", name="viewport")
        assert page.one("html")["lang"] == "en"
        assert page.all("script") == []
        assert page.all("img") == []
        assert [held["href"].partition(":")[0] for held in page.all("link")] == ["data"]
        assert "url(" not in text
        assert "@import" not in text


def test_the_policy_allows_exactly_the_style_that_is_in_the_page() -> None:
    policy = pages.SECURITY_HEADERS["Content-Security-Policy"]
    for text in every_page():
        (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
        assert base64.b64encode(sha256(style.encode()).digest()).decode() in policy
        assert ' style="' not in text
    assert policy.startswith("default-src 'none';")
    assert "form-action" not in policy, "Chromium would hold it against the redirect to the app"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(scheme: str) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1; and 1.4.11: 3 to 1 for borders of fields and for focus rings."""
    colors = _colors(scheme)
    for ink, behind, least in [
        ("ink", "card", 4.5),
        ("ink-soft", "card", 4.5),
        ("ink-soft", "sky-low", 4.5),
        ("ink-soft", "sky-high", 4.5),
        ("ink-soft", "code-soft", 4.5),
        ("action-ink", "action", 4.5),
        ("action-ink", "action-over", 4.5),
        ("link", "card", 4.5),
        ("bad", "bad-soft", 4.5),
        ("ink", "note-soft", 4.5),
        ("line-strong", "card", 3),
        ("ring", "card", 3),
        ("action", "card", 3),
    ]:
        assert _contrast(colors[ink], colors[behind]) >= least, (scheme, ink, behind)


def _colors(scheme: str) -> dict[str, str]:
    style = re.findall(r"<style>(.*?)</style>", pages.render_error(language="en", error="x"), re.DOTALL)[0]
    light, dark = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)) for block in style.split("@media", 2)[:2])
    return light if scheme == "light" else {**light, **dark}


def _contrast(one: str, other: str) -> float:
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    parts = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("language", ["ja", "ko", "zh-CN", "zh-TW"])
def test_no_word_of_english_is_left_on_any_page_in_another_script(language: str) -> None:
    names = {"Halfday", "Cognito", "Amazon", "OAuth", "SDK", "AWS", "STS", "PIN", "JavaScript", "Code"}
    for text in [*every_page("7", language), *pages_with_a_script("7", language)]:
        shown = Document(re.sub("<script>.*?</script>|<code.*?</code>|<!--.*?-->", "", text, flags=re.DOTALL))
        assert set(re.findall("[A-Za-z]{3,}", shown.text)) <= names, text
        heard = [attributes.get("aria-label", "") for _, attributes in shown.elements]
        assert set(re.findall("[A-Za-z]{3,}", " ".join(heard))) <= names
        assert shown.one("html") == {"lang": language, "dir": "ltr"}
