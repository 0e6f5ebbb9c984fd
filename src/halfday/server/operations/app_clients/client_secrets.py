"""Several secrets of one client, for rotation without a gap: Add-, List-, DeleteUserPoolClientSecret.

Source: facts/oauth.md §9. Each of them is accepted, in Basic authentication, in the body and as SECRET_HASH.
"""

from __future__ import annotations

from typing import Any

from halfday.protocol.identifiers import CLIENT_SECRET_BYTES, make_client_secret
from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.app_clients import MOST_SECRETS, ClientSecret, make_secret
from halfday.server.operations.framework.lookups import invalid, the_client_of, the_pool
from halfday.server.operations.framework.registry import Call, Output, operation

Secrets = tuple[ClientSecret, ...]


@operation("cognito-idp", "AddUserPoolClientSecret", honours="UserPoolId ClientId ClientSecret")
async def add_user_pool_client_secret(call: Call) -> Output:
    """A secret that the caller chose is not returned. One that is generated here is returned this once."""
    client = await the_client_of(call, await the_pool(call))
    chosen = call.input.get("ClientSecret")
    value = chosen or make_client_secret(call.services.random(CLIENT_SECRET_BYTES))

    def add(secrets: Secrets) -> Secrets:
        if not secrets:
            raise invalid("A client secret can be added to a client that has one only.")
        if len(secrets) >= MOST_SECRETS:
            raise Refused("LimitExceededException", f"A client has {MOST_SECRETS} secrets at the most.")
        return (*secrets, make_secret(client.client_id, value, call.now, secrets))

    changed = await call.services.store.app_clients.change_secrets(client.pool_id, client.client_id, add)
    return {"ClientSecretDescriptor": _shape(changed.secrets[-1], shown=None if chosen else value)}


@operation("cognito-idp", "ListUserPoolClientSecrets", honours="UserPoolId ClientId NextToken")
async def list_user_pool_client_secrets(call: Call) -> Output:
    """Ids and dates, never the values. A client has at most two secrets, so there is no next page."""
    if "NextToken" in call.input:
        raise invalid("Invalid pagination token")
    client = await the_client_of(call, await the_pool(call))
    return {"ClientSecrets": [_shape(secret) for secret in client.secrets]}


@operation("cognito-idp", "DeleteUserPoolClientSecret", honours="UserPoolId ClientId ClientSecretId")
async def delete_user_pool_client_secret(call: Call) -> Output:
    client = await the_client_of(call, await the_pool(call))
    secret_id = call.input["ClientSecretId"]

    def remove(secrets: Secrets) -> Secrets:
        kept = tuple(secret for secret in secrets if secret.secret_id != secret_id)
        if len(kept) == len(secrets):
            raise Refused("ResourceNotFoundException", f"Client secret {secret_id} does not exist.")
        if not kept:
            raise invalid("The last client secret of a client cannot be deleted.")
        return kept

    await call.services.store.app_clients.change_secrets(client.pool_id, client.client_id, remove)
    return {}


def _shape(secret: ClientSecret, *, shown: str | None = None) -> dict[str, Any]:
    return {
        "ClientSecretId": secret.secret_id,
        "ClientSecretValue": shown,
        "ClientSecretCreateDate": secret.created_at,
    }
