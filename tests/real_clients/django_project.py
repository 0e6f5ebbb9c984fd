"""A Django project in a process of its own: settings as `startproject` makes them, then what was printed, as it stands.

Its clock is the machine's, and as much later as the file `ahead` says.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from world import PASSWORD, Browser

_SETTINGS = """
SECRET_KEY = "anything"
DEBUG = True
ALLOWED_HOSTS = ["localhost"]
ROOT_URLCONF = "urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

"""

_SERVED = """
import os, sys, time
from datetime import datetime, timedelta
from pathlib import Path
from wsgiref.simple_server import make_server

import jwt.api_jwt

real = time.time
time.time = lambda: real() + float(Path("ahead").read_text())

class Later(datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + timedelta(seconds=float(Path("ahead").read_text()))

jwt.api_jwt.datetime = Later
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
call_command("migrate", verbosity=0)
server = make_server("localhost", int(sys.argv[1]), application)
print("up", flush=True)
server.serve_forever()
"""


@dataclass
class Project:
    """The project, up at `origin`, and somebody's browser at it and at the hosted pages."""

    folder: Path
    origin: str
    hosted: Browser
    session: requests.Session
    visited: list[str] = field(default_factory=list)

    def advance_to(self, seconds: float) -> None:
        (self.folder / "ahead").write_text(str(seconds))

    def get(self, address: str) -> requests.Response:
        """Whatever a page of the project leads to, over redirects of both servers; a sign-in form is not filled in."""
        address = address if address.startswith("http") else self.origin + address
        for _ in range(10):
            self.visited.append(address)
            browser = self.session if address.startswith(self.origin) else self.hosted.session
            answer = browser.get(address, allow_redirects=False, timeout=20)
            if answer.status_code not in (301, 302, 303):
                return answer
            address = requests.compat.urljoin(address, answer.headers["Location"])
        raise AssertionError(f"redirected for ever, at last to {address}")

    def sign_in(self, form: requests.Response) -> requests.Response:
        """The page of the project that somebody comes back to who has filled in this form."""
        answer = self.hosted.post(form, username="ada", password=PASSWORD)
        assert answer.status_code == 302, answer.text
        return self.get(answer.headers["Location"])


@contextmanager
def serving(folder: Path, port: int, *, printed: Path, urls: str, hosted: str) -> Iterator[Project]:
    """The project at http://localhost:PORT until the block ends. `printed` is added to its settings, unread."""
    (folder / "settings.py").write_text(_SETTINGS + printed.read_text())
    (folder / "urls.py").write_text(urls)
    (folder / "serve.py").write_text(_SERVED)
    (folder / "ahead").write_text("0")
    command = [sys.executable, "serve.py", str(port)]
    environ = {**os.environ, "PYTHONPATH": str(folder)}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n", (folder / "log").read_text()
        yield Project(folder, f"http://localhost:{port}", Browser(hosted), requests.Session())
    finally:
        process.terminate()
        process.communicate(timeout=10)
