"""The logins that are shown to an identity pool: from tokens to whom they prove.

The order is AWS's: is it a token, is its issuer the one it is shown under, is that provider the identity pool's, and
only then what the token says. Source: facts/identity.md §2, §3. Raises Refused with AWS's sentences.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from typing import Any

from halfday.protocol.claims import ClaimsError, VerifiedClaims, verify
from halfday.protocol.identifiers import login_provider
from halfday.protocol.jws import Compact, MalformedToken, read_unverified
from halfday.server.domain.aws.identity_pools import OPENID_ISSUER, IdentityPool, UserPoolProvider, oidc_login_of
from halfday.server.domain.aws.logins import (
    BY_ACCESS_TOKEN,
    COGNITO,
    FACEBOOK,
    ISSUERS,
    LoginKind,
    ProvenLogin,
)
from halfday.server.domain.aws.trusted_providers import OidcProvider
from halfday.server.domain.refusals import Refused, invalid, not_authorized
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.flows.identity.credentials import verify_openid_token
from halfday.server.flows.tokens import keys
from halfday.server.flows.tokens.tokens import reason_of
from halfday.server.outside.login_providers import (
    AMAZON_API,
    FACEBOOK_API,
    LEEWAY_S,
    LoginProviders,
    NotTaken,
    Unanswered,
    issuer_urls,
)
from halfday.server.services import Services

_NOT_SUPPORTED = "Token is not from a supported provider of this identity pool."
_SAML_ARN = re.compile(r"arn:aws[a-z-]*:iam::(?P<account>\d{12}):saml-provider/(?P<name>[\w.-]+)", re.ASCII)
_NAME_ID = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"


async def check_logins(
    services: Services, pool: IdentityPool, logins: Mapping[str, str], *, own_tokens: bool = False
) -> list[ProvenLogin]:
    """Whom the tokens prove. Providers are spelt as on AWS, whatever the issuer.

    `own_tokens`: whether the identity pool's own token may be among them.
    """
    shown = [await _Login(services, pool, name, token).proven(own_tokens) for name, token in logins.items()]
    named: set[str] = set()
    for login in shown:
        if login.provider in named:  # once under AWS's spelling, once under the local one
            raise invalid(f"Logins names {login.provider} twice.")
        named.add(login.provider)
    return shown


class _Login:
    """One entry of Logins."""

    def __init__(self, services: Services, pool: IdentityPool, name: str, token: str) -> None:
        self._services, self._pool, self._name, self._token = services, pool, name, token
        self._providers = LoginProviders(services.http, services.provider_documents, services.clock)

    async def proven(self, own_tokens: bool) -> ProvenLogin:
        if self._name == COGNITO:
            return await self._of_own_token(own_tokens)
        if not self._pool.has_providers:
            sentence = f"Identity pool - {self._pool.identity_pool_id} does not have identity providers configured."
            raise not_authorized(sentence)
        if found := _SAML_ARN.fullmatch(self._name):
            return await self._of_assertion(found["account"], found["name"])
        if self._name in BY_ACCESS_TOKEN:
            return await self._of_access_token()
        token = _read(self._token)
        issuer = token.unverified_payload.get("iss")
        issuer = issuer if isinstance(issuer, str) else ""
        user_pool = await self._user_pool(issuer)
        if user_pool is not None:
            return await self._of_user_pool(user_pool, token)
        if self._name in ISSUERS and self._pool.login_providers.get(self._name):
            return await self._of_social(token, issuer)
        return await self._of_oidc(token, issuer)

    async def _of_own_token(self, allowed: bool) -> ProvenLogin:
        if not allowed:
            raise _refused_token("Can't pass in a Cognito token.", "an OpenID token of an identity pool")
        try:
            token = read_unverified(self._token)
        except MalformedToken as problem:
            raise _refused_token("Not a Cognito token.", str(problem)) from problem
        if token.unverified_payload.get("iss") != OPENID_ISSUER:
            raise _refused_token("Not a Cognito token.", "the identity service has not issued it")
        try:
            claims = await verify_openid_token(self._services, token)
        except ClaimsError as problem:
            raise self._bad_token(problem, token) from problem
        if claims.get("aud") != self._pool.identity_pool_id:
            raise not_authorized(_NOT_SUPPORTED, detail="the OpenID token is for another identity pool")
        provider = self._pool.developer_provider or COGNITO
        return ProvenLogin(LoginKind.OPENID_TOKEN, provider, claims.subject, str(claims["aud"]), claims)

    async def _of_assertion(self, account: str, name: str) -> ProvenLogin:
        from halfday.server.outside.saml.assertions import Unacceptable
        from halfday.server.outside.saml.for_aws import proven_to_aws

        provider = await self._services.store.saml_providers.find(account, name)
        if self._name not in self._pool.saml_provider_arns or provider is None:
            raise not_authorized(_NOT_SUPPORTED, detail=f"{self._name} is not the identity pool's, or is not there")
        now = self._services.clock()
        try:
            proven = await asyncio.to_thread(proven_to_aws, self._token, provider.metadata, now=now)
        except Unacceptable as problem:
            ended = problem.sentence == "Assertion is expired"
            raise _refused_token(
                "Token expired." if ended else "Couldn't verify signed token.", f"{problem.sentence}: {problem}"
            ) from problem
        claims = {_NAME_ID: proven.subject, **proven.attributes}
        return ProvenLogin(LoginKind.SAML, self._name, proven.subject, claims=claims, arn=self._name)

    async def _of_access_token(self) -> ProvenLogin:
        """Tokens of Facebook and Amazon are opaque: the provider is asked whose it is, and for which app."""
        wanted = self._pool.login_providers.get(self._name)
        if wanted is None:
            raise not_authorized(_NOT_SUPPORTED, detail=f"{self._name} is not among the identity pool's providers")
        here = self._services.stand_in_logins.get(self._name)
        try:
            if self._name == FACEBOOK:
                holder = await self._providers.facebook_holder(self._token, here or FACEBOOK_API)
            else:
                holder = await self._providers.amazon_holder(self._token, here or AMAZON_API)
        except NotTaken as problem:
            raise _refused_token("Couldn't verify signed token.", str(problem)) from problem
        except Unanswered as problem:
            raise self._unanswered(problem) from problem
        if holder.app_id != wanted:
            raise _refused_token("Incorrect token audience", "the access token was made for another app")
        return ProvenLogin(LoginKind.SOCIAL, self._name, holder.subject, wanted, holder.claims)

    async def _user_pool(self, issuer: str) -> Pool | None:
        """The user pool of this server whose issuer it is."""
        pool = await self._services.store.pools.find(issuer.rpartition("/")[2])
        return pool if pool is not None and pool.issuer(self._services.origin) == issuer else None

    async def _of_user_pool(self, user_pool: Pool, token: Compact) -> ProvenLogin:
        """By its name at AWS or by its own issuer; accepted as an app client, or as an IAM OIDC provider."""
        canonical = login_provider(user_pool.pool_id)
        local = f"{self._services.origin}/{user_pool.pool_id}".partition("://")[2]
        self._check_name(canonical, local)
        accepted = [p for p in self._pool.user_pool_providers if p.provider_name == canonical]
        arn = self._pool.oidc_provider_arn(canonical) or self._pool.oidc_provider_arn(local)
        if not accepted and arn is None:
            raise not_authorized(_NOT_SUPPORTED, detail=f"{canonical} is not among the identity pool's providers")
        claims = await self._verified_here(user_pool, token)
        client = self._pool.accepts(canonical, str(claims["aud"]))
        if client is not None:
            await self._check_alive(user_pool, client, claims)
            return ProvenLogin(LoginKind.USER_POOL, canonical, claims.subject, client.client_id, claims)
        client_ids = await self._client_ids(arn) if arn else None
        if claims["aud"] not in (client_ids or ()):
            detail = f"client {claims['aud']} of {canonical} is not among the identity pool's providers"
            raise not_authorized(_NOT_SUPPORTED, detail=detail)
        return ProvenLogin(LoginKind.OIDC, canonical, claims.subject, str(claims["aud"]), claims, arn or "")

    async def _verified_here(self, user_pool: Pool, token: Compact) -> VerifiedClaims:
        _check_audience_is_there(token)
        try:
            return verify(
                token,
                await keys.public_keys(self._services, user_pool.pool_id),
                issuer=user_pool.issuer(self._services.origin),
                token_use="id",
                client_id=None,
                now=self._services.clock(),
                leeway_s=LEEWAY_S,
            )
        except ClaimsError as problem:
            raise self._bad_token(problem, token) from problem

    async def _check_alive(self, user_pool: Pool, provider: UserPoolProvider, claims: VerifiedClaims) -> None:
        """ServerSideTokenCheck: the pool itself is asked whether the person still is signed in."""
        if not provider.server_side_token_check:
            return
        store = self._services.store
        user = await store.users.find(user_pool.pool_id, str(claims["cognito:username"]))
        family = await store.token_families.find(user_pool.pool_id, str(claims.get("origin_jti", "")))
        if user is None or not user.enabled or family is None:
            raise not_authorized("Token is inactive", detail="the user is gone, disabled or signed out")

    async def _of_social(self, token: Compact, issuer: str) -> ProvenLogin:
        """ID tokens of Google and Apple; those of their stand-ins on this server too."""
        here = self._services.stand_in_logins.get(self._name)
        real = ISSUERS[self._name]
        if issuer not in (*real, here):
            raise _refused_token("Issuer doesn't match providerName", f"the issuer is not {self._name}")
        wanted = self._pool.login_providers[self._name]
        claims = await self._verified_there(token, here if here and issuer == here else real[0], [wanted])
        return ProvenLogin(LoginKind.SOCIAL, self._name, claims.subject, wanted, claims)

    async def _of_oidc(self, token: Compact, issuer: str) -> ProvenLogin:
        """Any issuer that is an IAM OIDC provider."""
        urls = [url for url in issuer_urls(self._name) if url == issuer]
        urls = urls or [url for url in ISSUERS.get(self._name, ())[:1] if issuer in ISSUERS[self._name]]
        if not urls:
            raise _refused_token(
                "Issuer doesn't match providerName",
                f"the token belongs under {issuer.partition('://')[2] or 'nothing'}",
            )
        arn = self._pool.oidc_provider_arn(self._name)
        client_ids = await self._client_ids(arn) if arn else None
        if arn is None or client_ids is None:
            raise not_authorized(_NOT_SUPPORTED, detail=f"{self._name} is no OIDC provider of the identity pool")
        claims = await self._verified_there(token, urls[0], client_ids)
        return ProvenLogin(LoginKind.OIDC, self._name, claims.subject, _audience(claims), claims, arn)

    async def _verified_there(self, token: Compact, issuer: str, client_ids: list[str]) -> VerifiedClaims:
        _check_audience_is_there(token)
        try:
            claims = await self._providers.verified(token, issuer)
        except ClaimsError as problem:
            raise self._bad_token(problem, token) from problem
        except Unanswered as problem:
            raise self._unanswered(problem) from problem
        if not isinstance(claims.get("sub"), str) or not claims["sub"]:
            raise _refused_token("Missing a required claim: sub", "sub is missing, or is not text")
        if _audience(claims) not in client_ids:
            raise _refused_token("Incorrect token audience", "the token is for another client than the provider's")
        return claims

    async def _client_ids(self, arn: str) -> list[str] | None:
        """The audiences that the IAM OIDC provider takes; None where there is no such provider here."""
        provider: OidcProvider | None = await self._services.store.oidc_providers.find(
            arn.split(":")[4], oidc_login_of(arn)
        )
        return list(provider.client_ids) if provider is not None else None

    def _check_name(self, *names: str) -> None:
        """A key of Logins is the issuer without its scheme. A local issuer goes under AWS's spelling as well."""
        if self._name not in names:
            raise _refused_token("Issuer doesn't match providerName", f"the token belongs under {' or '.join(names)}")

    def _bad_token(self, problem: ClaimsError, token: Compact) -> Refused:
        if problem.claim == "exp":
            ends = token.unverified_payload.get("exp")
            return _refused_token(f"Token expired: {self._services.clock():.0f} >= {ends}", reason_of(problem))
        return _refused_token("Couldn't verify signed token.", reason_of(problem))

    def _unanswered(self, problem: Unanswered) -> Refused:
        """AWS documents the code; the sentence is [inferred]."""
        sentence = f"{self._name} is not responding."
        return Refused("ExternalServiceException", sentence, detail=str(problem))


def _read(token: str) -> Compact:
    try:
        return read_unverified(token)
    except MalformedToken as problem:
        raise _refused_token("Not a valid OpenId Connect identity token.", str(problem)) from problem


def _check_audience_is_there(token: Compact) -> None:
    if "aud" not in token.unverified_payload:
        raise _refused_token("Missing a required claim: aud", "an access token was sent where the ID token belongs")


def _audience(claims: Mapping[str, Any]) -> str:
    """The authorized party where there is one, else the audience (facts/identity.md §2)."""
    return next(_audiences(claims), "")


def _audiences(claims: Mapping[str, Any]) -> Iterator[str]:
    audience = claims.get("aud")
    for value in (claims.get("azp"), *(audience if isinstance(audience, list) else [audience])):
        if isinstance(value, str):
            yield value


def _refused_token(sentence: str, detail: str) -> Refused:
    return not_authorized(f"Invalid login token. {sentence}", detail)
