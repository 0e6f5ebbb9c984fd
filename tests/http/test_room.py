"""All bodies together have a bound: who comes when there is no room is told to come again, and nobody takes it all."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from halfday.server.http.requests.bodies import STRANGERS_BYTES, Known, body_of_signer
from halfday.server.http.requests.body_budget import MOST_BYTES, SHORT_BYTES, Held, NoRoom, Room, held_by, holding

MIB = 1024 * 1024


def request(held: Held | None, *chunks: bytes, **headers: str) -> Request:
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    coming = iter([*messages, {"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Any:
        return next(coming)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "PUT", "headers": raw, "halfday.held": held}, receive)


def test_one_caller_takes_half_of_the_room_and_no_more() -> None:
    room = Room(100 * MIB)
    room.take("a", 50 * MIB)
    with pytest.raises(NoRoom, match="this caller's"):
        room.take("a", 1)
    room.take("b", 50 * MIB)
    with pytest.raises(NoRoom, match="all bodies together"):
        room.take("c", 1)
    room.give_back("a", 50 * MIB)
    room.take("c", 50 * MIB)


def test_strangers_take_an_eighth_together_and_leave_the_rest_to_who_is_known() -> None:
    room = Room(80 * MIB)
    room.take(None, 10 * MIB)
    with pytest.raises(NoRoom, match="not known"):
        room.take(None, 1)
    room.take("a", 40 * MIB)


def test_the_longest_body_of_one_caller_fits_while_nobody_else_is_there() -> None:
    Room().take("a", MOST_BYTES // 2)


def test_a_short_body_is_never_refused_for_the_long_ones() -> None:
    room = Room(MIB)
    room.take("a", MIB // 2)
    room.take("b", MIB // 2)
    Held(room).grow(SHORT_BYTES)
    with pytest.raises(NoRoom):
        Held(room).grow(SHORT_BYTES + 1)


def test_what_a_stranger_sent_is_the_caller_s_once_he_is_known() -> None:
    room = Room(8 * MIB)
    held = Held(room)
    held.grow(MIB)
    Held(room).belongs_to("somebody else")
    held.belongs_to("a")
    Held(room).grow(MIB)
    held.grow(3 * MIB)
    with pytest.raises(NoRoom):
        held.grow(2 * MIB)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5 * MIB), st.booleans()), max_size=40))
def test_nothing_is_held_when_all_requests_have_ended(steps: list[tuple[int, int, bool]]) -> None:
    """However they grow, become known, and are refused."""
    room = Room(8 * MIB)
    requests = [Held(room) for _ in range(4)]
    for number, size, known in steps:
        try:
            requests[number].grow(size)
            if known:
                requests[number].belongs_to(f"caller {number % 2}")
        except NoRoom:
            requests[number].end()
            requests[number] = Held(room)
        assert 0 <= room.held_bytes <= 8 * MIB
    for held in requests:
        held.end()
    assert room.held_bytes == 0
    room.take("a", 4 * MIB)


def test_memory_of_many_long_bodies_is_given_back_once_they_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    given_back: list[int] = []
    room = Room()
    monkeypatch.setattr("halfday.server.connections.memory.give_back", lambda: given_back.append(room.held_bytes))
    for number in range(20):
        room.take(f"caller {number}", 10 * MIB)
    for number in range(20):
        room.give_back(f"caller {number}", 10 * MIB)
    assert given_back == [50 * MIB]
    for _ in range(100):
        room.take("a", 10 * MIB)
        room.give_back("a", 10 * MIB)
    assert given_back == [50 * MIB], "and not for each body"


def test_what_a_request_held_is_free_however_it_ends() -> None:
    room, scope = Room(), {"type": "http"}
    with contextlib.suppress(ZeroDivisionError), holding(scope, room):
        held_by(Request(scope)).grow(MIB)
        assert room.held_bytes == MIB - SHORT_BYTES
        raise ZeroDivisionError
    assert room.held_bytes == 0


def test_a_body_is_refused_where_there_is_no_room_before_more_of_it_is_held() -> None:
    room = Room(4 * MIB)
    asked = []

    async def prove() -> Known:
        asked.append(room.held_bytes)
        return Known("a", 100 * MIB)

    chunks = [b"x" * 65_536] * 100
    with pytest.raises(NoRoom):
        asyncio.run(body_of_signer(request(Held(room), *chunks), 100 * MIB, prove))
    assert room.held_bytes <= 2 * MIB
    assert asked == [STRANGERS_BYTES + 65_536 - SHORT_BYTES], "and who sends it is asked once"
