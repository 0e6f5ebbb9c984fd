"""A user pool with all that stands in it, as the API tells it. What no call tells stands in `secrets`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import Any

from halfday.server.transfer.asking import Ask, Members, every, if_there

IDP = "cognito-idp"

Progress = Callable[[str, int, int], None]
"""What is read, how many of it so far, and how many there may be (0: nobody knows)."""


async def read_pool(ask: Ask, pool_id: str) -> Members:
    """All but the users. Raises CallRefused."""
    given = {"UserPoolId": pool_id}
    pool = (await ask(IDP, "DescribeUserPool", given))["UserPool"]
    clients = [
        await _client(ask, {**given, "ClientId": one["ClientId"]})
        async for one in every(ask, IDP, "ListUserPoolClients", given, "UserPoolClients", limit={"MaxResults": 60})
    ]
    return {
        "UserPool": pool,
        "MfaConfig": dict(await ask(IDP, "GetUserPoolMfaConfig", given)),
        "Domains": [await _domain(ask, pool[key]) for key in ("Domain", "CustomDomain") if pool.get(key)],
        "ResourceServers": await _all(ask, "ListResourceServers", given, "ResourceServers", 50),
        "IdentityProviders": [
            (await ask(IDP, "DescribeIdentityProvider", {**given, "ProviderName": one["ProviderName"]}))[
                "IdentityProvider"
            ]
            for one in await _all(ask, "ListIdentityProviders", given, "Providers", 60)
        ],
        "Clients": clients,
        "Groups": await _all(ask, "ListGroups", given, "Groups", 60),
        **await _extras(ask, given, pool),
    }


async def read_users(
    ask: Ask, pool: Mapping[str, Any], groups: list[Members], progress: Progress | None = None
) -> AsyncIterator[Members]:
    """The users, each with the names of their groups, and with their second factors where the pool has such."""
    described = pool["UserPool"]
    given, count = {"UserPoolId": described["Id"]}, int(described.get("EstimatedNumberOfUsers", 0))
    member_of = await _members(ask, given, groups)
    has_factors = pool["MfaConfig"].get("MfaConfiguration", "OFF") != "OFF"
    number = 0
    async for user in every(ask, IDP, "ListUsers", given, "Users", limit={"Limit": 60}):
        whole = dict(user)
        if has_factors:
            told = await ask(IDP, "AdminGetUser", {**given, "Username": user["Username"]})
            whole |= {k: told[k] for k in ("UserMFASettingList", "PreferredMfaSetting") if told.get(k)}
        if names := member_of.get(user["Username"]):
            whole["Groups"] = names
        number += 1
        if progress is not None:
            progress("users", number, max(count, number))
        yield whole


async def _members(ask: Ask, given: Members, groups: list[Members]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for group in groups:
        asked = {**given, "GroupName": group["GroupName"]}
        async for user in every(ask, IDP, "ListUsersInGroup", asked, "Users", limit={"Limit": 60}):
            found.setdefault(user["Username"], []).append(group["GroupName"])
    return found


async def _client(ask: Ask, given: Members) -> Members:
    client = dict((await ask(IDP, "DescribeUserPoolClient", given))["UserPoolClient"])
    sessions = await if_there(ask, IDP, "GetUserPoolClientSessionConfiguration", given)
    minutes = sessions.get("ClientSessionConfiguration", sessions).get("SSOSession", {}).get("MaxValidityMinutes")
    return {"UserPoolClient": client, **({"SSOMinutes": minutes} if minutes else {})}


async def _domain(ask: Ask, name: str) -> Members:
    return dict((await ask(IDP, "DescribeUserPoolDomain", {"Domain": name}))["DomainDescription"])


async def _all(ask: Ask, name: str, given: Members, listed: str, limit: int) -> list[Members]:
    key = "Limit" if name == "ListGroups" else "MaxResults"
    return [dict(one) async for one in every(ask, IDP, name, given, listed, limit={key: limit})]


async def _extras(ask: Ask, given: Members, pool: Mapping[str, Any]) -> Members:
    """Styles, terms, risk, logs, sessions, replicas: those that are there."""
    clients = [
        one["ClientId"]
        async for one in every(ask, IDP, "ListUserPoolClients", given, "UserPoolClients", limit={"MaxResults": 60})
    ]
    found: Members = {
        "Styles": await _classic_styles(ask, given, pool, clients),
        "Brandings": await _brandings(ask, given, clients),
        "Terms": [
            (await ask(IDP, "DescribeTerms", {**given, "TermsId": one["TermsId"]}))["Terms"]
            for one in await _all_if_there(ask, "ListTerms", given, "Terms", {"MaxResults": 60})
        ],
        "Risks": await _risks(ask, given, clients),
        "Logs": (await if_there(ask, IDP, "GetLogDeliveryConfiguration", given))
        .get("LogDeliveryConfiguration", {})
        .get("LogConfigurations", []),
        "Sessions": dict(await if_there(ask, IDP, "GetUserPoolSessionConfiguration", given)),
        "Replicas": [
            one
            for one in await _all_if_there(ask, "ListUserPoolReplicas", given, "UserPoolReplicas", {})
            if one.get("Role") != "PRIMARY"
        ],
    }
    return {name: value for name, value in found.items() if value}


async def _all_if_there(ask: Ask, name: str, given: Members, listed: str, limit: Members) -> list[Members]:
    """Where there is nothing of the kind the first page says so."""

    async def asked(service: str, name: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        return await (ask if "NextToken" in given else partial(if_there, ask))(service, name, given)

    return [one async for one in every(asked, IDP, name, given, listed, limit=limit)]


async def _classic_styles(ask: Ask, given: Members, pool: Mapping[str, Any], clients: list[str]) -> list[Members]:
    if not pool.get("Domain") and not pool.get("CustomDomain"):
        return []
    found = []
    for client_id in ("ALL", *clients):
        style = (await if_there(ask, IDP, "GetUICustomization", {**given, "ClientId": client_id})).get(
            "UICustomization", {}
        )
        if style.get("ClientId") == client_id and (
            style.get("CSSVersion") or style.get("CSS") or style.get("ImageUrl")
        ):
            found.append(dict(style))  # an empty one counts before the one of ALL
    return found


async def _brandings(ask: Ask, given: Members, clients: list[str]) -> list[Members]:
    found = []
    for client_id in clients:
        asked = {**given, "ClientId": client_id}
        style = (await if_there(ask, IDP, "DescribeManagedLoginBrandingByClient", asked)).get("ManagedLoginBranding")
        if style:
            found.append({**style, "ClientId": client_id})
    return found


async def _risks(ask: Ask, given: Members, clients: list[str]) -> list[Members]:
    """The pool's, and those of clients that differ from it."""
    own = (await if_there(ask, IDP, "DescribeRiskConfiguration", given)).get("RiskConfiguration", {})
    found = [dict(own)] if _says_something(own) else []
    for client_id in clients:
        asked = {**given, "ClientId": client_id}
        risk = (await if_there(ask, IDP, "DescribeRiskConfiguration", asked)).get("RiskConfiguration", {})
        if _says_something(risk) and _settings(risk) != _settings(own):
            found.append({**risk, "ClientId": client_id})
    return found


def _settings(risk: Mapping[str, Any]) -> Members:
    return {name: value for name, value in risk.items() if name not in ("UserPoolId", "ClientId", "LastModifiedDate")}


def _says_something(risk: Mapping[str, Any]) -> bool:
    return bool(_settings(risk))
