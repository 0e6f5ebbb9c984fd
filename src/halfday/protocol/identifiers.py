"""The ids and ARNs of Cognito and AWS: read, checked and made.

Making one takes random bytes as an argument (see `*_BYTES`), so that this module stays pure. Source: facts/api.md §10,
facts/identity.md §1.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

REGION_PATTERN = re.compile(r"^[a-z]{2,}(-[a-z0-9]+)+-\d+$")
REGION_OF_COGNITO_LOCAL = "local"
"""AWS has no such Region. Pools that cognito-local made have it in their ids, and their users' programs sign for it."""
POOL_ID_PATTERN = re.compile(r"^(?P<region>[\w-]+)_(?P<name>[0-9a-zA-Z]+)$")
CLIENT_ID_PATTERN = re.compile(r"^[\w+]{1,128}$")
IDENTITY_ID_PATTERN = re.compile(r"^(?P<region>[\w-]+):(?P<uuid>[0-9a-f-]+)$")
ROLE_ARN_PATTERN = re.compile(
    r"arn:aws[a-z-]*:iam::(?P<account>\d{12}):role/(?:[\x21-\x7e]+/)?[\w+=,.@-]{1,64}", re.ASCII
)
DOMAIN_PREFIX_PATTERN = re.compile(r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$")


USER_KEY_PREFIX = "AKIA"
_KEY_ID_PATTERN = re.compile(r"[A-Z]{4}[A-Z2-7]{16}")

POOL_NAME_BYTES = 9
CLIENT_ID_BYTES = 26
CLIENT_SECRET_BYTES = 52
ACCESS_KEY_BYTES = 16
USER_KEY_BYTES = 5
SESSION_ID_BYTES = 25

_LETTERS_AND_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LOWER_AND_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class Arn(NamedTuple):
    """arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE, split and no more."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return ":".join(("arn", *self))


def parse_arn(text: str) -> Arn:
    """Raises ValueError when `text` is not an ARN."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[5]:
        raise ValueError(f"{text!r} is not an ARN: arn:partition:service:region:account:resource")
    return Arn(*parts[1:])


def is_role_arn(text: str, account: str) -> bool:
    """Whether `text` is the ARN of a role of that account, which exists or not."""
    found = ROLE_ARN_PATTERN.fullmatch(text)
    return found is not None and found["account"] == account


def region_of_pool(pool_id: str) -> str:
    """The part before the underscore. Raises ValueError when `pool_id` is not a user pool id."""
    found = POOL_ID_PATTERN.match(pool_id)
    if not found:
        raise ValueError(f"{pool_id!r} is not a user pool id: REGION_NAME, such as us-east-1_AbCdEf123")
    return found["region"]


def pool_name_of(pool_id: str) -> str:
    """The part after the underscore, which SRP hashes. Raises ValueError when `pool_id` is not a user pool id."""
    region_of_pool(pool_id)
    return pool_id.rpartition("_")[2]


def region_of_identity(identity_id: str) -> str:
    """The part before the colon, of an identity pool id or an identity id. Raises ValueError for anything else."""
    found = IDENTITY_ID_PATTERN.match(identity_id)
    if not found:
        raise ValueError(f"{identity_id!r} is not an identity pool id: REGION:UUID")
    return found["region"]


def user_pool_arn(pool_id: str, account: str) -> str:
    return str(Arn("aws", "cognito-idp", region_of_pool(pool_id), account, f"userpool/{pool_id}"))


def identity_pool_arn(identity_pool_id: str, account: str) -> str:
    region = region_of_identity(identity_pool_id)
    return str(Arn("aws", "cognito-identity", region, account, f"identitypool/{identity_pool_id}"))


def function_arn(region: str, account: str, name: str) -> str:
    """The ARN of a Lambda function."""
    return f"arn:aws:lambda:{region}:{account}:function:{name}"


def role_arn(account: str, role_name: str, path: str = "/") -> str:
    return f"arn:aws:iam::{account}:role{path}{role_name}"


def assumed_role_arn(account: str, role_name: str, session_name: str) -> str:
    """What GetCallerIdentity shows. The role's path is dropped (facts/identity.md §9)."""
    return f"arn:aws:sts::{account}:assumed-role/{role_name}/{session_name}"


def federated_user_arn(account: str, name: str) -> str:
    return f"arn:aws:sts::{account}:federated-user/{name}"


def login_provider(pool_id: str) -> str:
    """The key under which a user pool's ID token goes into an identity pool's Logins."""
    return f"cognito-idp.{region_of_pool(pool_id)}.amazonaws.com/{pool_id}"


def make_pool_id(region: str, random: bytes) -> str:
    return f"{region}_{_spell(_LETTERS_AND_DIGITS, random)}"


def make_client_id(random: bytes) -> str:
    return _spell(_LOWER_AND_DIGITS, random)


def make_client_secret(random: bytes) -> str:
    return _spell(_LOWER_AND_DIGITS, random)


def make_session_id(kind: str, random: bytes) -> str:
    """`tkn` or `sso` and 25 characters: the name under which people see one of their sessions (facts/api.md §10)."""
    return kind + _spell(_LOWER_AND_DIGITS, random)


def make_uuid(random: bytes) -> str:
    """16 random bytes as a UUID's shape. Cognito's own carry no version bits (facts/tokens.md §2)."""
    digits = random.hex()
    if len(digits) != 32:
        raise ValueError("a UUID takes 16 random bytes")
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def make_identity_id(region: str, random: bytes) -> str:
    return f"{region}:{make_uuid(random)}"


def make_access_key_id(random: bytes) -> str:
    """ASIA and 16 characters: the id of temporary credentials."""
    return "ASIA" + _spell(_BASE32, random)


def make_user_key_id(account: str, random: bytes) -> str:
    """AKIA and 16 characters, of 5 random bytes: the id of a user's access key, in which the account is spelt.

    80 bits: a one, the account in 40, and 39 that say nothing.
    """
    bits = (1 << 47 | int(account) << 7) << 32 | int.from_bytes(random[:5], "big") & 0x7F_FFFF_FFFF
    return USER_KEY_PREFIX + "".join(_BASE32[bits >> place & 31] for place in range(75, -1, -5))


def account_of_key(access_key_id: str) -> str | None:
    """The account that is spelt in an access key's id; None for one that spells none, as those of before 2019."""
    if not _KEY_ID_PATTERN.fullmatch(access_key_id):
        return None
    bits = 0
    for character in access_key_id[4:]:
        bits = bits << 5 | _BASE32.index(character)
    account = f"{bits >> 39 & 0xFF_FFFF_FFFF:012}"
    return account if bits >> 79 and len(account) == 12 else None


def make_role_id(random: bytes) -> str:
    """AROA and 16 characters or more: the unique id of a role."""
    return make_iam_id("AROA", random)


def make_iam_id(prefix: str, random: bytes) -> str:
    """The unique id of something of IAM: AIDA for a user, ANPA for a managed policy."""
    return prefix + _spell(_BASE32, random)


def _spell(alphabet: str, random: bytes) -> str:
    return random.translate(_spelling(alphabet)).decode("ascii")


@lru_cache(maxsize=8)
def _spelling(alphabet: str) -> bytes:
    """The character of each byte."""
    return "".join(alphabet[byte % len(alphabet)] for byte in range(256)).encode("ascii")
