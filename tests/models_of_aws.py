"""Takes AWS's service models out of a botocore, for the server to ship: `make models BOTOCORE=1.44.8`.

What AWS says of operations, shapes and members in prose is left out. What is written is the same bytes for the same
botocore, so a model changes only when AWS changed it; the table of operations shows how.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from halfday.server.operations.framework.service_models import FOLDER

SERVICES = ("cognito-idp", "cognito-identity", "sts", "iam", "lambda", "apigateway", "apigatewayv2")


def main(version: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder)
        subprocess.run((*pip, f"botocore=={version}"), check=True)
        before = {service: _operations(FOLDER / f"{service}.json.gz") for service in SERVICES}
        for service in SERVICES:
            (FOLDER / f"{service}.json.gz").write_bytes(shipped(newest(Path(folder, "botocore"), service)))
        for name in ("LICENSE.txt", "NOTICE"):
            found = next(Path(folder).glob(f"botocore-*.dist-info/**/{name}"))
            (FOLDER / name).write_bytes(found.read_bytes())
    (FOLDER / "VERSION").write_text(f"botocore {version}\n")
    for service in SERVICES:
        now = _operations(FOLDER / f"{service}.json.gz")
        for name in sorted(now ^ before[service]):
            print(f"{'+' if name in now else '-'} {service} {name}")


def newest(botocore: Path, service: str) -> Path:
    """The file of a service's newest model in an installed botocore."""
    return max((botocore / "data" / service).glob("*/service-2.json.gz"))


def shipped(path: Path) -> bytes:
    """A model as the server ships it."""
    described = json.loads(gzip.decompress(path.read_bytes()))
    text = json.dumps(without_documentation(described), separators=(",", ":"))
    return gzip.compress(text.encode(), mtime=0)


def without_documentation(described: Mapping[str, Any]) -> dict[str, Any]:
    """Of the service, its operations, shapes, members and what refers to them. Members that are called so stay."""
    left = {key: value for key, value in described.items() if key in ("metadata", "operations", "shapes")}
    left["operations"] = {name: _plain(operation) for name, operation in described["operations"].items()}
    left["shapes"] = {name: _plain_shape(shape) for name, shape in described["shapes"].items()}
    return left


def _plain_shape(shape: Mapping[str, Any]) -> dict[str, Any]:
    plain = _plain(shape)
    if "members" in shape:
        plain["members"] = {name: _plain(member) for name, member in shape["members"].items()}
    return {key: _plain(value) if key in ("member", "key", "value") else value for key, value in plain.items()}


def _plain(described: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in described.items() if key != "documentation"}


def _operations(path: Path) -> frozenset[str]:
    if not path.exists():
        return frozenset()
    return frozenset(json.loads(gzip.decompress(path.read_bytes()))["operations"])


if __name__ == "__main__":
    main(*sys.argv[1:])
