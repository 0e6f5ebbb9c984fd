"""halfday trust: lets this machine's stores trust the authority of a server's own certificates, or no longer.

What is trusted can speak for localhost and loopback addresses alone, and each root of a custom domain for that domain.
The authority of AWS's names is never put into a store: `halfday aws-names` tells it to one shell or browser.
"""

from __future__ import annotations

import datetime
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from halfday.cli.parsing import plain_parser
from halfday.cli.server_settings import add_options, settings_of
from halfday.cli.terminal import done, error, fail, hint, paint, say
from halfday.cli.trust_stores import Command, Root, Store, find_stores

if TYPE_CHECKING:
    from halfday.server.settings import Settings

_EXAMPLE = "halfday trust && halfday serve --https"


def run(argv: list[str]) -> int:
    parser = plain_parser(
        "trust", "Tells this machine's stores to trust the server's certificates. Asks first.", _EXAMPLE
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--print", dest="prints", action="store_true", help="print the roots (PEM), and change nothing")
    kind.add_argument("--remove", action="store_true", help="take the roots out of the stores again")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    add_options(parser)
    options = parser.parse_args(argv)
    roots = _roots(settings_of(options))
    if options.prints:
        sys.stdout.write("".join(root.path.read_text(encoding="utf-8") for root in roots))
        return 0
    return _change(roots, removes=options.remove, asks=not options.yes)


def _make_authorities(settings: Settings) -> None:
    """Makes those that the server would make at its start, where none are yet. Raises SettingsError."""
    from halfday.client.errors import SettingsError
    from halfday.server.certificates import LOCALHOST, keep_authority, of_host
    from halfday.server.compose import OWN_FILES
    from halfday.server.encrypted import host_of_public_url
    from halfday.server.settings import SettingRefused
    from halfday.server.storage.data_folder import make_private

    try:
        make_private(settings.data, OWN_FILES)
        for subtrees in (LOCALHOST, *map(of_host, host_of_public_url(settings))):
            keep_authority(settings.data, subtrees, datetime.datetime.now(datetime.UTC))
    except SettingRefused as refused:
        raise SettingsError(f"setting {refused}", hint="--data names another folder") from refused


def _roots(settings: Settings) -> list[Root]:
    """The roots that the server has, each told to the person. Raises SettingsError."""
    from halfday.server.certificates import describe_root, trusted_roots

    _make_authorities(settings)
    made = []
    for path in trusted_roots(settings.data):
        described = describe_root(path)
        made.append(Root(path.resolve(), f"halfday-{described.subject}-{described.sha256[:8]}", described.sha1))
        say(f"{paint(str(path), 'bold')}")
        say(f"  may speak for {', '.join(described.names)}; until {described.until:%Y-%m-%d}")
        say(f"  SHA-256 {described.sha256}")
    return made


def _change(roots: list[Root], *, removes: bool, asks: bool) -> int:
    stores = find_stores(Path.home())
    if not stores:
        return fail("this machine has no store that Halfday knows", "give the file above to your programs yourself", 1)
    results = [_change_store(store, roots, removes=removes, asks=asks) for store in stores]
    if not shutil.which("certutil") and sys.platform == "linux":
        say("Chromium and Firefox keep stores of their own, which certutil changes: apt install libnss3-tools,")
        say("or dnf install nss-tools; then once more.")
    return max(results)


def _change_store(store: Store, roots: list[Root], *, removes: bool, asks: bool) -> int:
    commands = [command for root in roots for command in (store.remove(root) if removes else store.add(root))]
    if store.by_root and os.geteuid() != 0:
        commands = [("sudo", *command) for command in commands]
    say()
    say(f"{'Out of' if removes else 'Into'} {paint(store.title, 'bold')}:")
    for command in commands:
        say(f"  {shlex.join(command)}")
    if asks and not sys.stdin.isatty():
        say("  left as it is")
        hint("run it at a terminal, or with --yes; or run the commands yourself")
        return 1
    if asks and not _says_yes():
        say("  left as it is")
        return 0
    return _run_all(store, commands, removes=removes)


def _says_yes() -> bool:
    """Whether the person agrees."""
    sys.stderr.write("Run this? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _run_all(store: Store, commands: list[Command], *, removes: bool) -> int:
    for command in commands:
        try:
            ended = subprocess.run(command, check=False, stdout=sys.stderr)
        except OSError as problem:
            return fail(f"{command[0]} cannot be run: {problem.strerror}", "run the commands yourself", 1)
        if ended.returncode:
            error(f"{shlex.join(command)} ended with {ended.returncode}")
            hint(f"{store.title} may be as it was" if not removes else "it may not have been there")
            return 1
    done(f"{'no longer trusted' if removes else 'trusted'} by {store.title}")
    return 0
