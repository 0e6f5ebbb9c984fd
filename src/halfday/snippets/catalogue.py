"""The libraries that there is a configuration for: one file each in `clients/`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

PUBLIC, CONFIDENTIAL, EITHER = "public", "confidential", "either"


@dataclass(frozen=True, slots=True)
class Library:
    """A library or program, the text with gaps that configures it, and what that text needs of an app client.

    `kind`: whether its app client is public, confidential or either. `redirect_uri`: where it waits for the code unless
    told otherwise, None where it waits for none. `callback_path`: how that address ends in any case, None where the
    application chooses. `flows`, `scopes` and `auth_flows` have to be the app client's. `local_issuer`: it compares the
    issuer with the address that it asked. `https`: what of it writes https:// before the host, whatever is configured.
    `logout`: it goes to `/logout`, which wants a registered address. `then`: what is to be done besides.
    """

    name: str
    title: str
    file: str
    text: str
    kind: str = EITHER
    redirect_uri: str | None = None
    callback_path: str | None = None
    logout: bool = False
    flows: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    auth_flows: tuple[str, ...] = ()
    local_issuer: bool = False
    https: str | None = None
    then: str = ""


def names() -> list[str]:
    """The names that `load` knows, sorted."""
    found = (one.name.removesuffix(".toml") for one in files(__package__).joinpath("clients").iterdir())
    return sorted(name for name in found if not name.startswith("_"))


@cache
def load(name: str) -> Library:
    """The library of that name. Raises KeyError for one that there is no file of."""
    import tomllib

    if name not in names():
        raise KeyError(name)

    table = tomllib.loads(files(__package__).joinpath("clients", f"{name}.toml").read_text(encoding="utf-8"))
    given: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    return Library(name=name, **given)
