"""An export that somebody has changed by hand is taken or refused, with its place, and spoils nothing."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from halfday.server.serving import ServerThread
from halfday.server.settings import Settings
from transferred import exported
from whole_pool import set_up
from world import running

EXPORT = {"Format": "halfday-export", "Version": 1}
POOL = "us-east-1_AbCdEf123"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with running(tmp_path_factory.mktemp("whole")) as world:
        set_up(world)
        return exported(world, secrets=True)


@pytest.fixture(scope="module")
def management() -> Iterator[str]:
    with ServerThread(Settings(port=0, google_port=0, ephemeral=True, upstream="none")) as started:
        assert started.management
        yield started.management


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Of everything in the document, by what leads there."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield (*place, name)
        yield from places(each, (*place, name))


OTHERS = st.sampled_from(
    [None, True, 0, -1, 2**70, 1e300, "", "x", "\0", "\ud800", [], [None], ["x"], [{}], [[]], {}, {"a": 1}, "$2b$04$x"]
)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_changed_value_is_taken_or_refused(whole: dict[str, Any], management: str, data: st.DataObject) -> None:
    document = copy.deepcopy(whole)
    place = data.draw(st.sampled_from(list(places(document))))
    holder = document
    for name in place[:-1]:
        holder = holder[name]
    if data.draw(st.booleans()):
        holder[place[-1]] = data.draw(OTHERS)
    else:
        del holder[place[-1]]
    requests.post(f"{management}/reset", json={"to": "empty"}, timeout=10)
    answer = requests.post(f"{management}/import", json={"document": document}, timeout=10)
    assert answer.status_code in (200, 400), answer.text
    read_again = requests.get(f"{management}/export?secrets=true", timeout=10)
    assert read_again.status_code == 200, read_again.text


@pytest.mark.parametrize(
    ("user", "sentence"),
    [
        ({"Groups": [2**70]}, "user ada: Groups must be a list of texts"),
        ({"Groups": [["g"]]}, "user ada: Groups must be a list of texts"),
        ({"Enabled": "false"}, "user ada: Enabled must be true or false"),
        ({"Halfday": {"Devices": [{"device_key": "k"}]}}, "user ada: its factors have not the form of an export"),
        ({"Halfday": {"SoftwareToken": {"last_step": 2**70}}}, "user ada: its factors have not the form of an export"),
        ({"Halfday": {"Links": ["x"]}}, "user ada: has not the form of an export"),
        ({"Attributes": [{"Name": "name", "Value": "\ud800"}]}, "half of a surrogate pair"),
    ],
)
def test_what_is_wrong_is_told_with_whom_it_is_of(management: str, user: dict[str, Any], sentence: str) -> None:
    pool = {"UserPool": {"Id": POOL, "Name": "p"}, "Users": [{"Username": "ada", **user}]}
    answer = requests.post(f"{management}/import", json={"document": {**EXPORT, "UserPools": [pool]}}, timeout=10)
    assert answer.status_code == 400
    assert sentence in answer.json()["message"]
