"""From logins to AWS credentials: identities, their OpenID tokens, assumed roles. For cognito-identity and STS.

Source: facts/identity.md §2 to §9. Raises Refused with AWS's sentences; which codes are declared is the same for
the operations that come here.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from halfday.protocol.claims import ClaimsError, VerifiedClaims, verify
from halfday.protocol.identifiers import ACCESS_KEY_BYTES, login_provider, make_access_key_id, make_identity_id
from halfday.protocol.jws import Compact, MalformedToken, read_unverified
from halfday.server.domain.aws.identity_pools import OPENID_ISSUER, Identity, IdentityPool, UserPoolProvider
from halfday.server.domain.aws.policies import Kind, kept_policy, trusts
from halfday.server.domain.aws.roles import Role
from halfday.server.domain.aws.sessions import NO_TAGS, TAG_SESSION, IssuedCredentials, request_tags
from halfday.server.domain.refusals import Refused, invalid, not_authorized
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.flows.tokens import keys
from halfday.server.flows.tokens.tokens import reason_of
from halfday.server.services import Services
from halfday.server.storage.errors import Stale, Taken

FEDERATED_PRINCIPAL = "cognito-identity.amazonaws.com"
ASSUME = "sts:AssumeRoleWithWebIdentity"

_NOT_SUPPORTED = "Token is not from a supported provider of this identity pool."
_NO_CLASSIC_FLOW = "Basic (classic) flow is not enabled, please use enhanced flow."
_LEEWAY_S = 300


async def check_logins(services: Services, pool: IdentityPool, logins: Mapping[str, str]) -> dict[str, str]:
    """Provider → subject, of logins whose tokens were verified. Providers are spelt as on AWS, whatever the issuer.

    The order is AWS's: is it a token, is its issuer the one it is shown under, is that provider the identity pool's,
    and only then what the token says.
    """
    proven: dict[str, str] = {}
    for provider_name, token in logins.items():
        login = _read_login(token)
        user_pool, provider = await _provider(services, pool, provider_name, login.unverified_payload.get("iss"))
        claims = await _verify_login(services, user_pool, login)
        accepted = pool.accepts(provider, str(claims["aud"]))
        if accepted is None:
            detail = f"client {claims['aud']} of {provider} is not among the identity pool's providers"
            raise _refused(_NOT_SUPPORTED, detail)
        await _check_alive(services, user_pool, accepted, claims)
        if provider in proven:  # once under AWS's spelling, once under the local one
            raise invalid(f"Logins names {provider} twice.")
        proven[provider] = claims.subject
    return proven


async def identity_of(services: Services, pool: IdentityPool, logins: Mapping[str, str]) -> Identity:
    """The identity of these proven logins, created at the first call; without logins a new guest."""
    if not logins and not pool.allow_guests:
        raise _refused("Unauthenticated access is not supported for this identity pool.")
    owner = await _owner(services, pool, logins)
    if owner is not None:
        return await _linked(services, pool, owner, logins)
    now = services.clock()
    identity = Identity(
        identity_pool_id=pool.identity_pool_id,
        identity_id=make_identity_id(pool.region, services.random(16)),
        created_at=now,
        modified_at=now,
        logins=dict(logins),
    )
    try:
        await services.store.identities.insert(identity)
    except Taken:  # somebody asked for the same person at the same time, and was first
        first = await _owner(services, pool, logins)
        if first is None:
            raise
        return await _linked(services, pool, first, logins)
    return identity


async def identity_for_logins(
    services: Services, identity_id: str, logins: Mapping[str, str], *, classic: bool = False
) -> tuple[IdentityPool, Identity, dict[str, str]]:
    """An identity whose logins were shown. A guest is linked to its first login; a login of another identity wins.

    `classic` asks whether the pool allows the classic flow, before anything is linked: a refused call changes nothing.
    """
    identity = await services.store.identities.find(identity_id)
    pool = await services.store.identity_pools.find(identity.identity_pool_id) if identity else None
    if identity is None or pool is None:
        raise Refused("ResourceNotFoundException", f"Identity '{identity_id}' not found.")
    proven = await check_logins(services, pool, logins)
    if not proven:
        if identity.logins:
            message = "Logins don't match. Please include at least one valid login for this identity or identity pool."
            raise _refused(message)
        if not pool.allow_guests:
            raise _refused("Unauthenticated access is not supported for this identity pool.")
    matched = await _matched(services, pool, identity, proven) if proven else identity
    if classic and not pool.allow_classic_flow:
        raise invalid(_NO_CLASSIC_FLOW)
    return pool, await _linked(services, pool, matched, proven), proven


def amr_context(identity: Identity, amr: list[str]) -> dict[str, list[str]]:
    """The policy variables of a session: who, from which identity pool, authenticated how."""
    return {
        f"{FEDERATED_PRINCIPAL}:sub": [identity.identity_id],
        f"{FEDERATED_PRINCIPAL}:aud": [identity.identity_pool_id],
        f"{FEDERATED_PRINCIPAL}:amr": amr,
    }


def role_trusts(role: Role, context: Mapping[str, list[str]], tags: Mapping[str, str] = NO_TAGS) -> bool:
    """Whether the role's trust policy lets a Cognito identity with this context assume it, and pass these tags."""
    policy = kept_policy(role.trust_policy, name="trust policy", kind=Kind.TRUST)
    actions = (ASSUME, TAG_SESSION) if tags else (ASSUME,)
    asked = {**context, **request_tags(tags)}
    return all(trusts(policy, FEDERATED_PRINCIPAL, action, asked).allowed for action in actions)


