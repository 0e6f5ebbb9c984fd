"""A SAML provider whose metadata this machine cannot read: it is left out and told, and all else of its pool comes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ports import free_port
from transferred import bring_into
from world import World

POOL = "us-east-1_OutOfReac"


def document(url: str, providers: list[str]) -> dict[str, Any]:
    corp = {
        "ProviderName": "Corp",
        "ProviderType": "SAML",
        "ProviderDetails": {"MetadataURL": url, "SSORedirectBindingURI": "https://idp.example.com/sso"},
        "AttributeMapping": {"email": "mail"},
        "IdpIdentifiers": ["corp"],
    }
    client = {"ClientId": "client1", "ClientName": "web", "SupportedIdentityProviders": providers}
    entry = {
        "UserPool": {"Id": POOL, "Name": "p"},
        "IdentityProviders": [corp],
        "Clients": [{"UserPoolClient": client}],
        "Groups": [{"GroupName": "staff"}],
        "Users": [{"Username": "ada", "Groups": ["staff"]}],
    }
    return {"Format": "halfday-export", "Version": 1, "UserPools": [entry]}


@pytest.mark.parametrize("providers", [["COGNITO", "Corp"], ["Corp"]])
def test_the_pool_comes_without_it_and_says_so(world: World, providers: list[str]) -> None:
    url = f"http://127.0.0.1:{free_port()}/metadata"
    told = bring_into(world, document(url, providers))
    made = {kind: told["Made"].get(kind) for kind in ("user pools", "clients", "groups", "users", "identity providers")}
    assert made == {"user pools": 1, "clients": 1, "groups": 1, "users": 1, "identity providers": None}
    assert told["ThereAlready"] == []
    provider, client = told["LeftOut"]
    assert provider.startswith(f"user pool {POOL}: identity providers Corp: CreateIdentityProvider: ")
    assert f"Error retrieving metadata from {url}: it cannot be reached." in provider
    assert "CreateIdentityProvider makes the provider" in provider
    assert not re.search("httpx|Error\\)", provider)
    assert client == f"user pool {POOL}: client client1: SupportedIdentityProviders: Corp"
    described = world.idp.describe_user_pool_client(UserPoolId=POOL, ClientId="client1")["UserPoolClient"]
    assert described.get("SupportedIdentityProviders", []) == [one for one in providers if one != "Corp"]
    assert world.idp.list_identity_providers(UserPoolId=POOL)["Providers"] == []
    world.idp.delete_user_pool(UserPoolId=POOL)
