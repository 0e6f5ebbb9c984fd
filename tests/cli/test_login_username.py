"""halfday login --username: the questions of a sign-in at a terminal, and line by line, against the server."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from halfday.server.domain.users.factors import totp
from operations.test_mfa import ON, prefer, step, with_mfa, wrong
from operations.test_user_auth import FLOWS, passwordless
from world import PASSWORD, Pool, World

COMMAND = [sys.executable, "-m", "halfday.cli"]
LIMIT_S = 60
Environ = Callable[[Pool, Mapping[str, Any]], dict[str, str]]


@pytest.fixture
def environ(tmp_path: Path) -> Environ:
    def environ(pool: Pool, client: Mapping[str, Any]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HALFDAY_", "AWS_"))}
        ours = {"HOME": str(tmp_path), "HALFDAY_CACHE_DIR": str(tmp_path / "cache"), "NO_COLOR": "1"}
        known = {
            "HALFDAY_USER_POOL_ID": pool.pool_id,
            "HALFDAY_CLIENT_ID": client["ClientId"],
            "HALFDAY_ENDPOINT_URL": pool.world.origin,
            "AWS_CONFIG_FILE": str(tmp_path / "none"),
        }
        return {**kept, **ours, **known}

    return environ


class Terminal:
    """The command at a terminal of its own. What was shown is read until what is expected has come."""

    def __init__(self, environ: Mapping[str, str], *argv: str) -> None:
        self.shown = ""
        self.ended = False
        self.pid, self._handle = pty.fork()
        if self.pid == 0:
            os.execve(sys.executable, [*COMMAND, *argv], dict(environ))

    def expect(self, text: str) -> None:
        ends_at = time.monotonic() + LIMIT_S
        while text not in self.shown:
            ready, _, _ = select.select([self._handle], [], [], max(0.0, ends_at - time.monotonic()))
            assert ready, f"{text!r} did not come: {self.shown}"
            try:
                self.shown += os.read(self._handle, 65_536).decode()
            except OSError:
                raise AssertionError(f"it ended without {text!r}: {self.shown}") from None

    def say(self, line: str) -> None:
        os.write(self._handle, f"{line}\n".encode())
        self.shown = ""

    def end(self) -> int:
        """The exit code."""
        while True:
            try:
                if not (got := os.read(self._handle, 65_536)):
                    break
                self.shown += got.decode()
            except OSError:
                break
        os.close(self._handle)
        self.ended = True
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def press_control_c(self) -> None:
        os.kill(self.pid, signal.SIGINT)


@pytest.fixture
def at_terminal() -> Iterator[Callable[..., Terminal]]:
    """Whatever a failing test leaves behind is ended."""
    started: list[Terminal] = []

    def start(environ: Mapping[str, str], *argv: str) -> Terminal:
        started.append(Terminal(environ, *argv))
        return started[-1]

    yield start
    for terminal in started:
        if not terminal.ended:
            os.kill(terminal.pid, signal.SIGKILL)
            terminal.end()


def by_lines(environ: Mapping[str, str], *argv: str, lines: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *argv], env=environ, input=lines, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )


def whoami(environ: Mapping[str, str]) -> dict[str, Any]:
    return json.loads(by_lines(environ, "whoami", "--json").stdout)


def test_password_wrong_code_and_code_are_asked_for_and_the_session_is_kept(
    world: World, environ: Environ, at_terminal: Callable[..., Terminal]
) -> None:
    pool = with_mfa(world, "ON", "email")
    pool.user()
    env = environ(pool, pool.client())
    terminal = at_terminal(env, "login", "--username", "ada")
    terminal.expect("Password of ada: ")
    terminal.say(PASSWORD)
    terminal.expect("The code that was sent by e-mail to a***@e***: ")
    assert PASSWORD not in terminal.shown
    code = pool.code_for("ada", "Authentication")
    terminal.say(wrong(code))
    terminal.expect("not taken:")
    terminal.expect("The code that was sent by e-mail to a***@e***: ")
    terminal.say(code)
    assert terminal.end() == 0
    assert "signed in as ada@example.com" in terminal.shown
    assert whoami(env)["email"] == "ada@example.com"


def test_an_authenticator_app_is_set_up_at_the_terminal(
    world: World, environ: Environ, at_terminal: Callable[..., Terminal]
) -> None:
    pool = with_mfa(world, "ON", "totp")
    pool.user()
    terminal = at_terminal(environ(pool, pool.client()), "login", "--username", "ada")
    terminal.expect("Password of ada: ")
    terminal.say(PASSWORD)
    terminal.expect("enter the code that it shows: ")
    found = re.search(r"otpauth://totp/\S+\?secret=([A-Z2-7]+)&", terminal.shown)
    assert found
    assert " ".join(re.findall("....", found[1])) in terminal.shown
    terminal.say(totp(found[1], step(world)))
    assert terminal.end() == 0


def test_choices_are_numbered(world: World, environ: Environ, at_terminal: Callable[..., Terminal]) -> None:
    pool = with_mfa(world, "OPTIONAL", "sms", "email")
    pool.user(phone_number="+15555550839")
    prefer(pool, SMSMfaSettings=ON, EmailMfaSettings=ON)
    terminal = at_terminal(environ(pool, pool.client()), "login", "--username", "ada")
    terminal.expect("Password of ada: ")
    terminal.say(PASSWORD)
    terminal.expect("2  a code by e-mail (EMAIL_OTP)")
    terminal.say("2")
    terminal.expect("The code that was sent by e-mail")
    terminal.say(pool.code_for("ada", "Authentication"))
    assert terminal.end() == 0


def test_a_new_password_is_typed_twice(
    world: World, pool: Pool, environ: Environ, at_terminal: Callable[..., Terminal]
) -> None:
    pool.world.idp.admin_create_user(
        UserPoolId=pool.pool_id, Username="grace", MessageAction="SUPPRESS", TemporaryPassword="Temporary-1906"
    )
    terminal = at_terminal(environ(pool, pool.client()), "login", "--username", "grace")
    terminal.expect("Password of grace: ")
    terminal.say("Temporary-1906")
    for typed in ((PASSWORD, "Lovelace-1851"), (PASSWORD, PASSWORD)):
        terminal.expect("New password: ")
        terminal.say(typed[0])
        terminal.expect("Once more: ")
        terminal.say(typed[1])
    assert terminal.end() == 0
    assert PASSWORD not in terminal.shown
    assert "AccessToken" in pool.tokens(pool.client(), "grace")


@pytest.mark.parametrize("ending", ["\x04", ""], ids=["control-D", "control-C"])
def test_the_person_may_give_up(
    world: World, environ: Environ, at_terminal: Callable[..., Terminal], ending: str
) -> None:
    pool = with_mfa(world, "ON", "email")
    pool.user()
    env = {**environ(pool, pool.client()), "HALFDAY_PASSWORD": PASSWORD}
    terminal = at_terminal(env, "login", "--username", "ada")
    terminal.expect("The code that was sent")
    if ending:
        terminal.say(ending)
    else:
        terminal.press_control_c()
    assert terminal.end() == (1 if ending else 130)
    assert "Traceback" not in terminal.shown
    assert by_lines(env, "whoami").returncode == 3


def test_without_a_terminal_answers_are_lines_of_standard_input(world: World, environ: Environ) -> None:
    schema = [{"Name": "given_name", "Required": True, "Mutable": True, "AttributeDataType": "String"}]
    pool = world.pool(Schema=schema)
    world.idp.admin_create_user(
        UserPoolId=pool.pool_id, Username="grace", MessageAction="SUPPRESS", TemporaryPassword="Temporary-1906"
    )
    env = environ(pool, pool.client())
    done = by_lines(env, "login", "--username", "grace", "--json", lines=f"Temporary-1906\n{PASSWORD}\nGrace\n")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sub"] == whoami(env)["sub"]


def test_what_nobody_can_be_asked_for_is_refused_with_advice(world: World, environ: Environ) -> None:
    pool = with_mfa(world, "ON", "email")
    pool.user()
    done = by_lines(environ(pool, pool.client()), "login", "--username", "ada", lines=f"{PASSWORD}\n")
    assert (done.returncode, done.stdout) == (1, "")
    assert "error: the sign-in asks for EMAIL_OTP" in done.stderr
    assert "hint:" in done.stderr
    assert "terminal" in done.stderr


def test_a_code_instead_of_a_password(world: World, environ: Environ, at_terminal: Callable[..., Terminal]) -> None:
    pool = passwordless(world)
    pool.user()
    env = environ(pool, pool.client(ExplicitAuthFlows=FLOWS))
    terminal = at_terminal(env, "login", "--username", "ada", "--flow", "USER_AUTH", "--preferred", "EMAIL_OTP")
    terminal.expect("The code that was sent by e-mail")
    terminal.say(pool.code_for("ada", "Authentication"))
    assert terminal.end() == 0


def test_a_remembered_machine_is_not_asked_again(
    world: World, environ: Environ, at_terminal: Callable[..., Terminal]
) -> None:
    pool = with_mfa(world, "ON", "email")
    tracked = {"DeviceOnlyRememberedOnUserPrompt": True, "ChallengeRequiredOnNewDevice": True}
    given = world.idp.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]
    kept = {name: given[name] for name in ("EmailConfiguration", "AccountRecoverySetting")}
    world.idp.update_user_pool(UserPoolId=pool.pool_id, DeviceConfiguration=tracked, MfaConfiguration="ON", **kept)
    pool.user()
    env = {**environ(pool, pool.client()), "HALFDAY_PASSWORD": PASSWORD}
    terminal = at_terminal(env, "login", "--username", "ada", "--remember-device")
    terminal.expect("The code that was sent by e-mail")
    terminal.say(pool.code_for("ada", "Authentication"))
    assert terminal.end() == 0
    again = by_lines(env, "login", "--username", "ada")
    assert again.returncode == 0, again.stderr
