"""Discovery and keys; and that all who look at an issuer mean the same one, of either kind. facts/oauth.md §6."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import requests
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from sockets import on_a_socket
from world import CALLBACK, PASSWORD, Browser, World, code_in, running

POOLS = {"local": "us-east-1_LocalOne", "aws": "eu-central-1_AwsOne"}
IDENTITY_POOL = "us-east-1:11111111-2222-3333-4444-555555555555"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    app = Starlette(routes=[Route("/{path:path}", lambda request: PlainTextResponse("here"))])
    with (
        on_a_socket(lambda origin: app) as backend,
        running(tmp_path_factory.mktemp("data"), _document(backend)) as up,
    ):
        yield up


@pytest.fixture(params=["local", "aws"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def issuer_of(world: World, kind: str) -> str:
    pool_id = POOLS[kind]
    return {"local": f"{world.origin}/{pool_id}", "aws": f"https://cognito-idp.eu-central-1.amazonaws.com/{pool_id}"}[
        kind
    ]


def test_discovery_is_cognito_s_key_for_key(world: World, kind: str) -> None:
    answer = requests.get(f"{world.origin}/{POOLS[kind]}/.well-known/openid-configuration", timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.json() == {
        "authorization_endpoint": f"{world.origin}/oauth2/authorize",
        "end_session_endpoint": f"{world.origin}/logout",
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": issuer_of(world, kind),
        "jwks_uri": f"{world.origin}/{POOLS[kind]}/.well-known/jwks.json",
        "response_types_supported": ["code", "token"],
        "revocation_endpoint": f"{world.origin}/oauth2/revoke",
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
        "token_endpoint": f"{world.origin}/oauth2/token",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "userinfo_endpoint": f"{world.origin}/oauth2/userInfo",
    }


def test_two_public_keys_are_published_and_nothing_private(world: World, kind: str) -> None:
    answer = requests.get(f"{world.origin}/{POOLS[kind]}/.well-known/jwks.json", timeout=10)
    keys = answer.json()["keys"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert len(keys) == 2
    for key in keys:
        assert set(key) == {"alg", "e", "kid", "kty", "n", "use"}
        assert (key["alg"], key["e"], key["kty"], key["use"]) == ("RS256", "AQAB", "RSA", "sig")
        assert (len(key["kid"]), key["kid"][-1]) == (44, "=")
        assert len(base64.urlsafe_b64decode(key["n"] + "==")) == 256
    assert keys[0]["n"] != keys[1]["n"]


def test_no_two_pools_share_a_key(world: World) -> None:
    listed = [
        requests.get(f"{world.origin}/{pool}/.well-known/jwks.json", timeout=10).json()["keys"]
        for pool in POOLS.values()
    ]
    assert len({key["kid"] for keys in listed for key in keys}) == 4


@pytest.mark.parametrize("document", ["jwks.json", "openid-configuration"])
@pytest.mark.parametrize("pool_id", ["us-east-1_Nobody", "..", "%00", "<script>"])
def test_a_pool_that_is_not_there_is_404(world: World, pool_id: str, document: str) -> None:
    answer = requests.get(f"{world.origin}/{pool_id}/.well-known/{document}", timeout=10)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/json"


def test_the_identity_service_publishes_a_key_of_its_own(world: World) -> None:
    (key,) = requests.get(f"{world.origin}/.well-known/jwks_uri", timeout=10).json()["keys"]
    assert key["alg"] == "RS512"


def test_discovery_tokens_identity_pool_and_gateway_mean_the_same_issuer(world: World, kind: str) -> None:
    pool_id, client_id = POOLS[kind], f"{kind}client"
    published = requests.get(f"{world.origin}/{pool_id}/.well-known/openid-configuration", timeout=10).json()
    tokens = _sign_in(world, client_id)
    keys = jwt.PyJWKClient(published["jwks_uri"])
    for name, options in (("id_token", {"audience": client_id}), ("access_token", {})):
        key = keys.get_signing_key_from_jwt(tokens[name]).key
        claims = jwt.decode(tokens[name], key, algorithms=["RS256"], issuer=published["issuer"], **options)
        assert claims["sub"]
    assert requests.get(f"{world.origin}/api/{kind}", headers=_token(tokens["id_token"]), timeout=10).text == "here"
    login = {f"cognito-idp.{pool_id.partition('_')[0]}.amazonaws.com/{pool_id}": tokens["id_token"]}
    identity = world.boto3("cognito-identity").get_id(IdentityPoolId=IDENTITY_POOL, Logins=login)
    assert identity["IdentityId"].startswith("us-east-1:")
    bearer = _token(f"Bearer {tokens['access_token']}")
    assert requests.get(published["userinfo_endpoint"], headers=bearer, timeout=10).json()["username"] == "ada"


def test_a_token_of_one_pool_is_nothing_to_the_other(world: World) -> None:
    tokens = _sign_in(world, "localclient")
    assert requests.get(f"{world.origin}/api/aws", headers=_token(tokens["id_token"]), timeout=10).status_code == 401


def _sign_in(world: World, client_id: str) -> dict[str, Any]:
    code = code_in(Browser(world.origin).sign_in({"ClientId": client_id}))
    form = {"grant_type": "authorization_code", "client_id": client_id, "code": code, "redirect_uri": CALLBACK}
    tokens: dict[str, Any] = requests.post(f"{world.origin}/oauth2/token", data=form, timeout=10).json()
    return tokens


def _token(value: str) -> dict[str, str]:
    return {"Authorization": value}


def _document(backend: str) -> dict[str, Any]:
    return {
        "user_pool": [
            {
                "id": pool_id,
                "issuer": kind,
                "client": [{"id": f"{kind}client", "callback_urls": [CALLBACK], "flows": ["code"]}],
                "user": [{"username": "ada", "password": PASSWORD}],
            }
            for kind, pool_id in POOLS.items()
        ],
        "identity_pool": [{"id": IDENTITY_POOL, "clients": ["localclient", "awsclient"], "authenticated_role": "in"}],
        "role": [{"name": "in", "identity_pool": IDENTITY_POOL}],
        "gateway": [{"path": f"/api/{kind}", "pool": pool_id, "backend": backend} for kind, pool_id in POOLS.items()],
    }


@pytest.mark.parametrize(
    "host", ["localhost:{port}", "127.0.0.1:{port}", "localone.localhost:{port}", "halfday:4242", "[::1]:{port}"]
)
def test_discovery_has_the_endpoints_of_the_host_that_was_asked(world: World, host: str) -> None:
    """A container and a browser see one server under two names. The issuer is the tokens', whoever asks."""
    port = world.origin.rpartition(":")[2]
    asked = host.format(port=port)
    url = f"{world.origin}/{POOLS['local']}/.well-known/openid-configuration"
    document = requests.get(url, headers={"Host": asked}, timeout=10).json()
    assert document["token_endpoint"] == f"http://{asked}/oauth2/token"
    assert document["jwks_uri"] == f"http://{asked}/{POOLS['local']}/.well-known/jwks.json"
    assert document["issuer"] == issuer_of(world, "local")


@pytest.mark.parametrize("host", ["a b", "evil.example/x", "[", "x" * 300, "a@b", "ü"])
def test_discovery_names_no_host_that_is_none(world: World, host: str) -> None:
    url = f"{world.origin}/{POOLS['local']}/.well-known/openid-configuration"
    answer = requests.get(url, headers={"Host": host.encode()}, timeout=10)
    if answer.status_code == 200:
        assert answer.json()["token_endpoint"] == f"{world.origin}/oauth2/token"
    assert answer.status_code in (200, 400)
