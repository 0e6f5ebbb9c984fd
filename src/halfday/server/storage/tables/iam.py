"""What IAM keeps: roles, users and their keys, managed policies, and the providers that an account trusts.

Names are ASCII, whose case all databases fold alike, and are not distinguished by it: `find_in_any_case`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from halfday.server.domain.aws.iam_users import AccessKey, IamUser, LastUse
from halfday.server.domain.aws.managed_policies import ManagedPolicy, PolicyVersion
from halfday.server.domain.aws.roles import Role
from halfday.server.domain.aws.trusted_providers import OidcProvider, SamlProvider
from halfday.server.storage.rows import Table
from halfday.server.storage.tables.configuration_group import ConfigurationGroup
from halfday.server.storage.tables.table_group import TableGroup

ROLES = Table("roles", Role, key="account name", held_by="name")
MANAGED_POLICIES = Table("managed_policies", ManagedPolicy, key="account name", held_by="name")
POLICY_VERSIONS = Table("policy_versions", PolicyVersion, key="account policy_name number", held_by="policy_name")
OIDC_PROVIDERS = Table("oidc_providers", OidcProvider, key="account url", held_by="url")
SAML_PROVIDERS = Table("saml_providers", SamlProvider, key="account name")
IAM_USERS = Table("iam_users", IamUser, key="account name", held_by="name")
ACCESS_KEYS = Table(
    "access_keys",
    AccessKey,
    key="access_key_id",
    sealed=["secret_access_key"],
    held_by="access_key_id user_name",
)
LAST_USES = Table("last_uses", LastUse, key="used_id")

_IN_ANY_CASE = "WHERE account = $1 AND lower(name) = lower($2)"
_OF_ACCOUNT = "WHERE account = $1 ORDER BY name"


class Roles(ConfigurationGroup):
    async def insert(self, role: Role) -> None:
        await self._insert(ROLES, role)

    async def get(self, account: str, name: str) -> Role:
        """Raises Missing."""
        return self._there(await self.find(account, name), ROLES, account, name)

    async def find(self, account: str, name: str) -> Role | None:
        return next((role for role in await self._held(ROLES, "name", name) if role.account == account), None)

    async def find_by_id(self, account: str, role_id: str) -> Role | None:
        return await self._find(ROLES, "WHERE account = $1 AND role_id = $2", account, role_id)

    async def find_in_any_case(self, account: str, name: str) -> Role | None:
        return await self._find(ROLES, _IN_ANY_CASE, account, name)

    async def of_account(self, account: str) -> list[Role]:
        """In the order of their names."""
        return await self._all(ROLES, _OF_ACCOUNT, account)

    async def change(self, account: str, name: str, change: Callable[[Role], Role]) -> Role:
        """Raises Missing."""
        return await self._change(ROLES, account, name, change=change)

    async def delete(self, account: str, name: str) -> None:
        """Raises Missing."""
        self._found(await self._execute(f"DELETE FROM roles {ROLES.by_key}", account, name), ROLES)  # noqa: S608


class ManagedPolicies(ConfigurationGroup):
    """A policy is never without its default version: both come, change and go in one unit."""

    async def insert(self, policy: ManagedPolicy, version: PolicyVersion) -> None:
        """Raises Taken."""
        async with self._unit(policy.account):
            await self._insert(MANAGED_POLICIES, policy)
            await self._insert(POLICY_VERSIONS, version)

    async def find(self, account: str, name: str) -> ManagedPolicy | None:
        held = await self._held(MANAGED_POLICIES, "name", name)
        return next((policy for policy in held if policy.account == account), None)

    async def find_in_any_case(self, account: str, name: str) -> ManagedPolicy | None:
        return await self._find(MANAGED_POLICIES, _IN_ANY_CASE, account, name)

    async def of_account(self, account: str) -> list[ManagedPolicy]:
        """In the order of their names."""
        return await self._all(MANAGED_POLICIES, _OF_ACCOUNT, account)

    async def versions(self, account: str, name: str) -> list[PolicyVersion]:
        """The oldest first."""
        held = await self._held(POLICY_VERSIONS, "policy_name", name)
        return [version for version in held if version.account == account]

    async def change(self, account: str, name: str, change: Callable[[ManagedPolicy], ManagedPolicy]) -> ManagedPolicy:
        """Raises Missing."""
        return await self._change(MANAGED_POLICIES, account, name, change=change)

    async def insert_version(self, version: PolicyVersion) -> None:
        """Raises Taken."""
        await self._insert(POLICY_VERSIONS, version)

    async def delete_version(self, account: str, name: str, number: int) -> None:
        """Raises Missing."""
        sql = f"DELETE FROM policy_versions {POLICY_VERSIONS.by_key}"  # noqa: S608
        self._found(await self._execute(sql, account, name, number), POLICY_VERSIONS)

    async def delete(self, account: str, name: str) -> None:
        """With all versions. Raises Missing."""
        async with self._unit(account):
            versions = "DELETE FROM policy_versions WHERE account = $1 AND policy_name = $2"
            await self._execute(versions, account, name)
            sql = f"DELETE FROM managed_policies {MANAGED_POLICIES.by_key}"  # noqa: S608
            self._found(await self._execute(sql, account, name), MANAGED_POLICIES)


class OidcProviders(ConfigurationGroup):
    async def insert(self, provider: OidcProvider) -> None:
        """Raises Taken."""
        await self._insert(OIDC_PROVIDERS, provider)

    async def find(self, account: str, url: str) -> OidcProvider | None:
        """`url` is without its scheme."""
        held = await self._held(OIDC_PROVIDERS, "url", url)
        return next((provider for provider in held if provider.account == account), None)

    async def of_account(self, account: str) -> list[OidcProvider]:
        return await self._all(OIDC_PROVIDERS, "WHERE account = $1 ORDER BY url", account)

    async def change(self, account: str, url: str, change: Callable[[OidcProvider], OidcProvider]) -> OidcProvider:
        """Raises Missing."""
        return await self._change(OIDC_PROVIDERS, account, url, change=change)

    async def delete(self, account: str, url: str) -> None:
        """Raises Missing."""
        sql = f"DELETE FROM oidc_providers {OIDC_PROVIDERS.by_key}"  # noqa: S608
        self._found(await self._execute(sql, account, url), OIDC_PROVIDERS)


class SamlProviders(TableGroup):
    async def insert(self, provider: SamlProvider) -> None:
        """Raises Taken."""
        await self._insert(SAML_PROVIDERS, provider)

    async def find(self, account: str, name: str) -> SamlProvider | None:
        return await self._find(SAML_PROVIDERS, SAML_PROVIDERS.by_key, account, name)

    async def find_in_any_case(self, account: str, name: str) -> SamlProvider | None:
        return await self._find(SAML_PROVIDERS, _IN_ANY_CASE, account, name)

    async def of_account(self, account: str) -> list[SamlProvider]:
        """In the order of their names."""
        return await self._all(SAML_PROVIDERS, _OF_ACCOUNT, account)

    async def change(self, account: str, name: str, change: Callable[[SamlProvider], SamlProvider]) -> SamlProvider:
        """Raises Missing."""
        return await self._change(SAML_PROVIDERS, account, name, change=change)

    async def delete(self, account: str, name: str) -> None:
        """Raises Missing."""
        sql = f"DELETE FROM saml_providers {SAML_PROVIDERS.by_key}"  # noqa: S608
        self._found(await self._execute(sql, account, name), SAML_PROVIDERS)


class IamUsers(ConfigurationGroup):
    async def insert(self, user: IamUser) -> None:
        """Raises Taken."""
        await self._insert(IAM_USERS, user)

    async def find(self, account: str, name: str) -> IamUser | None:
        return next((user for user in await self._held(IAM_USERS, "name", name) if user.account == account), None)

    async def find_by_id(self, account: str, user_id: str) -> IamUser | None:
        return await self._find(IAM_USERS, "WHERE account = $1 AND user_id = $2", account, user_id)

    async def find_in_any_case(self, account: str, name: str) -> IamUser | None:
        return await self._find(IAM_USERS, _IN_ANY_CASE, account, name)

    async def of_account(self, account: str) -> list[IamUser]:
        """In the order of their names."""
        return await self._all(IAM_USERS, _OF_ACCOUNT, account)

    async def change(self, account: str, name: str, change: Callable[[IamUser], IamUser]) -> IamUser:
        """Raises Missing."""
        return await self._change(IAM_USERS, account, name, change=change)

    async def rename(self, user: IamUser, renamed: IamUser) -> None:
        """The user under another name, with all keys. Raises Missing, and Taken."""
        async with self._unit(user.account):
            await self.delete(user.account, user.name)
            await self.insert(renamed)
            sql = "UPDATE access_keys SET user_name = $3 WHERE account = $1 AND user_name = $2"
            await self._execute(sql, user.account, user.name, renamed.name)

    async def delete(self, account: str, name: str) -> None:
        """Raises Missing."""
        sql = f"DELETE FROM iam_users {IAM_USERS.by_key}"  # noqa: S608
        self._found(await self._execute(sql, account, name), IAM_USERS)


class AccessKeys(ConfigurationGroup):
    async def insert(self, key: AccessKey) -> None:
        """Raises Taken."""
        await self._insert(ACCESS_KEYS, key)

    async def find(self, access_key_id: str) -> AccessKey | None:
        return await self._find_held(ACCESS_KEYS, "access_key_id", access_key_id)

    async def of_user(self, account: str, user_name: str) -> Sequence[AccessKey]:
        held = await self._held(ACCESS_KEYS, "user_name", user_name)
        return [key for key in held if key.account == account]

    async def change(self, access_key_id: str, change: Callable[[AccessKey], AccessKey]) -> AccessKey:
        """Raises Missing."""
        return await self._change(ACCESS_KEYS, access_key_id, change=change)

    async def delete(self, access_key_id: str) -> None:
        """Raises Missing."""
        sql = "DELETE FROM access_keys WHERE access_key_id = $1"
        self._found(await self._execute(sql, access_key_id), ACCESS_KEYS)


class LastUses(TableGroup):
    async def put(self, use: LastUse) -> None:
        """In place of an earlier one."""
        await self._execute(LAST_USES.put, *LAST_USES.row(use, self._sealer))

    async def find(self, used_id: str) -> LastUse | None:
        return await self._find(LAST_USES, LAST_USES.by_key, used_id)

    async def delete(self, used_id: str) -> None:
        await self._execute("DELETE FROM last_uses WHERE used_id = $1", used_id)
