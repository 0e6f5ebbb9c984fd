"""Terraform itself, with AWS's provider, on a server under test.

The provider is not fetched: it lies unpacked in a folder of plugins, which the variable HALFDAY_TERRAFORM_PLUGINS names
or which is looked for once. A command-line configuration of the test's own gives it by `filesystem_mirror`.

To begin the provider costs more than all that it then does, so one process of it serves all commands
(TF_REATTACH_PROVIDERS, Terraform's own way for whoever debugs a provider). The page's test begins it as people do.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

VARIABLE = "HALFDAY_TERRAFORM_PLUGINS"
PLACES = (
    "/opt/tf-plugins",
    "~/.terraform.d/plugins",
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
)
NAMED = os.environ.get(VARIABLE)
"""Read once: a test sees none of Halfday's variables."""
PROVIDER = "registry.terraform.io/hashicorp/aws"
ALL_SERVICES = ("iam", "sts", "cognitoidp", "cognitoidentity")
"""Which services the provider asks here, in its own words."""
_ATTACHED = "TF_REATTACH_PROVIDERS"
PLAN = "next.plan"
CHANGES, NO_CHANGES = 2, 0
"""Exit codes of `terraform plan -detailed-exitcode`."""


def plugins() -> Path:
    """The folder of plugins. Skips the test, and says why, where Terraform or the provider is not installed."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not installed")
    found = _plugins()
    if found is None:
        pytest.skip(f"no folder has {PROVIDER}: {VARIABLE} may name one with terraform-provider-aws unpacked")
    return found


@cache
def _plugins() -> Path | None:
    folders = [Path(NAMED)] if NAMED else [Path(place).expanduser() for place in PLACES]
    return next((folder for folder in folders if any(folder.glob(f"{PROVIDER}/*/*/terraform-provider-aws*"))), None)


def _clean(own: Mapping[str, str]) -> dict[str, str]:
    """Nothing of who runs the tests: no AWS profile, no other configuration of Terraform's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
    return {**kept, **own, "AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "*"}


@cache
def attached_provider(plugin_folder: Path) -> str:
    """How commands find a provider's process, which is begun at the first call and ends with this one."""
    program = next(plugin_folder.glob(f"{PROVIDER}/*/*/terraform-provider-aws*"))
    # It makes its large schema anew for every command: half of its work is collecting garbage, by Go's own measure.
    quiet = {"stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL, "env": _clean({"GOGC": "800"})}
    process = subprocess.Popen([program, "-debug"], stdout=subprocess.PIPE, text=True, **quiet)
    atexit.register(process.kill)
    assert process.stdout is not None
    return next(line.strip().partition("=")[2].strip("'") for line in process.stdout if _ATTACHED + "=" in line)


@dataclass
class Terraform:
    """A folder with configuration, and the state of what was applied. `attached`: by the provider that runs already."""

    folder: Path
    origin: str
    plugin_folder: Path
    attached: bool = True
    options: Mapping[str, str] = field(default_factory=dict)
    """Further environment: TF_VAR_later, TF_CLI_ARGS_apply."""

    def write(self, configuration: str, name: str = "main") -> None:
        """Replaces the file of this name. The provider's own block stands in another."""
        (self.folder / f"{name}.tf").write_text(configuration)

    def begin(self, services: Iterable[str] = ALL_SERVICES, **provider: str) -> None:
        """Writes the provider's block, with these further members as they are written, and finds the provider."""
        members = {"region": '"us-east-1"', "access_key": '"test"', "secret_key": '"test"', **provider}
        lines = [f"  {name} = {value}" for name, value in members.items()]
        endpoints = [f'    {service} = "{self.origin}"' for service in services]
        block = ['provider "aws" {', *lines, "  endpoints {", *endpoints, "  }", "}"]
        needed = 'terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws" }\n  }\n}\n'
        self.begin_with(needed + "\n".join(block) + "\n")

    def begin_with(self, provider: str) -> None:
        """With a provider's block as it is written."""
        self.write(provider, "provider")
        mirror = f'filesystem_mirror {{ path = "{self.plugin_folder}" }}'
        (self.folder / "terraform.rc").write_text(
            f"provider_installation {{\n  {mirror}\n}}\ndisable_checkpoint = true\n"
        )
        self.run("init")

    def run(self, *arguments: str, expected: int = 0) -> str:
        """What a command prints."""
        command, *others = arguments
        plain = ["-no-color", "-input=false"] if command in ("init", "plan", "apply", "destroy") else []
        given = ["terraform", f"-chdir={self.folder}", command, *plain, *others]
        done = subprocess.run(given, capture_output=True, text=True, env=self._environment(), timeout=600, check=False)
        assert done.returncode == expected, f"{' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def apply(self) -> str:
        return self.run("apply", "-auto-approve")

    def apply_plan(self) -> str:
        """What was planned last."""
        return self.run("apply", PLAN)

    def check_no_changes(self) -> None:
        """What was applied is what is there."""
        self.run("plan", "-detailed-exitcode", expected=NO_CHANGES)

    def planned(self) -> dict[str, list[str]]:
        """What applying would do: the actions by resource, of those that would change at all."""
        changes = {one["address"]: one["change"]["actions"] for one in self.plan()["resource_changes"]}
        return {address: actions for address, actions in changes.items() if actions not in (["no-op"], ["read"])}

    def plan(self) -> Any:
        """The next plan, which is kept for apply_plan, as Terraform shows it: there is something to change."""
        self.run("plan", "-detailed-exitcode", f"-out={PLAN}", expected=CHANGES)
        return json.loads(self.run("show", "-json", PLAN))

    def check_updates_in_place(self, *addresses: str) -> None:
        """The next apply changes these resources, makes none and destroys none."""
        planned = self.planned()
        assert planned == {address: ["update"] for address in addresses}, planned

    def outputs(self) -> dict[str, Any]:
        return {name: one["value"] for name, one in json.loads(self.run("output", "-json")).items()}

    def resources(self) -> list[str]:
        """The addresses in the state."""
        return self.run("state", "list").split()

    def destroy(self) -> None:
        self.run("destroy", "-auto-approve")
        left = self.resources()
        assert left == [], left

    def _environment(self) -> dict[str, str]:
        own = {
            "TF_CLI_CONFIG_FILE": str(self.folder / "terraform.rc"),
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
            **self.options,
        }
        return _clean({**own, _ATTACHED: attached_provider(self.plugin_folder)} if self.attached else own)
