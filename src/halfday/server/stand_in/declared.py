"""What a seed file declares of a stand-in, and where one runs. Their kinds are in `kinds`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from halfday.protocol.endpoints import Domain
from halfday.server.stand_in.accounts import Account


@dataclass(frozen=True, slots=True)
class StandIn:
    """One stand-in. `type` and `name` are those of the providers that use it.

    `signed_with` is the algorithm of its ID tokens. `team_id`, `key_id` and `private_key` (PEM) are as Apple has them.
    A SAML provider signs with its `private_key`. It begins sign-ins itself with `pool` and `relay_state`.
    `callback_urls` are apps that people sign in to without a user pool, for identity pools.
    """

    type: str
    name: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    accounts: Sequence[Account] = ()
    callback_urls: Sequence[str] = ()
    port: int | None = None
    signed_with: str = ""
    team_id: str = ""
    key_id: str = ""
    private_key: str = field(default="", repr=False)
    pool: str = ""
    relay_state: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stand-in is reached (`issuer`, without a trailing slash), and the origins of the pools that it serves."""

    issuer: str
    origins: Sequence[str]
    clock: Callable[[], float]
    random: Callable[[int], bytes]

    @property
    def redirect_uris(self) -> list[str]:
        """The redirect URIs that are registered with it."""
        return [Domain(origin).idp_response for origin in self.origins]
