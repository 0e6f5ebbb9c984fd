"""AWS credentials as environment variables, spelt as each shell reads them.

Names and forms are those of `aws configure export-credentials`. A value that its shell would interpret is quoted; one
that the shell has no spelling for is refused.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping

from halfday.client.errors import SettingsError
from halfday.client.settings import Settings
from halfday.protocol.credentials import Credentials, iso8601

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_PLAIN = re.compile(r"[\w+=:,./-]*", re.ASCII)


def environment(credentials: Credentials) -> dict[str, str]:
    """The variables that every AWS SDK reads."""
    return {
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_SESSION_TOKEN": credentials.session_token,
        "AWS_CREDENTIAL_EXPIRATION": iso8601(credentials.expires_at),
    }


def region_and_endpoint(settings: Settings) -> dict[str, str]:
    """The variables that say where AWS calls go: the region and, where one is set, the endpoint."""
    region = settings.sdk_region
    found = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region, "AWS_ENDPOINT_URL": settings.sdk_endpoint}
    return {name: value for name, value in found.items() if value}


def spell(variables: Mapping[str, str], dialect: str) -> str:
    """Lines that set the variables, in one of FORMATS. Raises SettingsError for a value that cannot be spelt, and for
    a name that is no variable's: a shell would read more than a name in it.
    """
    line = FORMATS[dialect]
    for name in variables:
        if not _NAME.fullmatch(name):
            raise SettingsError(f"{name!r} cannot be a variable's name", hint="use --format json")
    return "".join(line(name, value) + "\n" for name, value in variables.items())


def _bash(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _assignment(name: str, value: str) -> str:
    return f"{name}={shlex.quote(value)}"


def _fish(name: str, value: str) -> str:
    """Between single quotes fish reads only \\\\ and \\' (fish manual, Quotes)."""
    if not _PLAIN.fullmatch(value):
        value = "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return f"set -gx {name} {value};"


def _powershell(name: str, value: str) -> str:
    """Typographic double quotes end a string too (PowerShell manual, about_Quoting_Rules)."""
    return f'$Env:{name}="' + re.sub('([`$"“”„])', r"`\1", value) + '"'


def _windows_cmd(name: str, value: str) -> str:
    """Quotes around the whole keep & | < > ^ out of harm; percent, quote and line end have no spelling."""
    if re.search(r'[%!"\r\n]', value):
        raise SettingsError(f"{name} cannot be set in cmd.exe", hint="use --format powershell")
    return f"set {name}={value}" if _PLAIN.fullmatch(value) else f'set "{name}={value}"'


def env_file(variables: Mapping[str, str]) -> str:
    """Lines of `docker run --env-file`, which knows no quotes: a value is all that stands behind the =."""
    for name, value in variables.items():
        if not value.isprintable() or value != value.strip():
            raise SettingsError(
                f"{name} cannot be written into an env file", hint="use halfday exec -- docker run -e …"
            )
    return "".join(f"{name}={value}\n" for name, value in variables.items())


def masks(values: Iterable[str]) -> str:
    """GitHub's workflow commands that hide these in its log (GitHub docs, Workflow commands, Masking a value)."""
    escaped = (value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A") for value in values)
    return "".join(f"::add-mask::{value}\n" for value in escaped)


FORMATS: Mapping[str, Callable[[str, str], str]] = {
    "env": _bash,
    "env-no-export": _assignment,
    "powershell": _powershell,
    "windows-cmd": _windows_cmd,
    "fish": _fish,
}
"""`process` beside these is JSON."""
