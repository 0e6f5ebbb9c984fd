"""The port of external identity providers, for every protocol: begin, finish, sign out.

A kind of provider consists of an adapter beside this file, its line in `provider_kinds`, and its ProviderDetails in
domain/user_pools/providers (docs/decisions/0045). Adapters do not handle browsers, cookies and users: the flow binds an
answer to the browser that began the sign-in, and makes the profile.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, runtime_checkable

from halfday.server.domain.refusals import Refused, Rule
from halfday.server.domain.user_pools.providers import ExternalProvider
from halfday.server.outside.connections import OutgoingCalls
from halfday.server.outside.published_documents import PublishedDocuments


@dataclass(frozen=True, slots=True)
class Callback:
    """The path and method by which a provider's answer arrives, and the parameter that holds our state."""

    path: str
    method: str
    state_parameter: str


REDIRECT = Callback("/oauth2/idpresponse", "GET", "state")
FORM_POST = Callback("/oauth2/idpresponse", "POST", "state")
SAML_POST = Callback("/saml2/idpresponse", "POST", "RelayState")
SAML_SIGNED_OUT = Callback("/saml2/logout", "POST", "RelayState")
CALLBACKS = (REDIRECT, FORM_POST, SAML_POST)
"""The callbacks on which Cognito takes answers (facts/federation.md §2, §5). Apple answers by FORM_POST."""


@dataclass(frozen=True, slots=True)
class AuthenticationRequest:
    """One request that sends one person to a provider.

    `origin` is the pool's domain as the browser sees it. The provider returns `state` beside its answer, and `nonce`
    within what it signs: as `nonce` in OIDC, as the request's ID (InResponseTo) in SAML. `acr_values` are the levels
    that the app asked for, in the provider's own words.
    """

    origin: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    login_hint: str = ""
    prompt: str = ""
    acr_values: str = ""


@dataclass(frozen=True, slots=True)
class ExternalIdentity:
    """The person that a provider signed in: its own unchanging id for them, and its claims about them.

    `session` is what the adapter needs to end this person's session there; to all others it is a text. `issuer` stands
    in `identities`: AWS names it for SAML only (facts/federation.md §3). `answers` is all that the provider said, for
    the pool's function: tokenResponse, idToken and userInfo, or samlResponse (facts/triggers.md §4).
    """

    subject: str
    claims: Mapping[str, Any] = field(repr=False)
    session: str = field(default="", repr=False)
    issuer: str | None = None
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Unsolicited:
    """Whom an answer proves that no request of ours preceded. The answer must be taken once, by this id, until then."""

    identity: ExternalIdentity
    answer_id: str
    good_until: float


def federation_refused(sentence: str, detail: str) -> Refused:
    """invalid_request: the provider cannot be used, did not sign the person in, or its answer failed a check.

    The sentence may be sent to the app (facts/federation.md §6). `detail` is for the log.
    """
    return Refused("invalid_request", sentence, detail)


class Refusal(Rule):
    """NOT_ALLOWED: of this provider, or for this app client. It is told on our own error page, as on AWS."""

    NOT_ALLOWED = ("invalid_request", "Invalid samlResponse or relayState from identity provider")


class IdentityProvider(Protocol):
    """One configured provider of one pool.

    `callback` is the only callback that takes answers of this kind. `sign_out_callback` is the one to which the browser
    returns after signing out; None if sign-out does not involve this kind of provider.
    """

    callback: ClassVar[Callback]
    sign_out_callback: ClassVar[Callback | None]

    def __init__(
        self,
        provider: ExternalProvider,
        http: OutgoingCalls,
        documents: PublishedDocuments,
        clock: Callable[[], float],
    ) -> None: ...

    async def begin(self, asked: AuthenticationRequest) -> str:
        """The address that the person's browser goes to. Raises Refused."""

    async def finish(self, asked: AuthenticationRequest, answer: Mapping[str, str]) -> ExternalIdentity:
        """The person that the provider's answer proves, checked as an answer to this request. Raises Refused."""

    async def sign_out(self, subject: str, *, session: str, origin: str, state: str) -> str | None:
        """The address at which the browser ends the session at the provider; None to keep it. Raises Refused.

        `session` is what the identity of this sign-in said; "" where it is not known.
        """


Signer = Callable[[bytes], Awaitable[bytes]]
"""Signs with the pool's key, whose certificate GetSigningCertificate shows: RSA PKCS #1 v1.5 and SHA-256."""


class SigningProvider:
    """A base for adapters whose requests the pool signs: they are given `sign`."""

    sign: Signer


@runtime_checkable
class UnsolicitedProvider(Protocol):
    """An adapter of providers that can begin a sign-in themselves. `may_begin`: whether this one is configured so."""

    @property
    def may_begin(self) -> bool: ...

    async def finish_unsolicited(self, origin: str, answer: Mapping[str, str]) -> Unsolicited:
        """The person that the provider's answer proves to this origin, of its own accord. Raises Refused."""


class PublishingProvider(Protocol):
    """An adapter of providers that publish details of themselves, which are read when they are configured."""

    @classmethod
    async def published(cls, details: Mapping[str, str], http: OutgoingCalls, now: float) -> dict[str, str]:
        """The details that KINDS calls `computed`, and those that it calls `hidden`. Raises Refused, for the API."""
