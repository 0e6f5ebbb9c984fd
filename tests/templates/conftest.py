"""A stack's server: templates are applied to the world's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from appliers import Applier

from world import World


@pytest.fixture
def applier(world: World, tmp_path: Path) -> Iterator[Applier]:
    """Whatever it has applied under the name `app` is deleted afterwards."""
    made = Applier(world, tmp_path)
    yield made
    if made.remembered() is not None:
        made.delete()
