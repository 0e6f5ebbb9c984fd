"""ListUsers in SQL: the index of searched values, and the queries of its filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from halfday.server.domain.users.user_filter import UserFilter, after_prefix
from halfday.server.storage.rows import Table


@dataclass(frozen=True, slots=True)
class SearchedValue:
    """A case-folded value of a user. Values compare by code point."""

    pool_id: str
    attribute: str
    value: str
    username: str


SEARCHED = Table("user_search", SearchedValue, key="pool_id attribute value username", belongs_to="user")


class Search:
    """The SQL of a page of users: condition, order, and the values of the placeholders."""

    def __init__(self, pool_id: str, limit: int, after: tuple[str, str] | None) -> None:
        self.values: list[Any] = []
        self._pool, self._limit, self._after = self._bind(pool_id), self._bind(limit), after

    def where(self, only: UserFilter | None) -> str:
        if only is None:
            return self._of_users("username", self._beyond_name())
        if only.attribute == "cognito:user_status":
            return self._of_users("status, username", self._among("status", only.statuses))
        if only.attribute == "status":
            return self._of_users("enabled, username", self._among("enabled", only.enabled_states))
        if only.attribute == "sub":
            return self._of_users("sub", self._compared("sub", only))
        return self._of_the_index(only)

    def _of_users(self, order: str, condition: str) -> str:
        return f"WHERE pool_id = {self._pool} AND {condition} ORDER BY {order} LIMIT {self._limit}"

    def _of_the_index(self, only: UserFilter) -> str:
        """The inner query has the LIMIT, or else SQLite scans all users and looks each up in the result."""
        attribute, condition = self._bind(only.attribute), self._compared("value", only)
        found = (
            f"SELECT username AS found, value FROM user_search WHERE pool_id = {self._pool} "  # noqa: S608
            f"AND attribute = {attribute} AND {condition} ORDER BY value, username LIMIT {self._limit}"
        )
        joined = f"JOIN ({found}) AS page ON username = page.found WHERE pool_id = {self._pool}"
        return f"{joined} ORDER BY page.value, username"

    def _compared(self, column: str, only: UserFilter) -> str:
        """A later page of a prefix starts at the last value shown, so earlier rows are not scanned again."""
        if not only.prefix:
            return f"{column} = {self._bind(only.folded)} AND {self._beyond_name()}"
        beyond = after_prefix(only.folded)
        most = "TRUE" if beyond is None else f"{column} < {self._bind(beyond)}"
        least = only.folded if self._after is None else max(only.folded, self._after[0])
        return f"{column} >= {self._bind(least)} AND {most} AND {self._beyond(column, str)}"

    def _among(self, column: str, values: Sequence[Any]) -> str:
        if len(values) == 1:
            return f"{column} = {self._bind(values[0])} AND {self._beyond_name()}"
        listed = f"{column} IN ({', '.join(map(self._bind, values))})" if values else "FALSE"
        return f"{listed} AND {self._beyond(column, type(values[0]) if values else str)}"

    def _beyond_name(self) -> str:
        return "TRUE" if self._after is None else f"username > {self._bind(self._after[1])}"

    def _beyond(self, column: str, kind: type) -> str:
        if self._after is None:
            return "TRUE"
        place, username = self._after
        value = place == "1" if kind is bool else place
        return f"({column}, username) > ({self._bind(value)}, {self._bind(username)})"

    def _bind(self, value: Any) -> str:
        self.values.append(value)
        return f"${len(self.values)}"
