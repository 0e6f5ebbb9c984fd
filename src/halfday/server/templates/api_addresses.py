"""Where an API of a stack is here: outputs spell AWS's own address, at which nobody of this machine would find it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from halfday.server.templates.stacks import Made, Stack

_AT_AWS = re.compile(r"https://([a-z0-9-]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?(/[^\s\"']*)?")
_DEFAULT = "$default"
_APIS = ("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api")


def found_here(value: Any, stacks: Iterable[Stack], endpoint: str) -> Any:
    """The output with the server's address in place of AWS's, for APIs of these stacks. Others stay as they are."""
    if not isinstance(value, str):
        return value
    made = [one for stack in stacks for one in stack.resources.values()]
    apis = {one.physical_id for one in made if one.type in _APIS}

    def here(found: re.Match[str]) -> str:
        api, path = found[1], found[2] or ""
        if api not in apis:
            return found[0]
        first, slash, rest = path.removeprefix("/").partition("/")
        if first in _stages_of(api, made):
            return f"{endpoint}/_aws/execute-api/{api}/{first}{slash}{rest}"
        return f"{endpoint}/_aws/execute-api/{api}/{_DEFAULT}{path}"

    return _AT_AWS.sub(here, value)


def _stages_of(api: str, made: Iterable[Made]) -> set[str]:
    """The names of the API's stages, of those that its deployments made too."""
    of_api = [one.properties for one in made if api in (one.properties.get("RestApiId"), one.properties.get("ApiId"))]
    return {str(given["StageName"]) for given in of_api if "StageName" in given}
