"""The CSV file of a user import: its header, and a user from each line after it.

Not RFC 4180: nothing is quoted, and a comma within a value stands behind a backslash.
Source: Developer guide, Formatting the CSV file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from halfday.server.domain.user_pools.attributes import STANDARD_NAMES, full_schema
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.usernames import LONGEST, can_be_named
from halfday.server.domain.users.users import UserStatus

USERNAME, MFA_ENABLED, PASSWORD_HASH = "cognito:username", "cognito:mfa_enabled", "password_hash"
ROW_LIMIT_CHARS = 16_000
ROWS_LIMIT = 500_000

_BOOLEANS = ("email_verified", "phone_number_verified", MFA_ENABLED)
_COMMA = re.compile(r"(?<!\\),")
_BIRTHDATE = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
_NOT_VERIFIED = (
    "The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true)."
)


class FileRefused(ValueError):
    """The file cannot be imported, and the job fails. The sentence is ours [inferred], and holds no value of a user."""


class RowRefused(ValueError):
    """A line cannot be imported: it is counted as failed, and the job goes on."""


@dataclass(frozen=True, slots=True)
class ImportedUser:
    """The user of a line. `mfa_enabled` None: as the pool has it."""

    username: str
    attributes: dict[str, str] = field(repr=False)
    mfa_enabled: bool | None


def csv_header(pool: Pool) -> list[str]:
    """The columns in the order of AWS's sample answer; custom attributes come last [seen in exporters' code]."""
    names = [attribute.name for attribute in full_schema(pool.schema) if attribute.name != "sub"]
    custom = [name for name in names if name not in STANDARD_NAMES]
    return [*(name for name in names if name in STANDARD_NAMES), MFA_ENABLED, USERNAME, *custom]


def text_of(line: bytes) -> str:
    """Raises FileRefused."""
    try:
        text = line.decode().rstrip("\r")
    except UnicodeDecodeError as problem:
        raise FileRefused("The CSV file is not UTF-8.") from problem
    if len(text) > ROW_LIMIT_CHARS:
        raise FileRefused(f"A row of the CSV file has more than {ROW_LIMIT_CHARS} characters.")
    return text


def split_row(text: str) -> list[str]:
    return [value.replace("\\,", ",").strip() for value in _COMMA.split(text)]


def check_header(pool: Pool, columns: Sequence[str]) -> None:
    """Every column is there once, in any order, maybe with password_hash, as AWS's template. Raises FileRefused."""
    expected = csv_header(pool)
    if set(columns) - {PASSWORD_HASH} != set(expected) or len(columns) != len(set(columns)):
        missing = [name for name in expected if name not in columns]
        what = f" Missing: {', '.join(missing)}." if missing else ""
        raise FileRefused(f"The CSV header does not match the attributes of the user pool.{what}"[:128])


def user_of(pool: Pool, columns: Sequence[str], values: Sequence[str]) -> ImportedUser:
    """Raises RowRefused. Whether the attributes fit the schema is seen when the user is made."""
    if len(values) != len(columns):
        raise RowRefused("The number of values does not match the header.")
    row = {column: value for column, value in zip(columns, values, strict=True) if value}
    if PASSWORD_HASH in row:
        raise RowRefused("Halfday does not honour password_hash yet, and so refuses it.")
    username = row.pop(USERNAME, "")
    if not can_be_named(username):
        raise RowRefused(f"{USERNAME} is required, has {LONGEST} characters at most, and no blanks or controls.")
    for name in _BOOLEANS:
        if name in row:
            row[name] = _boolean(name, row[name])
    if "birthdate" in row:
        row["birthdate"] = _date(row["birthdate"])
    mfa = row.pop(MFA_ENABLED, None)
    _check_mfa(pool, mfa)
    _check_verified(pool, row)
    return ImportedUser(username, row, None if mfa is None else mfa == "true")


def status_after_import(pool: Pool, attributes: Mapping[str, str]) -> UserStatus:
    """RESET_REQUIRED, unless there is a way in that takes no password.

    Source: Developer guide, Requiring imported users to reset their passwords.
    """
    ways = {"EMAIL_OTP": "email", "SMS_OTP": "phone_number"}
    passwordless = any(ways.get(factor) in attributes for factor in pool.first_factors)
    return UserStatus.CONFIRMED if passwordless else UserStatus.RESET_REQUIRED


def _boolean(name: str, value: str) -> str:
    if value.lower() not in ("true", "false"):
        raise RowRefused(f"{name} must be TRUE or FALSE.")
    return value.lower()


def _date(value: str) -> str:
    """mm/dd/yyyy in the file, YYYY-MM-DD in the profile, as OpenID Connect has it [inferred]."""
    found = _BIRTHDATE.fullmatch(value)
    if found is None:
        raise RowRefused("birthdate must be mm/dd/yyyy.")
    return f"{found[3]}-{found[1]}-{found[2]}"


def _check_mfa(pool: Pool, mfa: str | None) -> None:
    """Where the pool requires MFA it is true or blank, where MFA is off false or blank."""
    allowed = {"ON": "true", "OFF": "false"}.get(pool.mfa.mode, mfa)
    if mfa is not None and mfa != allowed:
        raise RowRefused(f"{MFA_ENABLED} must be {allowed} or blank in this user pool.")


def _check_verified(pool: Pool, row: dict[str, str]) -> None:
    if not any(row.get(f"{name}_verified") == "true" for name in pool.auto_verified_attributes):
        raise RowRefused(_NOT_VERIFIED)
    for name in ("email", "phone_number"):
        if row.get(f"{name}_verified") == "true" and name not in row:
            raise RowRefused(f"{name} is required where {name}_verified is true.")
