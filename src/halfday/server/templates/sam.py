"""A template for AWS SAM as the CloudFormation template that AWS makes of it, by AWS's own translator."""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from halfday.server.templates.documents import NEEDED, Template, read_body
from halfday.server.templates.errors import TemplateRefused

SERVERLESS = "AWS::Serverless-2016-10-31"
_EXTENSIONS = "AWS::LanguageExtensions"
LOCAL = "halfday-local"
"""The bucket that is no bucket: its keys are paths on this machine. The translator takes places in S3 only."""

_CODE = ("CodeUri", "ContentUri")


def transformed(template: Template, parameters: Mapping[str, Any], region: str) -> Mapping[str, Any]:
    """The template's body without its Transform. Raises TemplateRefused."""
    named = template.body.get("Transform", [])
    named = named if isinstance(named, list) else [named]
    if unknown := [str(one) for one in named if one not in (SERVERLESS, _EXTENSIONS)]:
        raise TemplateRefused(f"{template.path}: the transform {unknown[0]} runs at AWS only")
    if SERVERLESS not in named:
        return template.body
    return _translated(_with_local_places(template), parameters, region, template.path)


def _translated(body: dict[str, Any], parameters: Mapping[str, Any], region: str, path: Path) -> Mapping[str, Any]:
    try:
        from samtranslator.model.exceptions import InvalidDocumentException
        from samtranslator.parser.parser import Parser
        from samtranslator.translator.translator import Translator
        from samtranslator.utils.py27hash_fix import to_py27_compatible_template, undo_mark_unicode_str_in_template
    except ImportError as problem:
        raise TemplateRefused(
            "SAM templates are read by aws-sam-translator, which is missing", hint=NEEDED
        ) from problem
    logging.getLogger("samtranslator").setLevel(logging.CRITICAL)  # it warns of metrics that nobody collects
    values = {"AWS::Region": region, **parameters}
    to_py27_compatible_template(body, values)
    translator = Translator(_managed_policies(), Parser(), boto_session=SimpleNamespace(region_name=region))
    try:
        made = translator.translate(body, parameter_values=values)
    except InvalidDocumentException as invalid:
        raise TemplateRefused(*(f"{path}: {cause.message}" for cause in invalid.causes)) from invalid
    plain: Mapping[str, Any] = undo_mark_unicode_str_in_template(made)
    return plain


def _managed_policies() -> dict[str, str]:
    """Names that SAM's Policies may use in place of an ARN: those that a SAM function commonly has."""
    service_role = (
        "AWSLambdaBasicExecutionRole AWSLambdaVPCAccessExecutionRole AWSLambdaDynamoDBExecutionRole "
        "AWSLambdaSQSQueueExecutionRole AWSLambdaKinesisExecutionRole"
    )
    plain = "AmazonCognitoPowerUser AmazonCognitoReadOnly AmazonS3ReadOnlyAccess AmazonDynamoDBFullAccess"
    return {name: f"arn:aws:iam::aws:policy/service-role/{name}" for name in service_role.split()} | {
        name: f"arn:aws:iam::aws:policy/{name}" for name in plain.split()
    }


def _with_local_places(template: Template) -> dict[str, Any]:
    body = copy.deepcopy(dict(template.body))
    body.pop("Transform")
    body["Transform"] = SERVERLESS
    globally = [one for one in body.get("Globals", {}).values() if isinstance(one, dict)]
    for properties in [*globally, *(one.get("Properties", {}) for one in body["Resources"].values())]:
        for name in _CODE:
            if isinstance(place := properties.get(name), str) and not place.startswith("s3://"):
                properties[name] = f"s3://{LOCAL}/{place}"
        if isinstance(place := properties.get("DefinitionUri"), str) and not place.startswith("s3://"):
            del properties["DefinitionUri"]
            properties["DefinitionBody"] = read_body(template.folder / place)
    return body
