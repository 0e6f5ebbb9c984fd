"""Decoys: users that are made up for names that no user has, for clients that are not to learn who exists.

If unknown names had a path of their own, sentence, status or time would tell that the user does not exist. So a decoy
is a `User` like any other, takes the same path and runs the same statements. It is made in any case, and dropped when a
user is found. It is derived from the name and a secret of the pool: it is always the same and cannot be predicted.
Source: facts/api.md §6; docs/decisions/0027.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import string
from collections.abc import Callable
from dataclasses import dataclass, replace

from halfday.protocol import srp
from halfday.protocol.identifiers import make_uuid
from halfday.server.domain.sign_in.next_step import FIRST_FACTOR_NEEDS
from halfday.server.domain.user_pools.attributes import full_schema
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.users import User, UserStatus
from halfday.server.flows.protection.limits import counted_name
from halfday.server.flows.signing_keys import keys_of
from halfday.server.flows.users import find_user
from halfday.server.services import Services

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PHONE = re.compile(r"\+[0-9]+")
_LACKING = 64
"""Of 256 decoys so many lack an attribute that users of the pool may lack."""

Seed = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Pretence:
    """A decoy. `user` is confirmed and enabled, with a password that nobody knows and a verified address.

    `codes_of`: the username under which codes are kept that were never sent. No user has it, so that a user who is sent
    nothing keeps their earlier code.
    """

    user: User
    codes_of: str


async def pretend(
    services: Services, pool: Pool, name: str, *, attribute: str = "email", of: User | None = None
) -> Pretence:
    """The decoy for this name, with a value of this attribute for codes to go to.

    `of`: a user who exists and is treated as if they did not. The decoy has their own address then, as other answers
    may show it.
    """
    seed, now = await _seed(services, pool, name), services.clock()
    verifier = srp.decoy_verifier(seed("salt")[: srp.SALT_BYTES], seed("verifier"))
    address = (of and of.attributes.get(attribute)) or _address(pool, name, attribute, seed("address"))
    user = User(
        pool_id=pool.pool_id,
        username=_username(pool, name, make_uuid(seed("id")[:16])),
        sub=make_uuid(seed("sub")[:16]),
        status=UserStatus.CONFIRMED,
        created_at=now,
        modified_at=now,
        attributes=_verified(attribute, address),
        srp_salt=verifier.salt_hex,
        srp_verifier=verifier.verifier_hex,
    )
    return Pretence(user, codes_of=make_uuid(seed("codes")[:16]))


async def pretend_to_choose(services: Services, pool: Pool, name: str, *, of: User | None = None) -> User:
    """The decoy for this name, with first factors of its own: users differ in these, so decoys do too.

    The factors are drawn from the name. If decoys never had a certain list, that list would prove that a user exists.
    """
    user, seed = (await pretend(services, pool, name, of=of)).user, await _seed(services, pool, name)
    has = _drawn(pool, name, seed("first factors"))
    attributes: dict[str, str] = {}
    for each in FIRST_FACTOR_NEEDS.values():
        if each in has:
            attributes |= _verified(
                each, (of and of.attributes.get(each)) or _address(pool, name, each, seed("address"))
            )
    return replace(user, attributes=attributes, srp_verifier=user.srp_verifier if "password" in has else "")


async def counted_as(services: Services, pool: Pool, name: str) -> str:
    """The username under which wrong attempts with this name are counted, whether or not the user exists."""
    return counted_name(pool, name, await find_user(services, pool, name))


def _drawn(pool: Pool, name: str, draw: bytes) -> set[str]:
    """Which of email, phone_number and password the decoy of this name can begin a sign-in by.

    A user with a second factor begins by a password (`domain.sign_in.next_step`), one without may begin by a code.
    """
    if pool.mfa.mode == "OPTIONAL" and pool.mfa.factors and draw[0] < _LACKING:
        return {"password"}
    drawn = zip(FIRST_FACTOR_NEEDS.items(), draw[1:3], strict=True)
    has = {
        attribute
        for (factor, attribute), byte in drawn
        if factor in pool.first_factors and (byte >= _LACKING or _must_have(pool, name, attribute))
    }
    return has if has and draw[3] < _LACKING else {*has, "password"}


def _must_have(pool: Pool, name: str, attribute: str) -> bool:
    """Whether every user with this name in this pool has this address."""
    required = any(a.name == attribute and a.required for a in full_schema(pool.schema))
    named_by = attribute in (*pool.username_attributes, *pool.alias_attributes) and _is_address(name, attribute)
    return required or named_by or pool.username_attributes == (attribute,)


def _is_address(name: str, attribute: str) -> bool:
    return bool(_PHONE.fullmatch(name)) if attribute == "phone_number" else "@" in name


def _username(pool: Pool, name: str, made_up: str) -> str:
    """The username that a user with this name would have: the name, or a UUID where the name can only be an alias."""
    folded = pool.fold(name)
    if pool.username_attributes:
        return folded if _UUID.fullmatch(folded) else made_up
    is_alias = any(each in pool.alias_attributes and _is_address(name, each) for each in FIRST_FACTOR_NEEDS.values())
    return made_up if is_alias else folded


def _verified(attribute: str, address: str) -> dict[str, str]:
    return {attribute: address, f"{attribute}_verified": "true"}


def _address(pool: Pool, name: str, attribute: str, seed: bytes) -> str:
    """The name itself, where it is an address."""
    if attribute == "phone_number":
        return name if _is_address(name, attribute) else f"+1555{int.from_bytes(seed) % 10_000_000:07}"
    letters = [string.ascii_lowercase[byte % 26] for byte in seed]
    return pool.fold(name) if _is_address(name, attribute) else f"{letters[0]}@{letters[1]}.example"


async def _seed(services: Services, pool: Pool, name: str) -> Seed:
    key = (await keys_of(services, pool.pool_id))[0].private_pem.encode()

    def seed(what: str) -> bytes:
        hung_on = f"{pool.pool_id}\n{what}\n{pool.fold(name)}"
        return hmac.digest(key, hung_on.encode("utf-8", "surrogatepass"), hashlib.sha256)

    return seed
