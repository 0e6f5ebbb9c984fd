"""The authorization code grant as a client of one provider: the address to leave for, the tokens, and its attributes.

What an answer proves is decided by the adapters that use it (`oidc`, `google`, `apple`, `oauth_profiles`).
Source: RFC 6749 §4.1; facts/federation.md §2, §6 (the sentences of refusals).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from halfday.protocol.endpoints import Domain
from halfday.server.domain.failures import kind_of
from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.providers import ExternalProvider
from halfday.server.outside.connections import OutgoingCalls, too_late, unreachable
from halfday.server.outside.provider_http import fetch, json_object, require_https
from halfday.server.outside.provider_port import AuthenticationRequest, federation_refused

if TYPE_CHECKING:
    import httpx2

_ERRORS = frozenset(
    (
        "invalid_request unauthorized_client access_denied unsupported_response_type invalid_scope server_error "
        "temporarily_unavailable interaction_required login_required account_selection_required consent_required "
        "invalid_request_uri invalid_request_object request_not_supported request_uri_not_supported "
        "registration_not_supported invalid_client invalid_grant unsupported_grant_type"
    ).split()
)
"""RFC 6749 §4.1.2.1 and §5.2; OpenID Connect Core §3.1.2.6."""

_LONGEST_TOLD = 200


class OAuthClient:
    """This pool as a client of one provider. `tells`: the members of a token error that the app is told."""

    def __init__(self, provider: ExternalProvider, http: OutgoingCalls, *, tells: tuple[str, ...] = ()) -> None:
        self._name, self._details, self._http, self._tells = provider.name, provider.details, http, tells
        self.client_id = provider.details["client_id"]

    def leave(self, endpoint: str, asked: AuthenticationRequest, **more: str) -> str:
        """The address of an authorization request (RFC 6749 §4.1.1), with what else this kind of provider is told."""
        pairs = {
            "client_id": self.client_id,
            "redirect_uri": Domain(asked.origin).idp_response,
            "scope": self._details.get("authorize_scopes", ""),
            "response_type": "code",
            "state": asked.state,
            **more,
        }
        return with_parameters(endpoint, {name: value for name, value in pairs.items() if value})

    def check_success(self, answer: Mapping[str, str]) -> None:
        """Raises Refused for an error response (RFC 6749 §4.1.2.1)."""
        if "error" in answer:
            sentence = " ".join(answer[name] for name in ("error_description", "error") if name in answer)
            detail = f"{self._name} answered with an error{_known_error(answer['error'])}"
            raise federation_refused(sentence, detail)

    async def tokens(
        self, endpoint: str, asked: AuthenticationRequest, answer: Mapping[str, str], *, secret: str, method: str
    ) -> dict[str, Any]:
        """The token response (RFC 6749 §4.1.4). By GET, which is Facebook's way, the form is the query."""
        form = {
            "grant_type": "authorization_code",
            "code": answer.get("code", ""),
            "redirect_uri": Domain(asked.origin).idp_response,
            "client_id": self.client_id,
            **({"client_secret": secret} if secret else {}),
        }
        sent: dict[str, Any] = {"params": form} if method == "GET" else {"data": form}
        try:
            response = await fetch(self._http, method, endpoint, **sent)
        except too_late() as problem:
            raise federation_refused("Timeout occurred in calling IdP token endpoint", endpoint) from problem
        except unreachable() as problem:
            raise federation_refused("Connection reset", f"{endpoint}: {kind_of(problem)}") from problem
        if response.status_code != 200:
            raise self._token_refused(response, endpoint, hidden=[secret, form["code"]])
        return json_object(response, endpoint)

    async def attributes(self, endpoint: str, access_token: str, *, method: str = "GET") -> dict[str, Any]:
        """What the provider says of whoever the access token is for. Raises Refused."""
        require_https(endpoint, "attributes_url")
        headers = {"Authorization": f"Bearer {access_token}"}
        try:
            answer = await fetch(self._http, method, endpoint, headers=headers)
        except unreachable() as problem:
            raise federation_refused("Read timed out", f"{endpoint}: {kind_of(problem)}") from problem
        if answer.status_code != 200:
            raise federation_refused(f"{self._name} Error - {answer.status_code} error getting attributes", endpoint)
        return json_object(answer, endpoint)

    def _token_refused(self, answer: httpx2.Response, endpoint: str, *, hidden: list[str]) -> Refused:
        """In AWS's words (facts/federation.md §6). What a provider says is left out where it repeats a secret."""
        members = _members(answer)
        told = [members[name] for name in self._tells if isinstance(members.get(name), str)]
        words = " ".join(told)[:_LONGEST_TOLD]
        if not words or any(secret and secret in words for secret in hidden):
            words = "error getting token"
        detail = f"{endpoint} answered {answer.status_code}{_known_error(members.get('error'))}"
        return federation_refused(f"{self._name} Error - {answer.status_code} {words}", detail)


def with_parameters(url: str, pairs: Mapping[str, str]) -> str:
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(pairs)}"


def subject_of(members: Mapping[str, Any], name: str) -> str:
    """The provider's own id for a person, which is text. Raises Refused."""
    subject = members.get(name)
    if not isinstance(subject, str) or not subject:
        raise federation_refused(f"Bad userInfo {name}", f"{name} is missing, or is not text")
    return subject


def access_token_of(tokens: Mapping[str, Any]) -> str:
    """Raises Refused where the token response has none: nothing can be asked without it."""
    token = tokens.get("access_token")
    if not isinstance(token, str) or not token:
        raise federation_refused("Invalid response from IdP", "the token response has no access_token")
    return token


def _members(answer: httpx2.Response) -> dict[str, Any]:
    try:
        return json_object(answer, "")
    except Refused:
        return {}


def _known_error(error: object) -> str:
    """` (invalid_grant)`, for the log, if the standards define this code. Any other text may repeat a secret."""
    return f" ({error})" if isinstance(error, str) and error in _ERRORS else ""
