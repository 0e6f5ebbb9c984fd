"""The services that the front door knows are those of the botocore that they were made of."""

from __future__ import annotations

import botocore
import pytest
from botocore.session import Session

from halfday.server.front_door.catalogue import service_named, service_names, signed_for
from halfday.server.front_door.services.table import RULES
from halfday.server.outside.upstreams import make_upstream
from halfday.server.outside.upstreams.choice import Declared
from halfday.server.settings import SettingRefused, upstream_parts

PINNED = "1.44.5"


@pytest.mark.parametrize("name", [*sorted(RULES), "s3", "ec2", "cloudwatch", "route53", "lambda"])
def test_a_service_is_what_botocore_says(name: str) -> None:
    if botocore.__version__ != PINNED:
        pytest.skip(f"the models are those of botocore {PINNED}")
    model, known = Session().get_service_model(name), service_named(name)
    assert known.signing == model.signing_name
    assert known.target == model.metadata.get("targetPrefix", "")
    assert known.api_version == model.api_version
    assert known.operations == set(model.operation_names)
    for binding in known.bindings:
        http = model.operation_model(binding.operation).http
        assert (binding.method, binding.path) == (http["method"], http["requestUri"])


def test_every_service_is_found_by_the_name_in_its_signatures() -> None:
    for name in service_names():
        assert name in {one.name for one in signed_for(service_named(name).signing)}
    assert [one.name for one in signed_for("dynamodb")] == ["dynamodb", "dynamodbstreams"]
    assert signed_for("no-such-service") == ()


def test_every_action_of_a_service_without_rules_has_a_known_name() -> None:
    assert service_named("cloudwatch").prefix == "cloudwatch"
    assert service_named("iot-data").prefix == "iot"
    assert service_named("resourcegroupstaggingapi").prefix == "tag"
    assert {"ExecuteStatement", "TransactWriteItems"} <= service_named("dynamodb").unnamed


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("http://a,http://b", "names two for one service"),
        ("dynamodb=http://a,dynamodb=http://b", "names two for one service"),
        ("ftp://a", "must be a URL, moto, none or auto"),
        ("dynamodb=", "must be a URL, moto, none or auto"),
    ],
)
def test_an_upstream_that_is_none_is_refused(text: str, told: str) -> None:
    with pytest.raises(SettingRefused, match=told):
        upstream_parts(text)


@pytest.mark.parametrize(
    "one", [Declared("dynamo", "http://a"), Declared("s3", "http://a/path"), Declared("s3", "http://u:p@a")], ids=str
)
def test_an_upstream_that_cannot_be_is_refused(one: Declared) -> None:
    with pytest.raises(SettingRefused, match="upstream"):
        make_upstream([one], service_names)


def test_each_service_has_the_upstream_that_is_named_for_it() -> None:
    made = make_upstream(
        [Declared("", "http://all"), Declared("sqs", "moto"), Declared("kms", "none"), Declared("sqs", "http://later")],
        service_names,
    )
    assert str(made) == "kms: none, sqs: http://later, all others: http://all"
