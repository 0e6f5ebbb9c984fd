"""An aiobotocore session that signs as the signed-in person, with credentials that renew themselves.

As in `botocore`, a provider is put into one session. Credentials are renewed in a thread, so that the loop goes on. Of
many calls one renews (aiobotocore's lock, then ours). For asyncio, not for trio.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from halfday.client.credentials.botocore_terms import METHOD, endpoint_of, endpoint_variable, metadata
from halfday.client.errors import SettingsError
from halfday.client.settings import Settings
from halfday.client.transport.loops import in_a_thread
from halfday.protocol.credentials import Credentials

try:
    from aiobotocore.credentials import AioCredentialResolver, AioDeferredRefreshableCredentials
    from aiobotocore.session import AioSession
    from botocore.credentials import CredentialProvider
except ImportError as problem:
    raise SettingsError("aiobotocore is not installed", hint="pip install 'halfday[aiobotocore]'") from problem

if TYPE_CHECKING:
    from halfday.client.credentials.aws_identity import AwsIdentity


class AioRenewingProvider(CredentialProvider):  # type: ignore[misc]
    """The credentials that `ask` answers. Nothing is asked for before the first request is signed."""

    METHOD = METHOD
    CANONICAL_NAME = "customCognito"

    def __init__(self, ask: Callable[[], Credentials]) -> None:
        super().__init__()
        self._ask = ask

    async def load(self) -> Any:
        return AioDeferredRefreshableCredentials(refresh_using=self._refresh, method=METHOD)

    async def _refresh(self) -> dict[str, str]:
        return metadata(await in_a_thread(self._ask))


class AioProfileProvider(AioRenewingProvider):
    """As process_wide.ProfileProvider, for aiobotocore. Where `is_ours` is False, botocore asks its other providers."""

    def __init__(self, ask: Callable[[], Credentials], is_ours: Callable[[], bool]) -> None:
        super().__init__(ask)
        self._is_ours = is_ours

    async def load(self) -> Any:
        return await super().load() if self._is_ours() else None


class EndpointAioSession(AioSession):  # type: ignore[misc]
    """An AioSession whose clients talk to `endpoint_url` where nothing more specific is said."""

    def __init__(self, *, endpoint_url: str | None, **options: Any) -> None:
        super().__init__(**options)
        self._endpoint_url = endpoint_url

    def create_client(self, service_name: str, *positional: Any, **options: Any) -> Any:
        said = options.get("endpoint_url") is not None or len(positional) > 4
        if self._endpoint_url and not said and endpoint_variable(self._service_id(service_name)) not in os.environ:
            options["endpoint_url"] = self._endpoint_url
        return super().create_client(service_name, *positional, **options)

    def _service_id(self, service_name: str) -> str:
        model = self.get_component("data_loader").load_service_model(service_name, "service-2")
        return str(model["metadata"]["serviceId"])


def aiobotocore_session(session: AwsIdentity, settings: Settings, region_name: str | None = None) -> EndpointAioSession:
    made = EndpointAioSession(endpoint_url=endpoint_of(settings))
    made.register_component("credential_provider", AioCredentialResolver([AioRenewingProvider(session.credentials)]))
    region = region_name or settings.sdk_region
    if region:
        made.set_config_variable("region", region)
    return made
