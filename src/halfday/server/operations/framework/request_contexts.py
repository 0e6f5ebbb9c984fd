"""Where a call came from: what the edge saw, and what the call itself says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.operations.framework.registry import Call


def context_of(call: Call, client: AppClient | None = None) -> RequestContext:
    """`client`: the app client that the call goes through; None for an administrator's call.

    ContextData is an application's word about the person whom it signs in, and its call is signed. UserContextData is
    anybody's word: its IpAddress counts for app clients with EnablePropagateAdditionalUserContextData (API reference,
    CreateUserPoolClient).
    """
    given, seen = call.input, call.context
    by_administrator, by_person = given.get("ContextData", {}), given.get("UserContextData", {})
    believed = by_administrator or (by_person if client is not None and client.propagate_user_context else {})
    return replace(
        seen,
        client_id=None if client is None else client.client_id,
        client_metadata=given.get("ClientMetadata", {}),
        validation_data={pair["Name"]: pair.get("Value", "") for pair in given.get("ValidationData", ())},
        source_address=believed.get("IpAddress", seen.source_address),
        encoded_data=by_administrator.get("EncodedData", by_person.get("EncodedData")),
        user_agent=_user_agent(by_administrator) or seen.user_agent,
    )


def before_sign_in(context: RequestContext) -> RequestContext:
    """ClientMetadata of InitiateAuth is validation data: no later trigger is told of it (facts/triggers.md §2)."""
    return replace(context, client_metadata={}, validation_data=context.client_metadata)


def _user_agent(context_data: Mapping[str, Any]) -> str | None:
    """The person's, where the application passes on their headers."""
    headers = {
        pair.get("headerName", "").lower(): pair.get("headerValue") for pair in context_data.get("HttpHeaders", ())
    }
    return headers.get("user-agent")
