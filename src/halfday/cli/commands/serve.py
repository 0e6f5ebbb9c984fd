"""halfday serve: runs a Cognito of one's own until Ctrl-C."""

from __future__ import annotations

import argparse
import dataclasses
import gc
import json
import logging
import shlex
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from halfday.cli.parsing import Parser, plain_parser
from halfday.cli.terminal import fail, paint, say, shown

if TYPE_CHECKING:
    from halfday.server.serving import Running
    from halfday.server.settings import SettingRefused, Settings

SEED_FILE = "halfday.toml"

log = logging.getLogger("halfday.serving")


LOADED_LATER = ("fido2", "gmpy2", "httpx2", "jinja2", "lxml", "segno", "signxml", "tinycss2")
"""The server's libraries that are loaded at the first request that needs them. A missing one is told at the start."""


def run(argv: list[str]) -> int:
    gc.disable()  # until the server is loaded (connections/memory): looking for garbage takes a seventh of that
    try:
        return _run(argv)
    finally:
        gc.enable()


def _run(argv: list[str]) -> int:
    try:
        _check_libraries()
        from halfday.server import seed_file, settings
        from halfday.server.domain.failures import without_words
        from halfday.server.storage.errors import Unusable
        from halfday.server.storage.sealing import WrongMasterKey
    except ImportError as problem:
        return _not_installed(problem)
    arguments = vars(_parser().parse_args(argv))
    try:
        document, as_json = _seed(arguments.pop("config")), arguments.pop("json")
        chosen = settings.load(arguments, file=document.get("server"))
        _serve(chosen, document, as_json=as_json)
    except ImportError as problem:
        return _not_installed(problem)
    except settings.SettingRefused as refused:
        return fail(f"setting {refused}", _where_to_set(refused), 2)
    except seed_file.SeedUnreadable as refused:
        hint = f"--config FILE names one; without it ./{SEED_FILE} is read, if it is there"
        if isinstance(refused.__cause__, PermissionError):
            hint = "halfday init and export leave it to its owner alone; for the image's user: chmod 644"
        return fail(str(refused), hint, 2)
    except seed_file.SeedRefused as refused:
        return fail(str(refused), refused.hint, 2)
    except WrongMasterKey as refused:
        return fail(str(refused), "give --master-key-file, or another --data folder", 1)
    except Unusable as refused:
        return fail(str(refused), "give another --data folder, or move what this one holds away: a new one is made", 1)
    except Exception as problem:
        say(without_words(problem))
        return fail("the server stopped: an error that nobody expected", "what it is, and where, stands above", 1)
    return 0


def _serve(settings: Settings, document: dict[str, Any], *, as_json: bool) -> None:
    """Runs the server. The first pool's key pairs are made while the rest of it is loaded, where no pool is kept."""
    from halfday.server import event_loops
    from halfday.server.key_pairs import KeyPairs

    key_pairs = KeyPairs()
    if settings.ephemeral or _is_new(settings.data):
        key_pairs.begin()
    try:
        from halfday.server.ready import ready_file
        from halfday.server.serving import serve

        log_to(sys.stderr, settings.log_format)
        terminal = sys.stderr if sys.stderr.isatty() else None  # codes are for a person's eyes, and for no file
        with ready_file(settings.ready_file) as file:
            started = partial(_up, document, file, as_json)
            event_loops.run(serve(settings, document, started=started, terminal=terminal, key_pairs=key_pairs))
    finally:
        key_pairs.close()


def _is_new(folder: Path) -> bool:
    """Whether nothing is kept there. What is wrong with the folder is told when it is opened."""
    try:
        return not any(folder.iterdir())
    except FileNotFoundError:
        return True
    except (OSError, ValueError):
        return False


def _not_installed(problem: ImportError) -> int:
    """Says which library is missing. Raises what is no library's: a mistake of ours."""
    if (problem.name or "").startswith("halfday"):
        raise problem
    return fail(f"the server is not installed ({problem.name} is missing)", "pip install 'halfday[server]'", 2)


