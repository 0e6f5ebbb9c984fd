"""The routes of management, each with what its description says of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from halfday.server.http.edge import ROUTE, Edge
from halfday.server.http.management import messages, triggers
from halfday.server.http.management.access import Guarded
from halfday.server.http.management.answers import Handler, Refused, answer
from halfday.server.http.management.controls import ControlHandlers
from halfday.server.http.management.described import described
from halfday.server.http.management.messages import MessageHandlers
from halfday.server.http.management.policies import MEMBERS, PolicyHandlers
from halfday.server.http.management.transfers import TransferHandlers
from halfday.server.http.management.triggers import TriggerHandlers
from halfday.server.services import Services


@dataclass(frozen=True)
class Endpoint:
    """`parameters` of the query and `members` of the body: name → what it is."""

    method: str
    path: str
    handler: Handler
    summary: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, str] = field(default_factory=dict)


_EXPORTED = {
    "pool": "only this pool, and the roles that it names; may be given again",
    "secrets": "true: with passwords' verifiers, client secrets, keys of factors",
    "users": "false: without people",
}
_BROUGHT = {
    "document": "what an export gave",
    "passwords": "reset: who comes without a password has to set one by a code; keep (usual): their state stays",
}


def make_management(services: Services) -> ASGIApp:
    endpoints = _endpoints(services)
    description = described(endpoints)

    async def get_description(request: Request) -> Response:
        return answer(description)

    endpoints = (*endpoints, Endpoint("GET", "/openapi.json", get_description, "this description"))
    routes = [Route(one.path, _told(one), methods=[one.method]) for one in endpoints]
    router = Router(routes, redirect_slashes=False, default=_nothing_there(endpoints))
    return Edge(Guarded(router, services.settings.management_token))


def _endpoints(services: Services) -> tuple[Endpoint, ...]:
    sent = MessageHandlers(services.sent_messages)
    invoked = TriggerHandlers(services.functions.records)
    turns = asyncio.Lock()
    controls = ControlHandlers(services, turns)
    transfers = TransferHandlers(services, turns)
    filters = {
        **dict.fromkeys(messages.EXACT, "only those with this value"),
        "username": "only those to this person: any of their names",
        "after": "only those sent after this epoch time",
    }
    wait = {"wait_s": f"seconds to wait for one to be sent, at most {messages.LONGEST_WAIT_S}"}
    limit = {"limit": "how many at most"}
    chosen = dict.fromkeys(triggers.EXACT, "only those with this value")
    moves = {
        "forward_s": "seconds by which it is later from now on",
        "freeze": "true: it stands still",
        "release": "true: it is the machine's again",
    }
    return (
        Endpoint("GET", "/messages", sent.list, "what was sent to people, newest first", {**filters, **limit}),
        Endpoint("GET", "/messages/latest", sent.latest, "the newest of them, or 404", {**filters, **wait}),
        Endpoint("DELETE", "/messages", sent.delete, "forgets them"),
        Endpoint("GET", "/triggers", invoked.list, "functions that were invoked, newest first", {**chosen, **limit}),
        Endpoint(
            "POST",
            "/policies/explain",
            PolicyHandlers(services).explain,
            "which statement decides, of all policies that somebody has",
            members=MEMBERS,
        ),
        Endpoint("GET", "/clock", controls.clock, "the server's time"),
        Endpoint("POST", "/clock", controls.move_clock, "moves the server's time", members=moves),
        Endpoint(
            "POST", "/reset", controls.reset, "puts a server back that keeps nothing", members={"to": "seed or empty"}
        ),
        Endpoint("GET", "/export", transfers.export, "pools as a document that can be read again", _EXPORTED),
        Endpoint("POST", "/import", transfers.bring, "makes what a document describes", members=_BROUGHT),
    )


def _told(endpoint: Endpoint) -> Handler:
    async def handle(request: Request) -> Response:
        request.scope[ROUTE] = endpoint.path
        try:
            return await endpoint.handler(request)
        except Refused as refused:
            return answer({"message": str(refused)}, refused.status)

    return handle


def _nothing_there(endpoints: tuple[Endpoint, ...]) -> ASGIApp:
    there = ", ".join(f"{one.method} {one.path}" for one in endpoints)

    async def answer_it(scope: Scope, receive: Receive, send: Send) -> None:
        await answer({"message": f"There is nothing here. There are {there}."}, 404)(scope, receive, send)

    return answer_it
