"""Ends every session that this machine keeps: revokes it where that is possible, and forgets it in any case.

The key of a kept session says where the person signed in and as which app client. It is revoked with the current
settings, or those of an AWS profile, if they have the same key; else with settings made from the key.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from halfday.client.configuration.aws_config import profiles
from halfday.client.configuration.setting_sources import config_path
from halfday.client.connection import connect
from halfday.client.credentials.aws_state import read_aws_state
from halfday.client.errors import HalfdayError
from halfday.client.session import Session
from halfday.client.session_record import SessionRecord, read_session_record
from halfday.client.settings import Settings
from halfday.client.settings_loading import load_settings
from halfday.client.signed_out import Remaining, remaining_of
from halfday.client.token_store.cache_files import cache_dir
from halfday.client.token_store.token_cache import TokenCache, kept_keys


@dataclass(frozen=True, slots=True)
class EndedSession:
    """A session that has been ended, and what stays good of it. `problem`: why it was not revoked, or not forgotten."""

    key: str
    remaining: Remaining = field(default_factory=Remaining)
    problem: HalfdayError | None = None


def end_all(current: Settings) -> Iterator[EndedSession]:
    """Ends one session after another. Guests are forgotten: they have nothing to revoke."""
    for key in kept_keys(cache_dir()):
        cache = TokenCache(key)
        record = cache.load() or {}
        kept = read_session_record(record)
        yield _end(cache, kept, current) if kept else _forget(cache, record)


def _end(cache: TokenCache, kept: SessionRecord, current: Settings) -> EndedSession:
    def log_out() -> None:
        Session(connect(_settings_of(cache.key, kept, current)), kept, cache=cache).logout()

    problems = _problem_of(log_out), _problem_of(cache.forget)
    return EndedSession(cache.key, remaining_of(kept), next(filter(None, problems), None))


def _problem_of(work: Callable[[], object]) -> HalfdayError | None:
    """What the work ends in, when it is an error: other sessions are still to be ended."""
    try:
        work()
    except HalfdayError as problem:
        return problem
    return None


def _forget(cache: TokenCache, record: Mapping[str, Any]) -> EndedSession:
    problem = _problem_of(cache.forget)
    try:
        credentials = read_aws_state(record["aws"]).credentials
    except (KeyError, TypeError):
        credentials = None
    remaining = Remaining(aws_credentials_until=credentials.expires_at if credentials else None)
    return EndedSession(cache.key, remaining, problem)


def _settings_of(key: str, kept: SessionRecord, current: Settings) -> Settings:
    """The settings that a session was made with. Raises SettingsError when its key does not tell enough."""
    if current.key == key:
        return current
    environ = {name: value for name, value in os.environ.items() if not name.startswith("HALFDAY_")}
    for profile in profiles(config_path(environ)):
        found = _settings_by(environ, profile)
        if found is not None and found.key == key:
            return found
    place, _, client_id = key.partition(" ")
    where = {"user_pool_id": kept.pool_id} if place == kept.pool_id.lower() else {"domain": place}
    return load_settings({**where, "client_id": client_id}, environ={**environ, "AWS_CONFIG_FILE": os.devnull})


def _settings_by(environ: Mapping[str, str], profile: str) -> Settings | None:
    try:
        return load_settings({}, environ={**environ, "AWS_PROFILE": profile})
    except HalfdayError:
        return None
