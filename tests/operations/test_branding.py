"""Managed login styles and the classic pages' style: kept, told back, one a client. Source: API reference."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from asking import invalid, refusal
from world import Pool, World

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
LOGO = {"Category": "FORM_LOGO", "ColorMode": "LIGHT", "Extension": "PNG", "Bytes": PNG}
SVG = b"<?xml version='1.0'?>\n<!-- drawn by hand -->\n<svg xmlns='http://www.w3.org/2000/svg'/>"
RADII = {"buttons": {"borderRadius": 9999}, "input": {"borderRadius": 8.5}}
SETTINGS = {"categories": {"form": {"location": {"horizontal": "START"}}}, "componentClasses": RADII}


@pytest.fixture
def styled(pool: Pool) -> dict[str, str]:
    return {"UserPoolId": pool.pool_id, "ClientId": pool.client()["ClientId"]}


def create(world: World, styled: dict[str, str], **given: Any) -> dict[str, Any]:
    return world.idp.create_managed_login_branding(**styled, **given)["ManagedLoginBranding"]


def test_a_style_is_kept_and_told_back_by_id_and_by_client(world: World, styled: dict[str, str]) -> None:
    made = create(world, styled, Settings=SETTINGS, Assets=[LOGO])
    assert (made["UseCognitoProvidedValues"], made["Settings"]) == (False, SETTINGS)
    assert made["Assets"] == [LOGO]
    known = {"UserPoolId": styled["UserPoolId"], "ManagedLoginBrandingId": made["ManagedLoginBrandingId"]}
    told = world.idp.describe_managed_login_branding(**known)["ManagedLoginBranding"]
    assert told == made
    by_client = world.idp.describe_managed_login_branding_by_client(**styled)["ManagedLoginBranding"]
    assert by_client == made


def test_an_update_leaves_what_it_does_not_name(world: World, styled: dict[str, str]) -> None:
    made = create(world, styled, Settings=SETTINGS)
    known = {"UserPoolId": styled["UserPoolId"], "ManagedLoginBrandingId": made["ManagedLoginBrandingId"]}
    changed = world.idp.update_managed_login_branding(**known, Assets=[LOGO])["ManagedLoginBranding"]
    assert (changed["Settings"], changed["Assets"]) == (SETTINGS, [LOGO])
    reset = world.idp.update_managed_login_branding(**known, UseCognitoProvidedValues=True)["ManagedLoginBranding"]
    assert (reset["UseCognitoProvidedValues"], "Settings" in reset, "Assets" in reset) == (True, False, False)
    both = refusal(world.idp.update_managed_login_branding, **known, UseCognitoProvidedValues=True, Settings={})
    assert both[0] == "InvalidParameterException"
    with_images = world.idp.update_managed_login_branding(**known, UseCognitoProvidedValues=True, Assets=[LOGO])
    assert with_images["ManagedLoginBranding"]["UseCognitoProvidedValues"] is True
    assert with_images["ManagedLoginBranding"]["Assets"] == [LOGO]


def test_merged_settings_are_those_of_the_style_and_the_defaults_of_the_others(
    world: World, styled: dict[str, str]
) -> None:
    create(world, styled, Settings=SETTINGS)
    told = world.idp.describe_managed_login_branding_by_client(**styled, ReturnMergedResources=True)
    settings = told["ManagedLoginBranding"]["Settings"]
    assert settings["categories"]["form"]["location"] == {"horizontal": "START", "vertical": "CENTER"}
    assert settings["componentClasses"]["buttons"] == {"borderRadius": 9999}
    assert settings["components"]["primaryButton"]["lightMode"]["defaults"]["backgroundColor"] == "0972d3ff"


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ([], "Settings must be a JSON object."),
        ({"flags": 1}, "Settings: flags is no setting of managed login."),
        ({"components": {"form": {"location": {}}}}, "Settings: components.form.location is no setting"),
        ({"components": {"form": 1}}, "Settings: components.form must be an object."),
        ({"components": {"form": {"borderRadius": True}}}, "components.form.borderRadius must be a number"),
        ({"components": {"pageBackground": {"lightMode": {"color": "#ffffff"}}}}, "must be a colour of eight"),
        ({"components": {"pageBackground": {"lightMode": {"color": "ffffff"}}}}, "must be a colour of eight"),
        ({"categories": {"global": {"colorSchemeMode": "light"}}}, "must be one of LIGHT, DARK, DYNAMIC."),
        ({"categories": {"form": {"displayGraphics": "true"}}}, "must be true or false."),
    ],
)
def test_settings_that_are_none_are_refused_by_name(
    world: World, styled: dict[str, str], settings: Any, why: str
) -> None:
    code, sentence = refusal(world.idp.create_managed_login_branding, **styled, Settings=settings)
    assert (code, why in sentence) == ("InvalidParameterException", True), sentence


@pytest.mark.parametrize(
    ("asset", "why"),
    [
        ({"Category": "FORM_LOGO", "Extension": "PNG", "Bytes": SVG}, "The asset FORM_LOGO is no PNG image, but SVG."),
        ({"Category": "FORM_LOGO", "Extension": "SVG", "Bytes": b"<html>"}, "The asset FORM_LOGO is no SVG image."),
        ({"Category": "FAVICON_ICO", "Extension": "PNG", "Bytes": PNG}, "has the extension ICO, and not PNG."),
        ({"Category": "FORM_LOGO", "Extension": "PNG"}, "has neither Bytes nor ResourceId."),
    ],
)
def test_assets_that_are_not_what_they_say_are_refused(
    world: World, styled: dict[str, str], asset: dict[str, Any], why: str
) -> None:
    given = {"ColorMode": "LIGHT", **asset}
    code, sentence = refusal(world.idp.create_managed_login_branding, **styled, Assets=[given])
    assert (code, why in sentence) == ("InvalidParameterException", True), sentence


def test_an_image_of_each_kind_is_kept(world: World, styled: dict[str, str]) -> None:
    kinds = {"PNG": PNG, "JPEG": b"\xff\xd8\xff\xe0", "ICO": b"\0\0\1\0", "WEBP": b"RIFF\0\0\0\0WEBP", "SVG": SVG}
    categories = ("FORM_LOGO", "FORM_BACKGROUND", "PAGE_BACKGROUND", "PAGE_HEADER_LOGO", "PAGE_FOOTER_LOGO")
    assets = [
        {"Category": category, "ColorMode": "LIGHT", "Extension": kind, "Bytes": content}
        for category, (kind, content) in zip(categories, kinds.items(), strict=True)
    ]
    assert create(world, styled, Assets=assets)["Assets"] == assets


def test_a_style_that_is_too_large_for_one_request_is_set_by_several(world: World, styled: dict[str, str]) -> None:
    in_dark = {**LOGO, "ColorMode": "DARK"}
    made = create(world, styled, Settings=SETTINGS, Assets=[LOGO])
    known = {"UserPoolId": styled["UserPoolId"], "ManagedLoginBrandingId": made["ManagedLoginBrandingId"]}
    more = {"categories": {"form": {"location": {"vertical": "END"}}}}
    changed = world.idp.update_managed_login_branding(**known, Settings=more, Assets=[in_dark])["ManagedLoginBranding"]
    assert changed["Settings"]["categories"]["form"]["location"] == {"horizontal": "START", "vertical": "END"}
    assert changed["Settings"]["componentClasses"] == RADII
    assert changed["Assets"] == [LOGO, in_dark]
    other = {**LOGO, "Extension": "SVG", "Bytes": SVG}
    changed = world.idp.update_managed_login_branding(**known, Assets=[other])["ManagedLoginBranding"]
    assert changed["Assets"] == [other, in_dark]
    twice = refusal(world.idp.update_managed_login_branding, **known, Assets=[LOGO, other])
    assert twice == invalid("There is more than one asset FORM_LOGO for the color mode LIGHT.")


def test_a_client_has_one_style_until_it_is_deleted(world: World, styled: dict[str, str]) -> None:
    made = create(world, styled, UseCognitoProvidedValues=True)
    again = refusal(world.idp.create_managed_login_branding, **styled, UseCognitoProvidedValues=True)
    assert again[0] == "ManagedLoginBrandingExistsException"
    known = {"UserPoolId": styled["UserPoolId"], "ManagedLoginBrandingId": made["ManagedLoginBrandingId"]}
    world.idp.delete_managed_login_branding(**known)
    for gone in (world.idp.delete_managed_login_branding, world.idp.describe_managed_login_branding):
        assert refusal(gone, **known)[0] == "ResourceNotFoundException"
    assert refusal(world.idp.describe_managed_login_branding_by_client, **styled)[0] == "ResourceNotFoundException"
    create(world, styled, UseCognitoProvidedValues=True)


def test_a_pool_has_twenty_styles_at_most(world: World, pool: Pool) -> None:
    for _ in range(20):
        create(world, {"UserPoolId": pool.pool_id, "ClientId": pool.client()["ClientId"]})
    one_more = {"UserPoolId": pool.pool_id, "ClientId": pool.client()["ClientId"]}
    assert refusal(world.idp.create_managed_login_branding, **one_more)[0] == "LimitExceededException"


def test_a_deleted_client_s_style_goes_with_it(world: World, styled: dict[str, str]) -> None:
    made = create(world, styled)
    world.idp.delete_user_pool_client(**styled)
    known = {"UserPoolId": styled["UserPoolId"], "ManagedLoginBrandingId": made["ManagedLoginBrandingId"]}
    assert refusal(world.idp.describe_managed_login_branding, **known)[0] == "ResourceNotFoundException"


def test_a_client_of_another_pool_has_no_style_here(world: World, pool: Pool) -> None:
    strange = {"UserPoolId": pool.pool_id, "ClientId": world.pool().client()["ClientId"]}
    assert refusal(world.idp.create_managed_login_branding, **strange)[0] == "ResourceNotFoundException"


class TestClassicPages:
    def test_a_client_s_style_wins_over_everybody_s(self, world: World, pool: Pool, styled: dict[str, str]) -> None:
        world.idp.create_user_pool_domain(UserPoolId=pool.pool_id, Domain=f"d{pool.pool_id[-9:].lower()}")
        blank = world.idp.get_ui_customization(UserPoolId=pool.pool_id)["UICustomization"]
        assert blank == {"UserPoolId": pool.pool_id, "ClientId": "ALL"}
        world.idp.set_ui_customization(UserPoolId=pool.pool_id, CSS=".banner-customizable { color: red }")
        inherited = world.idp.get_ui_customization(**styled)["UICustomization"]
        assert (inherited["ClientId"], inherited["CSS"]) == ("ALL", ".banner-customizable { color: red }")
        made = world.idp.set_ui_customization(**styled, CSS=".logo-customizable {}", ImageFile=PNG)["UICustomization"]
        assert (made["ClientId"], made["CSSVersion"].isdigit()) == (styled["ClientId"], True)
        assert world.idp.get_ui_customization(**styled)["UICustomization"] == made
        others = world.idp.get_ui_customization(UserPoolId=pool.pool_id, ClientId=pool.client()["ClientId"])
        assert others["UICustomization"]["CSS"] == ".banner-customizable { color: red }"

    def test_a_pool_without_a_domain_has_no_pages_to_style(self, world: World, pool: Pool) -> None:
        refused = invalid("There has to be an existing domain associated with this user pool")
        assert refusal(world.idp.set_ui_customization, UserPoolId=pool.pool_id, CSS="") == refused
        assert refusal(world.idp.get_ui_customization, UserPoolId=pool.pool_id) == refused

    @pytest.mark.parametrize("image", [b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"\0" * 102_400])
    def test_images_that_are_no_logo_are_refused(self, world: World, pool: Pool, image: bytes) -> None:
        world.idp.create_user_pool_domain(UserPoolId=pool.pool_id, Domain=f"e{pool.pool_id[-9:].lower()}")
        refused = refusal(world.idp.set_ui_customization, UserPoolId=pool.pool_id, ImageFile=image)
        assert refused[0] == "InvalidParameterException"

    @pytest.mark.parametrize(
        ("css", "why"),
        [
            (".x { color: red }", "and not .x"),
            (".label-customizable, body { color: red }", "and not body"),
            ("@media print { .label-customizable { color: red } }", "cannot contain @media"),
            (".label-customizable { color: red", "which this is not"),
        ],
    )
    def test_style_sheets_that_aws_does_not_document_are_refused(
        self, world: World, pool: Pool, css: str, why: str
    ) -> None:
        world.idp.create_user_pool_domain(UserPoolId=pool.pool_id, Domain=f"g{pool.pool_id[-9:].lower()}")
        code, sentence = refusal(world.idp.set_ui_customization, UserPoolId=pool.pool_id, CSS=css)
        assert (code, why in sentence) == ("InvalidParameterException", True), sentence

    def test_classes_states_and_comments_of_the_template_are_kept(self, world: World, pool: Pool) -> None:
        world.idp.create_user_pool_domain(UserPoolId=pool.pool_id, Domain=f"h{pool.pool_id[-9:].lower()}")
        css = "/* @import no more */ .submitButton-customizable:hover, .logo-customizable {\n\tcolor: #fff;\n}\n"
        made = world.idp.set_ui_customization(UserPoolId=pool.pool_id, CSS=css)["UICustomization"]
        assert made["CSS"] == css

    def test_the_files_of_a_style_are_served_where_the_api_says(self, world: World, pool: Pool) -> None:
        world.idp.create_user_pool_domain(UserPoolId=pool.pool_id, Domain=f"i{pool.pool_id[-9:].lower()}")
        css = ".logo-customizable { max-width: 60% }"
        made = world.idp.set_ui_customization(UserPoolId=pool.pool_id, CSS=css, ImageFile=PNG)["UICustomization"]
        assert made["ImageUrl"].startswith(f"{world.origin}/{pool.pool_id}/ALL/{made['CSSVersion']}/assets/images/")
        logo = requests.get(made["ImageUrl"], timeout=10)
        assert (logo.content, logo.headers["Content-Type"]) == (PNG, "image/png")
        sheet = requests.get(made["ImageUrl"].replace("images/image.jpg", "CSS/custom-css.css"), timeout=10)
        assert (sheet.text, sheet.headers["Content-Type"]) == (css, "text/css; charset=utf-8")
        for each in (logo, sheet):
            assert "sandbox" in each.headers["Content-Security-Policy"]
            assert each.headers["X-Content-Type-Options"] == "nosniff"
        before = requests.get(made["ImageUrl"].replace(made["CSSVersion"], "20190128231240"), timeout=10)
        assert before.status_code == 404
        again = world.idp.set_ui_customization(UserPoolId=pool.pool_id, CSS=css)["UICustomization"]
        assert "ImageUrl" not in again

    def test_css_and_logo_are_bounded_together(self, world: World, pool: Pool) -> None:
        world.idp.create_user_pool_domain(UserPoolId=pool.pool_id, Domain=f"j{pool.pool_id[-9:].lower()}")
        image, css = PNG + b"\0" * 90_000, ".logo-customizable{" + "max-width:1%;" * 2_000 + "}"
        refused = refusal(world.idp.set_ui_customization, UserPoolId=pool.pool_id, CSS=css, ImageFile=image)
        assert refused == invalid("Request parameters too large.")

    def test_a_client_that_is_not_there(self, world: World, pool: Pool) -> None:
        world.idp.create_user_pool_domain(UserPoolId=pool.pool_id, Domain=f"f{pool.pool_id[-9:].lower()}")
        refused = refusal(world.idp.get_ui_customization, UserPoolId=pool.pool_id, ClientId="nobody")
        assert refused == ("ResourceNotFoundException", "User pool client nobody does not exist.")
