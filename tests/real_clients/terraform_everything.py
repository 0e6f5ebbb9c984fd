"""All that Terraform's provider has of this server, as one configuration: `everything/*.tf`.

It has two states: as it is applied first, and `later`, which changes nearly every argument in place.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from federation.saml.corp import Corp
from lambda_api import python
from operations.test_branding import PNG
from real_clients.terraform import PROVIDER, Terraform
from world import PASSWORD

FOLDER = Path(__file__).parent / "everything"
STATES = ("before", "after")
SERVICES = ("iam", "sts", "cognitoidp", "cognitoidentity", "lambda", "apigateway", "apigatewayv2", "s3", "dynamodb")
KEY_ALIAS = "alias/people"
LATER = {"TF_VAR_later": "true"}

_NOT_ASKED_FOR = {
    "aws_cognito_managed_user_pool_client": "for clients that another service of AWS makes in the pool",
}
_COMPUTED = {"id", "tags_all"}


def write(terraform: Terraform) -> None:
    """The configuration, and the files that it names."""
    for file in FOLDER.glob("*.tf"):
        terraform.write(file.read_text(), file.stem)
    for state in STATES:
        (terraform.folder / f"{state}.xml").write_text(Corp(f"https://{state}.example.com", state).metadata())
        (terraform.folder / f"{state}.png").write_bytes(PNG + state.encode())
        code = python(f"def handler(event, context):\n    return event  # {state}\n")
        (terraform.folder / f"{state}.zip").write_bytes(code)
    values = {"password": PASSWORD, "key": f"arn:aws:kms:us-east-1:123456789012:{KEY_ALIAS}"}
    (terraform.folder / "terraform.tfvars.json").write_text(json.dumps(values))


def missing_arguments(terraform: Terraform, plan: Any) -> set[str]:
    """Arguments and blocks of the provider's Cognito resources that no resource of the configuration has."""
    schemas = json.loads(terraform.run("providers", "schema", "-json"))["provider_schemas"][PROVIDER]
    there = set()
    for resource in plan["configuration"]["root_module"]["resources"]:
        there |= set(_named(resource["type"], resource.get("expressions", {})))
    asked: set[str] = set()
    for kind, schema in schemas["resource_schemas"].items():
        if kind.startswith("aws_cognito_") and kind not in _NOT_ASKED_FOR:
            asked |= set(_arguments(kind, schema["block"]))
    return asked - there


def _arguments(place: str, block: Any) -> Iterator[str]:
    for name, attribute in block.get("attributes", {}).items():
        if (attribute.get("optional") or attribute.get("required")) and name not in _COMPUTED:
            yield f"{place}.{name}"
    for name, inner in block.get("block_types", {}).items():
        yield from _arguments(f"{place}.{name}", inner["block"])


def _named(place: str, expressions: Any) -> Iterator[str]:
    """The paths of a configuration's expressions. Blocks are lists of them, or one where there may be one only."""
    for one in expressions if isinstance(expressions, list) else [expressions]:
        for name, value in one.items() if isinstance(one, dict) else ():
            yield f"{place}.{name}"
            yield from _named(f"{place}.{name}", value)
