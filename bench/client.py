"""What the client costs to start: whole processes and bare imports, beside an empty interpreter and beside boto3.

`halfday credentials` runs before every call of the AWS CLI. Its bound is the interpreter that does nothing
(`python -I -c pass`); what is wanted is at most 2.5 of those. All rows are run in turns, so that a busy moment of a
shared machine falls on each alike: read the ratios.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.server import server_process

ROUNDS = 31
WANTED = 2.5
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
BARE = [sys.executable, "-I", "-c", "pass"]
HALFDAY, AWS = (str(Path(sys.executable).with_name(name)) for name in ("halfday", "aws"))


def run() -> None:
    """Prints, for each row, the median of a whole process in milliseconds and its ratio to the empty interpreter."""
    with server_process(SEED) as origin, tempfile.TemporaryDirectory(prefix="halfday-bench-") as folder:
        environ = _signed_in(origin, Path(folder))
        _table("imports", _imports(environ))
        _table("commands, with kept credentials where there are any", _commands(environ), wanted=WANTED)


def _signed_in(origin: str, folder: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HALFDAY_", "AWS_"))}
    config, credentials = folder / "config", folder / "credentials"
    config.write_text("")
    credentials.write_text("[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = example\n")
    environ = inherited | {
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


def _imports(environ: dict[str, str]) -> dict[str, Callable[[], None]]:
    statements = (
        "import halfday",
        "from halfday import Cognito",
        "import urllib3",
        "import botocore.session",
        "import boto3",
    )
    rows = {statement: _row([sys.executable, "-I", "-c", statement], environ) for statement in statements}
    return {"python -I -c pass": _row(BARE, environ)} | rows


def _commands(environ: dict[str, str]) -> dict[str, Callable[[], None]]:
    def anew() -> None:
        for ready in cache.glob("*.process"):
            ready.unlink()
        for kept in cache.glob("*.json"):
            record = json.loads(kept.read_text())
            record["aws"]["credentials"] = None
            kept.write_text(json.dumps(record))
        _process([HALFDAY, "credentials"], environ)

    cache = Path(environ["HALFDAY_CACHE_DIR"])
    static = "import boto3; boto3.Session().get_credentials().get_frozen_credentials()"
    return {
        "python -I -c pass": _row(BARE, environ),
        "halfday credentials": _row([HALFDAY, "credentials"], environ),
        "halfday token": _row([HALFDAY, "token"], environ),
        "halfday credentials, fetched anew": anew,
        "boto3, keys out of a file": _row([sys.executable, "-c", static], environ),
        "aws configure get": _row([AWS, "configure", "get", "aws_access_key_id"], environ),
    }


def _row(command: list[str], environ: dict[str, str]) -> Callable[[], None]:
    return lambda: _process(command, environ)


def _process(command: list[str], environ: dict[str, str]) -> None:
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")


def _table(title: str, rows: dict[str, Callable[[], None]], *, wanted: float | None = None) -> None:
    took: dict[str, list[float]] = {label: [] for label in rows}
    for _ in range(ROUNDS):
        for label, act in rows.items():
            started = time.perf_counter()
            act()
            took[label].append((time.perf_counter() - started) * 1e3)
    medians = {label: statistics.median(times) for label, times in took.items()}
    bare = medians["python -I -c pass"]
    print(f"{title} (whole processes, median of {ROUNDS} rounds, in turns)")
    for label, median in medians.items():
        over = wanted is not None and label == "halfday credentials" and median > wanted * bare
        print(f"  {label:34s} {median:7.1f} ms   {median / bare:5.2f} ×{f'   MORE THAN {wanted}' if over else ''}")
