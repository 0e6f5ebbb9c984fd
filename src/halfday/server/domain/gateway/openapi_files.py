"""OpenAPI files as text: JSON, or YAML where PyYAML is installed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

LONGEST_BYTES = 6 * 1024 * 1024
"""Quotas, Size of an OpenAPI import."""
MOST_VALUES = 500_000
"""Halfday's own limit."""


class OpenApiUnreadable(ValueError):
    """The sentence says what is wrong with the file."""


def read_openapi(body: bytes) -> Mapping[str, Any]:
    """Raises OpenApiUnreadable."""
    if len(body) > LONGEST_BYTES:
        raise OpenApiUnreadable("the file is longer than 6 MB")
    try:
        text = body.decode("utf-8-sig")
        found = json.loads(text) if text.lstrip().startswith("{") else _read_yaml(text)
    except (ValueError, RecursionError) as problem:
        if isinstance(problem, OpenApiUnreadable):
            raise
        raise OpenApiUnreadable("it is neither JSON nor YAML in UTF-8") from problem
    _check_size(found)
    if not isinstance(found, Mapping) or not ("openapi" in found or "swagger" in found):
        raise OpenApiUnreadable("it says neither openapi nor swagger")
    return found


def _check_size(found: Any) -> None:
    """YAML's aliases can make a short text a large document, or one that holds itself. Raises OpenApiUnreadable."""
    waiting, seen = [found], 0
    while waiting:
        value = waiting.pop()
        seen += 1
        if seen > MOST_VALUES:
            raise OpenApiUnreadable(f"it has more than {MOST_VALUES} values, aliases counted as often as they stand")
        if isinstance(value, Mapping):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _read_yaml(text: str) -> Any:
    try:
        import yaml  # type: ignore[import-untyped]
    except ImportError as problem:
        raise OpenApiUnreadable("YAML needs PyYAML: pip install 'halfday[openapi]'; JSON needs nothing") from problem
    try:
        return yaml.load(text, Loader=_loader(yaml))  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as problem:
        raise OpenApiUnreadable("it is no YAML") from problem


def _loader(yaml: Any) -> Any:
    """As yaml.SafeLoader, but dates stay texts and no key is a number: `200:` is the response "200"."""

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        pass

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def mapping(loader: Any, node: Any) -> dict[str, Any]:
        loader.flatten_mapping(node)
        if not all(isinstance(key, yaml.ScalarNode) for key, _ in node.value):
            raise yaml.YAMLError("a key is a text")  # spelt out, one with aliases in it would be as long as they say
        return {
            str(loader.construct_object(key)): loader.construct_object(value, deep=True) for key, value in node.value
        }

    Loader.add_constructor("tag:yaml.org,2002:map", mapping)
    return Loader
