"""AssumeRoleWithWebIdentity and AssumeRoleWithSAML: roles for people whom an identity provider vouches for.

Source: facts/identity.md §9; STS API reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halfday.server.domain.aws.assuming import Wanted
from halfday.server.domain.aws.session_limits import ROLE_SESSION_S, check_role_duration, check_transitive
from halfday.server.flows.identity.saml_identity import Given, read_saml_identity
from halfday.server.flows.identity.web_identity import read_web_identity
from halfday.server.flows.sessions import issue_for_role
from halfday.server.operations.aws.sts_answers import assumed, check_trust, read_limits, role_of
from halfday.server.operations.aws.sts_callers import keys_of
from halfday.server.operations.framework.registry import Call, Output, operation


@operation(
    "sts",
    "AssumeRoleWithWebIdentity",
    honours="RoleArn RoleSessionName WebIdentityToken ProviderId DurationSeconds Policy PolicyArns "
    "MinimumSessionTokenSize",
)
async def assume_role_with_web_identity(call: Call) -> Output:
    token, provider_id = call.input["WebIdentityToken"], call.input.get("ProviderId")
    identity = await read_web_identity(call.services, call.account, token, provider_id)
    check_transitive(identity.tags, identity.transitive_tag_keys, ())
    wanted = Wanted(
        action="sts:AssumeRoleWithWebIdentity",
        session_name=call.input["RoleSessionName"],
        lifetime_s=call.input.get("DurationSeconds", ROLE_SESSION_S),
        tags=identity.tags,
        transitive_tag_keys=identity.transitive_tag_keys,
        source_identity=identity.source_identity,
        context={**keys_of(call), **identity.context},
    )
    return {
        "SubjectFromWebIdentityToken": identity.subject,
        "Audience": identity.audience,
        **await _assumed(call, identity.principal, wanted, identity.context),
        "Provider": identity.provider,
    }


@operation(
    "sts",
    "AssumeRoleWithSAML",
    honours="RoleArn PrincipalArn SAMLAssertion DurationSeconds Policy PolicyArns MinimumSessionTokenSize",
)
async def assume_role_with_saml(call: Call) -> Output:
    """The session ends with DurationSeconds, or when the provider says (SessionNotOnOrAfter) if that is sooner."""
    given = Given(call.input["RoleArn"], call.input["PrincipalArn"], call.input["SAMLAssertion"])
    identity = await read_saml_identity(call.services, call.region, given)
    check_transitive(identity.tags, identity.transitive_tag_keys, ())
    lifetime_s: int = call.input.get("DurationSeconds", ROLE_SESSION_S)
    wanted = Wanted(
        action="sts:AssumeRoleWithSAML",
        session_name=identity.session_name,
        lifetime_s=lifetime_s,
        tags=identity.tags,
        transitive_tag_keys=identity.transitive_tag_keys,
        source_identity=identity.source_identity,
        context={**keys_of(call), **identity.context},
    )
    left_s = lifetime_s if identity.ends_at is None else int(identity.ends_at - call.now)
    return {
        "Subject": identity.subject,
        "SubjectType": identity.subject_type,
        "Issuer": identity.issuer,
        "Audience": identity.audience,
        "NameQualifier": identity.name_qualifier,
        **await _assumed(call, given.principal_arn, wanted, identity.context, at_most_s=left_s),
    }


async def _assumed(
    call: Call, federated: str, wanted: Wanted, said: Mapping[str, Any], *, at_most_s: int | None = None
) -> Output:
    """`said` is what the provider says of the person: the session keeps it."""
    role = check_trust(await role_of(call), federated, wanted)
    check_role_duration(role, wanted.lifetime_s, chained=False)
    limited = await read_limits(
        call, tags=wanted.tags, transitive=wanted.transitive_tag_keys, source_identity=wanted.source_identity
    )
    issued = await issue_for_role(
        call.services,
        role,
        session_name=wanted.session_name,
        lifetime_s=wanted.lifetime_s if at_most_s is None else min(wanted.lifetime_s, at_most_s),
        context=said,
        limits=limited.limits,
    )
    return {**assumed(issued), "PackedPolicySize": limited.percent, "SourceIdentity": wanted.source_identity}
