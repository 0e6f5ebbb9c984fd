"""Who somebody would be if they called: for the question what they may do. Nothing is proven and nothing is issued.

A name is root; a user or a role of IAM by its ARN; a session by its ARN or its access key id; or a person of a user
pool by any of their names (POOL_ID/NAME where several pools have one), as the newest session that they have from an
identity pool, else in the identity pool's role for people who are signed in.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace

from halfday.protocol.identifiers import login_provider, parse_arn
from halfday.server.domain.aws.callers import AssumedRole, Root, SignedCaller, SignedUser
from halfday.server.domain.aws.iam_users import IamUser
from halfday.server.domain.aws.identity_pools import ENHANCED_SESSION_NAME, Identity, IdentityPool
from halfday.server.domain.aws.roles import Role
from halfday.server.domain.aws.sessions import IssuedCredentials
from halfday.server.domain.refusals import Refused
from halfday.server.domain.users.users import User
from halfday.server.flows.identity.held_policies import held_by
from halfday.server.flows.identity.session_callers import session_caller
from halfday.server.services import Services

ROOT = "root"
SESSION_NAME = "explained"
_SUB = "cognito-identity.amazonaws.com:sub"
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Supposed:
    """A caller, and how the name led there."""

    caller: SignedCaller
    how: str


async def supposed_caller(services: Services, name: str, tags: Mapping[str, str]) -> Supposed:
    """`tags` are session tags that the session has beside its own. Raises Refused for a name of nobody or of two."""
    found = await _found(services, name)
    if not tags:
        return found
    if not isinstance(found.caller, AssumedRole):
        raise _nobody(f"{name} has no session that tags could be passed to: name a role")
    issued = found.caller.credentials
    tagged = replace(issued, principal_tags={**issued.principal_tags, **tags})
    return replace(found, caller=replace(found.caller, credentials=tagged))


def _nobody(sentence: str) -> Refused:
    return Refused("ResourceNotFoundException", sentence)


async def _found(services: Services, name: str) -> Supposed:
    if name == ROOT:
        return Supposed(Root(services.settings.account_id), "the account's root")
    if name.startswith("arn:"):
        return await _by_arn(services, name)
    issued = await services.store.credentials.find(name)
    if issued is not None:
        return await _in_session(services, issued, f"the session of access key {name}")
    key = await services.store.access_keys.find(name)
    if key is not None:
        return await _as_user(services, key.user_name)
    return await _person(services, name)


async def _by_arn(services: Services, text: str) -> Supposed:
    try:
        arn = parse_arn(text)
    except ValueError as problem:
        raise _nobody(str(problem)) from None
    kind, _, rest = arn.resource.partition("/")
    if arn.account != services.settings.account_id:
        raise _nobody(f"{text} is of another account: this server's is {services.settings.account_id}")
    if arn.service == "iam" and arn.resource == "root":
        return await _found(services, ROOT)
    if arn.service == "iam" and kind == "user":
        return await _as_user(services, rest.rpartition("/")[2])
    if arn.service == "iam" and kind == "role":
        return await _as_role(services, rest.rpartition("/")[2], SESSION_NAME)
    if arn.service == "sts" and kind == "assumed-role":
        role_name, _, session_name = rest.partition("/")
        for issued in await services.store.credentials.newest(now=services.clock(), limit=_AT_ONCE):
            if (issued.role_name, issued.session_name) == (role_name, session_name):
                return await _in_session(services, issued, "the newest session of that name")
        return await _as_role(services, role_name, session_name or SESSION_NAME)
    raise _nobody(f"{text} is neither a user, a role nor a role's session")


async def _in_session(services: Services, issued: IssuedCredentials, how: str) -> Supposed:
    caller = await session_caller(services, issued)
    if caller is None:
        raise _nobody(f"the role or user behind {issued.access_key_id} is gone")
    return Supposed(caller, how)


async def _as_user(services: Services, name: str) -> Supposed:
    user: IamUser | None = await services.store.iam_users.find(services.settings.account_id, name)
    if user is None:
        raise _nobody(f"there is no IAM user {name}")
    return Supposed(SignedUser(user, await held_by(services, user)), f"the IAM user {name}")


async def _as_role(services: Services, name: str, session_name: str) -> Supposed:
    role = await services.store.roles.find(services.settings.account_id, name)
    if role is None:
        raise _nobody(f"there is no role {name}")
    issued = _supposed_session(services, role, session_name)
    return Supposed(AssumedRole(issued, role, await held_by(services, role, issued)), "a session without policies")


def _supposed_session(services: Services, role: Role, session_name: str) -> IssuedCredentials:
    now = services.clock()
    return IssuedCredentials("", "", "", role.account, role.name, role.role_id, session_name, now, now + 3600)


async def _person(services: Services, name: str) -> Supposed:
    people = [one async for one in _people(services, name)]
    if len(people) > 1:
        pools = ", ".join(f"{user.pool_id}/{name}" for user in people)
        raise _nobody(f"{name} is somebody in several pools: say which, by {pools}")
    if not people:
        raise _nobody(f"{name} is no ARN, no access key id of this server, and nobody in a user pool")
    async for pool, identity in _identities(services, people[0]):
        if identity is not None:
            for issued in await services.store.credentials.newest(now=services.clock(), limit=_AT_ONCE):
                if identity.identity_id in issued.context.get(_SUB, ()):
                    return await _in_session(services, issued, f"their newest session, by identity pool {pool.name}")
    return await _without_session(services, people[0])


async def _without_session(services: Services, user: User) -> Supposed:
    """In the pool's role for people who are signed in, if nothing but that can be meant."""
    async for pool, identity in _identities(services, user):
        arn = pool.roles.get("authenticated")
        if arn is None or getattr(pool, "role_mappings", None):
            break
        supposed = await _by_arn(services, arn)
        assert isinstance(supposed.caller, AssumedRole)
        context = {f"{_SUB[:-3]}aud": [pool.identity_pool_id], f"{_SUB[:-3]}amr": ["authenticated"]}
        if identity is not None:
            context[_SUB] = [identity.identity_id]
        issued = replace(supposed.caller.credentials, session_name=ENHANCED_SESSION_NAME, context=context)
        how = f"the role of identity pool {pool.name} for people who are signed in; they have no session now"
        return Supposed(replace(supposed.caller, credentials=issued), how)
    raise _nobody(f"{user.username} has no session now: sign in once, or name the role by its ARN")


async def _people(services: Services, name: str) -> AsyncIterator[User]:
    of, slash, rest = name.partition("/")
    async for pool_id in _pool_ids(services):
        if slash and of != pool_id:
            continue
        user = await services.store.users.find_by_any_name(pool_id, rest if slash else name)
        if user is not None:
            yield user


async def _pool_ids(services: Services) -> AsyncIterator[str]:
    after = ""
    while pools := await services.store.pools.page(None, limit=_AT_ONCE, after=after):
        for pool in pools:
            yield pool.pool_id
        after = pools[-1].pool_id


async def _identities(services: Services, user: User) -> AsyncIterator[tuple[IdentityPool, Identity | None]]:
    """The identity pools of the Region that take this user pool's people, and who the person is there."""
    provider, region = login_provider(user.pool_id), user.pool_id.partition("_")[0]
    for pool in await services.store.identity_pools.page(region, limit=_AT_ONCE):
        if any(one.provider_name == provider for one in pool.user_pool_providers):
            identity = await services.store.identities.find_by_login(pool.identity_pool_id, provider, user.sub)
            yield pool, identity
