"""What programs load before they need it: counted in a fresh interpreter, because a slow start has no other cause.

`halfday credentials` and `halfday token` have lists of their own, in tests/cli.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import boto3
import pytest

from halfday.cli.commands.serve import LOADED_LATER

CONNECTION = "client_id='1example23456789', domain='https://demo.auth.eu-west-1.amazoncognito.com'"
OF_REQUESTS = "urllib3 http ssl socket email logging xml".split()
OF_TOKENS = ["cryptography"]
CLIENT = [
    ("from halfday import Cognito", [*OF_REQUESTS, *OF_TOKENS, "argparse", "asyncio", "secrets", "json"]),
    (f"from halfday import Cognito; Cognito({CONNECTION})", [*OF_REQUESTS, *OF_TOKENS, "argparse", "asyncio"]),
    (f"from halfday import Cognito; Cognito({CONNECTION}).connection.transport", OF_REQUESTS),
    ("from halfday import Session", [*OF_REQUESTS, *OF_TOKENS, "argparse", "asyncio", "boto3", "httpx", "requests"]),
    ("from halfday import HalfdayError", [*OF_REQUESTS, *OF_TOKENS, "asyncio", "tomllib"]),
    ("from halfday.cli.__main__ import main; main(['--help'])", [*OF_REQUESTS, "argparse", "re", "halfday.client"]),
    ("from halfday.cli.__main__ import main; main(['--version'])", [*OF_REQUESTS, "argparse", "re", "halfday.client"]),
]
OF_OTHER_REQUESTS = [
    "boto3", "botocore", "moto", "urllib3",  # the models are read from botocore's data
    "httpx2", "httpcore2",  # the first outgoing call
    "jinja2", "segno", "halfday.server.stand_in",  # the first page; a seed file that declares the stand-in
    "tinycss2",  # the first style sheet of somebody's own
    "lxml", "signxml",  # the first answer of a SAML provider
    "fido2", "gmpy2",  # the first passkey, the first SRP
    "smtplib", "halfday.server.outside.smtp",  # a mail server in the settings
    "tomllib",  # a seed file
    "halfday.server.certificates", "halfday.server.aws_names",  # the settings https and aws_names
]  # fmt: skip


def loaded_of(names: Collection[str], modules: Collection[str]) -> set[str]:
    return {name for name in names if any(module == name or module.startswith(f"{name}.") for module in modules)}


@pytest.mark.parametrize(("statement", "unneeded"), CLIENT, ids=[statement for statement, _ in CLIENT])
def test_a_client_loads_nothing_before_it_needs_it(statement: str, unneeded: list[str]) -> None:
    script = f"import sys\n{statement}\nprint('\\0', *sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    modules = done.stdout.rpartition("\0")[2].split()
    assert "sys" in modules
    assert loaded_of(unneeded, modules) == set()


SERVE = """
import atexit, sys
atexit.register(lambda: open(sys.argv[1], "w").write(" ".join(sys.modules)))
from halfday.cli.__main__ import main
sys.exit(main(["serve", *sys.argv[2:]]))
"""


def test_a_server_has_made_its_first_pool_before_it_loads_what_other_requests_need(tmp_path: Path) -> None:
    told = tmp_path / "modules"
    clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    command = [sys.executable, "-c", SERVE, str(told), "--port", "0", "--data", str(tmp_path / "data")]
    server = subprocess.Popen(command, env=clean, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    try:
        origin = next(line for line in server.stderr if "is up on" in line).split()[-1]
        keys = {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "example", "region_name": "us-east-1"}
        idp = boto3.client("cognito-idp", endpoint_url=origin, **keys)
        assert idp.create_user_pool(PoolName="first")["UserPool"]["Id"]
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=30)
    modules = told.read_text().split()
    assert "halfday.server.serving" in modules
    assert loaded_of(OF_OTHER_REQUESTS, modules) == set()


@pytest.mark.parametrize("name", LOADED_LATER)
def test_a_library_that_is_loaded_later_is_missed_at_the_start(name: str, tmp_path: Path) -> None:
    script = (
        "import sys, importlib.util as u; found = u.find_spec\n"
        f"u.find_spec = lambda name: None if name == {name!r} else found(name)\n"
        "from halfday.cli.__main__ import main; sys.exit(main(['serve', '--port', '0', '--data', 'd']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert f"the server is not installed ({name} is missing)" in done.stderr
    assert not (tmp_path / "d").exists()
