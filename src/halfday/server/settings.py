"""The server's settings: one table for flags, environment variables, the seed file's [server] and the docs.

An unknown setting, or a value out of range, stops the start with a sentence that names the setting. A secret is read
from the environment, from [server], or from the file that the setting NAME_file names. It is never read from a flag,
because everybody on the machine can see a command line. Refusals never repeat a secret. Tables of the seed file other
than [server] are checked in `seed_file`.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from halfday.protocol.identifiers import REGION_PATTERN
from halfday.protocol.urls import is_loopback_address

Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]

DEFAULT_DATA = Path(".halfday")
MASTER_KEY_FILE = "master.key"
CERTIFICATE_FILES = "ca"
"""What the names of the files of certificates begin with, before a hyphen."""
ENVIRONMENT_PREFIX = "HALFDAY_SERVER_"

LEAST_TOKEN = 16
"""Characters of a management token: who guesses it reads codes."""
_TOKEN = re.compile(rf"[!-~]{{{LEAST_TOKEN},}}")
_SENDER = re.compile(r"[^\s<>@]+@[^\s<>@]+|[^\r\n<>@]+ <[^\s<>@]+@[^\s<>@]+>")


class SettingRefused(ValueError):
    """A setting is unknown, or its value is invalid. The sentence names the setting."""


def _setting(
    default: Any,
    help_text: str,
    *,
    unit: str = "",
    choices: tuple[str, ...] = (),
    words: tuple[str, ...] = (),
    metavar: str = "",
    secret: Callable[[str], bool] | None = None,
) -> Any:
    """A field of Settings with its metadata.

    `choices` are the only valid values. `words` are valid in place of a number. `secret`: which values are secret.
    """
    metadata = {"help": help_text, "unit": unit, "choices": choices, "words": words, "metavar": metavar}
    return field(default=default, metadata={**metadata, "secret": secret}, repr=secret is None)


@dataclass(frozen=True)
class Settings:
    """The settings of one server. `table()` lists names, defaults and explanations."""

    host: str = _setting("127.0.0.1", "address to listen on", metavar="ADDRESS")
    port: int = _setting(4242, "port to listen on; 0 takes a free one", metavar="PORT")
    data: Path = _setting(DEFAULT_DATA, "folder for the database and the master key", metavar="DIR")
    ephemeral: bool = _setting(
        False, "nothing is kept: all is in memory, without a data folder, and ends with the server"
    )
    https: bool = _setting(
        False,
        "https on the same port, by an authority of its own that halfday trust installs; plain http is then for tools "
        "on this machine",
    )
    aws_names: int | str = _setting(
        "off",
        "port, on loopback, of a proxy for clients that have AWS's host names built in (see halfday aws-names); "
        "0 takes a free one",
        words=("off",),
        metavar="PORT",
    )
    public_url: str = _setting("", "where people reach this server, when that is not its own address", metavar="URL")
    trusted_proxy: str = _setting(
        "",
        "addresses or networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, comma separated",
        metavar="ADDRESS,…",
    )
    account_id: str = _setting("123456789012", "the AWS account that everything here belongs to", metavar="ID")
    region: str = _setting("us-east-1", "region of what the seed file declares", metavar="REGION")
    issuer: str = _setting(
        "local",
        "issuer of new pools: a URL that resolves here, or AWS's own https://cognito-idp.REGION.amazonaws.com/POOL",
        choices=("local", "aws"),
    )
    signatures: str = _setting(
        "auto",
        "keys that may sign API calls: strict takes the root pair and keys issued here, "
        "relaxed takes any dummy pair as root, auto is relaxed where only this machine reaches the server",
        choices=("auto", "strict", "relaxed"),
    )
    root_access_key_id: str = _setting("", "access key id of the account's root", metavar="ID")
    root_secret_access_key: str = _setting("", "secret access key of the account's root", metavar="KEY", secret=bool)
    master_key_file: str = _setting("", "file of the key that seals secrets (default: DIR/master.key)", metavar="FILE")
    upstream: str = _setting(
        "auto",
        "the AWS behind the front door: a URL, moto (in this process), none, or auto: moto if it is installed; "
        "SERVICE=URL for one service, comma separated",
        metavar="URL,…",
    )
    upstream_access_key_id: str = _setting(
        "", "access key id that calls to upstreams by URL are signed with (default: they are not signed)", metavar="ID"
    )
    upstream_secret_access_key: str = _setting(
        "", "secret access key that calls to upstreams by URL are signed with", metavar="KEY", secret=bool
    )
    functions: str = _setting(
        "",
        "functions for Lambda triggers: FILE.py:HANDLER, FILE.mjs#HANDLER, BUILD#FILE.HANDLER or an invoke URL",
        metavar="NAME=TARGET,…",
    )
    functions_folder: str = _setting(
        "", "folder with a file for each function: NAME.py or NAME.mjs, in it a function `handler`", metavar="DIR"
    )
    kms_url: str = _setting(
        "",
        "the KMS with the keys of custom senders (KMSKeyID), such as LocalStack; functions find it too "
        "(default: the one behind the front door)",
        metavar="URL",
    )
    google_port: int = _setting(4243, "port of the stand-in Google, if the seed file declares one", metavar="PORT")
    management_host: str = _setting(
        "127.0.0.1", "address that management listens on: loopback, or any with a management token", metavar="ADDRESS"
    )
    management_token: str = _setting(
        "", "token that management asks for: Authorization: Bearer TOKEN", metavar="TOKEN", secret=bool
    )
    management_port: int | str = _setting(
        "auto",
        "port of management, where sent codes are read; 0 takes a free one; off; auto: 2 above port, or a free one, "
        "if only this machine reaches the server or there is a management token, else off",
        words=("auto", "off"),
        metavar="PORT",
    )
    console_messages: str = _setting(
        "auto",
        "codes and invitations on stderr: auto shows them on a terminal, if only this machine reaches the server",
        choices=("auto", "on", "off"),
    )
    ready_file: str = _setting(
        "",
        "file that is written when the server is up, as JSON with its addresses, and removed at its end",
        metavar="FILE",
    )
    log_format: str = _setting(
        "text",
        "the log on stderr: lines of text, or one JSON object a line, with the same facts of each request",
        choices=("text", "json"),
    )
    durability: str = _setting(
        "auto",
        "what a power cut may cost: full loses nothing that was answered, normal may lose the last moments, but never "
        "half of anything; auto is normal where only this machine reaches the server, else full",
        choices=("auto", "full", "normal"),
    )
    smtp_url: str = _setting(
        "",
        "where e-mail goes: smtp:// (STARTTLS) or smtps://, [USER:PASSWORD@]HOST[:PORT] (default: nowhere)",
        metavar="URL",
        secret=lambda url: "@" in url,
    )
    smtp_from: str = _setting("", "sender of e-mail: an address, or NAME <ADDRESS>", metavar="ADDRESS")

    def __post_init__(self) -> None:
        for check, sentence in (
            (0 <= self.port <= 65535, "port: must be between 0 and 65535"),
            (0 <= self.google_port <= 65535, "google_port: must be between 0 and 65535"),
            (
                0 <= self.management_port <= 65535
                if isinstance(self.management_port, int)
                else self.management_port in ("auto", "off"),
                "management_port: must be between 0 and 65535, auto or off",
            ),
            (
                0 <= self.aws_names <= 65535 if isinstance(self.aws_names, int) else self.aws_names == "off",
                "aws_names: must be between 0 and 65535, or off",
            ),
            (
                not self.https or not self.public_url.startswith("http://"),
                "public_url: must begin with https://, as the setting https is on",
            ),
            (
                not self.https or not self.public_url or not _is_an_address_elsewhere(self.public_url),
                "public_url: must have a name, and no address, as the setting https is on: certificates are for names",
            ),
            (
                is_loopback_address(self.management_host) or self.management_token,
                "management_host: must be a loopback address, such as 127.0.0.1 or ::1, as it gives out codes; "
                "with a management_token it may be any",
            ),
            (
                self.management_token == "" or _TOKEN.fullmatch(self.management_token),
                f"management_token: must be {LEAST_TOKEN} or more letters, digits and signs, without a space",
            ),
            (not self.ephemeral or not self.master_key_file, "master_key_file: ephemeral keeps nothing to be sealed"),
            (not self.ephemeral or self.durability != "full", "durability: ephemeral keeps nothing, full promises to"),
            (
                self.smtp_url == "" or _is_smtp_url(self.smtp_url),
                "smtp_url: must be smtp:// or smtps://, then [USER:PASSWORD@]HOST[:PORT], nothing after",
            ),
            (bool(self.smtp_url) <= bool(self.smtp_from), "smtp_from: must name a sender when smtp_url is given"),
            (
                self.smtp_from == "" or _SENDER.fullmatch(self.smtp_from),
                "smtp_from: must be an address, or NAME <ADDRESS>",
            ),
            (re.fullmatch(r"[0-9]{12}", self.account_id), "account_id: must be 12 digits"),
            (REGION_PATTERN.fullmatch(self.region), f"region: {self.region!r} is not a region such as us-east-1"),
            (
                bool(self.root_access_key_id) == bool(self.root_secret_access_key),
                "root_access_key_id and root_secret_access_key: give both or neither",
            ),
            (
                self.public_url == "" or re.fullmatch(r"https?://[^/?#]+", self.public_url),
                "public_url: must be http(s)://HOST[:PORT] without a path",
            ),
            (
                bool(self.upstream_access_key_id) == bool(self.upstream_secret_access_key),
                "upstream_access_key_id and upstream_secret_access_key: give both or neither",
            ),
        ):
            if not check:
                raise SettingRefused(sentence)
        trusted_networks(self.trusted_proxy)
        upstream_parts(self.upstream)
        for setting in dataclasses.fields(self):
            choices = setting.metadata["choices"]
            if choices and getattr(self, setting.name) not in choices:
                raise SettingRefused(f"{setting.name}: must be one of {', '.join(choices)}")

    @property
    def master_key_path(self) -> Path:
        return Path(self.master_key_file) if self.master_key_file else self.data / MASTER_KEY_FILE


def upstream_parts(text: str) -> list[tuple[str, str]]:
    """Service and target of each entry of the setting upstream. The entry for all others names no service.

    Raises SettingRefused.
    """
    entries = [part.strip() for part in text.split(",")]
    parts = [("", one) if "=" not in one.partition("://")[0] else one.split("=", 1) for one in entries]
    found = [(service.strip(), target.strip()) for service, target in parts]
    if not all(target in ("auto", "moto", "none") or re.match(r"https?://", target) for _, target in found):
        raise SettingRefused("upstream: must be a URL, moto, none or auto; SERVICE=URL for one service")
    if len({service for service, _ in found}) != len(found):
        raise SettingRefused("upstream: names two for one service, or two for all others")
    return found


def _is_an_address_elsewhere(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return not is_loopback_address(host)


def _is_smtp_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    nothing_after = parts.path in ("", "/") and not parts.query and not parts.fragment
    both_or_neither = bool(parts.username) == bool(parts.password)
    return parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and nothing_after and both_or_neither


@lru_cache(maxsize=16)
def trusted_networks(text: str) -> Networks:
    """The networks in the setting trusted_proxy. Raises SettingRefused."""
    parts = [part.strip() for part in text.split(",")] if text else []
    try:
        networks = tuple(map(ipaddress.ip_network, parts))
    except ValueError as problem:
        raise SettingRefused(f"trusted_proxy: must be addresses or networks, comma separated: {problem}") from None
    if any(network.prefixlen == 0 for network in networks):
        raise SettingRefused("trusted_proxy: must not be every address: any client could then claim to be another")
    return networks


def table() -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(Settings)


def secrets() -> tuple[dataclasses.Field[Any], ...]:
    """The settings whose value is, or may contain, a secret."""
    return tuple(setting for setting in table() if setting.metadata["secret"])


def secret_file(setting: dataclasses.Field[Any]) -> str:
    """The name of the setting that names a file with this secret."""
    return f"{setting.name}_file"


def _check_no_secret_flag(flags: Mapping[str, Any]) -> None:
    for setting in secrets():
        if flags.get(setting.name) and setting.metadata["secret"](flags[setting.name]):
            flag = "--" + secret_file(setting).replace("_", "-")
            raise SettingRefused(
                f"{setting.name}: everybody on this machine sees a command line, so a secret cannot be a flag: set "
                f"{ENVIRONMENT_PREFIX}{setting.name.upper()}, or give {flag} FILE"
            )


def _with_secrets_read(source: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of one source. Each NAME_file is replaced by NAME, with the content of the file."""
    found = dict(source)
    for setting in secrets():
        name, path = secret_file(setting), found.pop(secret_file(setting), None)
        if path is None:
            continue
        if setting.name in found:
            raise SettingRefused(f"{name}: {setting.name} is given as well: give one of them")
        try:
            found[setting.name] = Path(path).read_text().strip()
        except (OSError, ValueError, TypeError) as problem:
            why = getattr(problem, "strerror", None) or "it holds no text"
            raise SettingRefused(f"{name}: the file cannot be read: {why}") from None
    return found


