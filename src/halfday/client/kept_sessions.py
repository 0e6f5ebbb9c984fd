"""Every session that this machine keeps: listed, or ended. Ending revokes where that is possible, and forgets always.

The key of a kept session says where the person signed in and as which app client. It is revoked with the current
settings, or those of an AWS profile, if they have the same key; else with settings made from the key.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
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
from halfday.protocol.jws import MalformedToken, read_unverified


@dataclass(frozen=True, slots=True)
class EndedSession:
    """A session that has been ended, and what stays good of it. `problem`: why it was not revoked, or not forgotten."""

    key: str
    remaining: Remaining = field(default_factory=Remaining)
    problem: HalfdayError | None = None


@dataclass(frozen=True, slots=True)
class KeptSession:
    """A session as it is kept. Times are epoch seconds; None for what was never issued.

    `name`: what the ID token calls the person. It was verified when the session was kept, and is not verified again.
    `kind`: session or guest. `kept_in`: the file, or keyring. `profiles`: of the AWS config file, those that mean it.
    `problem`: why it cannot be read; the rest is empty then.
    """

    key: str
    kind: str = "session"
    name: str = ""
    subject: str = ""
    place: str = ""
    client_id: str = ""
    until: float | None = None
    renews: bool = False
    aws_credentials_until: float | None = None
    kept_in: str = ""
    profiles: tuple[str, ...] = ()
    problem: str = ""


def list_all() -> list[KeptSession]:
    """What is kept, in order. Makes no request, and changes nothing."""
    settings_by_profile = {name: _settings_by(os.environ, name) for name in profiles(config_path(os.environ))}
    of_profiles: dict[str, list[str]] = {}
    for name, found in settings_by_profile.items():
        if found is not None and found.client_id:
            of_profiles.setdefault(found.key, []).append(name)
    return [_listed(TokenCache(key), tuple(of_profiles.get(key, ()))) for key in kept_keys(cache_dir())]


def _listed(cache: TokenCache, of_profiles: tuple[str, ...]) -> KeptSession:
    place, _, client_id = cache.key.partition(" ")
    is_guest = place == "guest"
    found = KeptSession(
        cache.key,
        kind="guest" if is_guest else "session",
        place=client_id if is_guest else place,
        client_id="" if is_guest else client_id,
        kept_in=cache.kept_in(),
        profiles=of_profiles,
    )
    try:
        record = cache.load() or {}
    except HalfdayError as problem:
        return replace(found, problem=str(problem))
    kept = read_session_record(record)
    if is_guest or kept is None:
        damage = "" if is_guest else cache.obstacle() or "what is kept is damaged, or another version's"
        return replace(found, problem=damage, aws_credentials_until=_credentials_end(record))
    return replace(
        found,
        name=_name_in(kept.tokens.id_token),
        subject=kept.subject,
        until=kept.tokens.end_at,
        renews=kept.tokens.refresh_token is not None,
        aws_credentials_until=_credentials_end(record),
    )


def _name_in(id_token: str | None) -> str:
    try:
        claims = read_unverified(id_token or "").unverified_payload
    except MalformedToken:
        return ""
    return str(claims.get("email") or claims.get("preferred_username") or claims.get("cognito:username") or "")


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
    return EndedSession(cache.key, Remaining(aws_credentials_until=_credentials_end(record)), problem)


def _credentials_end(record: Mapping[str, Any]) -> float | None:
    try:
        credentials = read_aws_state(record["aws"]).credentials
    except (KeyError, TypeError):
        return None
    return float(credentials.expires_at) if credentials else None


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
