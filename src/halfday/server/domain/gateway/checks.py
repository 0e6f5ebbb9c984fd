"""What may be configured: what API Gateway refuses is refused in its words, and what is not built here is refused too.

Operations, OpenAPI files and seed files all come through here. Raises Refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from halfday.server.domain.aws.policies import Kind, parse_policy
from halfday.server.domain.gateway.expressions import needs_logic
from halfday.server.domain.gateway.http_documents import parse_route_key
from halfday.server.domain.gateway.paths import MalformedPath
from halfday.server.domain.gateway.refusals import NAMES
from halfday.server.domain.gateway.rest_documents import function_in, read_policy
from halfday.server.domain.gateway.serving import Authorization, AuthorizerKind, IntegrationKind
from halfday.server.domain.refusals import Refused
from halfday.server.domain.text.header_fields import is_field_name

Document = Mapping[str, Any]

LONGEST_TTL_S = 3600
_POOL_ARN = re.compile(r"arn:aws[a-z-]*:cognito-idp:[a-z0-9-]+:\d{12}:userpool/[\w-]+_[0-9A-Za-z]+")
_FUNCTION_ARN = re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:.+")
_URL = re.compile(r"https?://\S+|\$\{stageVariables\.\w+\}\S*|https?://\$\{stageVariables\.\w+\}\S*")
_RULES_URL = "Invalid HTTP endpoint specified for URI"
_AUTHORIZATIONS = {
    AuthorizerKind.COGNITO: Authorization.COGNITO,
    AuthorizerKind.TOKEN: Authorization.LAMBDA,
    AuthorizerKind.REQUEST: Authorization.LAMBDA,
    AuthorizerKind.JWT: Authorization.JWT,
}


def bad(sentence: str) -> Refused:
    return Refused("BadRequestException", sentence)


def not_built(what: str) -> Refused:
    return Refused("NotImplementedException", f"Halfday's API Gateway does not honour {what}.")


def check_rest_method(method: Document, authorizers: Mapping[str, Document]) -> None:
    """A method and the authorizer that it names."""
    kind = method.get("authorizationType", "NONE")
    if kind not in {known.value for known in Authorization if known is not Authorization.JWT}:
        raise bad("Invalid authorization type specified")
    _check_authorizer_of(kind, method.get("authorizerId"), {name: one["type"] for name, one in authorizers.items()})
    if method.get("authorizationScopes") and kind != Authorization.COGNITO.value:
        raise bad("Authorization scopes are only supported for COGNITO_USER_POOLS authorization type")
    if method.get("apiKeyRequired"):
        raise not_built("apiKeyRequired: there are no API keys and usage plans here")
    if method.get("requestValidatorId"):
        raise not_built("requestValidatorId: requests are not validated by models here")


def check_http_route(
    route: Document, authorizers: Mapping[str, Document], integrations: Mapping[str, Document]
) -> None:
    try:
        parse_route_key(route["RouteKey"])
    except MalformedPath as problem:
        raise bad(f"Invalid route key specified: {problem}") from problem
    kind = route.get("AuthorizationType", "NONE")
    if kind not in {known.value for known in Authorization if known is not Authorization.COGNITO}:
        raise bad("Invalid authorization type specified")
    kinds = {name: one["AuthorizerType"] for name, one in authorizers.items()}
    _check_authorizer_of(kind, route.get("AuthorizerId"), kinds)
    if route.get("AuthorizationScopes") and kind != Authorization.JWT.value:
        raise bad("Authorization scopes are only supported for JWT authorization type")
    target = route.get("Target")
    if target is not None and target.removeprefix("integrations/") not in integrations:
        raise bad("Invalid integration identifier specified")
    if route.get("ApiKeyRequired"):
        raise not_built("ApiKeyRequired: HTTP APIs have no API keys")


def _check_authorizer_of(kind: str, authorizer_id: str | None, kinds: Mapping[str, str]) -> None:
    if kind in (Authorization.NONE.value, Authorization.AWS_IAM.value):
        if authorizer_id:
            raise bad("Authorizer id is only supported for a CUSTOM, JWT or COGNITO_USER_POOLS authorization type")
        return
    if not authorizer_id or authorizer_id not in kinds:
        raise bad(
            "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS "
            "requires a valid authorizer."
        )
    if _AUTHORIZATIONS[AuthorizerKind(kinds[authorizer_id])].value != kind:
        raise bad("The authorizer is not of the method's authorization type")


def check_rest_integration(given: Document, method: Document | None = None) -> None:
    """`method` is the one that it belongs to, where what is mapped has to be declared there."""
    kind = _kind(given.get("type", ""))
    uri = given.get("uri") or ""
    if given.get("connectionType", "INTERNET") != "INTERNET":
        raise not_built("connectionType VPC_LINK")
    if kind is IntegrationKind.LAMBDA:
        _check_lambda(uri, given.get("httpMethod"))
    elif kind is IntegrationKind.HTTP:
        _check_url(uri)
        if not given.get("httpMethod"):
            raise bad("Enumeration value for HttpMethod must be non-empty")
    _check_timeout(given.get("timeoutInMillis"), 29_000)
    check_templates(given.get("requestTemplates", {}), "requestTemplates")
    if kind is not IntegrationKind.MOCK and given.get("requestTemplates"):
        raise not_built(f"requestTemplates of {kind.value}: a proxy integration passes the request on as it is")
    if method is not None:
        _check_mappings(given.get("requestParameters", {}), method.get("requestParameters", {}))


def _kind(text: str) -> IntegrationKind:
    if text in ("HTTP", "AWS"):
        raise not_built(f"integrations of type {text}, which transform by VTL; HTTP_PROXY, AWS_PROXY and MOCK are")
    try:
        return IntegrationKind(text)
    except ValueError as problem:
        raise bad("Invalid integration type specified") from problem


def _check_lambda(uri: str, method: str | None) -> None:
    if not method:
        raise bad("Enumeration value for HttpMethod must be non-empty")
    if method != "POST":
        raise bad("Lambda functions are invoked by POST: integrationHttpMethod must be POST")
    if function_in(uri) is None:
        raise bad(
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations."
        )


def _check_url(uri: str) -> None:
    if not _URL.fullmatch(uri):
        raise bad(_RULES_URL)


def _check_timeout(value: Any, most: int) -> None:
    if value is not None and not 50 <= value <= most:
        raise bad(f"Timeout should be between 50 ms and {most} ms")


def _check_mappings(mapped: Mapping[str, str], declared: Mapping[str, Any]) -> None:
    for source in mapped.values():
        if source.startswith("method.request.") and source not in declared and source != "method.request.body":
            sentence = f"errors : [Invalid mapping expression parameter specified: {source}]"
            raise bad(f"Invalid mapping expression specified: Validation Result: warnings : [], {sentence}")
        if source == "method.request.body" or source.startswith("method.request.body."):
            raise not_built("mappings of the body")


def check_rest_integration_response(given: Document) -> None:
    check_templates(given.get("responseTemplates", {}), "responseTemplates")
    check_parameters(given.get("responseParameters", {}), "method.response.header.")
    if given.get("contentHandling"):
        raise not_built("contentHandling")
    pattern = given.get("selectionPattern")
    if pattern:
        _check_expression(pattern, "selection pattern")


def check_templates(templates: Mapping[str, Any], what: str) -> None:
    for template in templates.values():
        if template and needs_logic(template):
            raise not_built(f"{what} with VTL: statements, $input and $util. Plain texts and $context… are")


def check_parameters(parameters: Mapping[str, Any], prefix: str) -> None:
    """Targets are headers; sources are texts in quotation marks, or variables."""
    for target, source in parameters.items():
        name = target.removeprefix(prefix)
        if name == target or not is_field_name(name):
            raise bad(f"Invalid parameter name specified: {target}")
        if isinstance(source, str) and source.startswith("'") and not (len(source) > 1 and source.endswith("'")):
            raise bad(f"Invalid mapping expression specified: {source}")


def check_gateway_response(kind: str, given: Document) -> None:
    if kind not in NAMES:
        raise bad(f"Invalid response type specified: {kind}")
    status = given.get("statusCode")
    if status is not None and not (str(status).isdigit() and 200 <= int(status) <= 599):
        raise bad("Invalid status code specified")
    check_parameters(given.get("responseParameters", {}), "gatewayresponse.header.")
    check_templates(given.get("responseTemplates", {}), "responseTemplates")


def check_rest_authorizer(given: Document) -> None:
    try:
        kind = AuthorizerKind(given.get("type", ""))
    except ValueError as problem:
        raise bad("Invalid authorizer type specified") from problem
    if kind is AuthorizerKind.JWT:
        raise bad("Invalid authorizer type specified")
    _check_ttl(given.get("authorizerResultTtlInSeconds"))
    if given.get("identityValidationExpression"):
        _check_expression(given["identityValidationExpression"], "identity validation expression")
    if kind is AuthorizerKind.COGNITO:
        _check_pools(given.get("providerARNs", ()))
        return
    if function_in(given.get("authorizerUri") or "") is None:
        raise bad("Invalid Authorizer URI: it has to name a Lambda function's invocations")
    source, ttl = given.get("identitySource"), given.get("authorizerResultTtlInSeconds", 300)
    if kind is AuthorizerKind.REQUEST and not source and ttl:
        raise bad("Identity source is required for REQUEST authorizers whose results are cached")
    if kind is AuthorizerKind.TOKEN and source and not re.fullmatch(r"method\.request\.header\.[\w-]+", source):
        raise bad("Invalid identity source: a TOKEN authorizer has one header, method.request.header.NAME")


def check_http_authorizer(given: Document) -> None:
    try:
        kind = AuthorizerKind(given.get("AuthorizerType", ""))
    except ValueError as problem:
        raise bad("Invalid authorizer type specified. Must be REQUEST or JWT") from problem
    if kind not in (AuthorizerKind.JWT, AuthorizerKind.REQUEST):
        raise bad("Invalid authorizer type specified. Must be REQUEST or JWT")
    sources = given.get("IdentitySource", ())
    if any(not source.startswith("$") for source in sources):
        raise bad("Invalid identity source specified: it begins with $request, $context or $stageVariables")
    if kind is AuthorizerKind.JWT:
        jwt = given.get("JwtConfiguration") or {}
        if len(sources) != 1:
            raise bad("A JWT authorizer has one identity source")
        if not jwt.get("Issuer") or not jwt.get("Audience"):
            raise bad("JwtConfiguration of a JWT authorizer needs Issuer and Audience")
        if not _URL.fullmatch(jwt["Issuer"]):
            raise bad(
                f"Invalid issuer: {jwt['Issuer']}. Issuer must have a valid discovery endpoint ended with "
                "'/.well-known/openid-configuration'"
            )
        return
    _check_ttl(given.get("AuthorizerResultTtlInSeconds"))
    if function_in(given.get("AuthorizerUri") or "") is None:
        raise bad("Invalid Authorizer URI: it has to name a Lambda function's invocations")
    version = given.get("AuthorizerPayloadFormatVersion")
    if version not in ("1.0", "2.0"):
        raise bad("AuthorizerPayloadFormatVersion is a required parameter for REQUEST authorizer: 1.0 or 2.0")
    if given.get("EnableSimpleResponses") and version != "2.0":
        raise bad("Simple responses are only supported with payload format version 2.0")
    if given.get("AuthorizerResultTtlInSeconds") and not sources:
        raise bad("Identity source is required for authorizers whose results are cached")


def check_http_integration(given: Document) -> None:
    kind = _kind(given.get("IntegrationType", ""))
    if kind is IntegrationKind.MOCK:
        raise bad("HTTP APIs have no mock integrations")
    if given.get("ConnectionType", "INTERNET") != "INTERNET":
        raise not_built("ConnectionType VPC_LINK")
    uri = given.get("IntegrationUri") or ""
    version = given.get("PayloadFormatVersion", "1.0")
    if version not in ("1.0", "2.0") or (kind is IntegrationKind.HTTP and version != "1.0"):
        raise bad("Invalid payload format version specified")
    if kind is IntegrationKind.LAMBDA:
        if function_in(uri) is None and not _FUNCTION_ARN.fullmatch(uri):
            raise bad("Integration URI must be a Lambda function's ARN")
        if given.get("RequestParameters"):
            raise not_built("RequestParameters of AWS_PROXY")
    else:
        _check_url(uri)
        if not given.get("IntegrationMethod"):
            raise bad("IntegrationMethod is required for HTTP_PROXY integrations")
        _check_http_parameters(given.get("RequestParameters", {}))
    _check_timeout(given.get("TimeoutInMillis"), 30_000)


def _check_http_parameters(parameters: Mapping[str, str]) -> None:
    for target, source in parameters.items():
        if not re.fullmatch(r"(?:append|overwrite|remove):(?:header|querystring)\.[\w.-]+|overwrite:path", target):
            raise bad(f"Invalid mapping expression specified: {target}")
        if "$request.body" in source:
            raise not_built("mappings of the body")


def check_policy_text(text: str | None) -> None:
    """A resource policy. execute-api:/… is completed with the API's ARN when it is asked."""
    try:
        document = read_policy(text)
    except ValueError as problem:
        raise bad(
            "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."
        ) from problem
    if document is None:
        return
    statements = document["Statement"]
    listed = [statements] if isinstance(statements, Mapping) else statements
    own = "arn:aws:execute-api:us-east-1:000000000000:a/"
    try:
        spelt = [_with_arns(one, own) for one in listed]
        parse_policy({**document, "Statement": spelt}, name="policy", kind=Kind.RESOURCE)
    except (Refused, TypeError, AttributeError) as problem:
        told = problem.sentence if isinstance(problem, Refused) else "its statements are malformed"
        raise bad(f"Invalid policy document. {told}") from problem


def _with_arns(statement: Document, own: str) -> dict[str, Any]:
    changed = dict(statement)
    for member in ("Resource", "NotResource"):
        if member in changed:
            texts = [changed[member]] if isinstance(changed[member], str) else changed[member]
            changed[member] = [re.sub(r"^execute-api:/", own, text) for text in texts]
    return changed


def _check_pools(arns: Iterable[str]) -> None:
    listed = list(arns)
    if not listed:
        raise bad("Invalid Authorizer: a COGNITO_USER_POOLS authorizer needs ProviderARNs")
    for arn in listed:
        if not _POOL_ARN.fullmatch(arn):
            raise bad(f"Invalid Cognito User Pool ARN: {arn}")


def _check_ttl(value: Any) -> None:
    if value is not None and not 0 <= value <= LONGEST_TTL_S:
        raise bad("Invalid authorizer TTL. Must be between 0 and 3600")


def _check_expression(text: str, what: str) -> None:
    try:
        re.compile(text)
    except re.error as problem:
        raise bad(f"Invalid {what}: {problem}") from problem
