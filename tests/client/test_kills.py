"""A kill at any point: the cache loads afterwards, whatever went on, and the session is the old one or the new one.

What is to be interrupted is run again and again in a forked child, and killed (SIGKILL) at the first thing that it does
to its files and sockets, at the second, and so on until it gets through. What the kernel has by then is what is left;
what a power cut leaves is the disk's business.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cognito_peer import CLIENT_ID, IDENTITY_ID, IDENTITY_POOL_ID, REDIRECT_URI, SUB, Peer

from halfday import Cognito, SignInNeeded
from halfday.client.session_record import SessionRecord, read_session_record
from halfday.client.token_store.cache_files import read_process_output
from halfday.client.token_store.token_cache import TokenCache, kept_keys

PROGRAM = """
import json, os, signal, sys, traceback
from halfday import Cognito
import halfday.client.browser.login, halfday.client.credentials.identity_pool, halfday.client.oauth.code_grant
import halfday.client.session, halfday.client.tokens.connection_verifier, halfday.client.transport.pools
import halfday.client.token_store.locks, halfday.client.user_pool.sign_in, http.client, tempfile, encodings.idna

settings, work = json.loads(sys.argv[1]), sys.argv[2]
CACHE = os.environ["HALFDAY_CACHE_DIR"]
AUDITED = {"open", "os.rename", "os.remove", "os.mkdir", "fcntl.flock", "socket.connect", "http.client.send"}
seen, deadly = 0, 0

def note():
    global seen
    seen += bool(deadly)
    if deadly and seen == deadly:
        os.kill(os.getpid(), signal.SIGKILL)

def hook(event, arguments):
    if event in AUDITED and (event != "open" or str(arguments[0]).startswith(CACHE)):
        note()

def noted(name):
    original = getattr(os, name)
    def call(*arguments, **options):
        result = original(*arguments, **options)
        note()  # before it the audit hook has been: now it is done
        return result
    setattr(os, name, call)

def run(code):
    if work == "login":
        Cognito(**settings).exchange(code, "http://localhost:8080", keep=True)
    else:
        session = Cognito(**settings).session
        session.logout() if work == "logout" else session.credentials()

for name in ("fsync", "replace", "unlink", "fdopen", "open", "close"):
    noted(name)
sys.addaudithook(hook)
try:
    Cognito(domain="http://127.0.0.1:9", client_id="x").exchange("x", "http://localhost:8080")
except Exception:
    pass  # whatever is imported late is imported now
for line in sys.stdin:
    number, code = line.split()
    child = os.fork()
    if not child:
        deadly = int(number)
        try:
            run(code)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""

BOB = "b0b84488-e0e1-70ae-d2ee-991ad1a898c8"


@dataclass
class Story:
    """A cache as it was before, and a program that dies in the middle of `work`."""

    peer: Peer
    cache: Path
    before: Path
    settings: dict[str, Any]
    old_token: str
    program: subprocess.Popen[str]

    def deaths(self) -> Iterator[int]:
        """The point of each death in turn, everything being as it was before; ends when the work gets through."""
        for point in range(1, 1000):
            shutil.rmtree(self.cache)
            shutil.copytree(self.before, self.cache)
            self.peer.refresh_tokens = {self.old_token}
            self.peer.requests.clear()
            assert self.program.stdin is not None
            assert self.program.stdout is not None
            self.program.stdin.write(f"{point} {self.peer.issue({})}\n")
            self.program.stdin.flush()
            code = int(self.program.stdout.readline())
            assert code in (0, -signal.SIGKILL)
            yield point
            if code == 0:
                assert point > 15, "there is more to interrupt than that"
                return
        raise AssertionError("it never gets through")

    @property
    def key(self) -> str:
        return Cognito(**self.settings).settings.key

    def kept(self) -> SessionRecord | None:
        """What is kept; its absence is fine, but no file may be there that does not load."""
        record = TokenCache(self.key).load()
        assert (record is not None) == any(name.suffix == ".json" for name in self.cache.iterdir())
        assert kept_keys(str(self.cache)) == ([self.key] if record else [])
        kept = read_session_record(record) if record else None
        assert record is None or kept is not None
        return kept

    def printed(self) -> str | None:
        """The access key id that `halfday credentials` prints without loading anything."""
        place = Cognito(**self.settings).settings.credentials_place()
        text = read_process_output(self.key, place, directory=str(self.cache))
        return str(json.loads(text)["AccessKeyId"]) if text else None

    def asked_after_the_renewal(self) -> bool:
        names = [name for name, _ in self.peer.requests]
        return "/oauth2/token" in names and names[-1] != "/oauth2/token"


