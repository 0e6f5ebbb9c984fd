"""Facebook Login and Login with Amazon: a code for an access token, and a profile for it. There are no ID tokens.

Nothing here is signed: that TLS led to the provider is what is trusted.
Source: Meta, Manually build a login flow; Graph API, User; Login with Amazon, Authorization code grant, Customer
profile; facts/federation.md §1, §6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar
from urllib.parse import quote

from halfday.server.domain.user_pools.providers import ExternalProvider
from halfday.server.outside.connections import OutgoingCalls
from halfday.server.outside.oauth_client import OAuthClient, access_token_of, subject_of
from halfday.server.outside.provider_http import require_https
from halfday.server.outside.provider_port import REDIRECT, AuthenticationRequest, Callback, ExternalIdentity
from halfday.server.outside.published_documents import PublishedDocuments


class _ProfileProvider:
    """What both have in common. `subject` is the member of the profile that makes usernames."""

    callback: ClassVar[Callback] = REDIRECT
    sign_out_callback: ClassVar[Callback | None] = None
    subject: ClassVar[str]
    tells: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        provider: ExternalProvider,
        http: OutgoingCalls,
        documents: PublishedDocuments,
        clock: Callable[[], float],
    ) -> None:
        self._provider, self._details = provider, provider.details
        self._oauth = OAuthClient(provider, http, tells=self.tells)

    async def begin(self, asked: AuthenticationRequest) -> str:
        return self._oauth.leave(self._endpoint("authorize_url"), asked)

    async def finish(self, asked: AuthenticationRequest, answer: Mapping[str, str]) -> ExternalIdentity:
        """The profile, and the access token, which can be mapped like a member of it."""
        self._oauth.check_success(answer)
        endpoint, secret = self._endpoint("token_url"), self._details["client_secret"]
        method = self._details["token_request_method"]
        tokens = await self._oauth.tokens(endpoint, asked, answer, secret=secret, method=method)
        token = access_token_of(tokens)
        profile = await self._oauth.attributes(self._profile_url(), token)
        answers = {"tokenResponse": tokens, "userInfo": profile}
        subject = subject_of(profile, self.subject)
        return ExternalIdentity(subject, {**profile, "access_token": token}, answers=answers)

    async def sign_out(self, subject: str, *, session: str, origin: str, state: str) -> str | None:
        """None: Cognito's sign-out does not end the session at a social provider (facts/oauth.md §2)."""
        return None

    def _profile_url(self) -> str:
        return self._details["attributes_url"]

    def _endpoint(self, detail: str) -> str:
        require_https(self._details[detail], detail)
        return self._details[detail]


class LoginWithAmazonProvider(_ProfileProvider):
    subject: ClassVar[str] = "user_id"
    tells: ClassVar[tuple[str, ...]] = ("error", "error_description")


class FacebookProvider(_ProfileProvider):
    """attributes_url is the Graph API's /me and ends in `fields=`: the mapped fields are put behind it."""

    subject: ClassVar[str] = "id"

    def _profile_url(self) -> str:
        mapped = set(self._provider.attribute_mapping.values()) - {"id", "access_token"}
        return self._details["attributes_url"] + quote(",".join(["id", *sorted(mapped)]), safe=",")
