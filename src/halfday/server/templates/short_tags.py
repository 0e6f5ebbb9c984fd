"""YAML as CloudFormation writes it: `!Ref`, `!GetAtt`, `!Sub` and the like, dates as texts, no key twice. By PyYAML."""

from __future__ import annotations

from typing import Any, ClassVar

import yaml  # type: ignore[import-untyped]

_PLAIN = frozenset({"Ref", "Condition"})
"""Tags whose function has no `Fn::` in front."""


class DoubledKey(yaml.constructor.ConstructorError):  # type: ignore[misc]
    """A mapping has a key twice. PyYAML would take the later one."""


class TemplateLoader(yaml.SafeLoader):  # type: ignore[misc]
    """Loads no objects: SafeLoader, with functions as the JSON that their short tags stand for."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
        sign: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for sign, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:merge" and isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise DoubledKey(None, None, f"the key {key.value} stands here twice", key.start_mark)
                seen.add(key.value)
        made: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return made


def _function(loader: TemplateLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    """`!GetAtt A.B` is a list of two; the rest of a dotted attribute belongs to the second."""
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in _PLAIN else f"Fn::{suffix}": value}


TemplateLoader.add_multi_constructor("!", _function)


def loaded(text: str) -> Any:
    """Raises yaml.YAMLError."""
    return yaml.load(text, TemplateLoader)  # noqa: S506 - a SafeLoader
