"""Where app clients are read: from a running server by its API, or from a seed file."""

from __future__ import annotations

import argparse
import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from halfday.cli.commands.snippet.api import Api
from halfday.cli.server_settings import SEED_FILE
from halfday.cli.terminal import say
from halfday.client.errors import ApiRefused, HalfdayError, NetworkError
from halfday.protocol.endpoints import aws_issuer
from halfday.protocol.identifiers import region_of_pool
from halfday.protocol.urls import is_loopback_address
from halfday.snippets import AppClient, Pool
from halfday.snippets.app_clients import origin_of

if TYPE_CHECKING:
    from halfday.server.settings import Settings

_DEFAULT_SCOPES = ("openid", "phone", "email", "profile")


class NothingThere(HalfdayError):
    """Neither a server nor a seed file tells of app clients."""


def clients_of(options: argparse.Namespace) -> tuple[list[AppClient], str]:
    """The app clients, and of what. Raises NothingThere, NetworkError, SettingsError."""
    if options.config:
        return _of_file(Path(options.config), options), options.config
    seed = Path(SEED_FILE)
    endpoint = options.endpoint_url or os.environ.get("HALFDAY_ENDPOINT_URL") or _origin_in(seed)
    try:
        found = [
            client for region in _regions(options, seed) for client in _of_server(endpoint.rstrip("/"), region, options)
        ]
        return found, endpoint
    except NetworkError as problem:
        if problem.kind != "refused":
            raise
        if options.endpoint_url or not seed.exists():
            hint = "halfday serve starts one; --config FILE reads a seed file"
            raise NetworkError(str(problem), hint=hint, kind=problem.kind) from problem
        say(f"halfday: no server answers at {endpoint}; read from {SEED_FILE}")
        return _of_file(seed, options), SEED_FILE


def _regions(options: argparse.Namespace, seed: Path) -> list[str]:
    """The Regions in which pools may be: as asked, else all that a pool's id, the environment or the file names."""
    if options.region:
        return [options.region]
    document = _read(seed) if seed.exists() else {}
    named = [os.environ.get("AWS_REGION"), os.environ.get("AWS_DEFAULT_REGION"), _settings(document).region]
    named += [_region_in(pool["id"]) for pool in document.get("user_pool", ())]
    return list(dict.fromkeys(filter(None, [_region_in(options.pool), *named])))


def _region_in(pool: str | None) -> str | None:
    """The Region that a pool's id names; None for a pool's name."""
    try:
        return region_of_pool(pool or "")
    except ValueError:
        return None


def _of_server(endpoint: str, region: str, options: argparse.Namespace) -> list[AppClient]:
    api = Api(endpoint, region)
    try:
        pools = [
            _described(api, one["Id"], aws_names=options.aws_names)
            for one in api.all("ListUserPools", "UserPools", MaxResults=60)
        ]
        identity_pools = _identity_pools(api)
        return [client for pool in pools for client in _clients_of(api, pool, identity_pools)]
    except ApiRefused as refused:
        raise NothingThere(
            f"{endpoint} refused: {refused}",
            hint="give AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of its root pair, or --config FILE",
        ) from refused


def _described(api: Api, pool_id: str, *, aws_names: bool) -> Pool:
    found = api.call("DescribeUserPool", UserPoolId=pool_id)["UserPool"]
    issuer = api.issuer(pool_id)
    return Pool(
        origin=origin_of(issuer, pool_id, api.endpoint),
        pool_id=pool_id,
        name=found["Name"],
        issuer=issuer,
        sign_in_with=tuple(found.get("UsernameAttributes", ())),
        verify=tuple(found.get("AutoVerifiedAttributes", ())),
        prefix=found.get("Domain"),
        aws_names=aws_names,
    )


