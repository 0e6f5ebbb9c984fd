"""What an app client lacks for a library is said once, and the seed file's lines that are shown give it that."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halfday.server import seed_file
from halfday.snippets import AppClient, Library, choose, lines_for, load, names, needs_of
from halfday.snippets.fitting import redirect_uri_of
from snippets.test_every_library import FULL, POOL_ID, SECRET, app_client

_URLS = st.lists(st.sampled_from(["http://localhost:8080", "http://localhost:3000/callback", "myapp://x"]), unique=True)


def lacking(library: Library, client: AppClient) -> set[str]:
    return {need.kind for need in needs_of(library, client, redirect_uri_of(library, client))}


def registered(client: AppClient, lines: list[str]) -> AppClient:
    """The app client as a seed file with these lines declares it: that one, or the new one."""
    table = tomllib.loads("\n".join(lines))
    made = table.pop("user_pool", {}).get("client")
    secret = client.client_secret
    if made:
        table |= made[0]
        secret = table.get("secret")
        seed_file.check({"user_pool": [{"id": POOL_ID, "client": made}]})
    lists = {name: tuple(value) for name, value in table.items() if isinstance(value, list)}
    kept = {} if made else {name: getattr(client, name) for name in FULL}
    pool = client.pool
    issuer = table.get("issuer", "aws" if pool.has_aws_issuer else "local")
    told = {"aws": issuer == "aws", "aws_names": pool.aws_names, "prefix": table.get("domain", pool.prefix)}
    return app_client(secret=secret, **told, **{**kept, **lists})


@pytest.mark.parametrize("name", names())
@settings(max_examples=20, deadline=None)
@given(
    secret=st.sampled_from([SECRET, None]),
    aws=st.booleans(),
    aws_names=st.booleans(),
    prefix=st.sampled_from([None, "demo"]),
    callback_urls=_URLS,
    logout_urls=_URLS,
    scopes=st.lists(st.sampled_from(["openid", "email", "phone"]), unique=True),
    flows=st.sampled_from([(), ("code",), ("implicit",)]),
    auth_flows=st.sampled_from([None, ("ALLOW_USER_PASSWORD_AUTH",)]),
)
def test_nothing_but_https_is_lacking_once_the_lines_are_in_the_seed_file(
    name: str, secret: str | None, aws: bool, aws_names: bool, prefix: str | None, **told: Any
) -> None:
    library = load(name)
    lists = {key: None if value is None else tuple(value) for key, value in told.items()}
    client = app_client(secret=secret, aws=aws, aws_names=aws_names, prefix=prefix, **lists)
    needs = needs_of(library, client, redirect_uri_of(library, client))
    lines = lines_for(library, client, needs)
    assert bool(lines) == bool({need.kind for need in needs} - {"https"})
    if lines:
        assert lacking(library, registered(client, lines)) <= {"https"}


def test_the_one_that_lacks_least_is_chosen_and_of_equals_the_one_with_a_secret() -> None:
    public, confidential = app_client(secret=None, **FULL), app_client(**FULL)
    bare = app_client()
    assert choose(load("oidc-client-ts"), [confidential, public]) is public
    assert choose(load("streamlit"), [public, bare]) is bare
    assert choose(load("openid-client"), [bare, public, confidential]) is confidential
    assert choose(load("openid-client"), [bare, public]) is public


def test_https_is_lacking_where_a_library_asks_for_it_in_any_case() -> None:
    http, https = (app_client(secret=None, origin=f"{scheme}://localhost:4242", **FULL) for scheme in ("http", "https"))
    assert "https" in lacking(load("amplify-v6"), http)
    assert "https" not in lacking(load("amplify-v6"), https)
    assert "https" not in lacking(load("oidc-client-ts"), http)
