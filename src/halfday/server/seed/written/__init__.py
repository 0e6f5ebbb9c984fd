"""Writes a seed file that makes again what an export describes, and names what a seed file cannot say.

What it cannot say is not guessed: the file is applied to a server in memory, and what that answers otherwise is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from halfday.server.seed.toml import toml_of
from halfday.server.seed.written import iam, identity_pools, user_pools
from halfday.server.seed.written.differences import account_of, differences

Document = Mapping[str, Any]


def seed_file_of(document: Document) -> tuple[str, list[str]]:
    """The file's text, and sentences about what it cannot say."""
    notes: list[str] = []
    tables = _tables(document, notes)
    notes += asyncio.run(differences(document, tables))
    return toml_of(tables), notes


def _tables(document: Document, notes: list[str]) -> dict[str, Any]:
    roles, account = iam.role_names(document), account_of(document)
    tables = {
        "user_pool": [user_pools.pool(one, roles, account, notes) for one in document.get("UserPools", ())],
        "managed_policy": [iam.managed_policy(one) for one in document.get("Policies", ())],
        "role": [iam.role(one, document, notes) for one in document.get("Roles", ())],
        "iam_user": [iam.user(one, notes) for one in document.get("IamUsers", ())],
        "oidc_provider": [iam.oidc_provider(one) for one in document.get("OidcProviders", ())],
        "saml_provider": [iam.saml_provider(one) for one in document.get("SamlProviders", ())],
        "identity_pool": [
            identity_pools.identity_pool(one, document, roles, notes) for one in document.get("IdentityPools", ())
        ],
    }
    return {name: entries for name, entries in tables.items() if entries}
