"""Connections that can be read off this place: profiles, variables, and files that other tools leave in a folder.

Nothing is asked over the network here, and nothing is run: aws-exports.js is read as text. Sources: Amplify's
reference, amplify_outputs.json (`auth`) and AuthClientConfig (aws-exports.js).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from halfday.client.configuration.aws_config import profiles
from halfday.client.configuration.setting_sources import NAMES, config_path, read_profile
from halfday.protocol.printable import printable

_NAMED = re.compile(
    r"(?:\w+_)?COGNITO_(DOMAIN|CLIENT_ID|CLIENT_SECRET|USER_POOL_ID|IDENTITY_POOL_ID|REGION|REDIRECT_URI)"
)
_LINE = re.compile(r"""(?:export\s+)?(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^#\s]*))""")
_MEMBER = re.compile(r"""["']?(\w+)["']?\s*:\s*["']([^"']*)["']""")
_OF_EXPORTS = {
    "aws_user_pools_id": "user_pool_id",
    "aws_user_pools_web_client_id": "client_id",
    "aws_cognito_identity_pool_id": "identity_pool_id",
    "aws_cognito_region": "region",
    "domain": "domain",
    "redirectSignIn": "redirect_uri",
}
_FIRST = ("domain", "user_pool_id", "client_id")
_NOT_TOLD = ("client_secret", "identity_pool_id", "region", "redirect_uri", "logout_uri", "scopes")
"""A secret, what is asked for anyway, and what the app client decides."""
LONGEST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Nearby:
    """A connection that somebody wrote down. `place`: where, in words. `values` may hold a secret, and is not shown."""

    place: str
    values: Mapping[str, str] = field(repr=False)

    @property
    def told(self) -> str:
        """On one line, whatever the file says. A folder may be anybody's: what it would change unasked is told too."""
        shown = (self.values.get(name) for name in _FIRST)
        more = (f"{name} {value}" for name, value in self.values.items() if name not in (*_FIRST, *_NOT_TOLD) and value)
        return printable(f"{self.place}: {', '.join([*filter(None, shown), *more])}")


def find_nearby(folder: Path, environ: Mapping[str, str]) -> list[Nearby]:
    """What names an app client here. What cannot be read, or names none, is left out."""
    every = (*_variables(environ), *_profiles(environ), *_files(folder))
    return [one for one in every if one.values.get("client_id")]


def _variables(environ: Mapping[str, str]) -> Iterator[Nearby]:
    found = {name: environ.get(f"HALFDAY_{name.upper()}", "") for name in NAMES}
    yield Nearby("HALFDAY_* variables", {name: value for name, value in found.items() if value})


def _profiles(environ: Mapping[str, str]) -> Iterator[Nearby]:
    path = config_path(environ)
    for name in profiles(path):
        keys = read_profile(path, name) or {}
        found = {one: keys[f"halfday_{one}"] for one in NAMES if keys.get(f"halfday_{one}")}
        yield Nearby(f"the AWS profile {name}", found)


def _files(folder: Path) -> Iterator[Nearby]:
    readers = {"amplify_outputs.json": _outputs, ".env": _dotenv, ".env.local": _dotenv}
    readers |= dict.fromkeys(("aws-exports.js", "src/aws-exports.js"), _exports)
    for name, read in readers.items():
        try:
            path = folder / name
            if path.stat().st_size <= LONGEST_BYTES:
                yield Nearby(name, {key: value for key, value in read(path.read_text("utf-8")).items() if value})
        except (OSError, ValueError, RecursionError):
            continue


def _outputs(text: str) -> dict[str, str]:
    auth = _object(_object(json.loads(text)).get("auth"))
    oauth = _object(auth.get("oauth"))
    found = {
        "user_pool_id": auth.get("user_pool_id"),
        "client_id": auth.get("user_pool_client_id"),
        "identity_pool_id": auth.get("identity_pool_id"),
        "region": auth.get("aws_region"),
        "domain": oauth.get("domain"),
        "redirect_uri": loopback_of(oauth.get("redirect_sign_in_uri")),
    }
    return {name: value for name, value in found.items() if isinstance(value, str)}


def _exports(text: str) -> dict[str, str]:
    found = {_OF_EXPORTS[name]: value for name, value in _MEMBER.findall(text) if name in _OF_EXPORTS}
    found["redirect_uri"] = loopback_of(found.get("redirect_uri", "").split(",")) or ""
    return found


def _dotenv(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines():
        read = _LINE.match(line.strip())
        if not read:
            continue
        name, value = read[1], next((one for one in read.groups()[1:] if one), "")
        ours = name.removeprefix("HALFDAY_").lower() if name.startswith("HALFDAY_") else ""
        theirs = _NAMED.fullmatch(name)
        if ours in NAMES:
            found[ours] = value
        elif theirs:
            found.setdefault(theirs[1].lower(), value)
    return found


def loopback_of(uris: object) -> str | None:
    """Those of several redirect URIs that a browser on this machine can come back to; their own order is kept."""
    here = [uri.strip() for uri in uris if re.match(r"https?://(localhost|127\.0\.0\.1)(:|/|$)", str(uri).strip())] \
        if isinstance(uris, list) else []  # fmt: skip
    return " ".join(here) or None


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
