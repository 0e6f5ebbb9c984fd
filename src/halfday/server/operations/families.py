"""Every family of operations. Importing this registers them all."""

from halfday.server.operations import (
    account,
    app_clients,
    client_secrets,
    domains,
    groups,
    iam,
    identities,
    identity_pools,
    pools,
    providers,
    resource_servers,
    sign_in,
    sts,
    tags,
    tokens,
    users,
)

__all__ = [
    "account",
    "app_clients",
    "client_secrets",
    "domains",
    "groups",
    "iam",
    "identities",
    "identity_pools",
    "pools",
    "providers",
    "resource_servers",
    "sign_in",
    "sts",
    "tags",
    "tokens",
    "users",
]
