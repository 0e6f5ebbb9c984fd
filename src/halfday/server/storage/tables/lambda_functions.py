"""Functions that were made by Lambda's API."""

from __future__ import annotations

from collections.abc import Callable

from halfday.server.domain.aws.functions import LambdaFunction
from halfday.server.storage.rows import Table
from halfday.server.storage.tables.configuration_group import ConfigurationGroup

FUNCTIONS = Table("lambda_functions", LambdaFunction, key="account region name", held_by="name", sealed=["environment"])
_KEY = "WHERE account = $1 AND region = $2 AND name = $3"


class LambdaFunctions(ConfigurationGroup):
    async def insert(self, function: LambdaFunction) -> None:
        """Raises Taken."""
        await self._insert(FUNCTIONS, function)

    async def find(self, account: str, region: str, name: str) -> LambdaFunction | None:
        held = await self._held(FUNCTIONS, "name", name)
        return next((one for one in held if (one.account, one.region) == (account, region)), None)

    async def change(
        self, function: LambdaFunction, change: Callable[[LambdaFunction], LambdaFunction]
    ) -> LambdaFunction:
        """Raises Missing."""
        return await self._change(FUNCTIONS, function.account, function.region, function.name, change=change)

    async def page(self, account: str, region: str, *, limit: int, after: str = "") -> list[LambdaFunction]:
        where = "WHERE account = $1 AND region = $2 AND name > $3 ORDER BY name LIMIT $4"
        return await self._all(FUNCTIONS, where, account, region, after, limit)

    async def take(self, account: str, region: str, name: str) -> LambdaFunction | None:
        """What is deleted, once: whoever has it deletes its code too."""
        return await self._take(FUNCTIONS, _KEY, account, region, name)
