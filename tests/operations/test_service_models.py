"""Our reader of AWS's service models, held against botocore's own classes: every operation and every shape; and the
models that are shipped, held against the botocore that they were taken from.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore import model as theirs

import models_of_aws
from halfday.server.operations.framework import service_models as ours
from halfday.server.operations.framework.model import SERVICES, service_model

MARKS = ("required", "min", "max", "pattern", "sensitive", "enum", "error", "exception", "document")
"""What the server reads of a shape beside its kind and its members."""


def botocore_s_model(service: str) -> theirs.ServiceModel:
    """The model that is shipped, read by botocore."""
    text = gzip.decompress((ours.FOLDER / f"{service}.json.gz").read_bytes())
    return theirs.ServiceModel(json.loads(text), service)


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
    botocores, read = botocore_s_model(service), service_model(service)
    assert read.shape_names == botocores.shape_names
    for name in read.shape_names:
        assert told(read.shape_for(name), ours) == told(botocores.shape_for(name), theirs)


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_is_read_as_botocore_reads_it(service: str) -> None:
    botocores, read = botocore_s_model(service), service_model(service)
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


@pytest.mark.parametrize("service", models_of_aws.SERVICES)
def test_a_model_is_shipped_as_botocore_has_it(service: str) -> None:
    came = (ours.FOLDER / "VERSION").read_text().split()[1]
    if came != botocore.__version__:
        pytest.skip(f"the models came with botocore {came}; installed is {botocore.__version__}")
    installed = models_of_aws.newest(Path(botocore.__file__).parent, service)
    assert (ours.FOLDER / f"{service}.json.gz").read_bytes() == models_of_aws.shipped(installed), "run: make models"


def test_prose_is_left_out_and_members_that_are_called_so_stay() -> None:
    described = {
        "version": "2.0",
        "documentation": "<p>prose</p>",
        "metadata": {"apiVersion": "2020-01-01"},
        "operations": {"Do": {"name": "Do", "documentation": "prose"}},
        "shapes": {
            "Words": {
                "type": "structure",
                "members": {"documentation": {"shape": "Text", "documentation": "prose"}},
                "documentation": "prose",
            },
            "Texts": {"type": "list", "member": {"shape": "Text", "documentation": "prose"}},
        },
    }
    plain = models_of_aws.without_documentation(described)
    assert "prose" not in json.dumps(plain)
    assert list(plain["shapes"]["Words"]["members"]) == ["documentation"]


def test_all_models_that_the_server_reads_are_shipped() -> None:
    assert set(SERVICES) <= set(models_of_aws.SERVICES)
    assert {path.name for path in ours.FOLDER.glob("*.json.gz")} == {f"{s}.json.gz" for s in models_of_aws.SERVICES}
    assert "Apache License" in (ours.FOLDER / "LICENSE.txt").read_text()