def load(
    flags: Mapping[str, Any], environment: Mapping[str, str] | None = None, file: Mapping[str, Any] | None = None
) -> Settings:
    """The settings: flags override the environment, which overrides `file`, which overrides the defaults.

    Raises SettingRefused.
    """
    _check_no_secret_flag(flags)
    known = {setting.name for setting in table()} | {secret_file(setting) for setting in secrets()}
    unknown = sorted(set(file or {}) - known)
    if unknown:
        raise SettingRefused(
            f"{unknown[0]}: there is no such setting in [server]; there are {', '.join(sorted(known))}"
        )
    variables = os.environ if environment is None else environment
    misspelt = sorted(
        name
        for name in variables
        if name.startswith(ENVIRONMENT_PREFIX) and name.removeprefix(ENVIRONMENT_PREFIX).lower() not in known
    )
    if misspelt:
        raise SettingRefused(f"{misspelt[0]}: there is no such setting; there are {', '.join(sorted(known))}")
    from_environment = {
        name: variables[ENVIRONMENT_PREFIX + name.upper()]
        for name in known
        if ENVIRONMENT_PREFIX + name.upper() in variables
    }
    given = {name: value for name, value in flags.items() if value is not None}
    merged: dict[str, Any] = {}
    for source in (file or {}, from_environment, given):
        merged |= _with_secrets_read(source)
    return Settings(
        **{setting.name: _convert(setting, merged[setting.name]) for setting in table() if setting.name in merged}
    )


def _convert(setting: dataclasses.Field[Any], value: Any) -> Any:
    words = setting.metadata["words"]
    if setting.metadata["secret"] and not isinstance(value, str):
        raise SettingRefused(f"{setting.name}: its value is not text")
    if words and value in words:
        return value
    kind: Any = int if words else type(setting.default)
    if kind is bool:
        return _truth(setting.name, value)
    if kind is int:
        if isinstance(value, (bool, float)):
            raise SettingRefused(f"{setting.name}: {value!r} is not {_whole_number_or(words)}")
        try:
            return int(value)
        except (TypeError, ValueError):
            raise SettingRefused(f"{setting.name}: {value!r} is not {_whole_number_or(words)}") from None
    if not isinstance(value, (str, kind)):
        raise SettingRefused(f"{setting.name}: {value!r} is not text")
    return kind(value)


def _truth(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise SettingRefused(f"{name}: {value!r} is neither true nor false")


def _whole_number_or(words: tuple[str, ...]) -> str:
    return " or ".join(("a whole number", *words))
