"""halfday configure: writes and explains an AWS profile through which every AWS tool gets Cognito's credentials.

The profile holds the connection's settings and names this Python by its path, so that it works from anywhere and starts
fast. A profile that gets its credentials in another way is never changed.
"""

from __future__ import annotations

import argparse
import functools
import os
import re
import shlex
import subprocess
import sys

from halfday.cli.arguments import parser, warnings_on_stderr
from halfday.cli.exit_codes import USAGE
from halfday.cli.terminal import done, fail, hint, say
from halfday.client.configuration import aws_config
from halfday.client.configuration.setting_sources import NAMES, config_path, profile_name, read_profile
from halfday.client.settings import Settings
from halfday.client.settings_loading import load_settings

_EXAMPLE = "halfday configure --profile demo --domain https://demo.auth.eu-west-1.amazoncognito.com --client-id …"
_SECRET = "halfday_client_secret"
_WHY = {
    "credential_process": "AWS tools run this for credentials",
    "halfday_domain": "where one signs in",
    "halfday_client_id": "as which app client",
    "halfday_identity_pool_id": "which identity pool turns a sign-in into AWS credentials",
    "halfday_user_pool_id": "whose people sign in",
    "halfday_redirect_uri": "where the browser comes back to",
    _SECRET: "in the clear, as asked: the file is readable by you only",
    "region": "of AWS calls",
    "endpoint_url": "AWS tools go here instead of to AWS",
}


def run(argv: list[str]) -> int:
    options = _parser().parse_args(argv)
    if not [one for one in argv if one != "--verbose"]:
        from halfday.cli.commands import wizard

        if wizard.can_ask():
            wizard.answers(options)
    profile = options.profile or profile_name(os.environ)
    path = config_path(os.environ)
    if options.dry_run:
        return _write(options, profile, path)
    _isolated()  # starts a Python; done before the lock is taken, so that others do not wait for it
    with aws_config.locked(path):
        return _write(options, profile, path)


def _write(options: argparse.Namespace, profile: str, path: str) -> int:
    """Reads the file, decides and writes; the caller holds the lock, so nothing changes in between."""
    text = aws_config.read_text(path)
    kept = aws_config.as_aws_reads(text, profile, path)
    keys = _keys(options, profile, kept)
    style = aws_config.other_style_of(kept)
    if style:
        return _refuse(path, profile, keys, style)
    text = aws_config.with_keys(text, profile, keys)
    aws_config.as_aws_reads(text, profile, path)
    if options.dry_run:
        sys.stdout.write(aws_config.section_text(profile, _shown(keys)))
    else:
        aws_config.write_text(path, text, private=_SECRET in keys)
        done(f"{aws_config.header_of(profile)} is in {path}")
    _explain(profile, keys)
    return 0


def _keys(options: argparse.Namespace, profile: str, kept: dict[str, str]) -> dict[str, str]:
    """The lines to be written. Raises SettingsError for what is missing or malformed."""
    given = {name: getattr(options, name) for name in NAMES}
    with warnings_on_stderr():
        settings = load_settings(given, environ={**os.environ, "AWS_PROFILE": profile})
    for name in ("client_id", "identity_pool_id", *(() if settings.user_pool_id else ("domain",))):
        settings.require(name)
    words = [sys.executable, *_isolated(), "-m", "halfday.cli", "credentials", "--profile", profile]
    words += ["--login"] if options.login else []
    keys = {"credential_process": quoted_words(words)}
    keys |= {f"halfday_{name}": settings.values[name] for name in NAMES if settings.values.get(name)}
    keys |= _for_aws_tools(settings, options, kept, keys)
    keys |= _secret(settings, options, kept)
    aws_config.check_values(keys)
    return keys


def _for_aws_tools(
    settings: Settings, options: argparse.Namespace, kept: dict[str, str], keys: dict[str, str]
) -> dict[str, str]:
    """Region and endpoint under AWS's own names. The profile's own region stays, unless another one is asked for."""
    keys.pop("halfday_region", None)
    region = settings.sdk_region if options.region or "region" not in kept else None
    endpoint = settings.endpoint_url or settings.stand_in
    found = {"region": region, "endpoint_url": endpoint}
    return {name: value for name, value in found.items() if value}


def _secret(settings: Settings, options: argparse.Namespace, kept: dict[str, str]) -> dict[str, str]:
    if not settings.client_secret or _SECRET in kept:
        return {}
    if options.with_secret:
        return {_SECRET: settings.client_secret}
    say("halfday: the client secret is not written; AWS tools need it in HALFDAY_CLIENT_SECRET")
    hint("--with-secret writes it into the file, in the clear")
    return {}


def _refuse(path: str, profile: str, keys: dict[str, str], style: str) -> int:
    """Shows the profile that could be written under a free name. Returns the exit code."""
    other, count = f"{profile}-cognito", 2
    while read_profile(path, other) is not None:
        other, count = f"{profile}-cognito-{count}", count + 1
    process = keys["credential_process"].rpartition("--profile ")[0] + f"--profile {quoted_words([other])}"
    process += " --login" if keys["credential_process"].endswith(" --login") else ""
    sys.stdout.write(aws_config.section_text(other, _shown({**keys, "credential_process": process})))
    sentence = f"{aws_config.header_of(profile)} gets its credentials by {style}, and is left alone"
    return fail(sentence, f"halfday configure --profile {other} … writes what is shown here", USAGE)


def _explain(profile: str, keys: dict[str, str]) -> None:
    width = max(map(len, keys))
    for key in keys:
        if key in _WHY:
            say(f"  {key.ljust(width)}  {_WHY[key]}")
    credentials = aws_config.credentials_path(os.environ)
    if aws_config.has_section(credentials, profile):
        say(f"halfday: [{profile}] in {credentials} comes first for AWS tools, and hides this profile")
        hint(f"remove [{profile}] from {credentials}, or choose another --profile")
    said = "" if profile == "default" else f" --profile {quoted_words([profile])}"
    say(f"  next: halfday login{said}, then aws sts get-caller-identity{said}")


def _shown(keys: dict[str, str]) -> dict[str, str]:
    return {key: "…" if key == _SECRET else value for key, value in keys.items()}


def quoted_words(words: list[str]) -> str:
    """One line that every SDK splits into these words: double quotes around blanks, as AWS's guide has it."""
    if sys.platform == "win32":
        return subprocess.list2cmdline(words)
    return " ".join(
        f'"{word}"' if re.fullmatch(r"[\w ./:@+=-]* [\w ./:@+=-]*", word) else shlex.quote(word) for word in words
    )


@functools.cache
def _isolated() -> list[str]:
    """-I starts fastest and ignores PYTHONPATH. Empty where Halfday is installed in a place that -I leaves out."""
    found = subprocess.run([sys.executable, "-I", "-c", "import halfday"], check=False, capture_output=True)
    return ["-I"] if found.returncode == 0 else []


def _parser() -> argparse.ArgumentParser:
    made = parser("configure", "Writes an AWS profile that gets its credentials from Halfday.", _EXAMPLE)
    made.add_argument("--dry-run", action="store_true", help="print the profile instead of writing it")
    made.add_argument(
        "--login", action="store_true", help="let AWS tools open the browser when nobody is signed in, once for all"
    )
    made.add_argument("--with-secret", action="store_true", help="write the client secret too, in the clear")
    return made
