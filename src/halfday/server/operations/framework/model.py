"""AWS's service models: the source of names, shapes, constraints, declared errors and authority."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal, NamedTuple

from halfday.server.operations.framework.service_models import OperationModel, ServiceModel, read_service_model

Authority = Literal["signed", "token", "public"]

SERVICES = ("cognito-idp", "cognito-identity", "sts", "iam", "lambda", "apigateway", "apigatewayv2")

# AWS's models mark AssumeRoleWithWebIdentity as needing no signature; everything of IAM is signed.
_STATUS_OF = {
    "InternalErrorException": 500,
    "InternalServerException": 500,
    "NotImplementedException": 501,
    "AccessDenied": 403,
}
_STATUS_OF_REST = {
    "AccessDeniedException": 403,
    "UnknownOperationException": 404,
    "RequestEntityTooLargeException": 413,  # of a zip that is too long, of which Lambda's model says nothing
}

# A boundary that is not there (facts/iam.md §2).
_BESIDE_THE_MODEL = {("iam", "CreateRole"): frozenset({"NoSuchEntity"})}


class Target(NamedTuple):
    """An operation as the wire names it."""

    service: str
    operation: str


@cache
def service_model(service: str) -> ServiceModel:
    return read_service_model(service)


def operation_model(service: str, operation: str) -> OperationModel | None:
    """None when the model has no such operation."""
    model = service_model(service)
    return model.operation_model(operation) if operation in model.operation_names else None


def authority_of(model: OperationModel) -> Authority:
    """Who may call: somebody who signed, somebody with an access token of theirs, or anybody."""
    if model.auth_type != "none":
        return "signed"
    members = model.input_shape.members if model.input_shape else {}
    return "token" if "AccessToken" in members else "public"


@cache
def target_prefixes() -> dict[str, str]:
    """X-Amz-Target's prefix → service, of the services that speak JSON."""
    models = {service: service_model(service).metadata for service in SERVICES}
    return {m["targetPrefix"]: service for service, m in models.items() if "targetPrefix" in m}


@cache
def query_versions() -> dict[str, str]:
    """The Version parameter → service, of the services that speak Query."""
    models = {service: service_model(service).metadata for service in SERVICES}
    return {m["apiVersion"]: service for service, m in models.items() if m["protocol"] == "query"}


@cache
def rest_services() -> dict[str, tuple[str, ...]]:
    """The name that a signature is made for → the services that go by it, of those that speak REST-JSON."""
    found: dict[str, tuple[str, ...]] = {}
    for service in SERVICES:
        metadata = service_model(service).metadata
        if metadata["protocol"] == "rest-json":
            signed_as = metadata.get("signingName", metadata["endpointPrefix"])
            found[signed_as] = (*found.get(signed_as, ()), service)
    return found


@cache
def declared_errors(model: OperationModel) -> frozenset[str]:
    """The error codes of this operation, as the wire spells them: those of the model, and those beside it."""
    beside = _BESIDE_THE_MODEL.get((model.service_model.service_name, model.name), frozenset())
    return frozenset(wire_code(shape) for shape in model.error_shapes) | beside


def wire_code(error_shape: Any) -> str:
    """IAM and STS give their errors a wire code beside the shape's name."""
    return str(error_shape.metadata.get("error", {}).get("code") or error_shape.name)


@cache
def status_of(service: str, code: str) -> int:
    """The HTTP status that an error code travels with. Codes are this server's own, so there are few."""
    model = service_model(service)
    if model.metadata["protocol"] == "rest-json" and code in _STATUS_OF_REST:
        return _STATUS_OF_REST[code]
    if code in _STATUS_OF:
        return _STATUS_OF[code]
    for name in model.shape_names:
        shape = model.shape_for(name)
        if shape.metadata.get("exception") and wire_code(shape) == code:
            return int(shape.metadata.get("error", {}).get("httpStatusCode", 400))
    return 400