def _clients_of(api: Api, pool: Pool, identity_pools: dict[str, str]) -> list[AppClient]:
    listed = api.all("ListUserPoolClients", "UserPoolClients", UserPoolId=pool.pool_id, MaxResults=60)
    asked = [
        api.call("DescribeUserPoolClient", UserPoolId=pool.pool_id, ClientId=one["ClientId"])["UserPoolClient"]
        for one in listed
    ]
    return [
        AppClient(
            pool=pool,
            client_id=one["ClientId"],
            name=one["ClientName"],
            client_secret=one.get("ClientSecret"),
            callback_urls=tuple(one.get("CallbackURLs", ())),
            logout_urls=tuple(one.get("LogoutURLs", ())),
            flows=tuple(one.get("AllowedOAuthFlows", ())) if one.get("AllowedOAuthFlowsUserPoolClient") else (),
            scopes=tuple(one.get("AllowedOAuthScopes", ())),
            auth_flows=tuple(one["ExplicitAuthFlows"]) if "ExplicitAuthFlows" in one else None,
            identity_pool_id=identity_pools.get(one["ClientId"]),
        )
        for one in asked
    ]


def _identity_pools(api: Api) -> dict[str, str]:
    """Ids of identity pools by the app clients whose people they take: the first of several."""
    found: dict[str, str] = {}
    for one in api.all("ListIdentityPools", "IdentityPools", MaxResults=60):
        pool = api.call("DescribeIdentityPool", IdentityPoolId=one["IdentityPoolId"])
        for provider in pool.get("CognitoIdentityProviders", ()):
            found.setdefault(provider["ClientId"], one["IdentityPoolId"])
    return found


def _origin_in(path: Path) -> str:
    """Where tools of this machine ask the server of this seed file, or the one without a seed file: by plain http."""
    chosen = _settings(_read(path) if path.exists() else {})
    return _origin(dataclasses.replace(chosen, https=False))


def _settings(document: dict[str, Any]) -> Settings:
    """The settings that a server of this document has. Raises NothingThere for one that is refused."""
    from halfday.server import settings

    try:
        return settings.load({}, file=document.get("server"))
    except settings.SettingRefused as refused:
        raise NothingThere(f"setting {refused}", hint="halfday serve --help lists the settings") from refused


def _origin(chosen: Settings) -> str:
    """As the server names itself: by https localhost, for certificates and providers want a name."""
    host = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
    here = "127.0.0.1" if host in ("0.0.0.0", "[::]") else host
    if chosen.https:
        here = "localhost" if is_loopback_address(here.strip("[]")) else here
    return str(chosen.public_url or f"{'https' if chosen.https else 'http'}://{here}:{chosen.port}")


def _read(path: Path) -> dict[str, Any]:
    from halfday.server import seed_file

    try:
        document = seed_file.read(path)
    except seed_file.SeedRefused as refused:
        raise NothingThere(str(refused), hint=refused.hint or "--config FILE names another") from refused
    for pool in document.get("user_pool", ()):
        if not all("id" in table for table in (pool, *pool.get("client", ()))):
            raise NothingThere(f"{path}: a [[user_pool]] or a client of it has no id", hint="halfday serve says which")
    return document


def _of_file(path: Path, options: argparse.Namespace) -> list[AppClient]:
    document = _read(path)
    chosen = _settings(document)
    return [
        _written(document, chosen, pool, client, aws_names=options.aws_names)
        for pool in document.get("user_pool", ())
        for client in pool.get("client", ())
    ]


def _written(
    document: dict[str, Any], chosen: Settings, pool: dict[str, Any], client: dict[str, Any], *, aws_names: bool
) -> AppClient:
    origin, pool_id = _origin(chosen), pool["id"]
    local = pool.get("issuer", chosen.issuer) == "local"
    flows = tuple(client.get("flows", ()))
    identity = (one.get("id") for one in document.get("identity_pool", ()) if client["id"] in one.get("clients", ()))
    return AppClient(
        pool=Pool(
            origin=origin,
            pool_id=pool_id,
            name=pool.get("name", pool_id),
            issuer=f"{origin}/{pool_id}" if local else aws_issuer(pool_id),
            sign_in_with=tuple(pool.get("sign_in_with", ())),
            verify=tuple(pool.get("verify", ())),
            prefix=pool.get("domain"),
            aws_names=aws_names,
        ),
        client_id=client["id"],
        name=client.get("name", client["id"]),
        client_secret=client.get("secret"),
        callback_urls=tuple(client.get("callback_urls", ())),
        logout_urls=tuple(client.get("logout_urls", ())),
        flows=flows,
        scopes=tuple(client.get("scopes", _DEFAULT_SCOPES if "code" in flows else ())),
        auth_flows=tuple(client["auth_flows"]) if "auth_flows" in client else None,
        identity_pool_id=next(identity, None),
    )
