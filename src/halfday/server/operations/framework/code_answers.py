"""What operations that send codes have in common: CodeDeliveryDetails."""

from __future__ import annotations

from typing import Any

from halfday.server.flows.account.confirmations import Delivery


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
