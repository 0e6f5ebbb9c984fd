"""Reads halfday.toml, and refuses unknown keys and values of the wrong type. The package `seed` applies the file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from halfday.server.seed_file.keys import ALONE, KEYS, NEEDED, TOP

_RENAMED = {"admin_create_user_only": "sign_up"}
"""Keys that had another name once."""

_CORRECT = "correct the seed file; halfday init writes a commented one, and docs/seed-file.md lists every key"


class SeedRefused(ValueError):
    """The seed file cannot be applied. The sentence names the place in the file; `hint` says what to change."""

    def __init__(self, sentence: str, *, hint: str = _CORRECT) -> None:
        super().__init__(sentence)
        self.hint = hint


class SeedUnreadable(SeedRefused):
    """The seed file does not exist, or cannot be opened."""


def read(path: Path) -> dict[str, Any]:
    """The file's tables; the paths of styles and functions are taken from the file's folder. Raises SeedRefused.

    A byte order mark, which editors on Windows write, is skipped.
    """
    import tomllib

    try:
        document = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as problem:
        raise SeedUnreadable(f"the seed file {path} cannot be read: {problem.strerror or problem}") from problem
    except UnicodeDecodeError as problem:
        raise SeedRefused(f"{path} is not UTF-8: the byte at {problem.start} is invalid") from problem
    except tomllib.TOMLDecodeError as problem:
        raise SeedRefused(f"{path} is not TOML: {problem}") from problem
    except (RecursionError, ValueError) as problem:  # very deeply nested tables; a number of 5,000 digits
        raise SeedRefused(
            f"{path} is not TOML that can be read: it is nested too deep, or has a number of too many digits"
        ) from problem
    check(document)
    for pool in document.get("user_pool", ()):
        for style in (pool.get("branding", {}), *pool.get("style", ())):
            images = ((image, "file") for image in style.get("image", ()))
            for table, key in ((style, "logo"), (style, "settings"), *images):
                if key in table:
                    table[key] = str(path.parent / table[key])
    in_pools = (one for pool in document.get("identity_pool", ()) for one in pool.get("saml", ()))
    for provider in (*document.get("saml_provider", ()), *in_pools):
        if "metadata" in provider:
            provider["metadata"] = str(path.parent / provider["metadata"])
    for api in document.get("api", ()):
        if "openapi" in api:
            api["openapi"] = str(path.parent / api["openapi"])
    for function in document.get("function", ()):
        function["folder"] = str(path.parent / function.get("folder", ""))
    for template in document.get("template", ()):
        template["file"] = str(path.parent / template["file"])
    return document


def check(document: Mapping[str, Any]) -> None:
    """Raises SeedRefused for an unknown key, and for a value of another type than its key has."""
    refuse_unknown(document, TOP.split(), "the file")
    for name, value in document.items():
        if name not in ("server", "upstreams"):
            _check_tables(value, name)
        elif not isinstance(value, Mapping):
            raise SeedRefused(f"{name} must be written as [{name}]")
        elif name == "upstreams":
            _check_upstreams(value)


def _check_upstreams(table: Mapping[str, Any]) -> None:
    """Each service has a URL, or a table of texts (outside/upstreams/choice)."""
    for service, given in table.items():
        texts = given.values() if isinstance(given, Mapping) else [given]
        if not all(_is_text(text) for text in texts):
            raise SeedRefused(f"[upstreams]: {service} must be a URL, or a table with url and keys")


def _check_tables(value: Any, where: str) -> None:
    brackets = "[{}]" if where in ALONE else "[[{}]]"
    if isinstance(value, list) is (where in ALONE):
        raise SeedRefused(f"{where} must be written as {brackets.format(where)}")
    tables = value if isinstance(value, list) else [value]
    for number, table in enumerate(tables, 1):
        place = f"[[{where}]] number {number}" if isinstance(value, list) else f"[{where}]"
        if not isinstance(table, Mapping):
            raise SeedRefused(f"{place} must be a table")
        _check_table(table, where, place)


def _check_table(table: Mapping[str, Any], where: str, place: str) -> None:
    kinds = {name: kind for kind, names in KEYS[where].items() for name in names.split()}
    refuse_unknown(table, list(kinds), place)
    for name in NEEDED.get(where, ()):
        if name not in table:
            raise SeedRefused(f"{place}: {name} is missing")
    for name, value in table.items():
        if kinds[name] == "tables":
            _check_tables(value, f"{where}.{name}")
        else:
            _check_value(kinds[name], value, f"{place}: {name}")


def _check_value(kind: str, value: Any, place: str) -> None:
    """Raises SeedRefused. The keys of `named_…` tables are names that the author of the file chooses."""
    of_names = kind.startswith("named_")
    if of_names and not isinstance(value, Mapping):
        raise SeedRefused(f"{place} must be a table")
    one = {"named_texts": "text", "named_tables": "table", "named_policies": "policy"}.get(kind, kind)
    for name, each in value.items() if of_names else [("", value)]:
        fits, expected = _KINDS[one]
        if not fits(each):
            raise SeedRefused(f"{place}{name and '.'}{name} must be {expected}")


def _is_text(value: Any) -> bool:
    """Whether it is text without NUL, which files, databases and AWS cannot store."""
    return isinstance(value, str) and "\0" not in value


def _is_json(value: Any) -> bool:
    """Whether JSON can hold the value: TOML also has dates, infinity and NaN."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


_KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "text": (_is_text, "text"),
    "texts": (lambda value: isinstance(value, list) and all(map(_is_text, value)), "a list of texts"),
    "flag": (lambda value: isinstance(value, bool), "true or false"),
    "number": (lambda value: isinstance(value, int) and not isinstance(value, bool), "a whole number"),
    "table": (lambda value: isinstance(value, Mapping) and _is_json(value), "a table"),
    "policy": (
        lambda value: isinstance(value, (str, Mapping)) and _is_json(value),
        "a policy: a table, or JSON as text",
    ),
}


def refuse_unknown(table: Mapping[str, Any], known: list[str], place: str) -> None:
    """Raises SeedRefused for a key that nobody would act upon. A known one that is spelt nearly so is offered."""
    for name in table:
        if name in known:
            continue
        meant = [_RENAMED[name]] if _RENAMED.get(name) in known else get_close_matches(name, known, n=1)
        offered = f"; did you mean {meant[0]}?" if meant else ""
        raise SeedRefused(f"{place} has no {name}; it has {', '.join(known)}{offered}")
