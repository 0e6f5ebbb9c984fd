"""Look-ups with which nearly every operation begins: the pool, client, user or group that it names, or AWS's
refusal.
"""

from __future__ import annotations

from halfday.server.domain.aws.callers import TokenUser
from halfday.server.domain.refusals import Refused, not_authorized
from halfday.server.domain.refusals import invalid as invalid
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.users import Group, User
from halfday.server.flows.functions.warming import warm_up
from halfday.server.flows.users import find_known
from halfday.server.operations.framework.registry import Call


def not_built(what: str, operation_name: str) -> Refused:
    """The refusal of a member, value or operation that AWS has and this server does not: one code for all (decision
    36).
    """
    message = f"Halfday does not honour {what} of {operation_name} yet, and so refuses it."
    return Refused("NotImplementedException", message)


async def the_pool(call: Call) -> Pool:
    pool_id = call.input["UserPoolId"]
    pool = await call.services.store.pools.find(pool_id)
    if pool is None or not call.is_of_region(pool.region):
        raise Refused("ResourceNotFoundException", f"User pool {pool_id} does not exist.")
    warm_up(call.services, pool)
    return pool


async def the_client_of(call: Call, pool: Pool) -> AppClient:
    client = await call.services.store.app_clients.find(call.input["ClientId"])
    if client is None or client.pool_id != pool.pool_id:
        raise no_such_client(call.input["ClientId"])
    return client


async def the_client(call: Call) -> tuple[AppClient, Pool]:
    """By ClientId alone, as public operations name it."""
    client = await call.services.store.app_clients.find(call.input["ClientId"])
    if client is None:
        raise no_such_client(call.input["ClientId"])
    pool = await call.services.store.pools.get(client.pool_id)
    warm_up(call.services, pool)
    return client, pool


async def the_user(call: Call, pool: Pool) -> User:
    """By username or alias; of signed operations by sub too (API reference, AdminGetUser, Username; getmoto/moto#7376).

    Nobody signs in by it (facts/news.md).
    """
    name = call.input["Username"]
    user = await find_known(call.services, pool, name)
    if user is None:
        user = await call.services.store.users.find_by_any_name(pool.pool_id, name)
    if user is None:
        raise Refused("UserNotFoundException", "User does not exist.")
    return user


async def the_group(call: Call, pool: Pool) -> Group:
    group = await call.services.store.groups.find(pool.pool_id, call.input["GroupName"])
    if group is None:
        raise Refused("ResourceNotFoundException", "Group not found.")
    return group


def the_caller(call: Call) -> TokenUser:
    """The user whose access token the call carries."""
    if not isinstance(call.caller, TokenUser):
        raise TypeError("dispatch hands a TokenUser to operations that take an access token")
    return call.caller


def no_such_client(client_id: str) -> Refused:
    return Refused("ResourceNotFoundException", f"User pool client {client_id} does not exist.")


def check_secret_hash(client: AppClient, username: str, presented: str | None) -> None:
    """Raises Refused in AWS's words (facts/api.md §3)."""
    if not client.secrets:
        if presented is None:
            return
        sentence = f"Client {client.client_id} is not configured for secret but secret was received"
    elif presented is None:
        sentence = f"Client {client.client_id} is configured with secret but SECRET_HASH was not received"
    elif client.secret_hash_matches(presented, username):
        return
    else:
        sentence = f"Unable to verify secret hash for client {client.client_id}"
    raise not_authorized(sentence)
