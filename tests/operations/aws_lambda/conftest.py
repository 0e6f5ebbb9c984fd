from __future__ import annotations

import pytest

from lambda_api import Made, made_in
from world import World


@pytest.fixture
def made(world: World) -> Made:
    return made_in(world)
