"""halfday sessions: who is signed in where, without asking anybody."""

from __future__ import annotations

import json
import time
from pathlib import Path

import cognito_peer
from cognito_peer import CLIENT_ID, REDIRECT_URI, SUB, Peer


def sign_in(run, peer: Peer, *options: str) -> None:
    done = run("exchange", peer.issue({}), "--redirect-uri", REDIRECT_URI, *options)
    assert done.returncode == 0, done.stderr


def listed(run) -> list[dict[str, object]]:
    done = run("sessions", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["sessions"]


def test_every_session_is_listed_with_who_where_and_until_when(run, peer: Peer, environ: dict[str, str]) -> None:
    with cognito_peer.running() as other:
        sign_in(run, peer)
        sign_in(run, other, "--domain", other.origin)
        assert run("credentials").returncode == 0
        before = len(peer.requests) + len(other.requests)
        found = {str(one["place"]): one for one in listed(run)}
        assert len(peer.requests) + len(other.requests) == before
        assert set(found) == {peer.origin.partition("://")[2], other.origin.partition("://")[2]}
        mine, theirs = (found[one.origin.partition("://")[2]] for one in (peer, other))
    assert (mine["name"], mine["subject"], mine["client_id"]) == ("ada@example.com", SUB, CLIENT_ID)
    assert (mine["renews"], mine["profiles"], mine["problem"]) == (True, ["demo"], "")
    assert 3000 < float(str(mine["until"])) - time.time() < 3700
    assert 3000 < float(str(mine["aws_credentials_until"])) - time.time() < 3700
    assert Path(str(mine["kept_in"])).parent == Path(environ["HALFDAY_CACHE_DIR"])
    assert (theirs["profiles"], theirs["aws_credentials_until"]) == ([], None)


def test_no_token_is_listed(run, peer: Peer, environ: dict[str, str]) -> None:
    sign_in(run, peer)
    assert run("credentials").returncode == 0
    [kept] = Path(environ["HALFDAY_CACHE_DIR"]).glob("*.json")
    record = json.loads(kept.read_text())
    secrets = [record["tokens"][name] for name in ("access_token", "id_token", "refresh_token")]
    secrets += [record["aws"]["credentials"]["access_key_id"]]
    for argv in (("sessions",), ("sessions", "--json")):
        told = run(*argv).stdout
        assert told
        assert [one for one in secrets if one in told] == []


def test_people_read_it_too_and_are_told_when_there_is_none(run, peer: Peer) -> None:
    assert "nobody is signed in on this machine" in run("sessions").stderr
    assert listed(run) == []
    sign_in(run, peer)
    told = run("sessions").stdout
    assert told.startswith("ada@example.com\n")
    assert "renews itself; the tokens are good until " in told
    assert run("logout", "--all").returncode == 0
    assert listed(run) == []


def test_a_name_is_one_line(run, peer: Peer) -> None:
    """People choose their own, and it would say what Halfday does not."""
    peer.claims = {"email": "ada@example.com\nroot@example.com"}
    done = run("exchange", peer.issue({}), "--redirect-uri", REDIRECT_URI)
    assert "signed in as ada@example.com\\nroot@example.com, until" in done.stderr
    assert run("sessions").stdout.startswith("ada@example.com\\nroot@example.com\n")


def test_a_session_that_cannot_be_used_is_listed_as_such(run, peer: Peer, environ: dict[str, str]) -> None:
    sign_in(run, peer)
    [kept] = Path(environ["HALFDAY_CACHE_DIR"]).glob("*.json")
    kept.write_text(json.dumps({**json.loads(kept.read_text()), "tokens": {}}))
    [found] = listed(run)
    assert "damaged" in str(found["problem"])
    assert run("sessions").stdout.startswith("unusable\n")
