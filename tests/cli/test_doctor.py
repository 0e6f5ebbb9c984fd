"""halfday doctor as a person runs it: what it says first and last, its exit code, and that it keeps secrets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cognito_peer import CLIENT_ID, PASSWORD, REDIRECT_URI, Peer

from halfday.doctor.steps.order import CHECKS


def outcomes(stdout: str) -> dict[str, str]:
    return {step["step"]: step["outcome"] for step in json.loads(stdout)["steps"]}


def test_a_connection_that_works_has_no_problem(run, world, pool) -> None:
    pool.user("ada")
    client = pool.client()
    told = {
        "AWS_PROFILE": "none-of-ours",
        "HALFDAY_DOMAIN": world.origin,
        "HALFDAY_CLIENT_ID": client["ClientId"],
        "HALFDAY_USER_POOL_ID": pool.pool_id,
    }
    done = run("doctor", **told)
    assert (done.returncode, "problem" in done.stdout) == (0, False), done.stdout
    assert "no problem in the" in done.stderr.splitlines()[-1]
    assert [line[12:28].strip() for line in done.stdout.splitlines() if not line.startswith(" ")] == list(CHECKS)
    found = outcomes(run("doctor", "--json", **told).stdout)
    assert found["token endpoint"] == found["sign-in page"] == found["user pool"] == "ok"
    assert found["session"] == "not checked"


def test_the_step_with_the_problem_says_what_to_change_and_where_to_begin(run, peer: Peer) -> None:
    done = run("doctor", "--domain", "http://127.0.0.1:1")
    assert done.returncode == 1
    assert "nothing accepts connections at 127.0.0.1:1" in done.stdout
    assert "→ See that it is running there" in done.stdout
    assert done.stderr.splitlines()[-1] == "halfday: error: a problem: connections"
    both = run("doctor", "--client-id", "nobody", AWS_ACCESS_KEY_ID="AKIAOTHER")
    assert "problems: " in both.stderr
    assert "hint: begin with the first, " in both.stderr


def test_malformed_settings_are_a_problem_of_the_first_step(run) -> None:
    done = run("doctor", "--json", "--domain", "eu-west-1_AbCdEf")
    steps = json.loads(done.stdout)["steps"]
    assert (done.returncode, done.stderr) == (1, "")
    assert steps[0]["outcome"] == "problem"
    assert {step["outcome"] for step in steps[1:]} == {"not checked"}


def test_a_report_for_others_has_no_secret_in_it(run, peer: Peer) -> None:
    secret, code = "do-not-print-this-secret", peer.issue({})
    assert run("exchange", code, "--redirect-uri", REDIRECT_URI).returncode == 0
    tokens = {run("token").stdout.strip(), run("token", "--access").stdout.strip()}
    for done in (run("doctor", HALFDAY_CLIENT_SECRET=secret), run("doctor", "--json", HALFDAY_CLIENT_SECRET=secret)):
        said = done.stdout + done.stderr
        assert CLIENT_ID in said
        assert not [word for word in (secret, PASSWORD, *tokens) if word in said]


@pytest.mark.parametrize("damage", ["cut", "open to others", "another's"])
def test_a_kept_session_that_cannot_be_used_is_a_problem_and_not_nobody(
    run, peer: Peer, environ: dict[str, str], damage: str
) -> None:
    """The doctor says what whoami says."""
    assert run("exchange", peer.issue({}), "--redirect-uri", REDIRECT_URI).returncode == 0
    (kept,) = (path for path in Path(environ["HALFDAY_CACHE_DIR"]).glob("**/*.json") if "pending" not in path.parts)
    if damage == "open to others":
        kept.chmod(0o644)
    else:
        kept.write_text(kept.read_text()[:40] if damage == "cut" else '{"key": "another"}')
    told = run("whoami").stderr.splitlines()[0].removeprefix("halfday: error: ")
    done = run("doctor", "--json")
    (session,) = (step for step in json.loads(done.stdout)["steps"] if step["step"] == "session")
    assert (done.returncode, session["outcome"]) == (1, "problem")
    assert session["found"] == told
    assert "halfday login replaces it" in json.dumps(session)
