"""AWS's services by their names: signing name, protocols, the prefix of their actions (services.json)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _table() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(files(__package__).joinpath("services.json").read_text())
    return found


def service_names() -> Iterable[str]:
    """As boto3 and the AWS CLI name them."""
    return _table()
