"""Reads a profile of the AWS config file, and changes it without touching the rest, which belongs to the person.

Only the lines of the keys that are set are written; comments, blank lines, line ends and other profiles stay byte for
byte. A program holds `locked` while it reads, decides and writes, so that programs which do so at once see each other's
changes. A value that could be read as another line or another profile is refused. `setting_sources` reads settings.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import stat
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from halfday.client.configuration.setting_sources import names_profile
from halfday.client.errors import HalfdayError, SettingsError
from halfday.client.token_store.cache_files import make_private_dir
from halfday.client.token_store.locks import locked as locked_file

_STYLES = {
    "credential_process": "a credential_process of its own",
    "aws_access_key_id": "static keys",
    "aws_secret_access_key": "static keys",
    "sso_session": "AWS SSO",
    "sso_start_url": "AWS SSO",
    "sso_account_id": "AWS SSO",
    "login_session": "aws login",
    "web_identity_token_file": "a web identity",
    "role_arn": "a role",
    "source_profile": "a role",
    "credential_source": "a role",
}
_OUR_PROCESS = re.compile(r"""\bhalfday(?:\.cli|\.exe)?["']? +credentials\b""")
_NAME = re.compile(r"[^\s\[\]\"'#;\\-][^\[\]\"'\\]*")
LOCK_TIMEOUT_S = 30.0


def credentials_path(environ: Mapping[str, str]) -> str:
    return os.path.expanduser(environ.get("AWS_SHARED_CREDENTIALS_FILE") or os.path.join("~", ".aws", "credentials"))


def has_section(path: str, name: str) -> bool:
    """Whether a credentials file, whose sections are bare names, has one of this name."""
    with contextlib.suppress(OSError, UnicodeDecodeError), open(path, encoding="utf-8") as file:
        return any(line.startswith("[") and line.partition("]")[0][1:].strip() == name for line in file)
    return False


def profiles(path: str) -> list[str]:
    """The names of a config file's profiles, as they stand there."""
    with contextlib.suppress(OSError, UnicodeDecodeError), open(path, encoding="utf-8") as file:
        titles = [line.partition("]")[0][1:].strip() for line in file if line.startswith("[")]
        named = [title[8:].strip().strip("\"'") for title in titles if title.startswith(("profile ", "profile\t"))]
        return [*(["default"] if "default" in titles else []), *named]
    return []


def as_aws_reads(text: str, profile: str, path: str) -> dict[str, str]:
    """The profile's keys as AWS's tools in Python read the file's text: names in any case, indented, or with a colon.

    Raises SettingsError where they can read nothing of it, such as a key that stands there twice.
    """
    import configparser

    parser = configparser.RawConfigParser(default_section="")
    try:
        parser.read_file(io.StringIO(text, newline=None))
    except configparser.Error as problem:
        sentence = f"AWS's tools could not read {path}: {' '.join(str(problem).split())}"
        raise SettingsError(sentence, hint="correct it by hand; nothing was changed") from problem
    ours = (title for title in parser.sections() if names_profile(f"[{title}]", profile))
    return {key: value for title in ours for key, value in parser.items(title)}


def style_of(keys: Mapping[str, str]) -> str | None:
    """How a profile gets its credentials, in words; None when it does not say."""
    return next((told for key, told in _STYLES.items() if key in keys), None)


def other_style_of(keys: Mapping[str, str]) -> str | None:
    """As style_of, but None for a profile whose credential_process is Halfday's."""
    ours = bool(_OUR_PROCESS.search(keys.get("credential_process", "")))
    return style_of({key: value for key, value in keys.items() if not (ours and key == "credential_process")})


def header_of(profile: str) -> str:
    """The profile's section line. Raises SettingsError for a name that no SDK could read back."""
    if not _NAME.fullmatch(profile) or profile != profile.strip() or not profile.isprintable():
        raise SettingsError(f"{profile!r} cannot name an AWS profile", hint="letters, digits, - and _ can")
    if profile == "default":
        return "[default]"
    return f'[profile "{profile}"]' if " " in profile else f"[profile {profile}]"


