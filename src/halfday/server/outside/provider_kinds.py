"""The adapter of each ProviderType, and the callbacks that they use. The adapters' port is in `provider_port`."""

from __future__ import annotations

from halfday.server.outside.apple import AppleProvider
from halfday.server.outside.google import GoogleProvider
from halfday.server.outside.oauth_profiles import FacebookProvider, LoginWithAmazonProvider
from halfday.server.outside.oidc import OidcProvider
from halfday.server.outside.provider_port import CALLBACKS, Callback, IdentityProvider
from halfday.server.outside.saml.provider import SamlProvider

ADAPTERS: dict[str, type[IdentityProvider]] = {
    "OIDC": OidcProvider,
    "Google": GoogleProvider,
    "Facebook": FacebookProvider,
    "LoginWithAmazon": LoginWithAmazonProvider,
    "SignInWithApple": AppleProvider,
    "SAML": SamlProvider,
}


def callbacks_in_use() -> list[Callback]:
    """The callbacks on which the adapters receive answers."""
    used = {adapter.callback for adapter in ADAPTERS.values()}
    return [callback for callback in CALLBACKS if callback in used]


def sign_out_callbacks_in_use() -> set[Callback]:
    """The callbacks to which browsers return after signing out at a provider."""
    return {back for adapter in ADAPTERS.values() if (back := adapter.sign_out_callback) is not None}
