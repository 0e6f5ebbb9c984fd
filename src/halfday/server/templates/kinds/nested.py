"""AWS::CloudFormation::Stack: a template within a template. It is a stack of its own here too, named after both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from halfday.server.templates.assets import local_template
from halfday.server.templates.errors import TemplateRefused
from halfday.server.templates.kinds.kind import Kind, Properties, Site, words
from halfday.server.templates.stacks import Made


class NestedStack(Kind):
    """Tags are the stack's own: they are kept with it, and not handed down to what stands in it."""

    type = "AWS::CloudFormation::Stack"
    properties = words("TemplateURL Parameters Tags")
    required = words("TemplateURL")

    async def create(self, site: Site, given: Properties) -> Made:
        name = f"{site.stack}-{site.logical_id}"
        arn = f"arn:aws:cloudformation:{site.calls.region}:{site.calls.account}:stack/{name}/halfday"
        return await self.update(site, Made(self.type, name, attributes={"Ref": arn}), given)

    async def update(self, site: Site, made: Made, given: Properties) -> Made:
        url = str(given["TemplateURL"])
        path = local_template(site.folder, url)
        if path is None:
            raise TemplateRefused(f"its template {url} is not on this machine")
        parameters = {name: _text(value) for name, value in given.get("Parameters", {}).items()}
        outputs = await site.nested(made.physical_id, path, parameters)
        told = {f"Outputs.{name}": value for name, value in outputs.items()}
        return replace(made, attributes={"Ref": made.attributes["Ref"], **told})

    async def delete(self, site: Site, made: Made) -> None:
        await site.forget_nested(made.physical_id)


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
