"""Whatever happens in whatever order, an address is only ever verified by the code that was sent to that very address.

Over the flows of the API, with a store in memory: two people who may want the same addresses, and who know every code
that was ever sent to anybody.
"""

from __future__ import annotations

import contextlib
import itertools
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halfday.server.domain.refusals import Refused
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.confirmation import Purpose
from halfday.server.domain.users.users import UserStatus
from halfday.server.flows.account import own_attributes, recovery
from halfday.server.flows.account import sign_up as sign_up_confirmation
from halfday.server.flows.account.confirmations import check_code, send_code
from halfday.server.flows.account.new_users import keep_user, new_user
from halfday.server.outside.messages import Message
from halfday.server.services import Services
from halfday.server.settings import Settings
from halfday.server.storage.errors import Taken
from halfday.server.storage.sealing import Sealer
from halfday.server.storage.sqlite import SqliteDatabase
from halfday.server.storage.store import Store
from storage.test_promises import KEY, POOL, run

HERE = RequestContext(source_address="192.0.2.1")
PEOPLE = ("ada", "eve")
ADDRESSES = {"email": ("a@example.com", "b@example.com", ""), "phone_number": ("+491", "+492", "")}
PURPOSES = {"email": Purpose.EMAIL, "phone_number": Purpose.PHONE_NUMBER}
REFUSED = (Refused, Taken)

names = st.sampled_from(PEOPLE)
attributes = st.sampled_from(sorted(ADDRESSES))
which = st.integers(0, 2)
actions = st.one_of(
    st.tuples(st.just("update"), names, attributes, which),
    st.tuples(st.just("administer"), names, attributes, which),
    st.tuples(st.just("ask"), names, attributes, which),
    st.tuples(st.just("wait"), names, attributes, which),
    st.tuples(st.just("forget"), names, attributes, which),
    *(st.tuples(st.just(way), names, attributes, st.integers(0, 9)) for way in ("verify", "confirm", "recover")),
)


@dataclass
class Town:
    """Two people, all codes that were sent, and what is known of who holds which address."""

    pool: Pool
    now: float = 1.0
    sent: list[Message] = field(default_factory=list)
    proven: set[tuple[str, str, str]] = field(default_factory=set)
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.store = Store(SqliteDatabase(":memory:"), Sealer(KEY))
        random = lambda size: next(self.numbers).to_bytes(size, "big")  # noqa: E731 - no code is like another
        unused: Any = None
        self.services = Services(
            self.store, Settings(), "http://localhost", unused, self, clock=lambda: self.now, random=random
        )

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    async def settle(self) -> None:
        await self.store.pools.insert(self.pool, [])
        for name, address in zip(PEOPLE, ("a@example.com", "b@example.com"), strict=True):
            given = {"email": address, "phone_number": "+491"}
            new = new_user(self.services, self.pool, name, given, status=UserStatus.UNCONFIRMED)
            await keep_user(self.services, self.pool, new)
            user = await self.store.users.get(POOL, name)
            await send_code(self.services, self.pool, user, Purpose.SIGN_UP, "email", word="SignUp", context=HERE)

    async def act(self, what: str, name: str, attribute: str, number: int) -> None:
        self.now += 1
        user = await self.store.users.get(POOL, name)
        address = ADDRESSES[attribute][number % 3]
        match what:
            case "update":
                await own_attributes.update(self.services, self.pool, user, {attribute: address}, HERE)
            case "administer":
                said = {attribute: address, f"{attribute}_verified": "true"}
                await own_attributes.update(self.services, self.pool, user, said, HERE)
                self.proven.add((name, attribute, address))
            case "ask":
                await own_attributes.send_again(self.services, self.pool, user, attribute, HERE)
            case "forget":
                await recovery.send_recovery_code(self.services, self.pool, user, HERE)
            case "wait":
                self.now += (3601, 86401, 1)[number]
            case _:
                await self.show(what, name, attribute, self.code(name, attribute, number))

    def code(self, name: str, attribute: str, number: int) -> Message:
        """The newest that was sent to the person there, the one before, or any at all, other people's too."""
        theirs = [m for m in self.sent if m.username == name and (m.medium == "EMAIL") == (attribute == "email")]
        chosen = theirs[-2:] if number < 2 and theirs else self.sent
        return chosen[-1 - number % len(chosen)]

    async def show(self, what: str, name: str, attribute: str, message: Message) -> None:
        """Shows a code, somebody's, for something."""
        user, code = await self.store.users.get(POOL, name), message.code or ""
        if what == "confirm":
            await sign_up_confirmation.confirm_sign_up(self.services, self.pool, user, code, force_alias=True)
        elif what == "recover":
            waiting = await check_code(self.services, self.pool, name, Purpose.PASSWORD, code)
            await recovery.recover(self.services, self.pool, user, waiting, "Lovelace-1815")
        else:
            waiting = await check_code(self.services, self.pool, name, PURPOSES[attribute], code)
            await own_attributes.verify(self.services, self.pool, user, waiting)
        kind = "email" if message.medium == "EMAIL" else "phone_number"
        assert message.username == name, "nobody else's code"
        self.proven.add((name, kind, message.destination))

    async def check(self) -> None:
        """What is not verified any more has to be proven again."""
        verified_now = set()
        for name in PEOPLE:
            user = await self.store.users.get(POOL, name)
            for attribute in ADDRESSES:
                address = user.attributes.get(attribute)
                verified = user.attributes.get(f"{attribute}_verified") == "true"
                if address and verified:
                    assert (name, attribute, address) in self.proven
                    verified_now.add((name, attribute, address))
                holder = await self.store.users.find_by_any_name(POOL, address) if address else None
                if verified and holder is not None:
                    assert holder.username == name, "one address, one holder"
        self.proven = verified_now


async def live(town: Town, happenings: list[tuple[str, str, str, int]]) -> None:
    await town.settle()
    for happening in happenings:
        with contextlib.suppress(*REFUSED):
            await town.act(*happening)
        await town.check()
    await town.store.close()


@pytest.mark.parametrize("careful", [(), ("email", "phone_number")])
@pytest.mark.parametrize("aliases", [(), ("email", "phone_number")])
@given(happenings=st.lists(actions, min_size=1, max_size=25))
@settings(deadline=None, max_examples=40)
def test_an_address_is_verified_by_the_code_that_was_sent_there(
    careful: tuple[str, ...], aliases: tuple[str, ...], happenings: list[tuple[str, str, str, int]]
) -> None:
    auto = ("email", "phone_number")
    pool = Pool(
        POOL,
        "town",
        "local",
        1.0,
        1.0,
        alias_attributes=aliases,
        auto_verified_attributes=auto,
        verify_before_update=careful,
    )
    run(live(Town(pool), happenings))
