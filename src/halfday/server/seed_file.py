"""halfday.toml as a person writes it: read, and refused where it says something that nobody would act upon."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_TOP = "server user_pool role identity_pool gateway stand_in_google"
_POOL = (
    "id name domain issuer sign_in_with aliases case_sensitive password tags attributes admin_create_user_only "
    "client user group provider resource_server"
)
_CLIENT = (
    "id name secret callback_urls logout_urls flows scopes auth_flows providers access_token_minutes id_token_minutes "
    "refresh_token_days hide_unknown_users"
)
_KNOWN = {
    "user_pool": _POOL,
    "user_pool.client": _CLIENT,
    "user_pool.user": "username password temporary_password attributes groups",
    "user_pool.group": "name description role precedence",
    "user_pool.provider": "type name client_id client_secret scopes attribute_mapping identifiers details stand_in",
    "user_pool.resource_server": "identifier name scopes",
    "user_pool.password": "minimum_length uppercase lowercase numbers symbols temporary_days",
    "role": "name identity_pool kind trust policies description max_session_s",
    "identity_pool": "id name guests classic_flow clients server_side_token_check authenticated_role "
    "unauthenticated_role",
    "gateway": "path pool backend scopes headers",
    "stand_in_google": "client_id client_secret accounts",
}


_ALONE = frozenset({"user_pool.password", "stand_in_google"})
"""Those that stand once, as [table]; every other is a list of [[tables]]."""


class SeedRefused(ValueError):
    """The seed file says something that cannot be. The sentence names the place."""


def read(path: Path) -> dict[str, Any]:
    """The file's tables. Raises SeedRefused."""
    try:
        document = tomllib.loads(path.read_text())
    except OSError as problem:
        raise SeedRefused(f"{path}: {problem.strerror or problem}") from problem
    except tomllib.TOMLDecodeError as problem:
        raise SeedRefused(f"{path} is not TOML: {problem}") from problem
    check(document)
    return document


def check(document: Mapping[str, Any]) -> None:
    """Raises SeedRefused for a key that nobody would act upon."""
    _only(document, _TOP, "the file")
    for name, value in document.items():
        if name != "server":
            _check_tables(value, name)


def _check_tables(value: Any, where: str) -> None:
    brackets = "[{}]" if where in _ALONE else "[[{}]]"
    if isinstance(value, list) is (where in _ALONE):
        raise SeedRefused(f"{where} must be written as {brackets.format(where)}")
    tables = value if isinstance(value, list) else [value]
    for number, table in enumerate(tables, 1):
        place = f"[[{where}]] number {number}" if isinstance(value, list) else f"[{where}]"
        if not isinstance(table, Mapping):
            raise SeedRefused(f"{place} must be a table")
        _only(table, _KNOWN[where], place)
        for name, inner in table.items():
            if f"{where}.{name}" in _KNOWN:
                _check_tables(inner, f"{where}.{name}")


def _only(table: Mapping[str, Any], known: str, place: str) -> None:
    unknown = [name for name in table if name not in known.split()]
    if unknown:
        raise SeedRefused(f"{place} has no {unknown[0]}; it has {', '.join(known.split())}")
