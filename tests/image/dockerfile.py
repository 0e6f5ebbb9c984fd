"""What the Dockerfile says of the image's last stage, for the twin that is started without a runtime of containers."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Stage:
    environment: dict[str, str]
    user: int
    workdir: str
    command: list[str]
    healthcheck: list[str]


def instructions(path: Path) -> list[tuple[str, str]]:
    """Each instruction with what follows it, its continuation lines joined."""
    text = re.sub(r"\\\n\s*", " ", path.read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def last_stage() -> Stage:
    said = instructions(ROOT / "Dockerfile")
    begins = max(number for number, (word, _) in enumerate(said) if word == "FROM")
    last = said[begins:]
    values = dict(last)
    pairs = [pair.partition("=") for word, rest in last if word == "ENV" for pair in shlex.split(rest)]
    return Stage(
        environment={name: value for name, _, value in pairs},
        user=int(values["USER"].partition(":")[0]),
        workdir=values["WORKDIR"],
        command=[*json.loads(values["ENTRYPOINT"]), *json.loads(values["CMD"])],
        healthcheck=json.loads(values["HEALTHCHECK"].partition("CMD ")[2]),
    )
