"""Static analysers see what is loaded late: every public name has its type in a stranger's program.

Each name is asked for its type by a checker that reads the installed package, and none may be Any or unknown.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import halfday

PROGRAM = f"""\
from halfday import {", ".join(halfday.__all__)}
import halfday

{"".join(f"reveal_type({name})" + chr(10) for name in halfday.__all__)}
{"".join(f"reveal_type(halfday.{name})" + chr(10) for name in halfday.__all__)}

with Cognito(domain="demo", region="eu-west-1", client_id="x", timeout=5) as cognito:
    session: Session = cognito.login()
    email: object = session.claims["email"]
    keys: Credentials = session.credentials()


async def wait() -> str:
    async with AsyncCognito(client_id="x") as waiting:
        other: AsyncSession = await waiting.sign_in("ada", "password")
        return await other.access_token()


try:
    claims: VerifiedClaims = TokenVerifier("eu-west-1_x", client_id="x", token_use="id", timeout=5).verify("…")
except TokenExpired as problem:
    hint: str = problem.hint
"""
WRONG = """
from halfday import Cognito, nothing_of_this_name
Cognito(clientid="x")
cognito: int = Cognito(client_id="x")
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def mypy(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--config-file", "", str(path)]
    return subprocess.run(command, cwd=path.parent, capture_output=True, text=True, check=False)


def test_mypy_knows_every_public_name(program: Path) -> None:
    done = mypy(program)
    assert done.returncode == 0, done.stdout
    revealed = re.findall(r'Revealed type is "(.*)"', done.stdout)
    assert len(revealed) == 2 * len(halfday.__all__)
    assert [told for told in revealed if told in ("Any", "builtins.object")] == []


def test_mypy_refuses_what_is_wrong(program: Path) -> None:
    program.write_text(WRONG)
    told = mypy(program).stdout
    assert 'Module "halfday" has no attribute "nothing_of_this_name"' in told
    assert 'Unexpected keyword argument "clientid"' in told
    assert "Incompatible types in assignment" in told


@pytest.mark.skipif(not shutil.which("pyright"), reason="pyright is not installed")
def test_pyright_knows_every_public_name(program: Path) -> None:
    command = ["pyright", "--outputjson", "--pythonpath", sys.executable, str(program)]
    done = subprocess.run(command, cwd=program.parent, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)["generalDiagnostics"]
    assert [one["message"] for one in found if one["severity"] == "error"] == []
    revealed = [one["message"] for one in found if one["severity"] == "information"]
    assert len(revealed) == 2 * len(halfday.__all__)
    assert [told for told in revealed if "Unknown" in told] == []


def test_the_list_of_names_is_what_can_be_had() -> None:
    assert sorted(halfday.__all__) == dir(halfday)
    assert all(getattr(halfday, name) is not None for name in halfday.__all__)
