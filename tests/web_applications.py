"""One small application, written for each framework and served on a socket, and the browser that visits it.

/         who is signed in, for whoever is           /maybe    the same, or "nobody"
/staff    for the group staff                        /api      for tokens with the scope orders/read
/api/staff  for tokens of the group staff            /plain    needs nobody
/socket     FastAPI: a websocket for whoever is signed in, who hears their own subject and may say "renew"
"""

import asyncio
import importlib
import socket
import sys
import threading
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import requests
from fastapi import Depends, FastAPI, WebSocket
from flask import Flask
from starlette.requests import Request
from werkzeug.serving import make_server

from halfday.protocol.claims import VerifiedClaims
from halfday.web import flask, starlette
from halfday.web.sessions import WebSession
from halfday.web.stores import FileStore
from sockets import on_a_socket
from world import PASSWORD, Browser, Pool, World

SECRET = "a secret of the tests, which is long enough to be one"


@dataclass
class Site:
    """Where an application is to stand: its pool, its app client, its settings."""

    world: World
    pool: Pool
    folder: Path
    client: dict[str, Any] = field(default_factory=dict)

    def register(self, origin: str, **given: Any) -> dict[str, Any]:
        """An app client for the application at `origin`, and the settings that go with it."""
        wanted = {
            "CallbackURLs": [f"{origin}/callback"],
            "LogoutURLs": [f"{origin}/bye"],
            "GenerateSecret": True,
            **given,
        }
        self.client = self.pool.client(**wanted)
        return {
            "domain": self.world.origin,
            "user_pool_id": self.pool.pool_id,
            "client_id": self.client["ClientId"],
            "client_secret": self.client.get("ClientSecret"),
            "redirect_uri": f"{origin}/callback",
            "logout_uri": f"{origin}/bye",
            "secret": SECRET,
            "clock": self.world.clock,
        }


@dataclass
class Application:
    site: Site
    origin: str

    def visitor(self) -> "Visitor":
        return Visitor(self)