def _check_libraries() -> None:
    """Raises ModuleNotFoundError for a library of the server's that is not installed. Loads none of them."""
    from importlib.util import find_spec

    for name in LOADED_LATER:
        if find_spec(name) is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def _where_to_set(refused: SettingRefused) -> str:
    """The setting's flag, variable and key, where the refusal begins with its name; or that it is a variable only."""
    from halfday.server import settings

    name = str(refused).partition(":")[0]
    if name.isupper():
        return "it is a variable of the environment: name another file there, or leave it out"
    if name not in {setting.name for setting in settings.table()}:
        return "halfday serve --help lists the settings"
    flag, variable = "--" + name.replace("_", "-"), settings.ENVIRONMENT_PREFIX + name.upper()
    if name in ("port", "management_port") and "in use" in str(refused):
        return f"another program has it: {flag} 0 takes one that is free, and the first line tells which"
    return f"it is set by {flag}, {variable} or {name} in the seed file's [server]; halfday serve --help says more"


def log_to(stream: TextIO, log_format: str) -> None:
    """Writes the server's log to the stream: one line a request, and the warnings of libraries."""
    from halfday.server.events.log_lines import FORMATS

    handler = logging.StreamHandler(stream)
    handler.setFormatter(FORMATS[log_format]())
    logging.getLogger().addHandler(handler)
    logging.getLogger("halfday").setLevel(logging.INFO)


def _parser() -> Parser:
    from halfday.server import settings

    parser = plain_parser(
        "serve",
        "A Cognito of one's own: hosted pages, OAuth, the JSON APIs, identity pools, STS, a gateway.",
        "halfday serve --port 4242 --data .halfday",
    )
    parser.add_argument(
        "--json", action="store_true", help="one line of JSON on stdout, with all addresses, once it is up"
    )
    parser.add_argument("--config", metavar="FILE", help=f"seed file; ./{SEED_FILE} if there is one (see halfday init)")
    for setting in settings.table():
        if isinstance(setting.default, bool):
            flag = "--" + setting.name.replace("_", "-")
            parser.add_argument(flag, action="store_const", const=True, help=setting.metadata["help"])
            continue
        parser.add_argument(
            "--" + setting.name.replace("_", "-"),
            metavar=setting.metadata["metavar"] or None,
            choices=setting.metadata["choices"] or None,
            help=_help(setting),
        )
    for setting in settings.secrets():
        parser.add_argument(
            "--" + settings.secret_file(setting).replace("_", "-"),
            metavar="FILE",
            help=f"file that holds {setting.metadata['help'].partition(':')[0]} ({setting.name}), or "
            f"{settings.ENVIRONMENT_PREFIX}{setting.name.upper()} itself: a command line is seen by everybody",
        )
    return parser


def _help(setting: dataclasses.Field[Any]) -> str:
    """The setting's help with its default. A flag that is always a secret is refused, and so it is not listed."""
    told = str(setting.metadata["help"])
    if setting.metadata["secret"] is bool:
        return argparse.SUPPRESS
    if "default" in told or setting.default is False:
        return told
    return f"{told} (default: {setting.default})" if str(setting.default) else told


def _seed(path: str | None) -> dict[str, Any]:
    from halfday.server import seed_file

    if path is None and not Path(SEED_FILE).exists():
        return {}
    return seed_file.read(Path(path or SEED_FILE))


def _up(document: dict[str, Any], file: Path | None, as_json: bool, running: Running) -> None:
    """Tells programs, then people, that the server is up."""
    from halfday.server import ready

    if as_json:
        print(shown(json.dumps(ready.told(running, document))), flush=True)
    if file is not None:
        ready.write(file, ready.told(running, document))
    _announce(document, running)


