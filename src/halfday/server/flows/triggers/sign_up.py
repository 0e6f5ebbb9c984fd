"""PreSignUp and PostConfirmation. Source: facts/triggers.md §4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from halfday.server.domain.refusals import invalid
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.triggers import Trigger
from halfday.server.domain.users.users import User
from halfday.server.flows.triggers.answers import flag
from halfday.server.flows.triggers.invoke import attributes_of, call
from halfday.server.services import Services

SIGN_UP, ADMIN_CREATE_USER, EXTERNAL_PROVIDER = "SignUp", "AdminCreateUser", "ExternalProvider"


@dataclass(frozen=True, slots=True)
class PreSignUp:
    """What the function decided of a new user."""

    confirm: bool = False
    verify_email: bool = False
    verify_phone: bool = False

    @property
    def verified(self) -> dict[str, str]:
        """The attributes that it sets."""
        wanted = {"email_verified": self.verify_email, "phone_number_verified": self.verify_phone}
        return {name: "true" for name, sets in wanted.items() if sets}


async def pre_sign_up(
    services: Services, pool: Pool, source: str, username: str, attributes: Mapping[str, str], context: RequestContext
) -> PreSignUp:
    """Whether the user may come to be, and how. Of an administrator's user the answer is ignored. Raises Refused."""
    response = await call(
        services,
        pool,
        Trigger.PRE_SIGN_UP,
        f"PreSignUp_{source}",
        username=username,
        request={
            "userAttributes": dict(attributes),
            "validationData": dict(context.validation_data) or None,
            **({"clientMetadata": dict(context.client_metadata)} if context.client_metadata else {}),
        },
        response={"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False},
        context=context,
    )
    if response is None or source == ADMIN_CREATE_USER:
        return PreSignUp()
    decided = PreSignUp(
        flag(response, "autoConfirmUser"), flag(response, "autoVerifyEmail"), flag(response, "autoVerifyPhone")
    )
    if source == SIGN_UP:
        _check_there(decided, attributes)
    return decided


def _check_there(decided: PreSignUp, attributes: Mapping[str, str]) -> None:
    """AWS refuses to verify what nobody gave. The sentence is [inferred]."""
    for verifies, name in ((decided.verify_email, "email"), (decided.verify_phone, "phone_number")):
        if verifies and not attributes.get(name):
            raise invalid(f"Cannot auto verify {name}: the user has none.")


async def post_confirmation(
    services: Services, pool: Pool, user: User, context: RequestContext, *, source: str = "ConfirmSignUp"
) -> None:
    """Told of somebody who is confirmed, and stays so whatever it answers. Raises Refused."""
    await call(
        services,
        pool,
        Trigger.POST_CONFIRMATION,
        f"PostConfirmation_{source}",
        username=user.username,
        request={
            "userAttributes": attributes_of(user),
            **({"clientMetadata": dict(context.client_metadata)} if context.client_metadata else {}),
        },
        response={},
        context=context,
    )
