"""Reads a template: JSON, or YAML with CloudFormation's short tags."""

from __future__ import annotations

import json
import re
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
_LOGICAL_ID = re.compile("[A-Za-z0-9]{1,255}")
_MOST_VALUES = 500_000
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
    _check_names(path, plain)
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
    """What stands in a JSON or YAML file with CloudFormation's tags. Raises TemplateRefused, with the line."""
    if not path.is_file():
        raise TemplateRefused(f"there is no file {path}", hint="name a template, or a folder that cdk synth made")
    try:
        text = path.read_text(encoding="utf-8-sig")
        return _of_json(path, text) if text.lstrip().startswith("{") else _of_yaml(path, text)
    except OSError as problem:
        raise TemplateRefused(f"{path} cannot be read: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise TemplateRefused(f"{path} is not UTF-8: the byte at {problem.start} is invalid") from problem
    except RecursionError as problem:
        raise TemplateRefused(f"{path} is nested too deep") from problem


def _of_json(path: Path, text: str) -> Any:
    """Flow style of YAML begins with a brace too: what is no JSON may be that."""
    try:
        return json.loads(text)
    except ValueError as problem:
        if path.suffix == ".json":
            raise TemplateRefused(f"{path}: {problem}") from problem
        return _of_yaml(path, text)


def _of_yaml(path: Path, text: str) -> Any:
    try:
        import yaml  # type: ignore[import-untyped]

        from halfday.server.templates.short_tags import loaded
    except ImportError as problem:
        raise TemplateRefused("templates in YAML are read by PyYAML, which is not installed", hint=NEEDED) from problem
    try:
        found = loaded(text)
        _check_size(path, found)
        return _plain(found)
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 1
        raise TemplateRefused(f"{path}:{line}: {problem.problem}") from problem
    except yaml.YAMLError as problem:
        raise TemplateRefused(f"{path}: {problem}") from problem


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


def _check_names(path: Path, plain: Mapping[str, Any]) -> None:
    """Logical IDs are of letters and digits (CloudFormation user guide, Template anatomy)."""
    for section in ("Parameters", "Resources", "Outputs"):
        for name in plain.get(section) or ():
            if not _LOGICAL_ID.fullmatch(name):
                raise TemplateRefused(f"{path}: {section}: {name!r} is no name, which has letters and digits only")


def _check_resources(path: Path, resources: Mapping[str, Any]) -> None:
    for name, resource in resources.items():
        if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
            raise TemplateRefused(f"{path}: resource {name} has no Type")
        if not isinstance(resource.get("Properties", {}), dict):
            raise TemplateRefused(f"{path}: resource {name}: Properties is no object")


def _check_size(path: Path, found: Any) -> None:
    """Aliases can make a short text a large document, or one that holds itself. Raises TemplateRefused."""
    waiting, seen = [found], 0
    while waiting:
        value = waiting.pop()
        seen += 1
        if seen > _MOST_VALUES:
            raise TemplateRefused(
                f"{path} has more than {_MOST_VALUES} values, aliases counted as often as they stand there"
            )
        if isinstance(value, (dict, list)):
            waiting += value.values() if isinstance(value, dict) else value


def _plain(value: Any) -> Any:
    """With keys as texts: YAML reads some of them as numbers, or as true."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, (str, bool, int, float)) else str(value)
