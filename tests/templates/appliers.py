"""Templates applied to a running server over HTTP, as `halfday apply` does it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session

from halfday.server.templates import applying, documents
from halfday.server.templates.applying import Applied
from halfday.server.templates.over_http import OverHttp
from halfday.server.templates.stacks import Stack
from world import World

BUILT = Path(__file__).parent


@dataclass
class Applier:
    world: World
    folder: Path

    @property
    def server(self) -> OverHttp:
        session = botocore.session.Session()
        session.set_credentials("test", "test")
        return OverHttp(self.world.for_tools, session, self.world.running.services.settings.region)

    def text(self, text: str, stack: str = "app", told: Mapping[str, str] | None = None, **parameters: str) -> Applied:
        path = self.folder / "template.yaml"
        path.write_text(text)
        return self.file(path, stack, told, **parameters)

    def file(self, path: Path, stack: str, told: Mapping[str, str] | None = None, **parameters: str) -> Applied:
        server = self.server
        return asyncio.run(applying.apply(documents.read(path, stack), server, server, parameters, told=told))

    def plan(self, text: str, stack: str = "app", **parameters: str) -> Applied:
        path = self.folder / "template.yaml"
        path.write_text(text)
        server = self.server
        return asyncio.run(applying.plan(documents.read(path, stack), server, server, parameters))

    def delete(self, stack: str = "app") -> Applied:
        server = self.server
        return asyncio.run(applying.delete(stack, server, server))

    def remembered(self, stack: str = "app") -> Stack | None:
        return asyncio.run(self.server.find(stack))


def steps(applied: Applied) -> list[tuple[str, str]]:
    return [(step.action, step.logical_id) for step in applied.steps]


def outputs(applied: Applied) -> dict[str, Any]:
    return dict(applied.stack.outputs)
