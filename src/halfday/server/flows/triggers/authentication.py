"""PreAuthentication and PostAuthentication. Source: facts/triggers.md §4, §7."""

from __future__ import annotations

from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.triggers import Trigger
from halfday.server.domain.users.users import User
from halfday.server.flows.triggers.invoke import attributes_of, call
from halfday.server.services import Services


async def pre_authentication(
    services: Services, pool: Pool, user: User | None, name: str, context: RequestContext
) -> None:
    """Before a sign-in proves anything. `user` None: nobody has this name, and the client is not to learn it.

    Raises Refused where the function forbids the sign-in.
    """
    await call(
        services,
        pool,
        Trigger.PRE_AUTHENTICATION,
        "PreAuthentication_Authentication",
        username=name if user is None else user.username,
        request={
            "userAttributes": {} if user is None else attributes_of(user),
            "validationData": dict(context.validation_data) or None,
            **({"userNotFound": True} if user is None else {}),
        },
        response={},
        context=context,
    )


async def post_authentication(
    services: Services, pool: Pool, user: User, context: RequestContext, *, new_device: bool = False
) -> None:
    """After all is proven and before there are tokens. Raises Refused, and then there are none."""
    await call(
        services,
        pool,
        Trigger.POST_AUTHENTICATION,
        "PostAuthentication_Authentication",
        username=user.username,
        request={
            "userAttributes": attributes_of(user),
            "newDeviceUsed": new_device,
            **({"clientMetadata": dict(context.client_metadata)} if context.client_metadata else {}),
        },
        response={},
        context=context,
    )
