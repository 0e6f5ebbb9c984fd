"""Functions that tests make by Lambda's API: zips, a role that Lambda may assume, and short ways to both."""

from __future__ import annotations

import io
import json
import stat
import textwrap
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from world import World

ACCOUNT = "123456789012"
TRUSTS_LAMBDA = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
ECHO = "def handler(event, context):\n    return event\n"


def zipped(files: Mapping[str, str | bytes], links: Mapping[str, str | bytes] | None = None) -> bytes:
    """A zip of these files, and of symbolic links."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        for name, target in (links or {}).items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(entry, target)
    return written.getvalue()


def python(source: str) -> bytes:
    return zipped({"app.py": textwrap.dedent(source)})


@dataclass
class Made:
    """Lambda's API of a world, and functions with a role that is there."""

    world: World
    role: str

    @property
    def api(self) -> Any:
        return self.world.boto3("lambda")

    def function(self, name: str, code: bytes | str = ECHO, **given: Any) -> dict[str, Any]:
        content = python(code) if isinstance(code, str) else code
        settings = {"Runtime": "python3.12", "Handler": "app.handler", "Role": self.role, **given}
        made: dict[str, Any] = self.api.create_function(FunctionName=name, **{"Code": {"ZipFile": content}, **settings})
        return made

    def invoke(self, name: str, event: Any = None, **given: Any) -> Any:
        answer = self.api.invoke(FunctionName=name, Payload=json.dumps(event), **given)
        return json.loads(answer["Payload"].read() or "null")

    def permit(self, name: str, **given: Any) -> None:
        permission = {"StatementId": "cognito", "Action": "lambda:InvokeFunction"}
        self.api.add_permission(FunctionName=name, **{**permission, "Principal": "cognito-idp.amazonaws.com", **given})


def made_in(world: World) -> Made:
    iam = world.boto3("iam")
    name = f"lambda-{next(world.counter)}"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUSTS_LAMBDA))["Role"]
    return Made(world, role["Arn"])