class Visitor:
    """A person's browser: requests with cookies, at the application and at the hosted pages."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.hosted = Browser(application.site.world.origin)
        self.session = requests.Session()

    def get(self, path: str, **headers: str) -> requests.Response:
        headers = {"Accept": "text/html", **headers}
        return self.session.get(f"{self.application.origin}{path}", headers=headers, allow_redirects=False, timeout=20)

    def begin(self, path: str = "/login") -> str:
        """The address of the hosted page, or whatever else the answer leads to."""
        return str(self.get(path).headers["Location"])

    def return_address(self, path: str = "/login", username: str = "ada") -> str:
        """The sign-in done at the hosted pages; the address that it leads back to, not yet visited."""
        answer = self.hosted.session.get(self.begin(path), allow_redirects=False)
        if answer.headers["Location"].startswith("/login"):
            form = self.hosted.session.get(self.hosted.origin + answer.headers["Location"])
            answer = self.hosted.post(form, username=username, password=PASSWORD)
        return str(answer.headers["Location"])

    def come_back(self, address: str) -> requests.Response:
        return self.session.get(address, allow_redirects=False, timeout=20)

    def sign_in(self, path: str = "/login", username: str = "ada") -> requests.Response:
        return self.come_back(self.return_address(path, username))

    def sign_out(self, **headers: str) -> requests.Response:
        headers = {"Origin": self.application.origin, **headers}
        url = f"{self.application.origin}/logout"
        return self.session.post(url, headers=headers, allow_redirects=False, timeout=20)

    @property
    def cookies(self) -> dict[str, str]:
        return {cookie.name: cookie.value or "" for cookie in self.session.cookies}

    def put(self, cookies: dict[str, str]) -> None:
        """These cookies, and no others."""
        self.session.cookies.clear()
        for name, value in cookies.items():
            self.session.cookies.set(name, value, domain="localhost.local", path="/")


def starlette_app(options: dict[str, Any]) -> Any:
    app = FastAPI()
    sign_in = starlette.SignIn(app, **options)

    @app.get("/")
    def home(session: Annotated[WebSession, Depends(sign_in.signed_in)]) -> str:
        return str(session.claims["email"])

    @app.get("/maybe")
    async def maybe(request: Request) -> str:
        session = await sign_in.session(request)
        return session.subject if session else "nobody"

    @app.post("/change")
    def change(session: Annotated[WebSession, Depends(sign_in.signed_in)]) -> str:
        return session.subject

    @app.get("/staff")
    def staff(session: Annotated[WebSession, Depends(sign_in.in_group("staff"))]) -> str:
        return session.subject

    @app.get("/plain")
    def plain() -> str:
        return "plain"

    @app.websocket("/socket")
    async def socket(websocket: WebSocket, session: Annotated[WebSession, Depends(sign_in.signed_in)]) -> None:
        await websocket.accept()
        await websocket.send_text(session.subject)
        async for said in websocket.iter_text():
            if said == "renew":
                await asyncio.to_thread(session.renew)
            await websocket.send_text(said)

    @app.websocket("/socket/api")
    async def socket_api(
        websocket: WebSocket, claims: Annotated[VerifiedClaims, Depends(sign_in.bearer(groups="staff"))]
    ) -> None:
        await websocket.accept()
        await websocket.send_text(claims.subject)
        await websocket.close()

    @app.get("/api")
    def api(claims: Annotated[VerifiedClaims, Depends(sign_in.bearer(scopes=["orders/read"]))]) -> str:
        return claims.subject

    @app.get("/api/staff")
    def api_staff(claims: Annotated[VerifiedClaims, Depends(sign_in.bearer(groups=["staff"]))]) -> str:
        return claims.subject

    return app


def flask_app(options: dict[str, Any]) -> Any:
    app = Flask(__name__)
    sign_in = flask.SignIn(app, **options)

    @app.get("/")
    @sign_in.required
    def home() -> str:
        return str(sign_in.session.claims["email"])

    @app.get("/maybe")
    def maybe() -> str:
        return sign_in.maybe.subject if sign_in.maybe else "nobody"

    @app.post("/change")
    @sign_in.required
    def change() -> str:
        return sign_in.session.subject

    @app.get("/staff")
    @sign_in.in_group("staff")
    def staff() -> str:
        return sign_in.session.subject

    @app.get("/plain")
    def plain() -> str:
        return "plain"

    @app.get("/api")
    @sign_in.bearer(scopes=["orders/read"])
    def api() -> str:
        return sign_in.claims.subject

    @app.get("/api/staff")
    @sign_in.bearer(groups=["staff"])
    def api_staff() -> str:
        return sign_in.claims.subject

    return app


def django_app(options: dict[str, Any]) -> Any:
    """Django has one set of settings a process: the tests give it new ones for every application."""
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpRequest, HttpResponse
    from django.urls import path

    django_settings(HALFDAY=options)
    adapter = importlib.import_module("halfday.web.django")
    adapter._bearer_tokens.cache_clear()

    def maybe(request: HttpRequest) -> HttpResponse:
        session = adapter.session_of(request)
        return HttpResponse(session.subject if session else "nobody")

    views: dict[str, Callable[..., Any]] = {
        "": adapter.signed_in(lambda request: HttpResponse(request.cognito.claims["email"])),
        "maybe": maybe,
        "plain": lambda request: HttpResponse("plain"),
        "change": adapter.signed_in(lambda request: HttpResponse(request.cognito.subject)),
        "staff": adapter.in_group("staff")(lambda request: HttpResponse(request.cognito.subject)),
        "api": adapter.bearer(scopes=["orders/read"])(lambda request: HttpResponse(request.claims.subject)),
        "api/staff": adapter.bearer(groups=["staff"])(lambda request: HttpResponse(request.claims.subject)),
    }
    django_urls([path(place, view) for place, view in views.items()])
    return get_wsgi_application()


def django_settings(**changed: Any) -> None:
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(
            SECRET_KEY=SECRET,
            ALLOWED_HOSTS=["*"],
            ROOT_URLCONF="tests_web_urls",
            MIDDLEWARE=["halfday.web.django.SignIn"],
            HALFDAY={},
        )
        django.setup()
    for name, value in changed.items():
        setattr(settings, name, value)


def django_urls(patterns: list[Any]) -> None:
    from django.urls import clear_url_caches

    module = types.ModuleType("tests_web_urls")
    module.urlpatterns = patterns  # type: ignore[attr-defined]
    sys.modules["tests_web_urls"] = module
    clear_url_caches()


MAKERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "starlette": starlette_app,
    "flask": flask_app,
    "django": django_app,
}


@contextmanager
def served(
    site: Site, framework: str, *, keeping: str = "cookie", client: dict[str, Any] | None = None, **options: Any
) -> Iterator[Application]:
    """The application, at http://localhost:PORT, until the end of the block."""

    def make(origin: str) -> Any:
        store = {"store": FileStore(str(site.folder / "sessions"), clock=site.world.clock)}
        settings = site.register(_named(origin), **(client or {}))
        return MAKERS[framework]({**settings, **(store if keeping == "store" else {}), **options})

    serve = on_a_socket if framework == "starlette" else on_a_wsgi_socket
    with serve(make) as origin:
        yield Application(site, _named(origin))


def _named(origin: str) -> str:
    return origin.replace("127.0.0.1", "localhost")


@contextmanager
def on_a_wsgi_socket(make_app: Callable[[str], Any]) -> Iterator[str]:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named: else no TCP_NODELAY
    bound.bind(("127.0.0.1", 0))
    origin = f"http://127.0.0.1:{bound.getsockname()[1]}"
    bound.listen(128)
    server = make_server("127.0.0.1", 0, make_app(origin), threaded=True, fd=bound.fileno())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield origin
    server.shutdown()
    thread.join(5)
    server.server_close()
