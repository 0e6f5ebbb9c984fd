"""docs/web is true: the code of its pages runs as it stands, and somebody signs in to it."""

from __future__ import annotations

import importlib
import re
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from sockets import on_a_socket
from web_applications import SECRET, Application, Site, django_settings, django_urls, on_a_wsgi_socket

PAGES = Path(__file__).parents[2] / "docs" / "web"


def blocks(page: str, language: str = "python") -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (PAGES / page).read_text(), re.DOTALL)


@pytest.fixture
def prepare(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """The variables that the pages name, for an application at an origin."""
    monkeypatch.chdir(tmp_path)
    idp, pool_id = site.world.idp, site.pool.pool_id
    for group in ("staff", "other"):
        idp.create_group(UserPoolId=pool_id, GroupName=group)
    idp.admin_add_user_to_group(UserPoolId=pool_id, Username="ada", GroupName="staff")
    idp.create_resource_server(
        UserPoolId=pool_id,
        Identifier="orders",
        Name="orders",
        Scopes=[{"ScopeName": "read", "ScopeDescription": "read"}],
    )

    def prepared(origin: str) -> None:
        settings = site.register(
            origin,
            GenerateSecret=False,
            AllowedOAuthScopes=["openid", "email", "orders/read"],
            LogoutURLs=[f"{origin}/"],
        )
        monkeypatch.setenv("HALFDAY_DOMAIN", settings["domain"])
        monkeypatch.setenv("HALFDAY_CLIENT_ID", settings["client_id"])
        monkeypatch.setenv("HALFDAY_USER_POOL_ID", pool_id)
        monkeypatch.setenv("HALFDAY_REDIRECT_URI", settings["redirect_uri"])
        monkeypatch.setenv("HALFDAY_LOGOUT_URI", f"{origin}/")
        monkeypatch.setenv("HALFDAY_WEB_SECRET", SECRET)

    return prepared


def run(page: str) -> types.ModuleType:
    """The page's blocks, one after the other, as one module."""
    module = types.ModuleType("application_of_the_docs")
    for block in blocks(page):
        exec(compile(block, page, "exec"), module.__dict__)
    return module


def local(origin: str) -> str:
    return origin.replace("127.0.0.1", "localhost")


def visit_everything(site: Site, origin: str) -> None:
    visitor = Application(site, local(origin)).visitor()
    assert "stranger" in visitor.get("/welcome").text
    assert visitor.get("/").status_code == 303
    assert visitor.sign_in("/login?next=/staff").headers["Location"] == "/staff"
    assert "ada@example.com" in visitor.get("/").text
    assert visitor.get("/staff").status_code == 200
    answer = visitor.sign_out()
    ended = visitor.hosted.session.get(answer.headers["Location"], allow_redirects=False)
    assert ended.headers["Location"] == f"{local(origin)}/"
    assert visitor.get("/").status_code == 303
    assert_the_api_is_guarded(site, origin, "/orders")


def assert_the_api_is_guarded(site: Site, origin: str, path: str) -> None:
    token = site.pool.tokens(site.client)["AccessToken"]
    assert requests.get(f"{origin}{path}", timeout=20).status_code == 401
    headers = {"Authorization": f"Bearer {token}"}
    expected = 403 if path == "/orders" else 200
    assert requests.get(f"{origin}{path}", headers=headers, timeout=20).status_code == expected


def test_my_fastapi_app(site: Site, prepare: Callable[[str], None]) -> None:
    def make(origin: str) -> Any:
        prepare(local(origin))
        return run("fastapi.md").app

    with on_a_socket(make) as origin:
        visit_everything(site, origin)
        assert_the_api_is_guarded(site, origin, "/prices")


@pytest.mark.parametrize("name", ["site", "shop"])
def test_the_further_applications_of_the_fastapi_page(site: Site, prepare: Callable[[str], None], name: str) -> None:
    def make(origin: str) -> Any:
        prepare(local(origin))
        return getattr(run("fastapi.md"), name)

    with on_a_socket(make) as origin:
        visitor = Application(site, local(origin)).visitor()
        assert visitor.sign_in().status_code == 303
        assert visitor.get("/").status_code == (200 if name == "site" else 404)


def test_my_flask_app(site: Site, prepare: Callable[[str], None]) -> None:
    def make(origin: str) -> Any:
        prepare(local(origin))
        return run("flask.md").app

    with on_a_wsgi_socket(make) as origin:
        visit_everything(site, origin)


def test_my_django_app(site: Site, prepare: Callable[[str], None]) -> None:
    def make(origin: str) -> Any:
        prepare(local(origin))
        of_settings, *of_views = blocks("django.md")
        settings: dict[str, Any] = {"MIDDLEWARE": []}  # startproject writes some: the page adds to them
        exec(of_settings.replace("http://localhost:8000", local(origin)), settings)
        django_settings(HALFDAY=settings["HALFDAY"], MIDDLEWARE=settings["MIDDLEWARE"])
        importlib.import_module("halfday.web.django")._bearer_tokens.cache_clear()
        views: dict[str, Any] = {"__name__": "views"}
        for block in of_views:
            exec(block, views)
        from django.core.wsgi import get_wsgi_application
        from django.urls import path

        names = {"": "home", "staff": "staff", "welcome": "welcome", "orders": "orders"}
        django_urls([path(place, views[name]) for place, name in names.items()])
        return get_wsgi_application()

    with on_a_wsgi_socket(make) as origin:
        visit_everything(site, origin)


@pytest.mark.parametrize("page", ["fastapi.md", "flask.md", "django.md"])
def test_a_sign_in_takes_less_than_ten_lines_of_ones_own(page: str) -> None:
    count = 2 if page == "django.md" else 1
    lines = [line for block in blocks(page)[:count] for line in block.splitlines() if line.strip()]
    assert len(lines) < 10
