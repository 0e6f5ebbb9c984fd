"""Reads a template by cfn-lint's reader: JSON, or YAML with CloudFormation's short tags."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from halfday.server.templates.errors import TemplateRefused
from halfday.server.templates.references import in_order

_SECTIONS = frozenset(
    "AWSTemplateFormatVersion Description Metadata Parameters Mappings Conditions Resources Outputs Transform Rules "
    "Globals Hooks".split()
)
NEEDED = "pip install 'halfday[templates]'"


@dataclass(frozen=True)
class Template:
    """A template as it was written, and the folder in which what it names lies. `stack` is a name that suits it."""

    path: Path
    stack: str
    body: Mapping[str, Any] = field(repr=False)

    @property
    def folder(self) -> Path:
        return self.path.parent

    def section(self, name: str) -> Mapping[str, Any]:
        found = self.body.get(name, {})
        return found if isinstance(found, Mapping) else {}


def read(path: Path, stack: str = "") -> Template:
    """Raises TemplateRefused."""
    plain = read_body(path)
    if not isinstance(plain, dict) or not isinstance(plain.get("Resources"), dict) or not plain["Resources"]:
        raise TemplateRefused(f"{path} is no CloudFormation template: it has no Resources")
    if unknown := sorted(plain.keys() - _SECTIONS):
        raise TemplateRefused(f"{path}: a template has no {', '.join(unknown)}")
    _check_resources(path, plain["Resources"])
    return Template(path, stack or stack_name(path), plain)


def found_at(path: Path) -> list[tuple[Path, str]]:
    """The templates that a path means, with their stacks' names: the file, or all that a tool left in a folder.

    Of `cdk.out` its stacks, each after those that it depends on (cloud assembly schema). Raises TemplateRefused.
    """
    if not path.is_dir():
        return [(path, "")]
    if (manifest := path / "manifest.json").is_file():
        return _of_assembly(manifest)
    for name in ("template.yaml", "cloudformation-template-update-stack.json", "template.yml", "template.json"):
        if (path / name).is_file():
            return [(path / name, "")]
    raise TemplateRefused(f"there is no template in {path}", hint="name one, or what cdk synth or sam build left")


def _of_assembly(manifest: Path) -> list[tuple[Path, str]]:
    artifacts: Mapping[str, Any] = json.loads(manifest.read_text()).get("artifacts", {})
    stacks = {name: one for name, one in artifacts.items() if one.get("type") == "aws:cloudformation:stack"}
    needs = {name: set(one.get("dependencies", ())) & stacks.keys() for name, one in stacks.items()}
    return [
        (manifest.parent / one["properties"]["templateFile"], one["properties"].get("stackName", name))
        for name, one in ((name, stacks[name]) for name in in_order(needs))
    ]


def read_body(path: Path) -> Any:
    """What stands in a JSON or YAML file with CloudFormation's tags. Raises TemplateRefused."""
    try:
        from cfnlint.decode import decode
    except ImportError as problem:
        raise TemplateRefused("templates are read by cfn-lint, which is not installed", hint=NEEDED) from problem
    if not path.is_file():
        raise TemplateRefused(f"there is no file {path}", hint="name a template, or a folder that cdk synth made")
    body, problems = decode(str(path))
    if problems:
        raise TemplateRefused(*(f"{path}:{one.linenumber}: {one.message}" for one in problems))
    return _plain(body)


def stack_name(path: Path) -> str:
    """`Shop.template.json` → Shop; a file that every project calls the same is named after its folder."""
    name = path.name.split(".")[0]
    if name in ("template", "cloudformation-template-update-stack", "cloudformation-template-create-stack"):
        folder = path.absolute().parent
        while folder.name in ("build", ".aws-sam", ".serverless", "built") and folder != folder.parent:
            folder = folder.parent
        name = folder.name
    kept = "".join(sign if sign.isascii() and (sign.isalnum() or sign == "-") else "-" for sign in name).strip("-")
    return kept if kept[:1].isalpha() else f"stack-{kept}".rstrip("-")


def _check_resources(path: Path, resources: Mapping[str, Any]) -> None:
    for name, resource in resources.items():
        if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
            raise TemplateRefused(f"{path}: resource {name} has no Type")
        if not isinstance(resource.get("Properties", {}), dict):
            raise TemplateRefused(f"{path}: resource {name}: Properties is no object")


def _plain(value: Any) -> Any:
    """Without the reader's own classes, which know their lines and cannot be copied."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return str.__str__(value)
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)
