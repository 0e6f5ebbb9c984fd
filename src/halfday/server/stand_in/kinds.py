"""The kinds of stand-in: for each ProviderType what runs, and what a provider's details must say to lead there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.types import ASGIApp

from halfday.server.stand_in import apple, google, openid, profiles, saml
from halfday.server.stand_in.declared import Place, StandIn


@dataclass(frozen=True, slots=True)
class Kind:
    """`keys` are those of a [[stand_in]] that this kind takes besides the common ones, with what each may be.

    `app` is the stand-in as an ASGI application, `details` are ProviderDetails that lead to it at its issuer, client id
    and secret apart. `prepared` fills in what the seed file leaves out. `has_client`: whether it knows a client by id
    and secret.
    """

    app: Callable[[StandIn, Place], ASGIApp]
    details: Callable[[StandIn, str], dict[str, str]]
    keys: Mapping[str, tuple[str, ...]]
    prepared: Callable[[StandIn], StandIn] = lambda declared: declared
    has_client: bool = True


KINDS: Mapping[str, Kind] = {
    "Google": Kind(lambda declared, at: google.Google(declared, at).app(), google.details, {}),
    "Facebook": Kind(lambda declared, at: profiles.Facebook(declared, at).app(), profiles.facebook_details, {}),
    "LoginWithAmazon": Kind(lambda declared, at: profiles.Amazon(declared, at).app(), profiles.amazon_details, {}),
    "SignInWithApple": Kind(
        lambda declared, at: apple.Apple(declared, at).app(),
        apple.details,
        {"team_id": (), "key_id": (), "private_key": ()},
        apple.prepared,
    ),
    "OIDC": Kind(
        lambda declared, at: openid.OpenIdIssuer(declared, at).app(),
        openid.details,
        {"signed_with": openid.ALGORITHMS},
    ),
    "SAML": Kind(
        lambda declared, at: saml.SamlIssuer(declared, at).app(),
        saml.details,
        {"private_key": (), "pool": (), "relay_state": ()},
        saml.prepared,
        has_client=False,
    ),
}
