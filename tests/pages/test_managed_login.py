"""Which pages a domain shows: the classic ones, or managed login's, in two steps. Source: facts/oauth.md §0 and §2."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from page_brands import domain, see, style
from world import CALLBACK, PASSWORD, Browser, Pool, World, code_in

UNAVAILABLE = "Login pages unavailable. Please contact an administrator."
PASSKEYS = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}


@pytest.fixture
def managed(world: World) -> Pool:
    pool = world.pool(Policies=PASSKEYS)
    domain(pool, 2)
    return pool


@pytest.mark.parametrize("path", ["/login", "/signup", "/confirm", "/forgotPassword", "/passkeys/add"])
def test_a_client_without_a_style_has_no_pages(world: World, managed: Pool, path: str) -> None:
    client = managed.client()
    page = see(world, client, path)
    assert (page.status_code, UNAVAILABLE in page.text) == (403, True)
    assert "CreateManagedLoginBranding" in page.text
    style(managed, client)
    assert UNAVAILABLE not in see(world, client, path).text


def test_a_form_that_is_sent_for_it_is_not_taken(world: World, managed: Pool) -> None:
    client, person = managed.client(), Browser(world.origin)
    made = style(managed, client)
    managed.user("ada")
    page = person.session.get(f"{world.origin}{person.authorize(client).headers['Location']}")
    world.idp.delete_managed_login_branding(
        UserPoolId=managed.pool_id, ManagedLoginBrandingId=made["ManagedLoginBrandingId"]
    )
    assert person.post(page, username="ada", password=PASSWORD).status_code == 403


def test_only_a_developer_s_own_machine_is_told_what_is_missing(world: World, managed: Pool) -> None:
    asked = {"response_type": "code", "client_id": managed.client()["ClientId"], "redirect_uri": CALLBACK}
    through = {"X-Forwarded-For": "203.0.113.7"}
    page = requests.get(f"{world.origin}/login", params=asked, headers=through, timeout=10)
    assert (page.status_code, "CreateManagedLoginBranding" in page.text) == (403, False)


def test_the_name_is_asked_for_first_and_then_the_password(world: World, managed: Pool) -> None:
    client, person = managed.client(), Browser(world.origin)
    style(managed, client)
    managed.user("ada")
    first = person.session.get(f"{world.origin}{person.authorize(client).headers['Location']}")
    assert 'name="username"' in first.text
    assert 'name="password"' not in first.text
    nameless = person.post(first, username=" ")
    assert 'name="password"' not in nameless.text
    second = person.post(nameless, username="ada")
    assert re.search(r'name="username" type="text" value="ada"[^>]* readonly', second.text)
    refused = person.post(second, username="ada", password="wrong")
    assert "Incorrect username or password." in refused.text
    assert 'name="password"' in refused.text
    assert code_in(person.post(refused, username="ada", password=PASSWORD))


def test_the_first_step_says_nothing_of_who_exists(world: World, managed: Pool) -> None:
    client = managed.client()
    style(managed, client)
    managed.user("ada")
    known, unknown = (second_step(world, client, name) for name in ("ada", "eve"))
    assert known == unknown.replace('"eve"', '"ada"')


def second_step(world: World, client: dict[str, Any], name: str) -> str:
    person = Browser(world.origin)
    first = person.session.get(f"{world.origin}{person.authorize(client).headers['Location']}")
    return re.sub(r'name="_csrf" value="[^"]+"', "", person.post(first, username=name).text)


def test_both_at_once_are_taken_too(world: World, managed: Pool) -> None:
    """Suites that fill the classic form go on."""
    client = managed.client()
    style(managed, client)
    managed.user("ada")
    assert code_in(Browser(world.origin).sign_in(client))


def test_the_second_step_is_a_choice_where_there_is_one(world: World, managed: Pool) -> None:
    client = managed.client(ExplicitAuthFlows=["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    style(managed, client)
    managed.user("ada")
    person = Browser(world.origin)
    first = person.session.get(f"{world.origin}{person.authorize(client).headers['Location']}")
    assert 'name="password"' not in first.text
    choice = person.post(first, username="ada", otherWays="1")
    password = person.post(choice, factor="PASSWORD")
    assert code_in(person.post(password, password=PASSWORD))


def test_the_pages_are_those_of_the_domain_that_was_called(world: World, pool: Pool) -> None:
    client, prefix, own = pool.client(), f"v{pool.pool_id[-9:].lower()}", f"v{pool.pool_id[-9:].lower()}.auth.test"
    idp = world.idp
    idp.create_user_pool_domain(UserPoolId=pool.pool_id, Domain=prefix)
    certificate = {"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1"}
    idp.create_user_pool_domain(
        UserPoolId=pool.pool_id, Domain=own, ManagedLoginVersion=2, CustomDomainConfig=certificate
    )
    asked = {"response_type": "code", "client_id": client["ClientId"], "redirect_uri": CALLBACK}
    for host, status in ((f"{prefix}.localhost", 200), (own, 403)):
        page = requests.get(f"{world.origin}/login", params=asked, headers={"Host": host}, timeout=10)
        assert page.status_code == status, host
    assert see(world, client).status_code == 200, "the prefix domain speaks for the server's own origin"


def test_a_domain_changes_its_version(world: World, pool: Pool) -> None:
    domain(pool, 2)
    client, name = pool.client(), f"b{pool.pool_id[-9:].lower()}"
    assert see(world, client).status_code == 403
    told = world.idp.describe_user_pool_domain(Domain=name)["DomainDescription"]
    assert told["ManagedLoginVersion"] == 2
    world.idp.update_user_pool_domain(UserPoolId=pool.pool_id, Domain=name, ManagedLoginVersion=1)
    assert see(world, client).status_code == 200


def test_a_pool_without_a_domain_shows_the_client_s_style_if_it_has_one(world: World, pool: Pool) -> None:
    client = pool.client()
    assert "Halfday" in see(world, client).text
    style(pool, client, Settings={"components": {"form": {"lightMode": {"backgroundColor": "12345678"}}}})
    assert "#12345678" in see(world, client).text


def test_the_lite_tier_has_no_managed_login(world: World) -> None:
    pool = world.pool(UserPoolTier="LITE")
    with pytest.raises(world.idp.exceptions.FeatureUnavailableInTierException):
        domain(pool, 2)


def test_the_classic_pages_know_no_passkeys_and_no_choice(world: World) -> None:
    pool = world.pool(Policies=PASSKEYS)
    client = pool.client(ExplicitAuthFlows=["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    assert "otherWays" in see(world, client).text
    domain(pool, 1)
    page = see(world, client)
    assert "otherWays" not in page.text
    assert 'name="password"' in page.text
    assert see(world, client, "/passkeys/add").url.startswith(f"{world.origin}/error?")
    person = Browser(world.origin)
    first = person.session.get(f"{world.origin}{person.authorize(client).headers['Location']}")
    refused = person.post(first, username="ada", otherWays="1")
    assert "Incorrect username or password." in refused.text
