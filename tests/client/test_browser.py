from __future__ import annotations

from pathlib import Path

import pytest

from halfday.client.browser import open_browser


def test_a_browser_that_stays_in_the_foreground_does_not_hold_up_the_sign_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends when its gate opens, and the gate opens only after open_browser has returned."""
    gate, script = tmp_path / "gate", tmp_path / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\nwhile [ ! -e {gate} ]; do sleep 0.1; done\n')
    script.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(script))
    try:
        assert open_browser("http://127.0.0.1/somewhere")
        assert (tmp_path / "opened").read_text().strip() == "http://127.0.0.1/somewhere"
    finally:
        gate.touch()


def test_no_browser_where_the_person_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER", "/bin/true")
    monkeypatch.setenv("NOBROWSER", "1")
    assert not open_browser("http://127.0.0.1/")
