"""A single-page application of one printed file and one page of ours, packed and served at http://localhost:PORT."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from real_clients.javascript import HERE, NODE, installed
from sockets import Handler, answering

PAGE = b'<!doctype html><html lang="en"><title>app</title><div id="root"></div><script src="/app.js"></script>'


@contextmanager
def application(folder: Path) -> Iterator[str]:
    """Its origin; every path is the page. `app.js` in the folder may be packed later."""
    packed = folder / "app.js"

    class Application(Handler):
        def do_GET(self) -> None:
            if self.path == "/app.js":
                self.answer(200, packed.read_bytes(), "text/javascript")
            else:
                self.answer(200, PAGE, "text/html")

    with answering(Application) as origin:
        yield origin.replace("127.0.0.1", "localhost")


def pack(folder: Path, page: str) -> None:
    """The page of `node/` and what was printed beside it, as the application's script."""
    installed()
    (folder / page).write_text((HERE / page).read_text())
    esbuild = HERE / "node_modules" / "esbuild" / "bin" / "esbuild"
    options = ["--bundle", "--define:global=globalThis", "--log-level=error", "--allow-overwrite"]
    command = [NODE, esbuild, folder / page, *options, f"--outfile={folder / 'app.js'}"]
    subprocess.run(command, check=True, timeout=60)
