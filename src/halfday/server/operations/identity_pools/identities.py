"""Identities as people's programs ask for them: GetId, GetCredentialsForIdentity, GetOpenIdToken, UnlinkIdentity.

Source: facts/identity.md §3. What an administrator asks of them: `listed_identities`.
"""

from __future__ import annotations

from collections.abc import Sequence

from halfday.protocol.identifiers import parse_arn
from halfday.server.domain.aws import linking
from halfday.server.domain.aws.guests import GUEST_SESSION_POLICIES
from halfday.server.domain.aws.identity_pools import (
    CREDENTIALS_LIFETIME_S,
    ENHANCED_SESSION_NAME,
    Identity,
    IdentityPool,
    amr_of,
)
from halfday.server.domain.aws.logins import LoginKind, ProvenLogin
from halfday.server.domain.aws.principal_tags import objection_to, principal_tags
from halfday.server.domain.aws.role_mapping import chosen_role
from halfday.server.domain.aws.roles import Role
from halfday.server.domain.refusals import Refused, invalid
from halfday.server.flows.identity import credentials as flow
from halfday.server.flows.identity.identities import (
    find_identity,
    forbidden,
    has_shown,
    identity_for_logins,
    identity_of,
    no_match,
)
from halfday.server.flows.identity.logins import check_logins
from halfday.server.flows.identity.openid_tokens import openid_token
from halfday.server.operations.framework.registry import Call, Output, operation

_CHECK_ROLES = "Invalid identity pool configuration. Check assigned IAM roles for this pool."
_NO_CLASSIC_FLOW = "Basic (classic) flow is not {why}, please use enhanced flow."


@operation("cognito-identity", "GetId", honours="AccountId IdentityPoolId Logins")
async def get_id(call: Call) -> Output:
    pool_id, account = call.input["IdentityPoolId"], call.input.get("AccountId")
    pool = await call.services.store.identity_pools.find(pool_id)
    if pool is None or account not in (None, call.account):
        raise Refused("ResourceNotFoundException", f"IdentityPool '{pool_id}' not found.")
    shown = await check_logins(call.services, pool, call.input.get("Logins", {}))
    identity = await identity_of(call.services, pool, shown)
    return {"IdentityId": identity.identity_id}


@operation("cognito-identity", "GetCredentialsForIdentity", honours="IdentityId Logins CustomRoleArn")
async def get_credentials_for_identity(call: Call) -> Output:
    """The enhanced flow: the role of the identity pool is chosen here, and assumed as by STS."""
    pool, known = await find_identity(call.services, call.input["IdentityId"])
    shown = await check_logins(call.services, pool, call.input.get("Logins", {}), own_tokens=True)
    identity = await identity_for_logins(call.services, pool, known, shown)
    amr, tags = amr_of(shown), principal_tags(pool.principal_tags, shown)
    context = flow.amr_context(identity, amr)
    role = await _role(call, pool, shown, amr[0])
    _check_trust(role, context, tags)
    issued = await flow.assume(
        call.services,
        role,
        session_name=ENHANCED_SESSION_NAME,
        lifetime_s=CREDENTIALS_LIFETIME_S,
        context=context,
        tags=tags,
        session_policies=GUEST_SESSION_POLICIES if amr[0] == "unauthenticated" else (),
    )
    shape = {
        "AccessKeyId": issued.access_key_id,
        "SecretKey": issued.secret_access_key,
        "SessionToken": issued.session_token,
        "Expiration": issued.expires_at,
    }
    return {"IdentityId": identity.identity_id, "Credentials": shape}


@operation("cognito-identity", "GetOpenIdToken", honours="IdentityId Logins")
async def get_open_id_token(call: Call) -> Output:
    """The first step of the basic flow: a token for AssumeRoleWithWebIdentity."""
    pool, known = await find_identity(call.services, call.input["IdentityId"])
    shown = await check_logins(call.services, pool, call.input.get("Logins", {}))
    identity = await identity_for_logins(
        call.services, pool, known, shown, before_linking=lambda: _check_classic_flow(pool, shown)
    )
    tags = principal_tags(pool.principal_tags, shown)
    token = await openid_token(call.services, identity, amr=amr_of(shown), tags=tags)
    return {"IdentityId": identity.identity_id, "Token": token}


@operation("cognito-identity", "UnlinkIdentity", honours="IdentityId Logins LoginsToRemove")
async def unlink_identity(call: Call) -> Output:
    """Who removes logins shows one of the identity's. What is removed is somebody new at the next time; an identity
    that has lost its last login is nobody's any more (API reference). A name that is no login's is [inferred].
    """
    pool, known = await find_identity(call.services, call.input["IdentityId"])
    shown = await check_logins(call.services, pool, call.input["Logins"], own_tokens=True)
    removed = call.input["LoginsToRemove"]

    def unlinked(identity: Identity) -> Identity:
        if not identity.enabled:
            raise forbidden(identity, "the identity is disabled")
        if not has_shown(identity, shown):
            raise no_match("none of the identity's logins was shown")
        if strangers := [name for name in removed if name not in identity.providers]:
            raise invalid(f"The identity has no login of {', '.join(strangers)}.")
        return linking.without(identity, removed, now=call.now)

    await call.services.store.identities.change(known, unlinked)
    return {}


async def _role(call: Call, pool: IdentityPool, shown: Sequence[ProvenLogin], kind: str) -> Role:
    default, custom = pool.roles.get(kind), call.input.get("CustomRoleArn")
    signed_in = shown if kind == "authenticated" else ()
    arn_text = chosen_role(pool.role_mappings, default, signed_in, custom)
    if arn_text is None:
        raise _misconfigured(f"identity pool {pool.identity_pool_id} has no {kind} role")
    try:
        arn = parse_arn(arn_text)
    except ValueError as problem:
        raise _misconfigured("the role that was chosen is no ARN") from problem
    role = await call.services.store.roles.find(arn.account, arn.resource.rpartition("/")[2])
    if role is None or role.arn != arn_text or arn.account != call.account:
        raise _misconfigured(f"there is no role {arn_text}")
    return role


def _check_trust(role: Role, context: dict[str, list[str]], tags: dict[str, str]) -> None:
    if objection := objection_to(tags):
        raise _misconfigured(f"STS would not take the principal tags: {objection}")
    if flow.role_trusts(role, context, tags):
        return
    if tags and flow.role_trusts(role, context):
        raise _misconfigured(f"the trust policy of role {role.name} does not allow sts:TagSession with these tags")
    raise _misconfigured(f"the trust policy of role {role.name} does not let this identity in: {context}")


def _check_classic_flow(pool: IdentityPool, shown: Sequence[ProvenLogin]) -> None:
    """Sentences: aws/aws-cli#7652, aws-observability/aws-rum-web#172, aws-amplify/aws-sdk-ios#520."""
    if not pool.allow_classic_flow:
        raise invalid(_NO_CLASSIC_FLOW.format(why="enabled"))
    if pool.role_mappings:
        raise invalid(_NO_CLASSIC_FLOW.format(why="supported with RoleMappings"))
    if any(login.kind is LoginKind.SAML for login in shown):
        raise invalid(_NO_CLASSIC_FLOW.format(why="supported with SAML"))


def _misconfigured(detail: str) -> Refused:
    return Refused("InvalidIdentityPoolConfigurationException", _CHECK_ROLES, detail=detail)
