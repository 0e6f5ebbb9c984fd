"""What operations that send or take codes have in common: AWS's words for refusals, CodeDeliveryDetails."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from typing import Any

from halfday.protocol.errors import ServiceError
from halfday.server.domain.sign_in.next_step import SignInRefused
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.flows.account.confirmations import CodeRefused, Delivery
from halfday.server.flows.account.recovery import NotRecoverable
from halfday.server.flows.account.sign_up import AliasTaken, CannotBeConfirmed
from halfday.server.flows.factors.passwords import PasswordUsedBefore
from halfday.server.flows.protection.limits import LimitExceeded

_NOBODYS = frozenset({"email_verified", "phone_number_verified"})


@contextlib.contextmanager
def translated(*, limited: str = "LimitExceededException") -> Iterator[None]:
    """What the flows refuse, in AWS's codes. `limited`: what the operation declares for asking too often."""
    try:
        yield
    except CodeRefused as refused:
        raise ServiceError(refused.code, str(refused), detail=refused.detail) from refused
    except LimitExceeded as refused:
        raise ServiceError(limited, str(refused), detail=refused.detail) from refused
    except CannotBeConfirmed as refused:
        raise ServiceError("NotAuthorizedException", str(refused)) from refused
    except AliasTaken as refused:
        raise ServiceError("AliasExistsException", str(refused)) from refused
    except NotRecoverable as refused:
        raise ServiceError(refused.code, str(refused)) from refused
    except PasswordUsedBefore as refused:
        raise ServiceError("PasswordHistoryPolicyViolationException", str(refused)) from refused
    except SignInRefused as refused:
        raise ServiceError(refused.refusal.code, refused.refusal.sentence, detail=refused.detail) from refused


def delivery_shape(delivery: Delivery | None) -> dict[str, Any]:
    """CodeDeliveryDetails; nothing at all when nothing was sent."""
    if delivery is None:
        return {}
    return {"CodeDeliveryDetails": details(delivery)}


def details(delivery: Delivery) -> dict[str, str]:
    return {
        "Destination": delivery.destination,
        "DeliveryMedium": delivery.medium,
        "AttributeName": delivery.attribute,
    }


def check_writable(client: AppClient, names: Collection[str]) -> None:
    """Without WriteAttributes a client writes all of them, custom ones too (docs/decisions/0012).

    That an address is verified is never the person's to say. Raises ServiceError.
    """
    writable = set(names) if client.write_attributes is None else set(client.write_attributes)
    if not set(names) <= writable - _NOBODYS:
        raise ServiceError("NotAuthorizedException", "A client attempted to write unauthorized attribute")