async def assume(
    services: Services,
    role: Role,
    *,
    session_name: str,
    lifetime_s: int,
    context: Mapping[str, list[str]],
    session_policies: tuple[dict[str, Any], ...] = (),
    session_policy_arns: tuple[str, ...] = (),
    tags: Mapping[str, str] = NO_TAGS,
    transitive_tag_keys: tuple[str, ...] = (),
    source_identity: str | None = None,
) -> IssuedCredentials:
    """Temporary credentials for a role whose trust has been checked, for sts:TagSession too where there are tags.

    They are kept, sealed, to verify what they sign.
    """
    now = services.clock()
    credentials = IssuedCredentials(
        access_key_id=make_access_key_id(services.random(ACCESS_KEY_BYTES)),
        secret_access_key=base64.b64encode(services.random(30)).decode(),
        session_token=base64.b64encode(services.random(96)).decode(),
        account=role.account,
        role_name=role.name,
        role_id=role.role_id,
        session_name=session_name,
        context=dict(context),
        session_policies=session_policies,
        session_policy_arns=session_policy_arns,
        principal_tags=dict(tags),
        transitive_tag_keys=transitive_tag_keys,
        source_identity=source_identity,
        issued_at=now,
        expires_at=int(now) + lifetime_s,
    )
    await services.store.credentials.insert(credentials)
    return credentials


async def verify_openid_token(services: Services, token: Compact) -> VerifiedClaims:
    """The claims of an identity pool's OpenID token. Raises ClaimsError."""
    return verify(
        token,
        await keys.identity_public_keys(services),
        issuer=OPENID_ISSUER,
        token_use=None,
        client_id=None,
        now=services.clock(),
    )


def _read_login(token: str) -> Compact:
    try:
        return read_unverified(token)
    except MalformedToken as problem:
        raise _login_refused("Not a valid OpenId Connect identity token.", str(problem)) from problem


async def _provider(
    services: Services, pool: IdentityPool, provider_name: str, unverified_issuer: object
) -> tuple[Pool, str]:
    """(user pool, provider name as AWS spells it) of a login that is shown under its own issuer's name."""
    issuer = unverified_issuer if isinstance(unverified_issuer, str) else ""
    user_pool = await services.store.pools.find(issuer.rpartition("/")[2])
    if user_pool is None or user_pool.issuer(services.origin) != issuer:
        _check_name(provider_name, (issuer.removeprefix("https://"),))
        raise _refused(_NOT_SUPPORTED, "the token's issuer is no user pool of this server")
    canonical = login_provider(user_pool.pool_id)
    local = f"{services.origin}/{user_pool.pool_id}".partition("://")[2]
    _check_name(provider_name, (canonical, local))
    if not any(provider.provider_name == canonical for provider in pool.user_pool_providers):
        raise _refused(_NOT_SUPPORTED, f"{canonical} is not among the identity pool's providers")
    return user_pool, canonical


