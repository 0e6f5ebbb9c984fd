"""A workflow of GitHub Actions, as its runner does it: the `run:` steps of a job, each in a shell of its own."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml


def run_steps(text: str, folder: Path, secrets: Mapping[str, str]) -> str:
    """A workflow's `run:` steps of its only job, in order, as a runner does it. Returns the job's log, masked."""
    (job,) = yaml.safe_load(text)["jobs"].values()
    log = ""
    for step in job["steps"]:
        if "run" in step and step.get("if") != "failure()":
            own = {name: _filled(value, secrets) for name, value in {**job["env"], **step.get("env", {})}.items()}
            log += _step(step["run"], {**os.environ, **own}, folder)
    return masked(log, secrets)


def _step(script: str, environ: Mapping[str, str], folder: Path) -> str:
    out = folder.with_name("step.log")  # a file: what runs on in the background holds no pipe open
    with out.open("w") as file:
        done = subprocess.run(
            ["bash", "-e", "-c", script], env=dict(environ), cwd=folder, stdin=subprocess.DEVNULL,
            stdout=file, stderr=subprocess.STDOUT, timeout=90, check=False,
        )  # fmt: skip
    assert done.returncode == 0, f"{script}\n{out.read_text()}"
    return out.read_text()


def _filled(text: str, secrets: Mapping[str, str]) -> str:
    return re.sub(r"\$\{\{ *secrets\.(\w+) *\}\}", lambda found: secrets[found[1]], text)


def masked(log: str, secrets: Mapping[str, str]) -> str:
    for hidden in [*re.findall(r"^::add-mask::(.+)$", log, re.MULTILINE), *secrets.values()]:
        log = log.replace(hidden, "***")
    return log
