"""A boto3.Session that signs as the signed-in person, with credentials that renew themselves.

Route B of facts/clients.md §5: a provider is put into one botocore session. It changes nothing else in the process, and
keys in the environment or in a profile are not looked at.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from halfday.client.credentials.botocore_terms import METHOD, endpoint_of, endpoint_variable, metadata
from halfday.client.errors import SettingsError
from halfday.client.settings import Settings

try:
    import boto3
    import botocore.session
    from botocore.credentials import CredentialProvider, CredentialResolver, DeferredRefreshableCredentials
except ImportError as problem:
    raise SettingsError("boto3 is not installed", hint="pip install 'halfday[boto3]'") from problem

if TYPE_CHECKING:
    from halfday.client.credentials.aws_identity import AwsIdentity


class RenewingProvider(CredentialProvider):  # type: ignore[misc]
    """The credentials of one session. Nothing is asked for before the first request is signed."""

    METHOD = METHOD
    CANONICAL_NAME = "customCognito"

    def __init__(self, session: AwsIdentity) -> None:
        super().__init__()
        self._halfday_session = session

    def load(self) -> Any:
        return DeferredRefreshableCredentials(refresh_using=self._refresh, method=METHOD)

    def _refresh(self) -> dict[str, str]:
        return metadata(self._halfday_session.credentials())


class EndpointSession(boto3.Session):  # type: ignore[misc]
    """A boto3.Session whose clients and resources talk to `endpoint_url` where nothing more specific is said."""

    def __init__(self, *, endpoint_url: str | None, **options: Any) -> None:
        super().__init__(**options)
        self._endpoint_url = endpoint_url

    def client(self, service_name: str, *positional: Any, **options: Any) -> Any:
        """As boto3.Session.client; `resource` goes through here too."""
        said = options.get("endpoint_url") is not None or len(positional) > 4
        if self._endpoint_url and not said and not self._environment_says(service_name):
            options["endpoint_url"] = self._endpoint_url
        return super().client(service_name, *positional, **options)

    def _environment_says(self, service_name: str) -> bool:
        return endpoint_variable(self._session.get_service_model(service_name).service_id) in os.environ


def boto3_session(session: AwsIdentity, settings: Settings, options: Mapping[str, object]) -> EndpointSession:
    """`options` are those of boto3.Session; region_name falls back to the connection's region."""
    given: dict[str, Any] = dict(options)
    inner = given.pop("botocore_session", None) or botocore.session.get_session()
    inner.register_component("credential_provider", CredentialResolver([RenewingProvider(session)]))
    if not given.get("region_name"):
        given["region_name"] = settings.sdk_region
    return EndpointSession(endpoint_url=endpoint_of(settings), botocore_session=inner, **given)
