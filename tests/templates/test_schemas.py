"""What we say of a type agrees with AWS's own schema of it, but for what is known to be otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from halfday.server.templates.kinds import KINDS

WITHOUT_SCHEMA = {"AWS::CloudFormation::Stack"}
"""Looked at by itself: its template is what it is made of."""

FIXED_BEYOND = {
    "AWS::Cognito::UserPoolGroup": set(),
    "AWS::DynamoDB::Table": {"KeySchema", "LocalSecondaryIndexes"},
    "AWS::ApiGateway::Deployment": {"RestApiId", "StageName", "Description"},
}
"""Replaced here although the schema does not say so: CloudFormation says it elsewhere (conditional; the user guide)."""


def schema_of(name: str) -> dict[str, Any]:
    return PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", name).schema


def top_level(schema: dict[str, Any], key: str) -> set[str]:
    paths = [path.removeprefix("/properties/").split("/") for path in schema.get(key, ())]
    return {path[0] for path in paths if len(path) == 1}


@pytest.mark.parametrize("name", sorted(set(KINDS) - WITHOUT_SCHEMA))
def test_properties_are_those_of_the_schema_and_replaced_where_it_says_so(name: str) -> None:
    kind, schema = KINDS[name], schema_of(name)
    assert kind.properties <= set(schema["properties"])
    assert not kind.properties & top_level(schema, "readOnlyProperties")
    fixed = top_level(schema, "createOnlyProperties") & kind.properties
    assert fixed <= kind.fixed, "replaced by CloudFormation and not here"
    assert kind.fixed - fixed <= FIXED_BEYOND.get(name, set()), "replaced here and not by CloudFormation"


@pytest.mark.parametrize("name", sorted(set(KINDS) - WITHOUT_SCHEMA))
def test_what_the_schema_requires_is_required(name: str) -> None:
    required = set(schema_of(name).get("required", ()))
    assert required <= KINDS[name].required | KINDS[name].never


@pytest.mark.parametrize("name", sorted(set(KINDS) - WITHOUT_SCHEMA))
def test_attributes_are_those_of_the_schema(name: str) -> None:
    schema = schema_of(name)
    known = top_level(schema, "readOnlyProperties") | set(schema.get("properties", {}))
    assert set(KINDS[name].attributes) <= known
    assert top_level(schema, "readOnlyProperties") - set(KINDS[name].attributes) <= NOT_ANSWERED.get(name, set())


NOT_ANSWERED: dict[str, set[str]] = {
    "AWS::IAM::ManagedPolicy": {
        "AttachmentCount",
        "CreateDate",
        "DefaultVersionId",
        "IsAttachable",
        "PermissionsBoundaryUsageCount",
        "UpdateDate",
    },
    "AWS::IAM::SAMLProvider": {"SamlProviderUUID"},
    "AWS::Lambda::Function": {"SnapStartResponse"},
}
"""GetAtt of these is refused by name. Most change without the template."""
