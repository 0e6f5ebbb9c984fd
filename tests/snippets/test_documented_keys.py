"""Of programs that no test can run (Spring Boot, Grafana, oauth2-proxy), what is printed has documented keys only.

The keys are those of the pages named below, as far as they concern a sign-in. A key of another name would be ignored by
such a program, or stop its start.
"""

from __future__ import annotations

import configparser
import itertools
import re
import tomllib
from typing import Any

import pytest
import yaml

from halfday.snippets import load, print_for
from snippets.test_every_library import FULL, SECRET, app_client

# docs.spring.io/spring-boot, Common Application Properties: Security; OAuth2ClientProperties.
SPRING = {
    "registration": "provider client-id client-secret client-authentication-method authorization-grant-type "
    "redirect-uri scope client-name",
    "provider": "authorization-uri token-uri user-info-uri user-info-authentication-method user-name-attribute "
    "jwk-set-uri issuer-uri",
}
# grafana.com/docs/grafana/latest: Configure Generic OAuth authentication, Configuration options.
GRAFANA = (
    "enabled name icon client_id client_secret auth_url token_url api_url auth_style scopes empty_scopes "
    "email_attribute_name email_attribute_path login_attribute_path name_attribute_path role_attribute_path "
    "groups_attribute_path allow_sign_up auto_login use_pkce use_refresh_token signout_redirect_url"
)
# oauth2-proxy.github.io/oauth2-proxy/configuration/overview: flags, with `_`, and `s` where they may come again.
OAUTH2_PROXY = (
    "provider oidc_issuer_url client_id client_secret redirect_url scope code_challenge_method http_address upstreams "
    "email_domains cookie_secret cookie_secure cookie_refresh"
)
# serverless.com/framework/docs/providers/aws/events/http-api: JWT authorizers.
HTTP_API_AUTHORIZER = "type identitySource issuerUrl audience"


def every(name: str) -> list[str]:
    """What is printed, for each kind of app client that the library takes."""
    made = [app_client(secret=secret, **given) for secret, given in itertools.product((SECRET, None), (FULL, {}))]
    library = load(name)
    wanted = [client for client in made if library.kind == "either" or client.confidential]
    return [print_for(library, client, show=True).text for client in wanted]


@pytest.mark.parametrize("text", every("spring"))
def test_spring_boot(text: str) -> None:
    client: dict[str, Any] = yaml.safe_load(text)["spring"]["security"]["oauth2"]["client"]
    for part, known in SPRING.items():
        assert set(client[part]) == {"cognito"}
        assert set(client[part]["cognito"]) <= set(known.split())
    assert client["registration"]["cognito"]["authorization-grant-type"] == "authorization_code"
    if "client-secret" not in client["registration"]["cognito"]:
        assert client["registration"]["cognito"]["client-authentication-method"] == "none"


@pytest.mark.parametrize("text", every("grafana"))
def test_grafana(text: str) -> None:
    read = configparser.ConfigParser(interpolation=None)
    read.read_string(text)
    assert set(read.sections()) == {"server", "auth.generic_oauth"}
    assert set(read["auth.generic_oauth"]) <= set(GRAFANA.split())
    assert set(read["server"]) == {"root_url"}
    assert read["server"]["root_url"] + "login/generic_oauth" == load("grafana").redirect_uri


@pytest.mark.parametrize("text", every("oauth2-proxy"))
def test_oauth2_proxy(text: str) -> None:
    read = tomllib.loads(text)
    assert set(read) <= set(OAUTH2_PROXY.split())
    assert len(read["cookie_secret"].encode()) in (16, 24, 32)
    assert isinstance(read["email_domains"], list)
    assert re.fullmatch(r"\d+[smh]", read["cookie_refresh"])


@pytest.mark.parametrize("text", every("serverless-offline"))
def test_serverless_offline(text: str) -> None:
    """It takes a token from a header only, which it finds by this pattern (createJWTAuthScheme)."""
    (authorizer,) = yaml.safe_load(text)["provider"]["httpApi"]["authorizers"].values()
    assert set(authorizer) == set(HTTP_API_AUTHORIZER.split())
    assert re.fullmatch(r"\$request.header.((?:\w+-?)+\w+)", authorizer["identitySource"])
