"""A kept token is printed with next to nothing loaded, and only where all of Halfday would print the same."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cognito_peer import REDIRECT_URI, Peer

from halfday.cli.commands import token
from halfday.client.session_record import read_session_record
from halfday.client.token_store.kept_tokens import is_whole

LOADED = "import sys; from halfday.cli.__main__ import main; main({argv}); print(*sys.modules, file=sys.stderr)"
OURS = {
    "halfday", "halfday.cli", "halfday.cli.__main__",
    "halfday.cli.commands", "halfday.cli.commands.token", "halfday.cli.plain_flags",
    "halfday.client", "halfday.client.configuration", "halfday.client.configuration.setting_sources",
    "halfday.client.token_store", "halfday.client.token_store.cache_files", "halfday.client.token_store.kept_tokens",
}  # fmt: skip


@pytest.fixture
def kept(run, peer: Peer, environ: dict[str, str]) -> Path:
    done = run("exchange", peer.issue({}), "--redirect-uri", REDIRECT_URI)
    assert done.returncode == 0, done.stderr
    [path] = Path(environ["HALFDAY_CACHE_DIR"]).glob("*.json")
    return path


@pytest.fixture
def quickly(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., str | None]:
    """What the quick way prints for these arguments; None when it leaves them to the rest."""

    def quickly(*argv: str, **more: str) -> str | None:
        with monkeypatch.context() as patched:
            for name, value in {**environ, **more}.items():
                patched.setenv(name, value)
            return token._kept(list(argv))

    return quickly


@pytest.mark.parametrize("argv", [["token"], ["token", "--access", "--header"]], ids=" ".join)
def test_a_kept_token_loads_json_and_nothing_else_beside_the_hot_path(
    run, kept: Path, environ: dict[str, str], argv: list[str]
) -> None:
    bare = subprocess.run(
        [sys.executable, "-c", "import sys, json, time; print(*sys.modules)"],
        env=environ, capture_output=True, text=True, check=True,
    )  # fmt: skip
    hot = subprocess.run(
        [sys.executable, "-c", LOADED.format(argv=argv)], env=environ, capture_output=True, text=True, check=True
    )
    assert hot.stdout == run(*argv).stdout
    added = set(hot.stderr.split()) - set(bare.stdout.split())
    assert added == OURS


def test_what_is_printed_quickly_is_what_the_whole_way_prints(
    run, kept: Path, quickly: Callable[..., str | None]
) -> None:
    whole = json.loads(kept.read_text())["tokens"]
    assert quickly() == whole["id_token"] + "\n"
    assert quickly("--access", "--header") == f"Authorization: Bearer {whole['access_token']}\n"
    record = json.loads(kept.read_text())
    kept.write_text(json.dumps({**record, "made_of": None}))
    for argv in ([], ["--access"], ["--id", "--header"], ["--bare"]):
        slow = run("token", *argv).stdout
        kept.write_text(json.dumps(record))
        assert quickly(*argv) == slow
        kept.write_text(json.dumps({**record, "made_of": None}))


@pytest.mark.parametrize(
    "argv",
    [["--claims"], ["--id", "--access"], ["--header", "--bare"], ["--show"], ["--help"], ["--client-id", "--header"],
     ["--client-id", "another"], ["--profile", "nobody"], ["--identity-pool-id", "no pool"], ["--nonsense"],
     ["--client-secret", "two words"], ["--token-store", "none"], ["--client-id"]],
    ids=" ".join,
)  # fmt: skip
def test_options_that_have_to_be_looked_at_are_left_to_the_whole_way(
    kept: Path, quickly: Callable[..., str | None], argv: list[str]
) -> None:
    assert quickly() is not None
    assert quickly(*argv) is None


@pytest.mark.parametrize(
    "more",
    [{"HALFDAY_CLIENT_IDD": "x"}, {"HALFDAY_REDIRECT_URI": "no address"}, {"HALFDAY_CLIENT_SECRET": "a b"},
     {"HALFDAY_CLIENT_ID": " 1example23456789 "}, {"AWS_REGION": "nowhere/"}, {"AWS_ENDPOINT_URL": "no address"},
     {"AWS_PROFILE": "another"}, {"HALFDAY_TOKEN_STORE": "keyring"}],
    ids=str,
)  # fmt: skip
def test_no_error_or_warning_of_the_environment_is_passed_over(
    kept: Path, quickly: Callable[..., str | None], more: dict[str, str]
) -> None:
    assert quickly() is not None
    assert quickly(**more) is None


def test_other_variables_are_no_reason_to_load_everything(kept: Path, quickly: Callable[..., str | None]) -> None:
    assert quickly(HALFDAY_SERVER_PORT="4242", HALFDAY_PASSWORD="x", LANG="C") == quickly() is not None


@pytest.mark.parametrize(
    ("received_s_ago", "ends_in_s", "is_handed_out"), [(10, 3600, True), (600, 30, False), (60, 20, False),
     (-30, 3600, True), (-90, 3600, False), (20, 30, True)],
)  # fmt: skip
def test_an_old_token_is_left_to_be_renewed(
    kept: Path, quickly: Callable[..., str | None], received_s_ago: int, ends_in_s: int, is_handed_out: bool
) -> None:
    record = json.loads(kept.read_text())
    times = {"received_at": time.time() - received_s_ago, "access_expires_at": time.time() + ends_in_s}
    record["tokens"] |= {**times, "id_expires_at": times["access_expires_at"]}
    kept.write_text(json.dumps(record))
    assert (quickly() is not None) == is_handed_out
    session = read_session_record(record)
    assert session is not None
    assert session.tokens.are_old(time.time()) != is_handed_out


def test_a_file_that_others_could_have_written_is_not_read(kept: Path, quickly: Callable[..., str | None]) -> None:
    assert quickly() is not None
    kept.chmod(0o644)
    assert quickly() is None


def test_the_quick_reader_takes_exactly_the_records_that_the_session_is_read_from(run, kept: Path, peer: Peer) -> None:
    """Every member of a kept session left out, added to, and replaced by every kind of value."""
    assert run("credentials").returncode == 0
    whole = json.loads(kept.read_text())
    assert is_whole(whole)
    looked_at = 0
    for damaged in _damaged(whole):
        assert is_whole(damaged) == (read_session_record(damaged) is not None), damaged
        looked_at += 1
    assert looked_at > 200


def _damaged(record: dict[str, Any], *path: str) -> Iterator[dict[str, Any]]:
    place: Any = record
    for name in path:
        place = place[name]
    for name in [*place, "of another version"]:
        for value in (None, True, 0, 1.5, -(2**40), float("nan"), "x", [], {}):
            yield _with(record, path, {**place, name: value})
        yield _with(record, path, {other: value for other, value in place.items() if other != name})
        if isinstance(place.get(name), dict):
            yield from _damaged(record, *path, name)


def _with(record: dict[str, Any], path: tuple[str, ...], place: dict[str, Any]) -> dict[str, Any]:
    changed = copy.deepcopy(record)
    if not path:
        return place
    inner: Any = changed
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = place
    return changed
