"""Identity pools and the providers whose people they take: CreateIdentityPool, UpdateIdentityPool, …"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from halfday.protocol.identifiers import IDENTITY_ID_PATTERN, POOL_ID_PATTERN, make_identity_id
from halfday.server.domain.aws.identity_pools import IdentityPool, UserPoolProvider
from halfday.server.domain.aws.logins import NOT_ASKED, SOCIAL
from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools import tags
from halfday.server.operations.framework import paging
from halfday.server.operations.framework.lookups import invalid, not_built
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.operations.identity_pools.lookups import region_of, the_identity_pool
from halfday.server.storage.errors import Taken

CUSTOM_ID_TAG = "_custom_id_"

_SETTINGS = (
    "IdentityPoolName AllowUnauthenticatedIdentities AllowClassicFlow CognitoIdentityProviders IdentityPoolTags "
    "SupportedLoginProviders DeveloperProviderName OpenIdConnectProviderARNs SamlProviderARNs"
)
_OIDC_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:oidc-provider/\S+", re.ASCII)
_SAML_ARN = re.compile(r"arn:aws[a-z-]*:iam::(?P<account>\d{12}):saml-provider/[\w.-]+", re.ASCII)


@operation("cognito-identity", "CreateIdentityPool", honours=_SETTINGS)
async def create_identity_pool(call: Call) -> Output:
    pinned = call.input.get("IdentityPoolTags", {}).get(CUSTOM_ID_TAG)
    if pinned is not None and not IDENTITY_ID_PATTERN.fullmatch(pinned):
        raise invalid(f"{CUSTOM_ID_TAG} {pinned!r} is not an identity pool id: REGION:UUID.")
    if pinned is not None and region_of(pinned) != call.region:
        raise invalid(f"{CUSTOM_ID_TAG} {pinned} is an id of another Region than the call's, {call.region}.")
    pool_id = pinned or make_identity_id(call.region, call.services.random(16))
    pool = _configured(call, IdentityPool(pool_id, call.input["IdentityPoolName"], call.now), call.input)
    try:
        await call.services.store.identity_pools.insert(pool)
    except Taken as problem:
        message = f"IdentityPool '{pool_id}' exists already: {CUSTOM_ID_TAG} must be new."
        raise Refused("ResourceConflictException", message) from problem
    return _shape(pool)


@operation("cognito-identity", "UpdateIdentityPool", honours=f"IdentityPoolId {_SETTINGS}")
async def update_identity_pool(call: Call) -> Output:
    """Replaces everything but the id, the roles and what is set by other operations. Tags that are left out stay
    [inferred], and so does the developer provider's name (measured: hashicorp/terraform-provider-aws#49985).

    terraform-provider-aws updates a pool without its tags, and tags by TagResource: they would be lost at each change.
    """
    old = await the_identity_pool(call)

    def replaced(known: IdentityPool) -> IdentityPool:
        blank = IdentityPool(
            known.identity_pool_id,
            call.input["IdentityPoolName"],
            known.created_at,
            roles=known.roles,
            role_mappings=known.role_mappings,
            principal_tags=known.principal_tags,
            developer_provider=known.developer_provider,
        )
        return _configured(call, blank, {"IdentityPoolTags": known.tags, **call.input})

    return _shape(await call.services.store.identity_pools.change(old.identity_pool_id, replaced))


@operation("cognito-identity", "DescribeIdentityPool", honours="IdentityPoolId")
async def describe_identity_pool(call: Call) -> Output:
    return _shape(await the_identity_pool(call))


@operation("cognito-identity", "ListIdentityPools", honours="MaxResults NextToken")
async def list_identity_pools(call: Call) -> Output:
    fetch = partial(call.services.store.identity_pools.page, call.region)
    return await paging.listing(
        call,
        "IdentityPools",
        fetch,
        key=lambda pool: pool.identity_pool_id,
        shape=lambda pool: {"IdentityPoolId": pool.identity_pool_id, "IdentityPoolName": pool.name},
    )


@operation("cognito-identity", "DeleteIdentityPool", honours="IdentityPoolId")
async def delete_identity_pool(call: Call) -> Output:
    pool = await the_identity_pool(call)
    await call.services.store.identity_pools.delete(pool.identity_pool_id)
    return {}


def _configured(call: Call, blank: IdentityPool, given: Mapping[str, Any]) -> IdentityPool:
    return replace(
        blank,
        allow_guests=given["AllowUnauthenticatedIdentities"],
        allow_classic_flow=given.get("AllowClassicFlow", False),
        user_pool_providers=tuple(map(_provider, given.get("CognitoIdentityProviders", ()))),
        tags=tags.merged({}, given.get("IdentityPoolTags", {})),
        login_providers=_login_providers(call, given.get("SupportedLoginProviders", {})),
        developer_provider=_developer_provider(blank, given.get("DeveloperProviderName")),
        oidc_provider_arns=tuple(map(_oidc_arn, given.get("OpenIdConnectProviderARNs", ()))),
        saml_provider_arns=tuple(_saml_arn(call, arn) for arn in given.get("SamlProviderARNs", ())),
    )


def _login_providers(call: Call, given: Mapping[str, str]) -> dict[str, str]:
    """Twitter's OAuth 1.0a is not built, and Digits has ended: both are refused by name."""
    for name in given:
        if name in NOT_ASKED:
            raise not_built(f"SupportedLoginProviders.{name}", "CreateIdentityPool and UpdateIdentityPool")
        if name not in SOCIAL:
            raise invalid(f"{name} is not a login provider: it is one of {', '.join(sorted(SOCIAL))}.")
    return dict(given)


