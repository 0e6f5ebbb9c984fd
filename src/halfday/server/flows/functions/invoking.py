"""The function that an ARN means, invoked: one that is declared here, or one of Lambda's API.

A declared function needs no permission: to declare it is to permit it. One of Lambda's API needs a statement in its
resource policy, as on AWS.
"""

from __future__ import annotations

from halfday.server.domain.aws.functions import LATEST, LambdaFunction, Reference, may_service_invoke
from halfday.server.outside.functions.functions import ATTEMPTS
from halfday.server.outside.functions.invocation import Called, Invoked, NotInvoked
from halfday.server.outside.functions.uploads import Upload
from halfday.server.services import Services

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
    return await services.functions.invoke(called, event, upload=upload_of(function), attempts=attempts)


def upload_of(function: LambdaFunction) -> Upload:
    return Upload(
        function.arn,
        function.revision_id,
        function.code_id,
        function.runtime,
        function.handler,
        timeout_s=function.timeout_s,
        ram_mb=function.ram_mb,
        environment={**_told(function), **function.environment},
    )


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
