"""The ARN of a role that the file names: it may have a path, and it may be another account's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halfday.protocol.identifiers import role_arn
from halfday.server.services import Services

Table = Mapping[str, Any]


class RoleArns:
    def __init__(self, services: Services, document: Table) -> None:
        self._account, self._roles = services.settings.account_id, services.store.roles
        self._paths = {role.get("name"): role.get("path", "/") for role in document.get("role", ())}

    async def of(self, name: str) -> str:
        """An ARN is taken as it is, as AWS takes it; a name is the account's own role, which may come later."""
        if name.startswith("arn:"):
            return name
        known = await self._roles.find(self._account, name)
        return known.arn if known is not None else role_arn(self._account, name, self._paths.get(name, "/"))