def _developer_provider(blank: IdentityPool, given: str | None) -> str | None:
    """Once set it cannot be changed (API reference, CreateIdentityPool); the sentence is [inferred]."""
    if given is not None and blank.developer_provider not in (None, given):
        raise invalid("The developer provider name of an identity pool cannot be changed.")
    return given or blank.developer_provider


def _oidc_arn(text: str) -> str:
    """Of any account, there or not: measured by cdk-preflight and by Terraform's acceptance tests."""
    if not _OIDC_ARN.fullmatch(text):
        raise invalid(f"{text} is not the ARN of an OpenID Connect provider.")
    return text


def _saml_arn(call: Call, text: str) -> str:
    """Of this account only: the sentence was measured by cdk-preflight."""
    found = _SAML_ARN.fullmatch(text)
    if found is None or found["account"] != call.account:
        raise invalid(f"Identity provider {text} is not valid for account {call.account}")
    return text


def _provider(given: Mapping[str, Any]) -> UserPoolProvider:
    """Checks the form of the names. AWS does not check either whether the user pool or app client exists.

    Source of the sentence: aws/aws-cdk#11054, amazon-quicksight-embedding-sample#1 (no ProviderName), cdk-preflight's
    measurements. Terraform's acceptance tests create pools of clients that do not exist.
    """
    name, client_id = given.get("ProviderName", ""), given.get("ClientId")
    host, _, user_pool_id = name.partition("/")
    named = POOL_ID_PATTERN.fullmatch(user_pool_id)
    if not client_id or named is None or host != f"cognito-idp.{named['region']}.amazonaws.com":
        raise invalid("Invalid Cognito Identity Provider")
    return UserPoolProvider(name, client_id, given.get("ServerSideTokenCheck", False))


def _shape(pool: IdentityPool) -> dict[str, Any]:
    providers = [
        {"ProviderName": p.provider_name, "ClientId": p.client_id, "ServerSideTokenCheck": p.server_side_token_check}
        for p in pool.user_pool_providers
    ]
    return {
        "IdentityPoolId": pool.identity_pool_id,
        "IdentityPoolName": pool.name,
        "AllowUnauthenticatedIdentities": pool.allow_guests,
        "AllowClassicFlow": pool.allow_classic_flow,
        "SupportedLoginProviders": pool.login_providers or None,
        "DeveloperProviderName": pool.developer_provider,
        "OpenIdConnectProviderARNs": list(pool.oidc_provider_arns) or None,
        "CognitoIdentityProviders": providers or None,
        "SamlProviderARNs": list(pool.saml_provider_arns) or None,
        "IdentityPoolTags": pool.tags or None,
    }
