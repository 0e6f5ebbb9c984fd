"""Each library's text, for each kind of app client: it is of its language, has no gap left, and needs what it says."""

from __future__ import annotations

import ast
import configparser
import io
import itertools
import json
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from halfday.protocol.endpoints import aws_issuer
from halfday.snippets import AppClient, Library, Pool, load, names, print_for
from halfday.snippets.catalogue import CONFIDENTIAL, EITHER, PUBLIC
from halfday.snippets.filling import fill
from halfday.snippets.fitting import NoCallback

POOL_ID = "eu-west-1_Snippets1"
SECRET = "s3cretOfTheWebApplication"
ORIGINS = ["http://127.0.0.1:4242", "https://localhost:4242"]
FULL = {
    "callback_urls": ("http://localhost:8080", "http://localhost:9999/auth/callback/cognito"),
    "logout_urls": ("http://localhost:8080/bye",),
    "flows": ("code",),
    "scopes": ("openid", "email", "phone", "profile"),
    "identity_pool_id": "eu-west-1:4a1fda70-0000-4242-8080-c0ffee000001",
}


def app_client(
    *,
    secret: str | None = SECRET,
    origin: str = ORIGINS[0],
    aws: bool = False,
    aws_names: bool = False,
    prefix: str | None = "demo",
    **given: Any,
) -> AppClient:
    issuer = aws_issuer(POOL_ID) if aws else f"{origin}/{POOL_ID}"
    pool = Pool(origin, POOL_ID, "demo", issuer, sign_in_with=("email",), prefix=prefix, aws_names=aws_names)
    return AppClient(pool, "webapp", "Web app", secret, **given)


def _ini(text: str) -> None:
    configparser.ConfigParser(interpolation=None).read_file(io.StringIO(text))


def _javascript(text: str) -> None:
    """What is not asked here is asked by the programs that run it; brackets that do not close are seen at once."""
    for opening, closing in ("()", "[]", "{}"):
        assert text.count(opening) == text.count(closing)


READ_AS: dict[str, Callable[[str], Any]] = {
    ".py": ast.parse,
    ".js": _javascript,
    ".json": json.loads,
    ".toml": tomllib.loads,
    ".cfg": tomllib.loads,
    ".yml": yaml.safe_load,
    ".ini": _ini,
}


@pytest.mark.parametrize("name", names())
def test_the_text_is_of_its_language_whatever_the_app_client_has(name: str) -> None:
    library = load(name)
    read = next(read for ending, read in READ_AS.items() if library.file.endswith(ending))
    yes_or_no = (True, False)
    for secret, origin, aws, by_aws, given in itertools.product(
        (SECRET, None), ORIGINS, yes_or_no, yes_or_no, ({}, FULL)
    ):
        client = app_client(secret=secret, origin=origin, aws=aws, aws_names=by_aws, **given)
        printed = print_for(library, client, show=True)
        text = printed.text
        assert "{{" not in printed.then
        read(text)
        assert "{{" not in text
        assert "webapp" in text


@pytest.mark.parametrize("name", names())
def test_a_secret_that_is_not_shown_is_nowhere(name: str) -> None:
    printed = print_for(load(name), app_client(), show=False)
    assert SECRET not in printed.text
    assert printed.hides_secret == (SECRET in print_for(load(name), app_client(), show=True).text)


@pytest.mark.parametrize("name", names())
def test_a_library_says_what_it_needs_in_words_that_are_known(name: str) -> None:
    library = load(name)
    assert library.kind in (PUBLIC, CONFIDENTIAL, EITHER)
    assert library.title
    if library.redirect_uri is None:
        assert not library.flows
        return
    assert library.flows == ("code",)
    assert library.redirect_uri.endswith(library.callback_path or "")
    assert "openid" in library.scopes


@pytest.mark.parametrize("name", names())
def test_by_aws_names_nothing_of_this_server_is_named(name: str) -> None:
    """It is what would be written for AWS itself."""
    printed = print_for(load(name), app_client(aws=True, aws_names=True, **FULL), show=True)
    assert ":4242" not in printed.text
    assert [need.kind for need in printed.needs if need.kind in ("issuer", "domain", "https")] == []


def test_a_line_with_nothing_to_put_in_it_is_left_out() -> None:
    values = {"here": "a", "nothing": None, "none": ()}
    text = "x = {{here}}\ny = {{nothing}}\nz = {{none}}\n{{here:plain}}{{when:so}}  \nno{{when:not}}"
    assert fill(text, values, {"so": True, "not": False}) == 'x = "a"\na\n'


@pytest.mark.parametrize("text", ["two\nlines", "a;b", "a # b", " a", "$(a)", "a'b"])
def test_what_would_be_read_otherwise_is_not_written_without_quotes(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be written without quotes"):
        fill("{{one:plain}}", {"one": text}, {})


@pytest.mark.parametrize("name", ["django-allauth", "streamlit", "spring", "grafana"])
def test_an_address_at_which_the_library_does_not_wait_is_refused(name: str) -> None:
    with pytest.raises(NoCallback, match="waits at addresses that end in"):
        print_for(load(name), app_client(), "http://localhost:8080/callback", show=True)


@pytest.mark.parametrize("uri", ["localhost:3000/callback", "myapp://", "/callback"])
def test_what_is_no_address_is_refused(uri: str) -> None:
    with pytest.raises(NoCallback):
        print_for(load("openid-client"), app_client(), uri, show=True)


def test_a_library_that_waits_for_no_code_takes_no_redirect_uri() -> None:
    with pytest.raises(NoCallback, match="waits at no redirect URI"):
        print_for(load("aws-jwt-verify"), app_client(), "http://localhost:3000/", show=True)


def test_a_router_that_is_mounted_elsewhere_is_told_so() -> None:
    library: Library = load("auth-js")
    assert 'basePath: "/auth",' in print_for(library, app_client(**FULL), show=True).text
