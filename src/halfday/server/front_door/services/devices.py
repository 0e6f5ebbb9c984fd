"""IoT data: topics, shadows, retained messages, by the labels of the path.

Source: Service authorization reference, AWS IoT; IoT developer guide, Policy actions.
"""

from __future__ import annotations

from halfday.server.domain.s3.actions import Need
from halfday.server.front_door.services.calls import Ask, Plan, ServiceCall


async def plan(call: ServiceCall, ask: Ask) -> Plan:
    labels = call.labels
    if "topic" in labels:
        return Plan(call, (Need(call.action, call.arn(f"topic/{labels['topic']}")),))
    if "thingName" in labels:
        shadow = next((value for name, value in call.query if name == "name"), "")
        thing = f"thing/{labels['thingName']}" + (f"/{shadow}" if shadow else "")
        return Plan(call, (Need(call.action, call.arn(thing)),))
    if "clientId" in labels:
        return Plan(call, (Need(call.action, call.arn(f"client/{labels['clientId']}")),))
    return Plan(call, (Need(call.action, "*"),))
