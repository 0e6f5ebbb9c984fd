"""The tokens of a kept session as they stand in its file, as long as they need no renewal.

`halfday token` runs once for each call of a script. So this module imports os, time and json only. It reads less than
`session_record` and takes nothing that `session_record` would refuse: whoever gets None loads the rest of Halfday,
which renews, refuses or explains.
"""

import os
import time

from halfday.client.token_store.cache_files import file_name, read_record_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

SPARE_S = 60
"""A token that ends within this time counts as ended: a request takes time too."""
LATEST_S = 2**36
"""The year 4147: every number that is kept is a time, and what is later is none."""

_TEXT, _TEXT_OR_NONE, _NUMBER = (str,), (str, type(None)), (int, float)
_TOKENS = {
    "access_token": _TEXT,
    "access_expires_at": _NUMBER,
    "received_at": _NUMBER,
    "by": _TEXT,
    "id_token": _TEXT_OR_NONE,
    "id_expires_at": _NUMBER,
    "refresh_token": _TEXT_OR_NONE,
    "device_key": _TEXT_OR_NONE,
}
_CREDENTIALS = {"access_key_id": _TEXT, "secret_access_key": _TEXT, "session_token": _TEXT, "expires_at": (int,)}
_AWS = {"place": _TEXT, "identity_id": _TEXT_OR_NONE, "credentials": (dict, type(None)), "received_at": _NUMBER}
_SESSION = {"tokens": (dict,), "subject": _TEXT, "pool_id": _TEXT, "aws": (dict,)}


def read_token(
    key: str, which: str, are_sound: "Callable[[object], bool]", *, directory: str, now: "float | None" = None
) -> str | None:
    """The kept token, `id` or `access`; None when it is old, or when anything else asks for a second look.

    `are_sound` is asked of the settings, given what those were made of with which the session was kept.
    """
    try:
        record = read_record_of(os.path.join(directory, f"{file_name(key)}.json"))
    except (OSError, ValueError):
        return None
    if record.get("key") != key or not is_whole(record) or not are_sound(record.get("made_of")):
        return None
    tokens = record["tokens"]
    if are_old(tokens["received_at"], end_of(tokens), time.time() if now is None else now):
        return None
    token: str | None = tokens[f"{which}_token"]
    return token


def are_old(received_at: float, end_at: float, now: float) -> bool:
    """Whether tokens end soon; short-lived ones are used for half their life at least. Set back, a clock ends them."""
    clock_was_set_back = now < received_at - SPARE_S
    return clock_was_set_back or now >= end_at - min(SPARE_S, (end_at - received_at) / 2)


def end_of(tokens: "Mapping[str, Any]") -> float:
    """When the first of them ends, in epoch seconds."""
    end_at: float = tokens["access_expires_at"]
    return min(end_at, tokens["id_expires_at"]) if tokens["id_token"] else end_at


def is_whole(record: "Mapping[str, Any]") -> bool:
    """Whether `session_record` reads a session from it: every member is there, of its type, and no other."""
    kept = {name: record[name] for name in _SESSION if name in record}
    if not (_fits(kept, _SESSION) and _fits(kept["tokens"], _TOKENS) and _fits(kept["aws"], _AWS)):
        return False
    credentials = kept["aws"]["credentials"]
    return credentials is None or _fits(credentials, _CREDENTIALS)


def _fits(members: "Mapping[str, Any]", wanted: "Mapping[str, tuple[type, ...]]") -> bool:
    return members.keys() == wanted.keys() and all(_is_of(kinds, members[name]) for name, kinds in wanted.items())


def _is_of(kinds: "tuple[type, ...]", value: "Any") -> bool:
    if isinstance(value, (int, float)):
        return type(value) in kinds and -LATEST_S < value < LATEST_S
    return isinstance(value, kinds)
