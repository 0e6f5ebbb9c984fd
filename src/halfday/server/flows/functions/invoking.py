"""The function that an ARN means, invoked: one that is declared here, or one of Lambda's API.

A declared function needs no permission: to declare it is to permit it. One of Lambda's API needs a statement in its
resource policy, as on AWS.
"""

from __future__ import annotations

from functools import partial

from halfday.server.domain.aws.functions import LATEST, LambdaFunction, Reference, may_service_invoke, trusts_lambda
from halfday.server.flows.sessions import Limits, issue_for_role
from halfday.server.outside.functions.functions import ATTEMPTS
from halfday.server.outside.functions.invocation import Called, Invoked, NotInvoked
from halfday.server.outside.functions.uploads import RoleKeys, Upload
from halfday.server.services import Services

_SESSION_S = 12 * 3600
_LONGEST_RUN_S = 900
"""Of an invocation: it ends before its keys do."""
COGNITO = "cognito-idp.amazonaws.com"


async def find_uploaded(services: Services, arn: str) -> LambdaFunction | None:
    """The function of Lambda's API that this ARN names; None for another version than the latest."""
    named = Reference.read(arn)
    if named is None or named.region is None or named.account is None or named.qualifier not in (None, LATEST):
        return None
    return await services.store.lambda_functions.find(named.account, named.region, named.name)


async def invoke_for(
    services: Services, source_arn: str, called: Called, event: str, *, service: str = COGNITO, attempts: int = ATTEMPTS
) -> tuple[Invoked, int]:
    """The answer to what a service calls, and the attempts that it took. `source_arn` is the user pool's or the API's.

    Raises FunctionError, NotInvoked.
    """
    if services.functions.has(called.name):
        return await services.functions.invoke(called, event, attempts=attempts)
    function = await find_uploaded(services, called.arn)
    if function is None:
        return await services.functions.invoke(called, event, attempts=attempts)  # which says what is missing
    decision = may_service_invoke(function, service, source_arn=source_arn, source_account=services.settings.account_id)
    if not decision.allowed:
        raise NotInvoked("AccessDeniedException", _not_permitted(function, source_arn, service))
    return await services.functions.invoke(called, event, upload=upload_of(services, function), attempts=attempts)


def upload_of(services: Services, function: LambdaFunction) -> Upload:
    return Upload(
        function.arn,
        function.revision_id,
        function.code_id,
        function.runtime,
        function.handler,
        timeout_s=function.timeout_s,
        ram_mb=function.ram_mb,
        environment={**_told(function), **function.environment},
        keys=partial(_keys_of, services, function),
        now=services.clock(),
    )


async def _keys_of(services: Services, function: LambdaFunction) -> RoleKeys:
    """A session of the function's role, of its processes alone. Raises NotInvoked where Lambda could not assume it."""
    role = await services.store.roles.find(function.account, function.role.rpartition("/")[2])
    if role is None or role.arn != function.role or not trusts_lambda(role.trust_policy):
        raise NotInvoked("AccessDeniedException", f"{function.role} is gone, or does not trust lambda.amazonaws.com")
    issued = await issue_for_role(
        services, role, session_name=function.name, lifetime_s=_SESSION_S, context={}, limits=Limits()
    )
    keys = {
        "AWS_ACCESS_KEY_ID": issued.access_key_id,
        "AWS_SECRET_ACCESS_KEY": issued.secret_access_key,
        "AWS_SESSION_TOKEN": issued.session_token,
    }
    return RoleKeys(keys, issued.expires_at - _LONGEST_RUN_S)


def _told(function: LambdaFunction) -> dict[str, str]:
    """What Lambda sets (Lambda developer guide, Defined runtime environment variables)."""
    return {
        "_HANDLER": function.handler,
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.ram_mb),
        "AWS_LAMBDA_FUNCTION_VERSION": LATEST,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "halfday",
    }


def _not_permitted(function: LambdaFunction, source_arn: str, service: str) -> str:
    """For the log: what was not allowed, and what to run."""
    why = "has no resource policy" if not function.statements else "has a resource policy that does not allow it"
    statement_id = service.partition(".")[0].removesuffix("-idp")
    return (
        f"function {function.name} {why}: aws lambda add-permission --function-name {function.name} "
        f"--statement-id {statement_id} --action lambda:InvokeFunction --principal {service} --source-arn {source_arn}"
    )