@pytest.fixture
def story(peer: Peer, own_home: Path, request: pytest.FixtureRequest) -> Iterator[Story]:
    work, aged = request.param
    settings = {"domain": peer.origin, "client_id": CLIENT_ID, "identity_pool_id": IDENTITY_POOL_ID}
    session = Cognito(**settings).exchange(peer.issue({}), REDIRECT_URI, keep=True)
    session.credentials()
    peer.rotates = True
    if aged:
        end_everything(TokenCache(session._connection.settings.key))
    shutil.copytree(own_home / "cache", own_home / "before")
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, json.dumps(settings), work],
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    yield Story(peer, own_home / "cache", own_home / "before", settings, str(session.refresh_token), program)
    program.kill()
    program.communicate()


def end_everything(cache: TokenCache) -> None:
    """Tokens and credentials ended a second ago."""
    record = cache.load()
    assert record is not None
    over = time.time() - 1
    tokens = {**record["tokens"], "access_expires_at": over, "id_expires_at": over, "received_at": over - 3600}
    credentials = {**record["aws"]["credentials"], "expires_at": int(over)}
    aws = {**record["aws"], "credentials": credentials, "received_at": over - 3600}
    cache.save({**record, "tokens": tokens, "aws": aws})
    cache.forget_outputs()


def assert_it_is_clean_after_a_log_out(story: Story) -> None:
    """Nothing that a dead writer left behind outlives the session, and until then it is its owner's only."""
    assert {stat.S_IMODE(path.stat().st_mode) for path in story.cache.iterdir() if path.is_file()} <= {0o600}
    with suppress(SignInNeeded):
        Cognito(**story.settings).session.logout()
    TokenCache(story.key).forget()
    assert {path.suffix for path in story.cache.iterdir()} <= {".lock", ".keys", ""}
    assert not [name for name in os.listdir(story.cache) if name.startswith(".new-")]


@pytest.mark.parametrize("story", [("renewal", True)], indirect=True)
def test_who_is_killed_while_renewing_leaves_a_session_to_go_on_with(story: Story) -> None:
    for point in story.deaths():
        kept = story.kept()
        assert kept is not None, point
        assert kept.subject == SUB
        stored = kept.tokens.refresh_token
        assert stored in {story.old_token, *story.peer.refresh_tokens}, point
        if story.asked_after_the_renewal():
            assert stored in story.peer.refresh_tokens, (
                "a rotated token is kept before anything is done with its answer"
            )
        story.peer.refresh_tokens.add(story.old_token)  # the grace, for who was killed before the answer came
        with TokenCache(story.key).locked(timeout_s=0):
            pass
        printed = story.printed()
        session = Cognito(**story.settings).session
        assert session.credentials().access_key_id.startswith("ASIA")
        assert session.identity_id == IDENTITY_ID
        assert printed is None or printed.startswith("ASIA")
        assert_it_is_clean_after_a_log_out(story)


@pytest.mark.parametrize("story", [("login", False)], indirect=True)
def test_who_is_killed_while_signing_in_leaves_the_old_session_or_the_new_one(story: Story) -> None:
    """The old one is Ada's, with credentials; the new one Bob's. Never are Ada's credentials printed for Bob."""
    story.peer.claims = {"sub": BOB}
    before = story.printed()
    assert before is not None
    subjects = []
    for point in story.deaths():
        kept = story.kept()
        assert kept is not None, point
        subjects.append(kept.subject)
        assert kept.tokens.refresh_token in story.peer.refresh_tokens, point
        assert kept.subject == SUB or kept.aws.credentials is None
        assert story.printed() in ((before, None) if kept.subject == SUB else (None,)), point
        with TokenCache(story.key).locked(timeout_s=0):
            pass
        assert_it_is_clean_after_a_log_out(story)
    assert (subjects[0], subjects[-1]) == (SUB, BOB)
    assert subjects == sorted(subjects, reverse=subjects[0] > subjects[-1]), "there is one point at which it changes"


@pytest.mark.parametrize("story", [("logout", False)], indirect=True)
def test_who_is_killed_while_logging_out_leaves_the_session_or_nothing(story: Story) -> None:
    """Credentials of a session that is gone are gone with it."""
    ends = []
    for point in story.deaths():
        kept = story.kept()
        ends.append(kept is None)
        if kept is None:
            assert story.printed() is None, point
            assert story.old_token not in story.peer.refresh_tokens, "what is forgotten was revoked before"
        else:
            assert kept.subject == SUB
            assert kept.tokens.refresh_token in (story.old_token, None)
        with TokenCache(story.key).locked(timeout_s=0):
            pass
        assert_it_is_clean_after_a_log_out(story)
        assert story.peer.refresh_tokens == set(), "the second time it is revoked"
    assert ends == sorted(ends)
    assert ends[-1]
