"""A stack's outputs and exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halfday.server.templates.errors import TemplateRefused
from halfday.server.templates.preparing import Prepared
from halfday.server.templates.world import NotTaken


def outputs_of(ready: Prepared) -> tuple[dict[str, Any], dict[str, str]]:
    """The outputs' values, and those that name something that is not taken, each with what it names."""
    outputs: dict[str, Any] = {}
    untaken: dict[str, str] = {}
    for name, output in _declared(ready):
        try:
            outputs[name] = ready.scope.resolve(output["Value"])
        except NotTaken as problem:
            untaken[name] = problem.name
        except TemplateRefused as refused:
            raise TemplateRefused(*(f"output {name}: {sentence}" for sentence in refused.sentences)) from refused
    return outputs, untaken


def exports_of(ready: Prepared, outputs: Mapping[str, Any]) -> dict[str, str]:
    """Raises TemplateRefused where the name of an export cannot be resolved."""
    return {
        str(ready.scope.resolve(output["Export"]["Name"])): str(outputs[name])
        for name, output in _declared(ready)
        if "Export" in output and name in outputs
    }


def _declared(ready: Prepared) -> list[tuple[str, Mapping[str, Any]]]:
    declared: Mapping[str, Any] = ready.body.get("Outputs", {})
    return [
        (name, output)
        for name, output in declared.items()
        if "Condition" not in output or ready.scope.holds(output["Condition"])
    ]
