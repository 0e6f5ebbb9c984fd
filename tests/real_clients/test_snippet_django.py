"""django-allauth and mozilla-django-oidc, each with what `halfday snippet` prints at the end of its settings."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import requests

from ports import free_port
from real_clients.django_project import Project, serving
from real_clients.printed import printed
from world import Pool, World

HOUR_S = 3600 + 60
ME = """
from django.http import JsonResponse
from django.urls import include, path

def me(request):
    user = request.user
    return JsonResponse({"email": getattr(user, "email", None), "signed_in": user.is_authenticated})

"""
ALLAUTH = ME + 'urlpatterns = [path("accounts/profile/", me), path("accounts/", include("allauth.urls"))]\n'
MOZILLA = (
    ME
    + """
urlpatterns = [path("", me), path("accounts/profile/", me), path("oidc/", include("mozilla_django_oidc.urls"))]
"""
)
SEED_S_PATH = "/accounts/amazon-cognito/login/callback/"


def test_django_allauth_at_the_seeds_callback_path(world: World, pool: Pool, tmp_path: Path) -> None:
    """Its own session outlives the tokens; the refresh token that it keeps is good for new ones."""
    pool.user()
    port = free_port()
    callback = f"http://localhost:{port}{SEED_S_PATH}"
    client = pool.client(CallbackURLs=[callback], GenerateSecret=True)
    path = printed(world, tmp_path / "printed", "django-allauth", client)
    with serving(tmp_path, port, printed=path, urls=ALLAUTH, hosted=world.origin) as project:
        arrived = project.sign_in(begin_at_allauth(project))
        assert (arrived.url, arrived.json()["email"]) == (f"{project.origin}/accounts/profile/", "ada@example.com")
        advance(world, project, HOUR_S)
        assert project.get("/accounts/profile/").json() == {"email": "ada@example.com", "signed_in": True}
        access_token, refresh_token = kept_tokens(project)
        assert user_info(world, access_token).status_code == 401
        renewed = redeem(world, client["ClientId"], client["ClientSecret"], refresh_token)
        assert user_info(world, renewed).json()["email"] == "ada@example.com"


def begin_at_allauth(project: Project) -> requests.Response:
    """The hosted page, by allauth's own button."""
    page = project.get("/accounts/amazon-cognito/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token, page.text
    posted = {"csrfmiddlewaretoken": token[1]}
    answer = project.session.post(page.url, data=posted, allow_redirects=False, timeout=20)
    assert answer.status_code == 302, answer.text
    return project.get(answer.headers["Location"])


def kept_tokens(project: Project) -> tuple[str, str]:
    with sqlite3.connect(project.folder / "db.sqlite3") as database:
        found: tuple[str, str] = database.execute(
            "SELECT token, token_secret FROM socialaccount_socialtoken"
        ).fetchone()
    return found


def user_info(world: World, access_token: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {access_token}"}
    return requests.get(f"{world.origin}/oauth2/userInfo", headers=headers, timeout=10)


def redeem(world: World, client_id: str, secret: str, refresh_token: str) -> str:
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    answer = requests.post(f"{world.origin}/oauth2/token", data=form, auth=(client_id, secret), timeout=10)
    token: str = json.loads(answer.text)["access_token"]
    return token


def test_mozilla_django_oidc_asks_again_without_a_page_until_the_pages_session_ends(
    world: World, pool: Pool, tmp_path: Path
) -> None:
    pool.user()
    port = free_port()
    client = pool.client(CallbackURLs=[f"http://localhost:{port}/oidc/callback/"], GenerateSecret=True)
    path = printed(world, tmp_path / "printed", "mozilla-django-oidc", client)
    with serving(tmp_path, port, printed=path, urls=MOZILLA, hosted=world.origin) as project:
        assert project.get("/accounts/profile/").json()["signed_in"] is False
        arrived = project.sign_in(project.get("/oidc/authenticate/"))
        assert arrived.json() == {"email": "ada@example.com", "signed_in": True}
        project.visited.clear()
        advance(world, project, 3400)
        assert project.get("/accounts/profile/").json() == {"email": "ada@example.com", "signed_in": True}
        assert any("prompt=none" in address for address in project.visited)
        advance(world, project, 2 * HOUR_S)
        assert project.get("/accounts/profile/").json()["signed_in"] is False, "AWS's session of an hour has ended"
        again = project.sign_in(project.get("/oidc/authenticate/"))
        assert again.json() == {"email": "ada@example.com", "signed_in": True}


def advance(world: World, project: Project, seconds: float) -> None:
    world.clock.advance(seconds)
    project.advance_to(world.clock.ahead_s)
