"""Our reader of AWS's service models, held against botocore's own classes: every operation and every shape."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from botocore import model as theirs

from halfday.server.operations.framework import service_models as ours
from halfday.server.operations.framework.model import SERVICES, service_model

MARKS = ("required", "min", "max", "pattern", "sensitive", "enum", "error", "exception", "document")
"""What the server reads of a shape beside its kind and its members."""


def told(shape: Any, kinds: Any) -> dict[str, Any]:
    """All that the server asks of a shape, but what its members are in turn."""
    found: dict[str, Any] = {"name": shape.name, "type": shape.type_name}
    found["marks"] = {mark: shape.metadata[mark] for mark in MARKS if mark in shape.metadata}
    if isinstance(shape, kinds.StructureShape):
        found["members"] = [(name, told_briefly(member)) for name, member in shape.members.items()]
        found["required"], found["document"] = shape.required_members, bool(shape.is_document_type)
    if isinstance(shape, kinds.ListShape):
        found["member"] = told_briefly(shape.member)
    if isinstance(shape, kinds.MapShape):
        found["key"], found["value"] = told_briefly(shape.key), told_briefly(shape.value)
    if isinstance(shape, kinds.StringShape):
        found["enum"] = shape.enum
    return found


def told_briefly(shape: Any) -> tuple[str, str, dict[str, Any]]:
    return shape.name, shape.type_name, {mark: shape.metadata[mark] for mark in MARKS if mark in shape.metadata}


@pytest.mark.parametrize("service", SERVICES)
def test_every_shape_is_read_as_botocore_reads_it(service: str) -> None:
    botocores, read = botocore.session.get_session().get_service_model(service), service_model(service)
    assert read.shape_names == botocores.shape_names
    for name in read.shape_names:
        assert told(read.shape_for(name), ours) == told(botocores.shape_for(name), theirs)


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_is_read_as_botocore_reads_it(service: str) -> None:
    botocores, read = botocore.session.get_session().get_service_model(service), service_model(service)
    assert read.operation_names == botocores.operation_names
    assert (read.service_name, dict(read.metadata)) == (service, dict(botocores.metadata))
    for name in read.operation_names:
        one, other = read.operation_model(name), botocores.operation_model(name)
        assert (one.name, one.auth_type) == (other.name, other.auth_type)
        for mine, botocore_s in ((one.input_shape, other.input_shape), (one.output_shape, other.output_shape)):
            assert (mine and told(mine, ours)) == (botocore_s and told(botocore_s, theirs)), name
        assert [shape.name for shape in one.error_shapes] == [shape.name for shape in other.error_shapes]
        if other.output_shape is not None:
            wrapper = other.output_shape.serialization.get("resultWrapper", f"{name}Result")
            assert one.result_wrapper == wrapper


def test_a_shape_is_made_once() -> None:
    model = service_model("cognito-idp")
    create = model.operation_model("CreateUserPool").input_shape
    assert create is not None
    assert create.members["PoolName"] is model.shape_for("UserPoolNameType")
    assert model.operation_model("CreateUserPool").input_shape is create
