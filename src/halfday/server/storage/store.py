"""The store: all table groups over one database. Its verbs are promises:

get raises Missing · find may be None · insert never overwrites (Taken) · change(key, f) reads, applies a pure function
that may run again, and writes: the way to alter a record · take deletes and returns, once ever · rotate compares and
swaps (Stale). What belongs together is one unit (storage/units).
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from halfday.server.storage.database import Database, Image
from halfday.server.storage.long_deletes import delete_in_slices
from halfday.server.storage.rows import TABLES
from halfday.server.storage.sealing import Sealer
from halfday.server.storage.snapshots import Snapshots
from halfday.server.storage.tables.auth_events import AuthEvents
from halfday.server.storage.tables.codes_and_sessions import (
    BrowserSessions,
    Challenges,
    Codes,
    Federations,
    TokenFamilies,
)
from halfday.server.storage.tables.configuration import (
    Brandings,
    LogDeliveries,
    ProvisionedLimits,
    Replicas,
    RiskConfigurations,
    TermsDocuments,
    UiCustomizations,
)
from halfday.server.storage.tables.factors import (
    AttemptCounts,
    Confirmations,
    Devices,
    Passkeys,
    PastPasswords,
    SoftwareTokens,
)
from halfday.server.storage.tables.gateway import ApiDeployments, Apis, ApiStages, GatewayRoutes
from halfday.server.storage.tables.groups import Groups
from halfday.server.storage.tables.iam import (
    AccessKeys,
    IamUsers,
    LastUses,
    ManagedPolicies,
    OidcProviders,
    Roles,
    SamlProviders,
)
from halfday.server.storage.tables.identities import Credentials, Identities, IdentityPools
from halfday.server.storage.tables.lambda_functions import LambdaFunctions
from halfday.server.storage.tables.linked_identities import LinkedIdentities
from halfday.server.storage.tables.outgoing_mail import OutgoingMails
from halfday.server.storage.tables.pools import AppClients, Domains, Pools, Providers, ResourceServers, SigningKeys
from halfday.server.storage.tables.resource_pins import PinsOfResources
from halfday.server.storage.tables.stacks import Stacks
from halfday.server.storage.tables.sts import OutboundFederations, RetiredAccessKeys
from halfday.server.storage.tables.user_import import UserImports
from halfday.server.storage.tables.users import Users
from halfday.server.storage.units import Work


class Store:
    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        snapshots = self._snapshots = Snapshots(database)
        self.pools = Pools(database, sealer, snapshots)
        self.signing_keys = SigningKeys(database, sealer, snapshots)
        self.domains = Domains(database, sealer, snapshots)
        self.resource_servers = ResourceServers(database, sealer, snapshots)
        self.app_clients = AppClients(database, sealer, snapshots)
        self.providers = Providers(database, sealer, snapshots)
        self.users = Users(database, sealer)
        self.groups = Groups(database, sealer)
        self.ui_customizations = UiCustomizations(database, sealer)
        self.brandings = Brandings(database, sealer)
        self.terms = TermsDocuments(database, sealer)
        self.risk_configurations = RiskConfigurations(database, sealer)
        self.log_deliveries = LogDeliveries(database, sealer)
        self.replicas = Replicas(database, sealer)
        self.provisioned_limits = ProvisionedLimits(database, sealer)
        self.past_passwords = PastPasswords(database, sealer)
        self.software_tokens = SoftwareTokens(database, sealer)
        self.passkeys = Passkeys(database, sealer)
        self.devices = Devices(database, sealer)
        self.confirmations = Confirmations(database, sealer)
        self.attempts = AttemptCounts(database, sealer)
        self.outgoing_mail = OutgoingMails(database, sealer)
        self.codes = Codes(database, sealer)
        self.token_families = TokenFamilies(database, sealer)
        self.browser_sessions = BrowserSessions(database, sealer)
        self.federations = Federations(database, sealer)
        self.challenges = Challenges(database, sealer)
        self.auth_events = AuthEvents(database, sealer)
        self.identity_pools = IdentityPools(database, sealer, snapshots)
        self.identities = Identities(database, sealer)
        self.roles = Roles(database, sealer, snapshots)
        self.managed_policies = ManagedPolicies(database, sealer, snapshots)
        self.oidc_providers = OidcProviders(database, sealer, snapshots)
        self.saml_providers = SamlProviders(database, sealer)
        self.iam_users = IamUsers(database, sealer, snapshots)
        self.access_keys = AccessKeys(database, sealer, snapshots)
        self.last_uses = LastUses(database, sealer)
        self.resource_pins = PinsOfResources(database, sealer)
        self.credentials = Credentials(database, sealer)
        self.retired_access_keys = RetiredAccessKeys(database, sealer)
        self.outbound_federations = OutboundFederations(database, sealer)
        self.gateway_routes = GatewayRoutes(database, sealer)
        self.apis = Apis(database, sealer, snapshots)
        self.api_deployments = ApiDeployments(database, sealer, snapshots)
        self.api_stages = ApiStages(database, sealer, snapshots)
        self.lambda_functions = LambdaFunctions(database, sealer, snapshots)
        self.stacks = Stacks(database, sealer)
        self.user_imports = UserImports(database, sealer)
        self.linked_identities = LinkedIdentities(database, sealer)

    def unit(self, of: str) -> AbstractAsyncContextManager[None]:
        """What this task's statements do within is kept whole or not at all. `of`: the pool that they belong to.

        Within another unit it is a part of that: what is raised out of it undoes the part. Nothing but statements of
        this store is awaited within: no mail, no function, no other server, no key pair.
        """
        return self._database.unit(of)

    async def afterwards(self, work: Work) -> None:
        """Does `work` once this task's open unit is kept, and not at all where it is undone; at once without a unit."""
        await self._database.afterwards(work)

    async def check_master_key(self) -> None:
        """Opens one sealed value, if there is any yet. Raises WrongMasterKey."""
        await self.signing_keys.find_any()

    async def purge(self, now: float) -> int:
        """Drops what has expired, and what is left of deleted pools, while others are served.

        What is read checks its expiry itself, so this only keeps the file small.
        """
        expiring = [table.name for table in TABLES.values() if table.expires]
        counts = [await delete_in_slices(self._database, table, "WHERE expires_at <= $1", now) for table in expiring]
        return sum(counts) + await self.pools.sweep_deleted()

    async def keep_image(self) -> Image:
        """All that it holds now, for `put_back`. Of a database of one process alone: another would not hear of it."""
        return await self._database.keep_image()

    async def put_back(self, image: Image) -> None:
        """It holds what it held then. What is under way meanwhile may find that what it read is gone. Raises Busy."""
        await self._database.put_back(image)
        self._snapshots.forget()

    async def close(self) -> None:
        await self._database.close()
