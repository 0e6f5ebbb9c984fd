"""The composition root: builds database, messages, mail, upstream and the app. Nothing is decided per request here."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import urlsplit

from starlette.types import ASGIApp

from halfday.server import reachability as reach
from halfday.server.clock import Clock
from halfday.server.connections.answering import FindRoad
from halfday.server.front_door.catalogue import service_names
from halfday.server.http.straight import StraightRoads
from halfday.server.late_app import LateApp
from halfday.server.outside.code_encryption import CodeEncryption, is_installed
from halfday.server.outside.connections import OutgoingCalls
from halfday.server.outside.functions.declarations import declared_by_setting, declared_in, environment_of
from halfday.server.outside.functions.functions import Functions
from halfday.server.outside.functions.targets import Surroundings, TargetRefused
from halfday.server.outside.messages import AllMessages, ConsoleMessages, FileMessages, Messages
from halfday.server.outside.sent_messages import SentMessages
from halfday.server.outside.upstreams import Upstream, make_upstream
from halfday.server.outside.upstreams import declared_by_setting as upstreams_by_setting
from halfday.server.outside.upstreams import declared_in as upstreams_in
from halfday.server.seed_file import SeedRefused
from halfday.server.services import Services
from halfday.server.settings import CERTIFICATE_FILES, MASTER_KEY_FILE, SettingRefused, Settings
from halfday.server.storage.data_folder import ALONE_FILE, IGNORE_FILE, SERVING_FILE, make_private
from halfday.server.storage.sealing import KEY_BYTES, Sealer, load_master_key
from halfday.server.storage.sqlite import IN_MEMORY, SqliteDatabase
from halfday.server.storage.store import Store

if TYPE_CHECKING:
    from halfday.server.outside.smtp import SmtpMessages

DATABASE_FILE = "halfday.sqlite3"
MESSAGES_FILE = "messages.jsonl"
OWN_FILES = (DATABASE_FILE, MESSAGES_FILE, MASTER_KEY_FILE, SERVING_FILE, ALONE_FILE, IGNORE_FILE, CERTIFICATE_FILES)
"""What the names of the data folder's files are, or begin with before a hyphen."""


def make_services(
    settings: Settings, *, origin: str, clock: Callable[[], float] = time.time, terminal: TextIO | None = None
) -> Services:
    """Opens the data folder (0700) with its database and master key (0600). The first call creates them.

    `terminal` is a terminal with a person at it, if there is one: messages are shown there. Raises SettingRefused if
    other users can access the folder.
    """
    if settings.ephemeral:
        database, sealer, sent_messages = SqliteDatabase(IN_MEMORY), Sealer(os.urandom(KEY_BYTES)), SentMessages()
    else:
        database, sealer, sent_messages = _in_the_data_folder(settings)
    upstream = choose_upstream(settings, {})
    return Services(
        store=Store(database, sealer),
        settings=settings,
        origin=settings.public_url or origin,
        http=OutgoingCalls(timeout_s=30),
        messages=AllMessages(*_ways(settings, sent_messages, terminal)),
        mailer=_mailer(settings),
        upstream=upstream,
        code_encryption=_code_encryption(settings, origin, upstream),
        clock=Clock(clock),
        sent_messages=sent_messages,
        form_key=sealer.key_for("forms"),
    )


def _in_the_data_folder(settings: Settings) -> tuple[SqliteDatabase, Sealer, SentMessages]:
    make_private(settings.data, OWN_FILES)
    database_path = settings.data / DATABASE_FILE
    database_path.touch(mode=0o600, exist_ok=True)
    sealer = Sealer(load_master_key(settings.master_key_path))
    database = SqliteDatabase(database_path, durable=reach.survives_a_power_cut(settings))
    return database, sealer, SentMessages(settings.data / MESSAGES_FILE)


