"""A pool with Ada in it, and a web application on a socket that signs her in: the same for every framework."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from web_applications import MAKERS, Application, Site, served
from world import Pool, World


@pytest.fixture(params=MAKERS)
def framework(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["cookie", "store"])
def keeping(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def site(world: World, pool: Pool, tmp_path: Path) -> Site:
    pool.user("ada")
    return Site(world, pool, tmp_path)


@pytest.fixture
def application(site: Site, framework: str, keeping: str) -> Iterator[Application]:
    with served(site, framework, keeping=keeping) as application:
        yield application


@pytest.fixture
def each_application(site: Site, framework: str) -> Iterator[Application]:
    """For what has nothing to do with how sessions are kept."""
    with served(site, framework) as application:
        yield application


@pytest.fixture
def any_application(site: Site) -> Iterator[Application]:
    """For what no adapter has a part in."""
    with served(site, "starlette") as application:
        yield application


@pytest.fixture
def settings(site: Site) -> dict[str, Any]:
    return {"domain": site.world.origin, "user_pool_id": site.pool.pool_id}
