"""What may be configured of a REST API (`checks`). Raises Refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from halfday.server.domain.gateway.checks import (
    bad,
    check_authorizer_of,
    check_expression,
    check_parameters,
    check_templates,
    check_timeout,
    check_ttl,
    check_url,
    integration_kind,
    not_built,
)
from halfday.server.domain.gateway.refusals import NAMES
from halfday.server.domain.gateway.rest_documents import function_in
from halfday.server.domain.gateway.serving import Authorization, AuthorizerKind, IntegrationKind

Document = Mapping[str, Any]

_POOL_ARN = re.compile(r"arn:aws[a-z-]*:cognito-idp:[a-z0-9-]+:\d{12}:userpool/[\w-]+_[0-9A-Za-z]+")

_REQUEST_PARAMETER = re.compile(
    r"method\.request\.(querystring|header|path|multivaluequerystring|multivalueheader)\.\S+"
)
_RESPONSE_PARAMETER = re.compile(r"method\.response\.header\.\S+")


def check_rest_method(method: Document, authorizers: Mapping[str, Document]) -> None:
    """A method and the authorizer that it names."""
    kind = method.get("authorizationType", "NONE")
    if kind not in {known.value for known in Authorization if known is not Authorization.JWT}:
        raise bad("Invalid authorization type specified")
    check_authorizer_of(kind, method.get("authorizerId"), {name: one["type"] for name, one in authorizers.items()})
    if method.get("authorizationScopes") and kind != Authorization.COGNITO.value:
        raise bad("Authorization scopes are only supported for COGNITO_USER_POOLS authorization type")
    parameters = method.get("requestParameters", {})
    _check_names(parameters, _REQUEST_PARAMETER)
    names = [name.split(".", 3)[3] for name in parameters]
    if len(names) != len(set(names)):
        raise bad("Parameter names must be unique across querystring, header and path")
    if method.get("apiKeyRequired"):
        raise not_built("apiKeyRequired: there are no API keys and usage plans here")
    if method.get("requestValidatorId"):
        raise not_built("requestValidatorId: requests are not validated by models here")


def check_response_parameters(parameters: Iterable[str]) -> None:
    _check_names(parameters, _RESPONSE_PARAMETER)


def _check_names(parameters: Iterable[str], form: re.Pattern[str]) -> None:
    """The sentence is that of mappings [inferred]."""
    for name in parameters:
        if not form.fullmatch(name):
            sentence = f"errors : [Invalid mapping expression specified: {name}]"
            raise bad(f"Invalid mapping expression specified: Validation Result: warnings : [], {sentence}")


def check_models(models: Mapping[str, str]) -> None:
    """By content type. Every REST API has two models, and here no more."""
    for model in models.values():
        if model not in ("Empty", "Error"):
            raise bad(f"Invalid model identifier specified: {model}")


def check_rest_endpoint(configuration: Document) -> None:
    types = configuration.get("types", ["EDGE"])
    if not types:
        raise bad("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.")
    if len(types) > 1:
        raise bad("Cannot create an api with multiple Endpoint Types.")
    if types[0] not in ("REGIONAL", "EDGE", "PRIVATE"):
        raise bad("Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE")
    if configuration.get("ipAddressType", "ipv4") not in ("ipv4", "dualstack"):
        raise bad("ipAddressType must be either ipv4 or dualstack.")
    if types[0] == "PRIVATE" and configuration.get("ipAddressType", "dualstack") != "dualstack":
        raise bad("Only dualstack ipAddressType is supported for Private APIs.")


def check_rest_integration(given: Document, method: Document | None = None) -> None:
    """`method` is the one that it belongs to, where what is mapped has to be declared there."""
    kind = integration_kind(given.get("type", ""))
    uri = given.get("uri") or ""
    if given.get("connectionType", "INTERNET") != "INTERNET":
        raise not_built("connectionType VPC_LINK")
    if kind is IntegrationKind.LAMBDA:
        _check_lambda(uri, given.get("httpMethod"))
    elif kind is IntegrationKind.HTTP:
        check_url(uri)
        if not given.get("httpMethod"):
            raise bad("Enumeration value for HttpMethod must be non-empty")
    check_timeout(given.get("timeoutInMillis"), 29_000)
    check_templates(given.get("requestTemplates", {}), "requestTemplates")
    if kind is not IntegrationKind.MOCK and given.get("requestTemplates"):
        raise not_built(f"requestTemplates of {kind.value}: a proxy integration passes the request on as it is")
    if method is not None:
        _check_mappings(given.get("requestParameters", {}), method.get("requestParameters", {}))


def _check_lambda(uri: str, method: str | None) -> None:
    if not method:
        raise bad("Enumeration value for HttpMethod must be non-empty")
    if method != "POST":
        raise bad("Lambda functions are invoked by POST: integrationHttpMethod must be POST")
    if function_in(uri) is None:
        raise bad(
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations."
        )


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
        check_expression(pattern, "selection pattern")


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
    check_ttl(given.get("authorizerResultTtlInSeconds"))
    if given.get("identityValidationExpression"):
        check_expression(given["identityValidationExpression"], "identity validation expression")
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


def _check_pools(arns: Iterable[str]) -> None:
    listed = list(arns)
    if not listed:
        raise bad("Invalid Authorizer: a COGNITO_USER_POOLS authorizer needs ProviderARNs")
    for arn in listed:
        if not _POOL_ARN.fullmatch(arn):
            raise bad(f"Invalid Cognito User Pool ARN: {arn}")
