"""What may be configured, of both kinds of APIs: what API Gateway refuses, and what is not built here.

Operations, OpenAPI files and seed files all come through here. Raises Refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from halfday.server.domain.aws.policies import Kind, parse_policy
from halfday.server.domain.gateway.expressions import needs_logic
from halfday.server.domain.gateway.rest_documents import read_policy
from halfday.server.domain.gateway.serving import Authorization, AuthorizerKind, IntegrationKind
from halfday.server.domain.refusals import Refused
from halfday.server.domain.text.header_fields import is_field_name

Document = Mapping[str, Any]

LONGEST_TTL_S = 3600
URL = re.compile(r"https?://\S+|\$\{stageVariables\.\w+\}\S*|https?://\$\{stageVariables\.\w+\}\S*")
_AUTHORIZATIONS = {
    AuthorizerKind.COGNITO: Authorization.COGNITO,
    AuthorizerKind.TOKEN: Authorization.LAMBDA,
    AuthorizerKind.REQUEST: Authorization.LAMBDA,
    AuthorizerKind.JWT: Authorization.JWT,
}


def bad(sentence: str, detail: str | None = None) -> Refused:
    return Refused("BadRequestException", sentence, detail)


def not_built(what: str) -> Refused:
    return Refused("NotImplementedException", f"Halfday's API Gateway does not honour {what}.")


def check_authorizer_of(kind: str, authorizer_id: str | None, kinds: Mapping[str, str]) -> None:
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


def integration_kind(text: str) -> IntegrationKind:
    if text in ("HTTP", "AWS"):
        raise not_built(f"integrations of type {text}, which transform by VTL; HTTP_PROXY, AWS_PROXY and MOCK are")
    try:
        return IntegrationKind(text)
    except ValueError as problem:
        raise bad("Invalid integration type specified") from problem


def check_url(uri: str) -> None:
    if not URL.fullmatch(uri):
        raise bad("Invalid HTTP endpoint specified for URI")


def check_timeout(value: Any, most: int) -> None:
    if value is not None and not 50 <= value <= most:
        raise bad(f"Timeout should be between 50 ms and {most} ms")


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


NO_POLICY = "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."


def check_policy_text(text: str | None) -> None:
    """A resource policy. execute-api:/… is completed with the API's ARN when it is asked."""
    try:
        document = read_policy(text)
    except ValueError as problem:
        raise bad(NO_POLICY) from problem
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


def check_ttl(value: Any) -> None:
    if value is not None and not 0 <= value <= LONGEST_TTL_S:
        raise bad("Invalid authorizer TTL. Must be between 0 and 3600")


def check_expression(text: str, what: str) -> None:
    try:
        re.compile(text)
    except re.error as problem:
        raise bad(f"Invalid {what}: {problem}") from problem
