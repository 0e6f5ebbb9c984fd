"""Identities: GetId, GetCredentialsForIdentity, GetOpenIdToken, DescribeIdentity. Source: facts/identity.md §3."""

from __future__ import annotations

from halfday.protocol.identifiers import parse_arn
from halfday.server.domain.aws.guests import GUEST_SESSION_POLICY
from halfday.server.domain.aws.identity_pools import (
    CREDENTIALS_LIFETIME_S,
    ENHANCED_SESSION_NAME,
    IdentityPool,
    amr_of,
    openid_claims,
)
from halfday.server.domain.aws.roles import Role
from halfday.server.domain.refusals import Refused
from halfday.server.flows.identity import credentials as flow
from halfday.server.flows.tokens.keys import IDENTITY_OWNER, sign_claims
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.storage.errors import Missing

_CHECK_ROLES = "Invalid identity pool configuration. Check assigned IAM roles for this pool."


@operation("cognito-identity", "GetId", honours="AccountId IdentityPoolId Logins")
async def get_id(call: Call) -> Output:
    pool_id, account = call.input["IdentityPoolId"], call.input.get("AccountId")
    try:
        pool = await call.services.store.identity_pools.get(pool_id)
    except Missing as problem:
        raise Refused("ResourceNotFoundException", f"IdentityPool '{pool_id}' not found.") from problem
    if account not in (None, call.account):
        raise Refused("ResourceNotFoundException", f"IdentityPool '{pool_id}' not found.")
    logins = await flow.check_logins(call.services, pool, call.input.get("Logins", {}))
    identity = await flow.identity_of(call.services, pool, logins)
    return {"IdentityId": identity.identity_id}


@operation("cognito-identity", "GetCredentialsForIdentity", honours="IdentityId Logins")
async def get_credentials_for_identity(call: Call) -> Output:
    """The enhanced flow: the role of the identity pool is chosen here, and assumed as by STS."""
    pool, identity, logins = await flow.identity_for_logins(
        call.services, call.input["IdentityId"], call.input.get("Logins", {})
    )
    context = flow.amr_context(identity, amr_of(logins))
    role = await _role(call, pool, "authenticated" if logins else "unauthenticated")
    if not flow.role_trusts(role, context):
        raise _misconfigured(f"the trust policy of role {role.name} does not let this identity in: {context}")
    issued = await flow.assume(
        call.services,
        role,
        session_name=ENHANCED_SESSION_NAME,
        lifetime_s=CREDENTIALS_LIFETIME_S,
        context=context,
        session_policies=() if logins else (GUEST_SESSION_POLICY,),
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
    _, identity, logins = await flow.identity_for_logins(
        call.services, call.input["IdentityId"], call.input.get("Logins", {}), classic=True
    )
    claims = openid_claims(identity, amr=amr_of(logins), now=call.now)
    token = await sign_claims(call.services, IDENTITY_OWNER, "openid", claims)
    return {"IdentityId": identity.identity_id, "Token": token}


@operation("cognito-identity", "DescribeIdentity", honours="IdentityId")
async def describe_identity(call: Call) -> Output:
    identity_id = call.input["IdentityId"]
    identity = await call.services.store.identities.find(identity_id)
    if identity is None or not call.is_of_region(identity_id.partition(":")[0]):
        raise Refused("ResourceNotFoundException", f"Identity '{identity_id}' not found.")
    return {
        "IdentityId": identity.identity_id,
        "Logins": list(identity.logins) or None,
        "CreationDate": identity.created_at,
        "LastModifiedDate": identity.modified_at,
    }


async def _role(call: Call, pool: IdentityPool, kind: str) -> Role:
    arn_text = pool.roles.get(kind)
    if arn_text is None:
        raise _misconfigured(f"identity pool {pool.identity_pool_id} has no {kind} role")
    arn = parse_arn(arn_text)
    role = await call.services.store.roles.find(arn.account, arn.resource.rpartition("/")[2])
    if role is None or role.arn != arn_text:
        raise _misconfigured(f"there is no role {arn_text}")
    return role


def _misconfigured(detail: str) -> Refused:
    return Refused("InvalidIdentityPoolConfigurationException", _CHECK_ROLES, detail=detail)
