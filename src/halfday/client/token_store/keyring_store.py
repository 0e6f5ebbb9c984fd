"""Kept sessions in the system's keyring, by the library `keyring`: in pieces, because some keyrings hold little.

The cache folder holds a pointer without any secret: which entries hold the session, and the hash of the whole.

    halfday / KEY FOLDER a0, a1, …      the pieces of one writing; the next are b0, b1, …, and then the pointer moves

So a program that is killed while it writes leaves the session as it was, and a reader that meets a writer reads again.
Windows' Credential Manager takes 2,560 bytes an entry, which is 1,280 characters (facts/failures.md 7.23).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from halfday.client.errors import HalfdayError, SettingsError

if TYPE_CHECKING:
    from types import ModuleType

SERVICE = "halfday"
PIECE_CHARACTERS = 1_200
MOST_PIECES = 1_000
KEPT_IN = "kept_in"
_READINGS = 5
_INSTEAD = "set token_store = disk: files that only you can read"


def check() -> None:
    """Raises SettingsError when there is no keyring that keeps something. It is called before a sign-in."""
    keyring = _library()
    with _failures_told(keyring):
        keyring.get_password(SERVICE, "probe")
        if type(keyring.get_keyring()).__module__ == "keyring.backends.null":
            raise SettingsError(
                "the keyring is switched off", hint=f"keyring --list-backends shows them; or {_INSTEAD}"
            )


def save(account: str, text: str, old: Mapping[str, Any]) -> dict[str, Any]:
    """Writes the pieces beside the `old` ones. Returns the new pointer."""
    keyring = _library()
    writing = "b" if old.get("writing") == "a" else "a"
    pieces = [text[at : at + PIECE_CHARACTERS] for at in range(0, len(text), PIECE_CHARACTERS)]
    with _failures_told(keyring):
        for number, piece in enumerate(pieces):
            keyring.set_password(SERVICE, f"{account} {writing}{number}", piece)
    return {KEPT_IN: "keyring", "writing": writing, "pieces": len(pieces), "sha256": _hash(text)}


def load(account: str, read_pointer: Callable[[], Mapping[str, Any] | None]) -> dict[str, Any] | None:
    """The record; None when the keyring no longer has it. The pointer is read again when it has moved meanwhile."""
    keyring = _library()
    for _ in range(_READINGS):
        pointer = read_pointer()
        if pointer is None or KEPT_IN not in pointer:
            return dict(pointer) if pointer is not None else None
        writing, pieces = pointer.get("writing"), pointer.get("pieces")
        if not isinstance(pieces, int) or not 0 <= pieces <= MOST_PIECES:
            return None  # of a damaged pointer
        with _failures_told(keyring):
            names = (f"{account} {writing}{number}" for number in range(pieces))
            text = "".join(keyring.get_password(SERVICE, name) or "" for name in names)
        if _hash(text) == pointer.get("sha256"):
            record: dict[str, Any] = json.loads(text)
            return record
    return None


def forget(account: str, *, but: str = "") -> None:
    """Removes the pieces of every writing, except `but`."""
    keyring = _library()
    with _failures_told(keyring):
        for writing in {"a", "b"} - {but}:
            number = 0
            while keyring.get_password(SERVICE, f"{account} {writing}{number}") is not None:
                keyring.delete_password(SERVICE, f"{account} {writing}{number}")
                number += 1


def _library() -> ModuleType:
    try:
        import keyring
    except ImportError as problem:
        hint = f"pip install 'halfday[keyring]', or {_INSTEAD}"
        raise SettingsError("token_store is keyring, and keyring is not installed", hint=hint) from problem
    return keyring


@contextlib.contextmanager
def _failures_told(keyring: ModuleType) -> Iterator[None]:
    """Translates the library's errors. Their causes are left out: they could repeat what is in an entry."""
    try:
        yield
    except keyring.errors.NoKeyringError:
        raise SettingsError("this machine has no keyring that can be used", hint=_INSTEAD) from None
    except keyring.errors.KeyringLocked:
        raise HalfdayError("the keyring is locked", hint=f"unlock it, or {_INSTEAD}") from None
    except keyring.errors.KeyringError as problem:
        raise HalfdayError(f"the keyring failed: {type(problem).__name__}", hint=_INSTEAD) from None


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
