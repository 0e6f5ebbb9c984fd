"""Files that a person named for what is theirs alone: names and addresses of people, and maybe secrets."""

from __future__ import annotations

import os

from halfday.client.errors import SettingsError


def write_named(path: str | os.PathLike[str], text: str) -> None:
    """The file has this text, and its owner alone may read it, whatever mode it had. Raises SettingsError.

    What UTF-8 has no bytes for, a half of a surrogate pair, is written as JSON escapes it.
    """
    content = text.encode("utf-8", "backslashreplace")  # before anything is cut off
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)
            file.truncate(0)
            file.write(content)
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "that is no path"
        raise SettingsError(f"{path} cannot be written: {reason}", hint="name a file in a folder of yours") from problem
