"""docs/aws-services.md: its script runs on its seed file and prints what the page shows; its upstreams are taken."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

from docs.blocks import blocks, text_of
from halfday.server.front_door.services.table import RULES
from halfday.server.outside.upstreams import declared_in
from halfday.server.settings import upstream_parts
from world import running

PAGE = "aws-services.md"


def block(language: str, number: int = 0) -> str:
    return [each.text for each in blocks(PAGE) if each.language == language][number]


def test_the_script_prints_what_the_page_shows(tmp_path: Path) -> None:
    with running(tmp_path, tomllib.loads(block("toml"))) as world:
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        variables = {**kept, **keys, "AWS_ENDPOINT_URL": world.origin}
        done = subprocess.run(
            [sys.executable, "-c", block("python")], env=variables, capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == block("text").split()


def test_the_upstreams_of_the_page_are_taken() -> None:
    declared = list(declared_in(tomllib.loads(block("toml", 1))))
    assert [one.service for one in declared] == ["dynamodb", "s3"]
    assert declared[1].keys is not None
    for line in block("sh", 1).splitlines():
        assert upstream_parts(line.partition("--upstream ")[2].partition("#")[0].strip())


def test_every_service_with_rules_has_a_row() -> None:
    names = {"bedrock-runtime": "Bedrock runtime", "dynamodbstreams": "DynamoDB", "iot-data": "IoT data"}
    shown = text_of(PAGE).lower().replace(" ", "")
    for service in RULES:
        assert names.get(service, service).lower().replace(" ", "") in shown, service
