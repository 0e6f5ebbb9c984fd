"""What a pool needs of an external identity provider, whichever protocol it speaks: begin, finish, sign out.

A kind of provider is three things: an adapter beside this file, its line in `provider_kinds`, and what its
ProviderDetails hold in domain/user_pools/providers (docs/decisions/0045). Adapters know nothing of browsers, cookies
and users: the flow binds an answer to the browser that left, and makes the profile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import httpx2

from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.providers import ExternalProvider
from halfday.server.outside.published_documents import PublishedDocuments


@dataclass(frozen=True, slots=True)
class Callback:
    """Where and how a provider's answer reaches us, and which of its parameters holds our state."""

    path: str
    method: str
    state_parameter: str


REDIRECT = Callback("/oauth2/idpresponse", "GET", "state")
FORM_POST = Callback("/oauth2/idpresponse", "POST", "state")
SAML_POST = Callback("/saml2/idpresponse", "POST", "RelayState")
SAML_SIGNED_OUT = Callback("/saml2/logout", "POST", "RelayState")
CALLBACKS = (REDIRECT, FORM_POST, SAML_POST)
"""On which Cognito takes answers (facts/federation.md §2, §5). FORM_POST is how Apple answers."""


@dataclass(frozen=True, slots=True)
class AuthenticationRequest:
    """One visit of one person to a provider.

    `origin` is the pool's domain as the browser sees it. `state` is to come back beside the answer. `nonce` is to come
    back within what the provider signs: as `nonce` in OIDC, as the request's ID (InResponseTo) in SAML.
    """

    origin: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    login_hint: str = ""
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class ExternalIdentity:
    """Who a provider says it is: its own unchanging id for the person, and its claims about them."""

    subject: str
    claims: Mapping[str, Any] = field(repr=False)


def federation_refused(sentence: str, detail: str) -> Refused:
    """The provider cannot be used, did not sign the person in, or is not believed: in OAuth's word for all of these.

    The sentence may travel to the app (facts/federation.md §6).
    """
    return Refused("invalid_request", sentence, detail)


class IdentityProvider(Protocol):
    """One configured provider of one pool.

    `callback` is the one way on which answers of this kind are taken, `sign_out_callback` the one on which the browser
    comes back from signing out; None where this kind is left alone at sign-out.
    """

    callback: ClassVar[Callback]
    sign_out_callback: ClassVar[Callback | None]

    def __init__(
        self,
        provider: ExternalProvider,
        http: httpx2.AsyncClient,
        documents: PublishedDocuments,
        clock: Callable[[], float],
    ) -> None: ...

    async def begin(self, asked: AuthenticationRequest) -> str:
        """The address that the person's browser goes to. Raises Refused."""

    async def finish(self, asked: AuthenticationRequest, answer: Mapping[str, str]) -> ExternalIdentity:
        """Who the provider's answer proves, as an answer to this request. Raises Refused."""

    async def sign_out(self, subject: str, *, origin: str, state: str) -> str | None:
        """Where the browser ends this person's session at the provider; None to leave it alone. Raises Refused."""
