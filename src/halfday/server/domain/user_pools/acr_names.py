"""The names of a pool's four authentication levels (AcrConfiguration), and what a provider calls them (AcrMapping).

What satisfies a level is fixed: domain/sign_in/authentication_levels. Source: API reference, AcrLevelConfigType and
AcrMappingType; Developer guide, Authentication levels with ACR and AMR claims.
"""

from __future__ import annotations

from collections.abc import Mapping

LEVELS = ("Level1", "Level2", "Level3", "Level4")
DEFAULT_NAMES: Mapping[str, str] = {f"Level{number}": f"urn:cognito:loa:{number}" for number in range(1, 5)}
_OF_A_LITE_POOL = "LITE"


def effective_names(custom: Mapping[str, str]) -> dict[str, str]:
    """The name of each level: the pool's own, AWS's for those that it does not name."""
    return {level: custom.get(level, DEFAULT_NAMES[level]) for level in LEVELS}


def names_objection(custom: Mapping[str, str]) -> str | None:
    """What is wrong with a pool's own names: two levels may not share one. The sentence is [inferred]."""
    names = list(effective_names(custom).values())
    twice = next((name for name in names if names.count(name) > 1), None)
    return None if twice is None else f"AcrConfiguration: {twice} is the name of more than one level."


def name_of_level(custom: Mapping[str, str], level: int) -> str | None:
    """None for level 0, which has no name."""
    return effective_names(custom)[f"Level{level}"] if level else None


def levels_named(custom: Mapping[str, str], asked: str) -> tuple[int, ...]:
    """The levels in a list of names, in its order. Names of no level are left out, as on AWS."""
    numbers = {name: number for number, name in enumerate(effective_names(custom).values(), 1)}
    return tuple(dict.fromkeys(numbers[name] for name in asked.split() if name in numbers))


def may_be_asked_for(tier: str) -> bool:
    """Whether a pool of this tier knows levels: Essentials and Plus do (Developer guide, Feature plan requirements)."""
    return tier != _OF_A_LITE_POOL


def asked_of_provider(mapping: Mapping[str, str], levels: tuple[int, ...]) -> str:
    """What a provider calls these levels, in their order; "" where it knows none of them."""
    names = (mapping.get(f"Level{level}") for level in levels)
    return " ".join(name for name in names if name)


def level_told(mapping: Mapping[str, str], acr: object) -> int:
    """The level that a provider's `acr` stands for. What is not mapped, and no `acr` at all, is the lowest."""
    numbers = ((number, mapping.get(level)) for number, level in enumerate(LEVELS, 1))
    return next((number for number, name in numbers if name is not None and name == acr), 1)
