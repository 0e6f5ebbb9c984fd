"""The pytest plugin, as somebody else's project uses it: each test here runs pytest on a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = """
import boto3
import pytest


def test_sign_in(cognito_user, sign_in, cognito_client):
    tokens = sign_in(cognito_user("ada", groups=("admin",)), cognito_client)
    assert tokens.access_token and tokens.refresh_token


def test_a_pool_is_the_test_s_own(cognito_server, cognito_pool, cognito_user):
    cognito_user("ada")
    users = cognito_server.idp.list_users(UserPoolId=cognito_pool.pool_id)["Users"]
    assert [one["Username"] for one in users] == ["ada"]


@pytest.mark.parametrize("number", range(4))
def test_what_was_sent(number, cognito_server, codes):
    pool = cognito_server.pool(AutoVerifiedAttributes=["email"])
    address = [{"Name": "email", "Value": "grace@example.com"}]
    client_id = pool.default_client.client_id
    cognito_server.idp.sign_up(ClientId=client_id, Username="grace", Password="Hopper-1906", UserAttributes=address)
    assert len(codes("grace@example.com")) == 6
    assert len(codes.all()) == 1


def test_expiry(cognito_user, sign_in, frozen_time, cognito_boto3):
    tokens = sign_in(cognito_user())
    frozen_time.forward(3601)
    idp = cognito_boto3("cognito-idp")
    with pytest.raises(idp.exceptions.NotAuthorizedException):
        idp.get_user(AccessToken=tokens.access_token)


def test_the_clock_was_put_back(cognito_user, sign_in, cognito_clock, cognito_boto3):
    import time

    assert abs(cognito_clock.now() - time.time()) < 5
    cognito_boto3("cognito-idp").get_user(AccessToken=sign_in(cognito_user()).access_token)


def test_code_that_names_no_endpoint(aws_endpoints):
    pool_id = boto3.client("cognito-idp").create_user_pool(PoolName="theirs")["UserPool"]["Id"]
    assert pool_id.startswith("us-east-1_")


def test_triggers(triggers):
    assert triggers(pool_id="us-east-1_Nobody000") == []
"""


def pytest_on(folder: Path, *arguments: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "HALFDAY_", "AWS_"))}
    ran = subprocess.run(
        (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments),
        cwd=folder,
        env={**kept, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "test_theirs.py").write_text(SUITE)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def test_every_fixture_does_what_it_says(project: Path) -> None:
    assert "10 passed" in pytest_on(project)
    assert {entry.name for entry in project.iterdir()} == {"test_theirs.py", "pytest.ini"}


def test_every_fixture_says_what_it_gives(project: Path) -> None:
    told = pytest_on(project, "--fixtures")
    ours = told.partition("from halfday.pytest_plugin")[2].partition("fixtures defined from")[0]
    assert "cognito_server" in ours
    assert "no docstring available" not in ours


def test_workers_have_a_server_each(project: Path) -> None:
    assert "10 passed" in pytest_on(project, "-n", "2")


def test_a_seed_and_a_process_of_its_own_are_configured(project: Path) -> None:
    (project / "halfday.toml").write_text('[[user_pool]]\nid = "us-east-1_Seeded001"\nname = "declared"\n')
    (project / "pytest.ini").write_text("[pytest]\nhalfday_seed = halfday.toml\nhalfday_process = true\n")
    (project / "test_theirs.py").write_text(
        "import os\n\n\ndef test_it(cognito_server):\n"
        '    assert cognito_server.told["process_id"] != os.getpid()\n'
        '    pool = cognito_server.idp.describe_user_pool(UserPoolId="us-east-1_Seeded001")["UserPool"]\n'
        '    assert pool["Name"] == "declared"\n'
    )
    assert "1 passed" in pytest_on(project)


def test_a_project_that_asks_for_nothing_loads_nothing(project: Path) -> None:
    (project / "test_theirs.py").write_text(
        "import sys\n\n\ndef test_it():\n"
        '    loaded = [name for name in sys.modules if name.startswith("halfday")]\n'
        '    assert set(loaded) <= {"halfday", "halfday.pytest_plugin"}, loaded\n'
        '    assert "boto3" not in sys.modules and "uvicorn" not in sys.modules\n'
    )
    assert "1 passed" in pytest_on(project)
