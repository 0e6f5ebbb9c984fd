"""Whether what a zip lists can stand in one folder, all of it, and stay there. Pure.

A name stands for one thing: a folder, a file or a link. Nothing lies below a file or a link. A link leads to a place
within the folder, by whichever other links it goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

LONGEST_NAME = 255
"""Bytes of one part of a path: what file systems take."""
LONGEST_PATH = 1024
"""Bytes; the data folder's own path comes in front of it. Halfday's own limit."""
_MOST_LINKS = 40
"""On the way to one place, as in Linux."""
_MOST_STEPS = 500_000
"""Of the ways of all links."""


class Unfit(ValueError):
    """The sentence says what is wrong."""


def check_names(names: Iterable[str], links: Sequence[tuple[str, str]]) -> None:
    """`names` are files, and folders with a slash at their end; `links` say where each leads. Raises Unfit."""
    folders: set[PurePosixPath] = set()
    things: set[PurePosixPath] = set()
    targets = {PurePosixPath(name): target for name, target in links}
    if len(targets) < len(links):
        raise Unfit("a link is there twice")
    for name in names:
        path = PurePosixPath(name)
        _check_length(path)
        (folders if name.endswith("/") else things).add(path)
        folders.update(path.parents)
    for path in targets:
        _check_length(path)
        folders.update(path.parents)
        if path in things:
            raise Unfit("a name is a file's and a link's")
    if folders & (things | targets.keys()):
        raise Unfit("a name is a folder's, and also a file's or a link's")
    steps = 0
    for path, target in targets.items():
        steps += _check_link(path, target, targets)
        if steps > _MOST_STEPS:
            raise Unfit("its links go ways that are too long")


def _check_length(path: PurePosixPath) -> None:
    too_long = any(len(part.encode()) > LONGEST_NAME for part in path.parts)
    if too_long or len(str(path).encode()) > LONGEST_PATH:
        raise Unfit("a file's name is too long")


def _check_link(path: PurePosixPath, target: str, targets: Mapping[PurePosixPath, str]) -> int:
    """Goes the way that the system would go. Answers how many steps it has."""
    if not target or "\0" in target:
        raise Unfit("a link leads nowhere")
    at, ahead, followed, steps = PurePosixPath(*path.parent.parts), _parts(target), 1, 0
    while ahead:
        steps += 1
        part = ahead.pop()
        if part == "..":
            if not at.parts:
                raise Unfit("a link leads out of the folder")
            at = at.parent
            continue
        at /= part
        _check_length(at)
        if at in targets:
            followed += 1
            if followed > _MOST_LINKS:
                raise Unfit("links lead to each other")
            ahead += _parts(targets[at])
            at = at.parent
    return steps


def _parts(target: str) -> list[str]:
    """The last first. Raises Unfit."""
    path = PurePosixPath(target)
    if path.is_absolute():
        raise Unfit("a link leads out of the folder")
    return [*reversed(path.parts)]
