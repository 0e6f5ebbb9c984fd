"""Builds sdist and wheel, looks at what is in them, and installs them on every Python of this machine: `make package`.

Installed means: `halfday --version` says the version, and `halfday serve --ephemeral` answers.
"""

from __future__ import annotations

import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import urllib.request
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLACE = ROOT / ".venv" / "package"
OLDEST = (3, 11)

IN_THE_WHEEL = (
    "halfday/py.typed",
    "halfday/client/causes/catalogue.toml",
    "halfday/server/demo/halfday.toml",
    "halfday/server/front_door/aws_services.zip",
    "halfday/server/operations/framework/aws_models/LICENSE.txt",
    "halfday/server/operations/framework/aws_models/cognito-idp.json.gz",
    "halfday/server/outside/aws_managed_policies.tsv.gz",
    "halfday/server/pages/languages/de.toml",
    "halfday/server/pages/static/halfday.css",
    "halfday/server/storage/schema/0001_*.sql",
    "halfday-*.dist-info/licenses/LICENSE",
    "halfday-*.dist-info/entry_points.txt",
)
IN_THE_SDIST = ("tests/readme/test_readme.py", "docs/serve.md", "releasing/metadata.py", "LICENSE", "CHANGELOG.md")


def main() -> int:
    shutil.rmtree(PLACE, ignore_errors=True)
    run(sys.executable, "-m", "build", "--quiet", "--outdir", str(PLACE), str(ROOT))
    (wheel,), (sdist,) = PLACE.glob("*.whl"), PLACE.glob("*.tar.gz")
    run(sys.executable, "-m", "twine", "check", "--strict", str(wheel), str(sdist))
    problems = [*missing(zipfile.ZipFile(wheel).namelist(), IN_THE_WHEEL), *beside(wheel)]
    with tarfile.open(sdist) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    problems += missing(names, IN_THE_SDIST)
    version = wheel.name.split("-")[1]
    with ThreadPoolExecutor(2) as pool:
        pythons = supported()
        jobs = [(python, wheel) for python in pythons] + [(pythons[0], sdist)]
        problems += [one for one in pool.map(lambda job: installed(*job, version), jobs) if one]
    print(*problems, f"{wheel.name}: {len(jobs)} installations", sep="\n")
    return 1 if problems else 0


def missing(names: list[str], wanted: tuple[str, ...]) -> list[str]:
    """What is not there, a line each."""
    patterns = {one: re.compile(re.escape(one).replace(r"\*", "[^/]*")) for one in wanted}
    return [f"{one} is missing" for one, pattern in patterns.items() if not any(map(pattern.fullmatch, names))]


def beside(wheel: Path) -> Iterator[str]:
    """Whatever lies in the wheel outside of the package: it would be put beside other people's modules."""
    for name in zipfile.ZipFile(wheel).namelist():
        if not name.startswith(("halfday/", "halfday-")):
            yield f"{name} is in the wheel"


def supported() -> list[str]:
    """One program for each version of Python that is here, from the oldest that we promise on."""
    found: dict[tuple[int, ...], str] = {}
    kept = glob.glob(os.path.expanduser("~/.pyenv/versions/*/bin/python"))
    for path in [sys.executable, *glob.glob("/usr/bin/python3.[0-9]*"), *kept]:
        if re.search(r"python[\d.]*$", path):
            asked = [path, "-c", "import sys; print(*sys.version_info[:2])"]
            version = tuple(map(int, run(*asked).split()))
            if version >= OLDEST:
                found.setdefault(version, path)
    return [found[version] for version in sorted(found)]


def installed(python: str, archive: Path, version: str) -> str:
    """What is wrong with it on this Python; nothing is an empty line."""
    place = PLACE / f"{python.strip('/').replace('/', '-')}-{archive.suffix[1:]}"
    try:
        run(python, "-m", "venv", str(place))
        run(str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", f"{archive}[server]")
        halfday = str(place / "bin" / "halfday")
        told = run(halfday, "--version").strip()
        if told != f"halfday {version}":
            return f"{python}, {archive.name}: {told!r}"
        serves(halfday, place)
    except (subprocess.CalledProcessError, OSError, ValueError) as problem:
        return f"{python}, {archive.name}: {problem} {getattr(problem, 'stderr', '') or ''}"
    return ""


def serves(halfday: str, place: Path) -> None:
    """Raises OSError or ValueError for a server that does not come up or does not answer."""
    command = [halfday, "serve", "--ephemeral", "--port", "0", "--management-port", "0", "--json"]
    with subprocess.Popen(command, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            origin = json.loads(process.stdout.readline())["origin"]
            for path in ("/ready", "/"):
                with urllib.request.urlopen(urllib.request.Request(f"{origin}{path}"), timeout=20) as answer:
                    answer.read()
        finally:
            process.terminate()


def run(*command: str) -> str:
    """What it prints. Raises CalledProcessError."""
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=PLACE if PLACE.exists() else ROOT)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
