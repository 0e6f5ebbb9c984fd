"""What a file or folder is, and its reader."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from halfday.cli.terminal import done, say, shown
from halfday.client.errors import SettingsError

_HASHES = {"passwordHash", "password_hash"}
"""Of people of Auth0: as it gives them out, and as it takes them."""
KINDS = ("halfday", "cognito-local", "csv", "keycloak", "auth0", "firebase", "amplify")

_PICKLES = (".pod", ".pickle", ".pkl", ".state", ".zip")
_REFUSED = (
    "{} is a dump of LocalStack's or moto's, which are Python pickles: to read one is to run whatever it says, "
    "so it is not read"
)


def kind_of(path: Path) -> str:
    """Raises SettingsError where it cannot be seen."""
    if path.suffix.lower() in _PICKLES:
        hint = "start what wrote it, and: halfday import --live POOL_ID --endpoint-url http://127.0.0.1:4566"
        raise SettingsError(_REFUSED.format(path), hint=hint)
    if path.is_dir():
        return "cognito-local"
    if path.suffix.lower() == ".csv":
        return "csv"
    if path.suffix.lower() in (".ndjson", ".jsonl"):
        return "auth0"
    if path.suffix.lower() in (".js", ".ts", ".mjs") or path.name == "amplify_outputs.json":
        return "amplify"
    return _by_content(path)


def _by_content(path: Path) -> str:
    from halfday.server.transfer.foreign.files import json_of, text_of

    text = text_of(path)
    first, _, rest = text.strip().partition("\n")
    if rest.lstrip().startswith("{") and first.rstrip().endswith("}"):
        return "auth0"  # an object a line
    found = json_of(text, str(path))
    if isinstance(found, dict):
        for member, kind in (
            ("Format", "halfday"),
            ("auth", "amplify"),
            ("aws_user_pools_id", "amplify"),
            ("realm", "keycloak"),
        ):
            if member in found:
                return kind
        if _HASHES & found.keys():
            return "auth0"
        users = found.get("users")
        if isinstance(users, list) and users and isinstance(users[0], dict):
            return "firebase" if "localId" in users[0] else "keycloak"
    if isinstance(found, list) and found and isinstance(found[0], dict) and _HASHES & found[0].keys():
        return "auth0"
    raise SettingsError(f"what {path} is cannot be seen from it", hint=f"--kind says it: {', '.join(KINDS)}")


def read(kind: str, path: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The document. Raises TransferRefused, SettingsError."""
    from halfday.server.transfer import documents
    from halfday.server.transfer.foreign import cognito_local, people
    from halfday.server.transfer.foreign.files import text_of

    if kind == "halfday":
        return documents.read(text_of(path), str(path))
    if kind == "cognito-local":
        return cognito_local.read(path)
    if not options.pool:
        raise SettingsError("people of other products come into a pool", hint="name it: --pool us-east-1_AbCdEf123")
    if kind == "firebase":
        parameters = Path(options.firebase_hash) if options.firebase_hash else None
        entry = people.of_firebase(path, options.pool, parameters)
    else:
        readers = {"csv": people.of_csv, "keycloak": people.of_keycloak, "auth0": people.of_auth0}
        entry = readers[kind](path, options.pool)
    return {**documents.new(), "UserPools": [entry]}


def tell_amplify(path: Path, seed: str | None) -> int:
    """Prints the client's settings; with a name, writes a seed file that makes the pool and client."""
    from halfday.server.seed.toml import toml_of
    from halfday.server.transfer.foreign import amplify

    settings, tables = amplify.read(path)
    lines = "".join(f"{name}={value}\n" for name, value in settings.items())
    sys.stdout.write(shown(lines, sys.stdout))
    if seed is None:
        return 0
    try:
        content = toml_of(tables).encode()
        with os.fdopen(os.open(seed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
    except FileExistsError as problem:
        raise SettingsError(f"{seed} is there already, and is left alone", hint="name another file") from problem
    except (OSError, ValueError) as problem:
        raise SettingsError(f"{seed} cannot be written", hint="name a file in a folder of yours") from problem
    done(f"wrote {seed}")
    say("  people, triggers, providers such as Google, and what roles allow are not in it: docs/seed-file.md")
    return 0
