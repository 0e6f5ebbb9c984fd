"""halfday serve: a Cognito of one's own, until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from pathlib import Path

from halfday.cli.terminal import fail, paint

SEED_FILE = "halfday.toml"


def run(argv: list[str]) -> int:
    try:
        from halfday.server import seed_file, settings
        from halfday.server.serving import serve
        from halfday.server.storage.sealing import WrongMasterKey
    except ImportError as problem:
        return fail(f"the server is not installed ({problem.name} is missing)", "pip install 'halfday[server]'", 2)
    arguments = vars(_parser().parse_args(argv))
    try:
        document = _seed(arguments.pop("config"))
        chosen = settings.load(arguments, file=document.get("server"))
        _log_to_stderr()
        asyncio.run(serve(chosen, document, started=_announce))
    except settings.SettingRefused as refused:
        return fail(f"setting {refused}", "halfday serve --help lists the settings", 2)
    except seed_file.SeedRefused as refused:
        return fail(str(refused), "correct the seed file; halfday init writes a commented one", 2)
    except WrongMasterKey as refused:
        return fail(str(refused), "give --master-key-file, or another --data folder", 1)
    return 0


def _parser() -> argparse.ArgumentParser:
    from halfday.server import settings

    parser = argparse.ArgumentParser(
        prog="halfday serve",
        description="A Cognito of one's own: hosted pages, OAuth, the JSON APIs, identity pools, STS, a gateway.",
        epilog="example: halfday serve --port 4242 --data .halfday",
    )
    parser.add_argument(
        "--config", metavar="FILE", help=f"seed file to apply; ./{SEED_FILE} if there is one, see halfday init"
    )
    for setting in settings.table():
        shown = setting.default if str(setting.default) else "none"
        parser.add_argument(
            "--" + setting.name.replace("_", "-"),
            metavar=setting.metadata["metavar"] or None,
            choices=setting.metadata["choices"] or None,
            help=f"{setting.metadata['help']} (default: {shown})",
        )
    return parser


def _seed(path: str | None) -> dict[str, object]:
    from halfday.server import seed_file

    if path is None and not Path(SEED_FILE).exists():
        return {}
    return seed_file.read(Path(path or SEED_FILE))


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("halfday")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)


def _announce(running: object) -> None:
    from halfday.server.serving import Running

    if not isinstance(running, Running):
        raise TypeError(running)
    settings = running.services.settings
    lines = [f"{paint('Halfday', 'bold')} is up on {paint(running.origin, 'link')}"]
    if settings.accept_any_keys:
        lines.append(f"{paint('RELAXED', 'warn')}: API calls signed with any dummy keys count as the account's root.")
        lines.append("         Tokens, passwords and redirect URIs are checked as on AWS. --signatures strict ends it.")
    else:
        lines.append("STRICT: API calls are taken from the root pair and from keys issued here only.")
        if not settings.root_access_key_id:
            lines.append("        No root pair is set, so nobody can administer it: --root-access-key-id …")
    if running.google:
        lines.append(f"Stand-in Google on {running.google}")
    lines.append(f"Data in {settings.data.resolve()}, account {settings.account_id}. Stop with Ctrl-C.")
    print("\n".join(lines), file=sys.stderr, flush=True)


