"""halfday.install(): from now on every AWS profile with halfday_* keys gives Cognito's credentials, in this process.

    halfday.install()
    boto3.Session(profile_name="demo").client("s3")      # and AWS_PROFILE=demo, and source_profile = demo

Route C of facts/clients.md §5. botocore builds the providers of a profile in one method, for sessions and for the
`source_profile` of roles alike; ours is put first there. The method is internal to botocore. So install() has to be
called, and refuses when the method does not look as expected. Without it, `halfday configure` gives every AWS tool the
same by a credential_process, at the price of a process.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable
from typing import Any

from halfday.client.cognito import Cognito
from halfday.client.configuration.setting_sources import config_path, read_profile
from halfday.client.credentials.botocore_terms import METHOD, metadata
from halfday.client.errors import SettingsError
from halfday.client.transport.thread_locks import ThreadLock
from halfday.protocol.credentials import Credentials

try:
    import botocore.credentials
    from botocore.credentials import CredentialProvider, DeferredRefreshableCredentials
except ImportError as problem:
    raise SettingsError("botocore is not installed", hint="pip install 'halfday[boto3]'") from problem

_OURS = "_halfday_original"
_lock = ThreadLock()


class ProfileProvider(CredentialProvider):  # type: ignore[misc]
    """The kept session of a profile that names an identity pool in halfday_* keys; nothing for any other profile."""

    METHOD = METHOD
    CANONICAL_NAME = "customCognito"

    def __init__(self, profile: str) -> None:
        super().__init__()
        self._profile = profile

    def load(self) -> Any:
        if not is_ours(self._profile):
            return None
        return DeferredRefreshableCredentials(
            refresh_using=lambda: metadata(kept_credentials(self._profile)), method=METHOD
        )


def install() -> None:
    """Puts our provider first, once. Older sessions keep theirs. Raises SettingsError when botocore has changed."""
    builder = _builder()
    with _lock:
        original = builder.providers
        if hasattr(original, _OURS):
            return

        @functools.wraps(original)
        def providers(self: Any, profile_name: str, *arguments: Any, **options: Any) -> list[Any]:
            ours = _provider_for(type(self))(profile_name)
            return [ours, *original(self, profile_name, *arguments, **options)]

        setattr(providers, _OURS, original)
        builder.providers = providers


def uninstall() -> None:
    """Undoes install()."""
    builder = _builder()
    with _lock:
        builder.providers = getattr(builder.providers, _OURS, builder.providers)


def is_ours(profile: str) -> bool:
    keys = read_profile(config_path(os.environ), profile) or {}
    return "halfday_identity_pool_id" in keys


def kept_credentials(profile: str) -> Credentials:
    """Credentials of the person signed in now, as after a later `halfday login`. Raises SignInNeeded, among others."""
    return Cognito(profile=profile).session.credentials()


def _provider_for(builder: type) -> Callable[[str], Any]:
    """aiobotocore's builder inherits botocore's, and awaits what its providers load."""
    if builder.__module__.partition(".")[0] != "aiobotocore":
        return ProfileProvider
    from halfday.client.credentials.aiobotocore import AioProfileProvider

    return lambda profile: AioProfileProvider(lambda: kept_credentials(profile), lambda: is_ours(profile))


def _builder() -> Any:
    builder = getattr(botocore.credentials, "ProfileProviderBuilder", None)
    found = list(inspect.signature(builder.providers).parameters) if builder is not None else []
    if found[:2] != ["self", "profile_name"]:
        raise SettingsError(
            f"botocore {botocore.__version__} builds its providers another way than Halfday knows",
            hint="use Session.boto3(), or a profile with a credential_process: halfday configure",
        )
    return builder
