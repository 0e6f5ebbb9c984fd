"""Every other service, by botocore's model: the action has the operation's name, and the resource is not known.

So only statements about every resource allow such a call, and a Deny counts whatever resource it is about. An operation
of which AWS's reference knows no action of that name is refused.
"""

from __future__ import annotations

from halfday.server.domain.calls.refusals import not_built
from halfday.server.domain.s3.actions import Need
from halfday.server.front_door.services.calls import Ask, Plan, ServiceCall


async def plan(call: ServiceCall, ask: Ask) -> Plan:
    service = call.service
    if not service.prefix or call.operation in service.unnamed:
        raise not_built(f"{call.operation} of {service.name}, whose permission is not known")
    why = f"the resource of {call.action} is not known here: only statements with Resource * allow it"
    return Plan(call, (Need(call.action, "*"),), unsure=why)
