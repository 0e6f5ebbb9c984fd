"""A server that was set up by calls is exported; a fresh one that reads the export answers everything alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from transferred import answers, bring_into, exported
from whole_pool import set_up
from world import running


@pytest.mark.parametrize("secrets", [False, True])
def test_a_fresh_server_answers_everything_alike(tmp_path: Path, secrets: bool) -> None:
    with running(tmp_path / "one") as one, running(tmp_path / "other") as other:
        set_up(one)
        told = bring_into(other, exported(one, secrets=secrets))
        assert answers(other, secrets=secrets) == answers(one, secrets=secrets)
        assert told["ThereAlready"] == []
        if secrets:
            assert told["LeftOut"] == []
