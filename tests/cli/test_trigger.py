"""halfday trigger prints sample events, and sends one to a function as the server sends it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

HANDLERS = """
def members_only(event, context):
    print("looked at", event["userName"])
    if not event["request"]["userAttributes"]["email"].endswith("@example.org"):
        raise Exception("Only for members")
    return event

def opens(event, context):
    event["response"]["autoConfirmUser"] = True
    return event

def a_list(event, context):
    return [1]

def colours(event, context):
    return {**event, "more": "\\x9b31m red"}

def where(event, context):
    import os
    raise Exception(os.environ["AWS_ENDPOINT_URL"])
"""
SEED = """
[server]
port = 4999

[[function]]
name = "members-only"
target = "handlers.py:members_only"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lambdas").mkdir()
    (tmp_path / "lambdas" / "handlers.py").write_text(HANDLERS)
    (tmp_path / "lambdas" / "halfday.toml").write_text(SEED)
    return tmp_path


@pytest.mark.parametrize("name", ["PreSignUp", "pre_sign_up", "presignup", "PreSignUp_SignUp"])
def test_a_sample_is_found_by_every_spelling_of_its_trigger(run, name: str) -> None:
    done = run("trigger", "event", name)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["triggerSource"] == "PreSignUp_SignUp"


def test_source_and_version_choose_among_samples(run) -> None:
    done = run("trigger", "event", "PreTokenGeneration", "--source", "RefreshTokens", "--version", "V2")
    event = json.loads(done.stdout)
    assert (event["triggerSource"], event["version"]) == ("TokenGeneration_RefreshTokens", "2")
    assert event["response"] == {"claimsAndScopeOverrideDetails": None}
    assert event["request"]["scopes"] == ["aws.cognito.signin.user.admin"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["PreSignup_Nobody"], "did you mean PreSignUp?"),
        (["PreSignUp", "--source", "Nobody"], "it has: PreSignUp_SignUp, PreSignUp_AdminCreateUser"),
        (["PreSignUp", "--version", "2"], "PreSignUp has version 1 only"),
        (["PreTokenGeneration", "--version", "4"], "--version takes 1, 2 or 3"),
        (["TokenGeneration_ClientCredentials"], "is sent in version 3 only"),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(run, words: list[str], told: str) -> None:
    done = run("trigger", "event", *words)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stdout == ""


def test_a_function_answers_a_sample(run, folder: Path) -> None:
    done = run("trigger", "invoke", "lambdas/handlers.py:opens", "--event", "PreSignUp")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["response"]["autoConfirmUser"] is True
    assert " ms" in done.stderr


@pytest.mark.parametrize("by", ["a file", "standard input"])
def test_a_function_of_a_seed_file_in_another_folder_is_told_an_event(run, folder: Path, by: str) -> None:
    event = run("trigger", "event", "PreSignUp").stdout
    (folder / "event.json").write_text(event)
    given = ("event.json", "") if by == "a file" else ("-", event)
    words = ["members-only", "--config", "lambdas/halfday.toml", "--event", given[0]]
    done = run("trigger", "invoke", *words, stdin=given[1])
    assert done.returncode == 1
    assert "PreSignUp failed with error Only for members." in done.stderr
    assert "looked at ada" in done.stderr
    assert f"{folder}/lambdas/handlers.py:5" in done.stderr


def test_an_answer_that_a_pool_would_not_take_is_shown_and_refused(run, folder: Path) -> None:
    done = run("trigger", "invoke", "lambdas/handlers.py:a_list", "--event", "PreSignUp")
    assert (done.returncode, done.stdout) == (1, "[1]\n")
    assert "Unrecognizable lambda output" in done.stderr


def test_an_answer_tells_a_terminal_nothing(run, folder: Path) -> None:
    done = run("trigger", "invoke", "lambdas/handlers.py:colours", "--event", "PreSignUp")
    assert (done.returncode, json.loads(done.stdout)["more"]) == (0, "\x9b31m red")
    assert done.stdout.isascii()


def test_a_function_finds_the_server_of_the_seed_file(run, folder: Path) -> None:
    words = [
        "lambdas/handlers.py:where",
        "--config",
        "lambdas/halfday.toml",
        "--event",
        "TokenGeneration_RefreshTokens",
    ]
    done = run("trigger", "invoke", *words)
    assert "PreTokenGeneration failed with error http://127.0.0.1:4999." in done.stderr


@pytest.mark.parametrize(
    ("words", "stdin", "told"),
    [
        (["nothing", "--event", "PreSignUp"], "", "names no function"),
        (["lambdas/nothing.py:handler", "--event", "PreSignUp"], "", "there is no file"),
        (["lambdas/handlers.py:opens"], "{", "is no JSON"),
        (["lambdas/handlers.py:opens"], "[]", "is no event of a trigger"),
        (["lambdas/handlers.py:opens", "--event", "nobody.json"], "", "there is no sample event for nobody.json"),
    ],
)
def test_what_cannot_be_sent_is_refused(run, folder: Path, words: list[str], stdin: str, told: str) -> None:
    done = run("trigger", "invoke", *words, stdin=stdin)
    assert done.returncode == 2
    assert told in done.stderr
