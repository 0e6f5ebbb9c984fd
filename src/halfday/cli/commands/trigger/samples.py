"""Which sample is meant: by the trigger's name as LambdaConfig or a seed file spells it, its source and its version."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from halfday.client.errors import SettingsError
from halfday.server.domain.user_pools.sample_events import SAMPLES, sample_event, sources_of
from halfday.server.domain.user_pools.triggers import Trigger


class NoSample(SettingsError):
    """There is no such event."""


def sample(name: str, source: str | None = None, version: str = "1") -> dict[str, Any]:
    """The event. `name` may be a triggerSource itself, and `source` its second half. Raises NoSample."""
    found = _spelt(name, SAMPLES)
    if found is not None:
        if source not in (None, found, found.partition("_")[2]):
            raise NoSample(f"{found} and {source} are two sources", hint="leave --source out")
        return _of(found, version)
    trigger = trigger_named(name)
    if trigger is None:
        with_samples = [one.value for one in Trigger if sources_of(one)]
        near = get_close_matches(name, [*with_samples, *SAMPLES], 1, 0.5)
        raise NoSample(
            f"there is no sample event for {name}",
            hint=(f"did you mean {near[0]}? " if near else "") + f"there are: {', '.join(with_samples)}",
        )
    return _of(_source(trigger, source), version)


def trigger_named(name: str) -> Trigger | None:
    """PreSignUp, presignup and pre_sign_up are one. None for a trigger without a sample."""
    found = _spelt(name, {trigger.value: trigger for trigger in Trigger if sources_of(trigger)})
    return None if found is None else Trigger(found)


def _source(trigger: Trigger, source: str | None) -> str:
    there = sources_of(trigger)
    if source is None:
        return there[0]
    for one in there:
        if source.lower() in (one.lower(), one.partition("_")[2].lower()):
            return one
    raise NoSample(f"{trigger} has no source {source}", hint=f"it has: {', '.join(there)}")


def _of(source: str, version: str) -> dict[str, Any]:
    number = {"1": 1, "2": 2, "3": 3}.get(version.lower().removeprefix("v").removesuffix("_0"))
    if number is None:
        raise NoSample(f"there is no version {version}", hint="--version takes 1, 2 or 3")
    try:
        return sample_event(source, number)
    except ValueError as problem:
        raise NoSample(str(problem), hint="give another --version, or none") from problem


def _spelt(name: str, known: Iterable[str]) -> str | None:
    plain = name.replace("_", "").replace("-", "").lower()
    return next((one for one in known if one.replace("_", "").lower() == plain), None)
