"""Section 1 of the table, the part where an external provider is at fault: an OIDC provider in the test's hands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from doctor.table import Findings, Stage, fails, told
from federation.conftest import Acme, query_in_url
from sockets import on_a_socket
from world import Browser, query_in


@contextmanager
def acme() -> Iterator[Acme]:
    made: list[Acme] = []

    def make(origin: str) -> Starlette:
        made.append(Acme(origin))
        return Starlette(routes=[Route("/{path:path}", made[0].answer, methods=["GET", "POST"])])

    with on_a_socket(make):
        yield made[0]


def come_back(stage: Stage, provider: Acme, **details: str) -> Findings:
    """What the app hears after a sign-in at this provider."""
    known = {"client_id": "acme-client", "client_secret": "secret", "authorize_scopes": "openid"}
    stage.world.idp.create_identity_provider(
        UserPoolId=stage.pool.pool_id,
        ProviderName="Acme",
        ProviderType="OIDC",
        ProviderDetails={**known, "oidc_issuer": provider.origin, "attributes_request_method": "GET", **details},
        AttributeMapping={"email": "email"},
    )
    browser = Browser(stage.origin)
    client: dict[str, Any] = stage.client(SupportedIdentityProviders=["COGNITO", "Acme"])
    asked = query_in_url(browser.authorize(client, identity_provider="Acme").headers["Location"])
    provider.nonce = asked["nonce"]
    url = f"{asked['redirect_uri']}?code=c&state={asked['state']}"
    answer = browser.session.get(url, allow_redirects=False)
    assert "error" in query_in(answer)
    return told(answer.headers["Location"])


@fails("1.15")
def a_wrong_secret_at_the_provider(stage: Stage) -> Findings:
    with acme() as provider:
        provider.answers["/token"] = PlainTextResponse("no", 401)
        return come_back(stage, provider)


@fails("1.16")
def a_provider_that_goes_down(stage: Stage) -> Findings:
    with acme() as provider:
        return come_back(stage, provider, token_url="http://127.0.0.1:1/token")


@fails("1.17")
def a_required_attribute_that_the_provider_does_not_send(stage: Stage) -> Findings:
    stage.pool = stage.world.pool(Schema=[{"Name": "phone_number", "Required": True}])
    with acme() as provider:
        found = come_back(stage, provider)
    assert "phone_number" in found[0].sentence
    return found


@fails("1.21")
def another_issuer_than_the_pool_has(stage: Stage) -> Findings:
    with acme() as provider:
        provider.claims = {"iss": "https://elsewhere.example"}
        return come_back(stage, provider)
