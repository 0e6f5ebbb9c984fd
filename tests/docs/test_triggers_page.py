"""docs/triggers.md: its files make a server whose functions refuse, confirm and change tokens as the page says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jwt

from asking import refusal
from docs.blocks import blocks
from halfday.server import seed_file
from world import PASSWORD, World, running

PAGE = "triggers.md"


def block(language: str) -> str:
    return next(each.text for each in blocks(PAGE) if each.language == language)


def blocks_of(*, containing: str) -> str:
    return next(each.text for each in blocks(PAGE) if containing in each.text)


def written(folder: Path) -> dict[str, Any]:
    """The page's two files, and the second as it is read."""
    (folder / "handlers.py").write_text(block("python"))
    (folder / "halfday.toml").write_text(block("toml"))
    return dict(seed_file.read(folder / "halfday.toml"))


def shell(folder: Path, text: str, **environment: str) -> str:
    """What a block prints, with this interpreter's programs. It stops at the first command that fails."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    given = {"PATH": path, "HOME": str(folder), **environment}
    done = subprocess.run(
        ["bash", "-ec", text], cwd=folder, env=given, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def sign_up(world: World, email: str) -> Any:
    return world.idp.sign_up(ClientId="myapp", Username=email, Password=PASSWORD)


def test_the_files_of_the_page_do_what_it_says(tmp_path: Path) -> None:
    document = written(tmp_path)
    with running(tmp_path / "data", document, upstream="none") as world:
        code, sentence = refusal(sign_up, world=world, email="eve@example.org")
        assert f"{code}: {sentence}" == block("text").strip()
        assert sign_up(world, "eve@example.com")["UserConfirmed"] is True
        asked = {"USERNAME": "eve@example.com", "PASSWORD": PASSWORD}
        tokens = world.idp.initiate_auth(ClientId="myapp", AuthFlow="USER_PASSWORD_AUTH", AuthParameters=asked)[
            "AuthenticationResult"
        ]
        claims = jwt.decode(tokens["AccessToken"], options={"verify_signature": False})
        assert (claims["plan"], "orders/read" in claims["scope"].split()) == ("pro", True)


def test_functions_by_lambda_s_own_api_as_the_page_sets_them_up(tmp_path: Path) -> None:
    document = written(tmp_path)
    with running(tmp_path / "data", document, upstream="none") as world:
        here = {"AWS_ENDPOINT_URL": world.origin, "AWS_DEFAULT_REGION": "us-east-1"}
        keys = {**here, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        shell(tmp_path, blocks_of(containing="create-function").replace("http://127.0.0.1:4242", world.origin))
        code, sentence = refusal(sign_up, world=world, email="eve@example.com")
        assert f"{code}: {sentence}" == blocks_of(containing="AccessDenied").strip()
        command = re.sub(r"\\\n *", "", blocks_of(containing="add-permission")).strip()
        why = world.running.services.functions.records[-1].why
        assert sorted(command.split()) == sorted(why.partition(": ")[2].split()), "the log says the same"
        shell(tmp_path, command, **keys)
        assert sign_up(world, "eve@example.com")["UserConfirmed"] is True
        assert refusal(sign_up, world=world, email="eve@example.org")[1].endswith("error Only for members.")
        invoke = blocks_of(containing="lambda invoke")
        if "aws-cli/1" in shell(tmp_path, "aws --version"):  # which takes text as it is
            invoke = invoke.replace("--cli-binary-format raw-in-base64-out", "")
        shell(tmp_path, invoke, **keys)
        answered = json.loads((tmp_path / "answer.json").read_text())
        assert answered["response"] == {"autoConfirmUser": True, "autoVerifyEmail": True}


def test_the_commands_of_the_page_before_there_is_a_pool_and_after(tmp_path: Path) -> None:
    document = written(tmp_path)
    told = shell(tmp_path, blocks_of(containing="halfday trigger event"))
    assert '"plan": "pro"' in told
    assert '"autoConfirmUser": true' in told
    assert json.loads((tmp_path / "event.json").read_text())["triggerSource"] == "TokenGeneration_Authentication"
    with running(tmp_path / "data", document, upstream="none") as world:
        sign_up(world, "eve@example.com")
        assert world.running.management
        curl = blocks_of(containing="/triggers").replace("http://127.0.0.1:4244", world.running.management)
        (invocation,) = json.loads(shell(tmp_path, curl))["invocations"]
        assert "PreSignUp_SignUp" in json.dumps(invocation)
