"""halfday policy explain: by files alone, and by a server that knows who somebody is."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

OBJECT = "arn:aws:s3:::b/blue/k"
OWN = {"Sid": "Own", "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/team}/*"}
ROLE = "arn:aws:iam::123456789012:role/app/web"


@pytest.fixture
def policy(tmp_path: Path) -> Any:
    def write(*statements: dict[str, Any], name: str = "policy.json") -> str:
        path = tmp_path / name
        path.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}))
        return str(path)

    return write


def test_the_statement_that_allows_is_shown(run: Run, policy: Any) -> None:
    path = policy(OWN)
    done = run(
        *("policy", "explain", "s3:GetObject", OBJECT, "--policy", path, "--as", ROLE, "--session-tag", "team=blue")
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"allowed  s3:GetObject on {OBJECT}\n")
    assert f"{path}, Own (identity-based policy)" in done.stdout
    assert '"Resource": "arn:aws:s3:::b/${aws:PrincipalTag/team}/*"' in done.stdout


def test_what_a_statement_lacks_is_said(run: Run, policy: Any) -> None:
    listing = {
        "Effect": "Allow",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": True}},
    }
    path = policy(OWN, listing)
    asked = ("policy", "explain", "s3:GetObject", OBJECT, "--policy", path, "--as", ROLE, "--session-tag", "team=red")
    done = run(*asked)
    assert done.returncode == 1
    assert done.stdout.startswith("denied  s3:GetObject")
    assert "because no identity-based policy allows the s3:GetObject action" in done.stdout
    assert "its Resource does not name it" in done.stdout
    assert "aws:SecureTransport: say what the request has by --context aws:SecureTransport=VALUE" in done.stdout
    plain = run(*asked, "--context", "aws:SecureTransport=false")
    assert "Bool aws:SecureTransport does not hold: it is false" in plain.stdout
    assert run(*asked, "--context", "aws:SecureTransport=true").returncode == 0


def test_a_deny_is_shown_and_nothing_beside_it(run: Run, policy: Any) -> None:
    path = policy(OWN, {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::other/*"})
    done = run("policy", "explain", "s3:GetObject", OBJECT, "--policy", path, "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["allowed"], told["statement"], told["misses"]) == (1, False, "statement 2", [])
    assert told["written"]["NotResource"] == "arn:aws:s3:::other/*"


def test_every_kind_of_policy_has_its_say(run: Run, policy: Any) -> None:
    everything = policy({"Effect": "Allow", "Action": "*", "Resource": "*"}, name="all.json")
    nothing = policy({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}, name="sqs.json")
    named = policy({"Effect": "Allow", "Action": "*", "Principal": {"AWS": ROLE}, "Resource": "*"}, name="b.json")
    asked = ("policy", "explain", "s3:GetObject", OBJECT, "--as", ROLE)

    def because(*more: str) -> str:
        return str(json.loads(run(*asked, "--json", *more).stdout)["because"])

    assert because("--policy", everything) == ""
    assert "no permissions boundary" in because("--policy", everything, "--boundary", nothing)
    assert "no session policy" in because("--policy", everything, "--session-policy", nothing)
    assert because("--policy", nothing, "--resource-policy", named) == ""
    assert "no resource-based policy" in str(
        json.loads(run("policy", "explain", "kms:Decrypt", "*", "--as", ROLE, "--policy", everything, "--json").stdout)
    )


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--policy", "no-such.json"], "no-such.json cannot be read"),
        (["--as", "ada", "--policy", "POLICY"], "files know nobody by name"),
        (["--policy", "POLICY", "--context", "x"], "is no KEY=VALUE"),
        ([], "nobody is named"),
        (["--as", "ada", "--management", "http://127.0.0.1:1"], "does not answer"),
        (["--as", "ada", "--management", "nowhere"], "--management"),
    ],
)
def test_what_cannot_be_asked_is_said(run: Run, policy: Any, words: list[str], named: str) -> None:
    path = policy(OWN)
    done = run("policy", "explain", "s3:GetObject", OBJECT, *[path if word == "POLICY" else word for word in words])
    assert done.returncode not in (0, 1)
    assert named in done.stderr


def test_a_document_that_iam_would_not_take_is_refused_in_its_words(run: Run, policy: Any) -> None:
    done = run("policy", "explain", "s3:GetObject", OBJECT, "--policy", policy({**OWN, "Principal": "*"}))
    assert done.returncode not in (0, 1)
    assert "has prohibited field Principal" in done.stderr
