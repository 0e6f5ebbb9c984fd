"""What the client costs to start: whole processes and bare imports, beside an empty interpreter and beside boto3.

`halfday credentials` runs before every call of the AWS CLI, `halfday token` before every call of a script. Their bound
is the interpreter that does nothing (`python -I -c pass`). All rows are run in turns, so that a busy moment of a shared
machine falls on each alike: read the ratios.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.results import Figure, Goal, Measured
from bench.server import server_process

ROUNDS = int(os.environ.get("HALFDAY_BENCH_STARTS", "9"))
POOL_ID, IDENTITY_POOL_ID = "us-east-1_Bench0001", "us-east-1:00000000-0000-4000-8000-000000000001"

SEED = f"""
[[user_pool]]
id = "{POOL_ID}"
[[user_pool.client]]
id = "bench"
callback_urls = ["http://localhost:8080"]
flows = ["code"]
auth_flows = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
[[user_pool.user]]
username = "ada"
password = "Lovelace-1815"
attributes = {{ email = "ada@example.com", email_verified = "true" }}
[[identity_pool]]
id = "{IDENTITY_POOL_ID}"
name = "bench"
clients = ["bench"]
authenticated_role = "bench-authenticated"
[[role]]
name = "bench-authenticated"
identity_pool = "{IDENTITY_POOL_ID}"
"""
SIGN_IN = "from halfday import Cognito; Cognito().sign_in('ada', 'Lovelace-1815', keep=True).credentials()"
KEPT = "from halfday import Cognito; Cognito().session.access_token"
STATIC = "import boto3; boto3.Session().get_credentials().get_frozen_credentials()"
NOTHING = "python -I -c pass"
BARE = [sys.executable, "-I", "-c", "pass"]
HALFDAY, AWS = (str(Path(sys.executable).with_name(name)) for name in ("halfday", "aws"))
WANTED = {"halfday credentials": 1.8, "halfday token": 3.0, "from halfday import Cognito": 6.0}
"""At most so many times the interpreter that does nothing."""

Row = Callable[[], None]


def run() -> Measured:
    """The median of a whole process, for each row, in milliseconds; and what is wanted of some beside the empty one."""
    with server_process(SEED) as origin, tempfile.TemporaryDirectory(prefix="halfday-bench-") as folder:
        environ = _signed_in(origin, Path(folder))
        took = in_turns({NOTHING: _row(BARE, environ), **_imports(environ), **_commands(environ, origin)}, ROUNDS)
    return measured(took, WANTED, ROUNDS)


def in_turns(rows: Mapping[str, Row], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each row in each round. The first round, which may have bytecode to write, does not count."""
    took: dict[str, list[float]] = {label: [] for label in rows}
    for counts in (False, *[True] * rounds):
        for label, act in rows.items():
            started = time.perf_counter()
            act()
            if counts:
                took[label].append((time.perf_counter() - started) * 1e3)
    return took


def measured(took: Mapping[str, list[float]], wanted: Mapping[str, float], rounds: int) -> Measured:
    medians = {label: statistics.median(times) for label, times in took.items()}
    bare = medians[NOTHING]
    goals = [
        Goal(label, NOTHING, most, {"": medians[label] / bare}, "×", at_most=True) for label, most in wanted.items()
    ]
    figures = [Figure(label, "process", "whole", median, "ms", took[label]) for label, median in medians.items()]
    return Measured(figures, goals, [_told(label, median / bare, wanted) for label, median in medians.items()], rounds)


def _told(label: str, ratio: float, wanted: Mapping[str, float]) -> str:
    most = wanted.get(label)
    missed = f"   MORE THAN {most:g}" if most is not None and ratio > most else ""
    return f"{label}: {ratio:.2f} × {NOTHING}{f' (wanted: ≤ {most:g})' if most else ''}{missed}"


def environment() -> dict[str, str]:
    """Ours without settings, and as it is where Python keeps its bytecode: some containers say that it shall not."""
    ours = ("HALFDAY_", "AWS_", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def _signed_in(origin: str, folder: Path) -> dict[str, str]:
    config, credentials = folder / "config", folder / "credentials"
    config.write_text("")
    credentials.write_text("[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = example\n")
    environ = environment() | {
        "HALFDAY_CACHE_DIR": str(folder / "cache"),
        "HALFDAY_ENDPOINT_URL": origin,
        "HALFDAY_USER_POOL_ID": POOL_ID,
        "HALFDAY_CLIENT_ID": "bench",
        "HALFDAY_IDENTITY_POOL_ID": IDENTITY_POOL_ID,
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
    }
    _process([sys.executable, "-c", SIGN_IN], environ)
    return environ


def _imports(environ: dict[str, str]) -> dict[str, Row]:
    statements = (
        "import halfday",
        "from halfday import Cognito",
        "from halfday import AsyncCognito",
        "import urllib3",
        "import botocore.session",
        "import boto3",
    )
    return {statement: _row([sys.executable, "-I", "-c", statement], environ) for statement in statements}


def _commands(environ: dict[str, str], origin: str) -> dict[str, Row]:
    def anew() -> None:
        for ready in cache.glob("*.process"):
            ready.unlink()
        for kept in cache.glob("*.json"):
            record = json.loads(kept.read_text())
            record["aws"]["credentials"] = None
            kept.write_text(json.dumps(record))
        _process([HALFDAY, "credentials"], environ)

    cache = Path(environ["HALFDAY_CACHE_DIR"])
    commands = ("--version", "--help", "credentials", "token", "env", "whoami", "login --help")
    ours = {f"halfday {words}": _row([HALFDAY, *words.split()], environ) for words in commands}
    return {
        **ours,
        "halfday call": _row([HALFDAY, "call", "GET", origin], environ),
        "halfday credentials, fetched anew": anew,
        "a kept session's access token, in Python": _row([sys.executable, "-I", "-c", KEPT], environ),
        "boto3, keys out of a file": _row([sys.executable, "-c", STATIC], environ),
        "aws configure get": _row([AWS, "configure", "get", "aws_access_key_id"], environ),
    }


def _row(command: list[str], environ: dict[str, str]) -> Row:
    return lambda: _process(command, environ)


def _process(command: list[str], environ: dict[str, str]) -> None:
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
