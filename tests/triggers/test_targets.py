"""What a target names: paths from wherever the server was begun, and zips that cannot be unpacked."""

from __future__ import annotations

import asyncio
import json
import shutil
import stat
import zipfile
from pathlib import Path

import pytest

from halfday.server.outside.connections import OutgoingCalls
from halfday.server.outside.functions.functions import Functions
from halfday.server.outside.functions.invocation import Called
from halfday.server.outside.functions.targets import Declared, Surroundings, TargetRefused, target_of

PYTHON = "def handler(event, context):\n    return event\n"
NODE = "export const handler = async (event) => event;\n"


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    return Surroundings({}, tmp_path / "unpacked", OutgoingCalls(timeout_s=5))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The server's own folder, with functions in one below it."""
    below = tmp_path / "lambdas"
    (below / "build").mkdir(parents=True)
    (below / "one.py").write_text(PYTHON)
    (below / "two.mjs").write_text(NODE)
    (below / "build" / "app.py").write_text(PYTHON)
    with zipfile.ZipFile(below / "packed.zip", "w") as packed:
        packed.writestr("app.py", PYTHON)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("folder", "target"),
    [
        ("lambdas", "one.py:handler"),
        (".", "lambdas/one.py:handler"),
        ("lambdas", "one:handler"),
        ("lambdas", "two.mjs#handler"),
        ("lambdas", "build#app.handler"),
        (".", "lambdas/build#app.handler"),
        ("lambdas", "packed.zip#app.handler"),
    ],
)
def test_paths_are_the_server_s_and_not_the_function_s(
    here: Path, around: Surroundings, folder: str, target: str
) -> None:
    if ".mjs" in target and shutil.which("node") is None:
        pytest.skip("there is no node on PATH")
    assert invoked(Functions([Declared("one", target, Path(folder))], lambda: around)) == {"x": 1}


def test_a_folder_of_functions_is_the_server_s(here: Path, around: Surroundings) -> None:
    assert invoked(Functions((), lambda: around, Path("lambdas"))) == {"x": 1}


def invoked(functions: Functions) -> object:
    async def invoke() -> str:
        called = Called("arn:aws:lambda:us-east-1:123456789012:function:one", "1")
        try:
            return (await functions.invoke(called, json.dumps({"x": 1})))[0].answer
        finally:
            await functions.close()

    return json.loads(asyncio.run(invoke()))


def encrypted(path: Path) -> None:
    """The bit that says so, in the directory's entry of each file."""
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)


def packed_by_nobody_s_way(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 10] = 99
    path.write_bytes(content)


def within_a_link(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as packed:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, str(path.parent))
        packed.writestr("link/escaped.txt", "x")


@pytest.mark.parametrize("spoil", [encrypted, packed_by_nobody_s_way, within_a_link])
def test_a_zip_that_cannot_be_unpacked_is_refused_and_leaves_nothing(
    tmp_path: Path, around: Surroundings, spoil: object
) -> None:
    archive = tmp_path / "function.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("app.py", PYTHON)
    assert callable(spoil)
    spoil(archive)
    with pytest.raises(TargetRefused, match="cannot be unpacked"):
        target_of(Declared("one", "function.zip#app.handler", tmp_path), around)
    assert not [*around.unpacked.glob("*")]
    assert not (tmp_path / "escaped.txt").exists()
