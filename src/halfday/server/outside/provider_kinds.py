"""Which adapter speaks for which ProviderType."""

from __future__ import annotations

from halfday.server.outside.oidc import OidcProvider
from halfday.server.outside.provider_port import CALLBACKS, Callback, IdentityProvider

ADAPTERS: dict[str, type[IdentityProvider]] = {"OIDC": OidcProvider, "Google": OidcProvider}


def callbacks_in_use() -> list[Callback]:
    """The ways on which answers of the kinds that are built come."""
    used = {adapter.callback for adapter in ADAPTERS.values()}
    return [callback for callback in CALLBACKS if callback in used]


def sign_out_callbacks_in_use() -> set[Callback]:
    """The ways on which browsers come back from signing out at a provider."""
    return {back for adapter in ADAPTERS.values() if (back := adapter.sign_out_callback) is not None}