def _announce(document: dict[str, Any], running: Running) -> None:
    from halfday.server import reachability as reach
    from halfday.server.usage import exports, people, region_of, sign_in_link

    settings = running.services.settings
    if settings.log_format == "json":  # stderr is a program's to read
        log.info("up on %s", running.origin)
        return
    say(f"{paint('Halfday', 'bold')} is up on {paint(running.origin, 'bold', 'cyan')}")
    _announce_reach(settings)
    _announce_https(running)
    for name, issuer in running.stand_ins.items():
        say(f"  others   {issuer} (a stand-in for {name})")
    if running.management:
        readers = "whoever shows the management token" if settings.management_token else "this machine only"
        say(f"  codes    {running.management}/messages (sent e-mails and SMS, for {readers})")
    say(f"  data     {_kept_in(settings)}")
    say(f"  AWS      {_aws_behind(running)}")
    say(f"  account  {settings.account_id}")
    for number, line in enumerate(exports(document, running.origin)):
        say(f"  {'clients' if number == 0 else '':7}  {line}")
    if sys.stderr.isatty() and not reach.of_server(settings).public:  # for a person's eyes, and for no file
        for number, one in enumerate(people(document).values()):
            say(f"  {'people' if number == 0 else '':7}  {one.username}  {one.password}")
    if reach.takes_dummy_keys(settings):
        keys, region = "AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test", region_of(document, settings.region)
        say(f"  AWS SDK  export AWS_ENDPOINT_URL={running.origin} AWS_DEFAULT_REGION={region} {keys}")
    if link := sign_in_link(document, running.origin):
        say(f"  sign in  {link}")
    say(paint("Ctrl-C stops it.", "faint"))


def _kept_in(settings: Settings) -> str:
    return "none: all is in memory, and ends with this server" if settings.ephemeral else str(settings.data.resolve())


def _announce_https(running: Running) -> None:
    """Prints what to trust, and how clients find AWS's names here."""
    settings = running.services.settings
    if settings.https:
        folder = settings.data.resolve()
        say(f"  https    its authority is {folder / 'ca-localhost.pem'}; this machine is told by: halfday trust")
        say(f"           For one shell instead: export AWS_CA_BUNDLE={shlex.quote(str(folder / 'ca-bundle.pem'))}")
        say("           Plain http on the same port is for tools of this machine; browsers are sent on to https.")
    if running.aws_names:
        say(f'  AWS      {running.aws_names} is a proxy for AWS\'s names: eval "$(halfday aws-names)"')
        if settings.issuer != "aws":
            say("           Tokens name this server as their issuer; those of new pools name AWS's with --issuer aws.")


def _aws_behind(running: Running) -> str:
    """What stands behind the front door."""
    upstream = running.services.upstream
    if upstream is None:
        return "none: its calls are answered 501. pip install 'halfday[aws]' brings one, --upstream URL names one."
    if str(upstream) == "moto":
        return "in memory, by moto: buckets, tables, queues end with this server. --upstream URL names a lasting one."
    return str(upstream)


def _announce_reach(settings: Settings) -> None:
    """Prints who can reach the server and why we think so, and which keys API calls have to be signed with."""
    from halfday.server import reachability as reach

    reached = reach.of_server(settings)
    if reach.takes_dummy_keys(settings):
        say(
            f"  {paint('RELAXED', 'bold', 'yellow')}  API calls signed with any dummy keys count as the account's root."
        )
        say("           Tokens, passwords and redirect URIs are checked as on AWS. --signatures strict ends it.")
        if reached.public:
            say("           Others may do so too; web pages, and host names with a dot but public_url's, may not.")
    else:
        say(
            f"  {paint('STRICT', 'bold', 'green')}   API calls are taken from the root pair, and from keys issued here."
        )
        if not settings.root_access_key_id:
            say(
                "           No root pair is set, so nobody can administer it: give --root-access-key-id and "
                "--root-secret-access-key-file."
            )
    say(f"  reach    {'others may reach it' if reached.public else 'this machine only'}: {reached.why}")
    if reached.public:
        say(f"           {_what_others_may(settings)}")


def _what_others_may(settings: Settings) -> str:
    """What reaching it is worth to others: in a container, to whoever reaches a port that is published."""
    from halfday.protocol.urls import is_loopback_address
    from halfday.server import reachability as reach

    keys = "sign as root with any keys" if reach.takes_dummy_keys(settings) else "sign with keys issued here alone"
    if not settings.management_token or settings.management_port == "off":
        codes = "read no codes"
    elif is_loopback_address(settings.management_host):
        codes = "read no codes, as management listens on loopback"
    else:
        codes = "read codes, with the management token"
    return f"They {keys}, and {codes}."