def _check_name(provider_name: str, names: tuple[str, ...]) -> None:
    """A key of Logins is the issuer without its scheme. A local issuer goes under AWS's spelling as well."""
    if provider_name not in names:
        raise _login_refused("Issuer doesn't match providerName", f"the token belongs under {' or '.join(names)}")


async def _verify_login(services: Services, user_pool: Pool, login: Compact) -> VerifiedClaims:
    if "aud" not in login.unverified_payload:
        raise _login_refused("Missing a required claim: aud", "an access token was sent where the ID token belongs")
    now = services.clock()
    try:
        return verify(
            login,
            await keys.public_keys(services, user_pool.pool_id),
            issuer=user_pool.issuer(services.origin),
            token_use="id",
            client_id=None,
            now=now,
            leeway_s=_LEEWAY_S,
        )
    except ClaimsError as problem:
        if problem.claim == "exp":
            raise _login_refused(
                f"Token expired: {now:.0f} >= {login.unverified_payload.get('exp')}", reason_of(problem)
            ) from problem
        raise _login_refused("Couldn't verify signed token.", reason_of(problem)) from problem


async def _check_alive(services: Services, user_pool: Pool, provider: UserPoolProvider, claims: VerifiedClaims) -> None:
    """ServerSideTokenCheck: the pool itself is asked whether the person still is signed in."""
    if not provider.server_side_token_check:
        return
    user = await services.store.users.find(user_pool.pool_id, str(claims["cognito:username"]))
    family = await services.store.token_families.find(user_pool.pool_id, str(claims.get("origin_jti", "")))
    if user is None or not user.enabled or family is None:
        raise _refused("Token is inactive", "the user is gone, disabled or signed out")


async def _owner(services: Services, pool: IdentityPool, logins: Mapping[str, str]) -> Identity | None:
    """The identity that has these logins, or None. AWS merges the identities when there are several."""
    owners: dict[str, Identity] = {}
    for provider_name, subject in logins.items():
        found = await services.store.identities.find_by_login(pool.identity_pool_id, provider_name, subject)
        if found is not None:
            owners[found.identity_id] = found
    if len(owners) > 1:
        message = "Halfday does not merge identities yet, and so refuses logins that are of several."
        raise Refused("NotImplementedException", message)
    return next(iter(owners.values()), None)


async def _matched(services: Services, pool: IdentityPool, identity: Identity, proven: Mapping[str, str]) -> Identity:
    """Whose the logins are; the identity that was asked for when they are nobody's and it is a guest's."""
    if any(identity.logins.get(provider) == subject for provider, subject in proven.items()):
        return identity
    owner = await _owner(services, pool, proven)
    if owner is not None and identity.logins:
        message = "Logins don't match. Please include at least one valid login for this identity or identity pool."
        raise _refused(message, "the login is another identity's")
    if owner is not None:
        return owner
    if identity.logins:
        raise _refused(f"Access to Identity '{identity.identity_id}' is forbidden.", "the login is not this identity's")
    return identity


async def _linked(services: Services, pool: IdentityPool, identity: Identity, proven: Mapping[str, str]) -> Identity:
    """The identity, linked to all of the logins that were shown.

    An identity has one login of each provider (facts/identity.md §3). The sentence is [inferred].
    """
    conflict = Refused("ResourceConflictException", "A login is linked to another identity already.")
    if any(identity.logins.get(provider, subject) != subject for provider, subject in proven.items()):
        raise conflict
    missing = {provider: subject for provider, subject in proven.items() if provider not in identity.logins}
    if not missing:
        return identity
    try:
        return await services.store.identities.link(identity, missing, now=services.clock())
    except (Taken, Stale):  # another identity has it; or somebody else, or the same person, was first
        owner = await _owner(services, pool, proven)
        if owner is None or any(owner.logins.get(provider) != subject for provider, subject in proven.items()):
            raise conflict from None
        return owner


def _refused(sentence: str, detail: str | None = None) -> Refused:
    return not_authorized(sentence, detail=detail)


def _login_refused(sentence: str, detail: str) -> Refused:
    return _refused(f"Invalid login token. {sentence}", detail)