def _code_encryption(settings: Settings, origin: str, upstream: Upstream | None) -> CodeEncryption | None:
    """By the KMS of the settings, else by the one behind this server's own front door, where it takes our keys.

    Raises SettingRefused where the library for it is missing.
    """
    if settings.kms_url:
        _check_kms(settings)
        return _encryption_at(settings.kms_url, settings)
    takes_ours = bool(settings.root_access_key_id) or reach.takes_dummy_keys(settings)
    return _encryption_at(_for_tools(origin), settings) if upstream and takes_ours and is_installed() else None


def _for_tools(origin: str) -> str:
    """Where this process calls itself: plain http on the port of an origin by https."""
    here = urlsplit(origin)
    return origin if here.scheme == "http" else f"http://127.0.0.1:{here.port}"


def _check_kms(settings: Settings) -> None:
    if not settings.kms_url.startswith(("http://", "https://")):
        raise SettingRefused("kms_url: it is no URL of http or https")
    if not is_installed():
        raise SettingRefused("kms_url: aws-encryption-sdk is missing: pip install 'halfday[custom-senders]'")


def _encryption_at(url: str, settings: Settings) -> CodeEncryption:
    return CodeEncryption(
        url,
        region=settings.region,
        access_key_id=settings.root_access_key_id or "test",
        secret_access_key=settings.root_secret_access_key or "test",
    )


def choose_upstream(settings: Settings, document: Mapping[str, Any]) -> Upstream | None:
    """The AWS behind the front door. Raises SettingRefused. The setting wins over the seed file."""
    by_setting, in_seed = [*upstreams_by_setting(settings)], [*upstreams_in(document)]
    return make_upstream([*in_seed, *by_setting], service_names)


def make_functions(services: Services, document: Mapping[str, Any]) -> Functions:
    """The functions of the settings and of the seed file. Raises SettingRefused, SeedRefused."""
    settings = services.settings
    by_setting, in_seed = [*declared_by_setting(settings.functions)], [*declared_in(document)]
    folder = Path(settings.functions_folder) if settings.functions_folder else None
    if folder is not None and not folder.is_dir():
        raise SettingRefused(f"functions_folder: there is no folder {folder}")
    functions = Functions([*by_setting, *in_seed], lambda: _surroundings(services), folder)
    for one in (*in_seed, *by_setting):
        try:
            functions.check(one.name)
        except TargetRefused as refused:
            if one in in_seed:
                raise SeedRefused(f"[[function]] {one.name}: {refused}") from refused
            raise SettingRefused(f"functions: {refused}") from refused
    return functions


def _surroundings(services: Services) -> Surroundings:
    settings = services.settings
    return Surroundings(environment_of(settings, services.origin), settings.data / "functions", services.http)


def make_server(services: Services) -> LateApp:
    """Everything that is asked of the server over HTTP."""

    def make() -> ASGIApp:
        from halfday.server.http.app import make_app

        return make_app(services)

    return LateApp(make)


def find_road_of(services: Services) -> FindRoad:
    """The way past ASGI of the server's short calls (http/straight)."""
    return StraightRoads(services).find


def make_server_at_aws_hosts(services: Services) -> LateApp:
    def make() -> ASGIApp:
        from halfday.server.http.app import make_app

        return make_app(services, at_aws_hosts=True)

    return LateApp(make)


def make_management(services: Services) -> LateApp:
    def make() -> ASGIApp:
        from halfday.server.http import management

        return management.make_management(services)

    return LateApp(make)


def _mailer(settings: Settings) -> SmtpMessages | None:
    if not settings.smtp_url:
        return None
    from halfday.server.outside.smtp import SmtpMessages

    return SmtpMessages(settings.smtp_url, settings.smtp_from)


def _ways(settings: Settings, sent_messages: SentMessages, terminal: TextIO | None) -> list[Messages]:
    ways: list[Messages] = [] if settings.ephemeral else [FileMessages(settings.data / MESSAGES_FILE)]
    ways.append(sent_messages)
    if settings.console_messages == "on":
        ways.append(ConsoleMessages(terminal or sys.stderr))
    elif settings.console_messages == "auto" and terminal is not None and not reach.of_server(settings).public:
        ways.append(ConsoleMessages(terminal))
    return ways