def check_values(keys: Mapping[str, str]) -> None:
    """Refuses a value that would not be read back as it is: raises SettingsError for a line end or the like in it.

    U+2028, form feed and their kind end a line for some readers, and what follows could be a profile of its own.
    """
    broken = next((key for key, value in keys.items() if not value.isprintable()), None)
    if broken:
        hint = "write it on one line, without control characters or other line separators"
        raise SettingsError(f"{broken} has a line end in it, or another character that cannot be seen", hint=hint)


@contextlib.contextmanager
def locked(path: str) -> Iterator[None]:
    """Held by one program at a time, while it changes the file. Raises HalfdayError when another does not let go."""
    path = os.path.realpath(path)
    make_private_dir(os.path.dirname(path))
    beside = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.halfday-lock")
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locked_file(beside, timeout_s=LOCK_TIMEOUT_S))
        except TimeoutError as problem:
            raise HalfdayError(str(problem), hint="another halfday configure is at it: see what it waits for") from None
        yield


def with_keys(text: str, profile: str, keys: Mapping[str, str]) -> str:
    """The file's text with these keys in this profile's section, which is added at the end when there is none.

    Raises SettingsError as `check_values`.
    """
    check_values(keys)
    end = "\r\n" if "\r\n" in text else "\n"
    lines = list(io.StringIO(text, newline=""))
    section = _find(lines, profile)
    if section is None:
        gap = "" if not text or text.endswith((end * 2, "\n\n")) else end if text.endswith("\n") else end * 2
        return text + gap + section_text(profile, keys, end)
    missing = dict(keys)
    for at in range(section.first, section.last):
        key, equals, value = lines[at].partition("=")
        if equals and key.strip() in missing and not lines[at][0].isspace():
            wanted = missing.pop(key.strip())
            if value.strip() != wanted:
                lines[at] = f"{key.strip()} = {wanted}{_ending(lines[at])}"
    if lines[section.last - 1] and not _ending(lines[section.last - 1]):
        lines[section.last - 1] += end
    lines[section.last : section.last] = [f"{key} = {value}{end}" for key, value in missing.items()]
    return "".join(lines)


def section_text(profile: str, keys: Mapping[str, str], end: str = "\n") -> str:
    """A whole section as it is written for a new profile. Raises SettingsError as `check_values`."""
    check_values(keys)
    return header_of(profile) + end + "".join(f"{key} = {value}{end}" for key, value in keys.items())


def read_text(path: str) -> str:
    """The file as it is, line ends included; empty when there is none. Raises SettingsError for what is not UTF-8."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as problem:
        raise SettingsError(f"{path} is not UTF-8 text", hint="correct it by hand; nothing was changed") from problem


def write_text(path: str, text: str, *, private: bool) -> None:
    """The file holds `text`, whole or not at all. It keeps its mode, unless `private` closes it to everybody else.

    A symbolic link stays one, and the file it names is replaced.
    """
    path = os.path.realpath(path)
    make_private_dir(os.path.dirname(path))
    mode = stat.S_IMODE(os.stat(path).st_mode) if os.path.exists(path) else 0o600
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".new-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode & 0o700 if private else mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


@dataclass(frozen=True, slots=True)
class _Section:
    """Lines `first` to `last`, without the header, and without the blank lines and comments before the next one."""

    first: int
    last: int


def _find(lines: list[str], profile: str) -> _Section | None:
    headers = [at for at, line in enumerate(lines) if line.startswith("[")]
    for at, following in zip(headers, [*headers, len(lines)][1:], strict=True):
        if names_profile(lines[at], profile):
            last = following
            while last > at + 1 and (not lines[last - 1].strip() or lines[last - 1].startswith(("#", ";"))):
                last -= 1
            return _Section(at + 1, last)
    return None


def _ending(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]
