"""What operations that send or take codes have in common: CodeDeliveryDetails, and what a client may write."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from halfday.server.domain.refusals import not_authorized
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.flows.account.confirmations import Delivery

_SET_BY_THE_SERVER = frozenset({"email_verified", "phone_number_verified"})


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

    That an address is verified is never the person's to say. Raises Refused.
    """
    writable = set(names) if client.write_attributes is None else set(client.write_attributes)
    if not set(names) <= writable - _SET_BY_THE_SERVER:
        raise not_authorized("A client attempted to write unauthorized attribute")
