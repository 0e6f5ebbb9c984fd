"""The demo: the commented seed file that `halfday init` writes and `halfday try` runs."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from importlib.resources import files
from string import Template

from halfday.server.domain.gateway.declared_routes import ECHO

POOL_ID = "us-east-1_Halfday01"
IDENTITY_POOL_ID = "us-east-1:4a1fda70-0000-4242-8080-c0ffee000001"
CONFIDENTIAL_CLIENT_ID = "demowebapp"
PUBLIC_CLIENT_ID = "democommandline"
USERNAME = "ada@example.com"
PASSWORD = "Lovelace-1815"
BUCKET = "halfday-demo"
API_PATH = "/api"

# The first is the README's. The others are on ports that are seldom taken. Cognito must know each of them.
CALLBACK_URLS = ("http://localhost:8080", "http://127.0.0.1:8400/callback", "http://127.0.0.1:18400/callback")


def seed_text(*, callback_urls: Sequence[str] = CALLBACK_URLS, backend: str = ECHO) -> str:
    """A commented halfday.toml. Every call makes new secrets."""
    template = Template(files(__package__).joinpath("halfday.toml").read_text(encoding="utf-8"))
    return template.substitute(
        pool_id=POOL_ID,
        identity_pool_id=IDENTITY_POOL_ID,
        confidential_client_id=CONFIDENTIAL_CLIENT_ID,
        public_client_id=PUBLIC_CLIENT_ID,
        client_secret=secrets.token_hex(24),
        google_secret=secrets.token_hex(16),
        username=USERNAME,
        password=PASSWORD,
        bucket=BUCKET,
        api_path=API_PATH,
        backend=backend,
        callback_urls=", ".join(f'"{uri}"' for uri in callback_urls),
    )
