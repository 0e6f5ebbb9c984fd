"""One event to one function, in a process as the server begins it, with the server's time limits and checks."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from halfday.cli.commands.trigger.samples import NoSample, sample
from halfday.cli.exit_codes import FAILED, OK, USAGE
from halfday.cli.server_settings import SEED_FILE, settings_of
from halfday.cli.terminal import fail, say, shown

if TYPE_CHECKING:
    from halfday.server.outside.functions.targets import Declared

_ARN = "arn:aws:lambda:us-east-1:123456789012:function:"
_NO_EVENT = "--event names a file, - for standard input, or a trigger whose sample is to be sent, such as PreSignUp"


def invoke(options: argparse.Namespace) -> int:
    """Exit code 1 where the caller of the API would be refused. Raises NoSample, SettingsError."""
    event = _event(options)
    settings = settings_of(argparse.Namespace(config=options.config, data=None))
    from halfday.server.outside.functions.declarations import environment_of
    from halfday.server.outside.functions.targets import TargetRefused

    here = f"http://127.0.0.1:{settings.port}"
    declared = _declared(options.what, settings.functions, options.config)
    environment = environment_of(settings, settings.public_url or here)
    try:
        with tempfile.TemporaryDirectory() as unpacked:
            return asyncio.run(_invoke(declared, event, environment, Path(unpacked)))
    except TargetRefused as refused:
        return fail(
            str(refused), f"functions with a name stand in {SEED_FILE}, or in --config FILE, as [[function]]", USAGE
        )


async def _invoke(declared: Declared, event: Mapping[str, Any], environment: Mapping[str, str], unpacked: Path) -> int:
    from halfday.server.outside.connections import OutgoingCalls
    from halfday.server.outside.functions.functions import Functions
    from halfday.server.outside.functions.invocation import Called, FunctionError, NotInvoked
    from halfday.server.outside.functions.targets import Surroundings

    calls = OutgoingCalls(timeout_s=30)
    functions = Functions([declared], lambda: Surroundings(environment, unpacked, calls))
    functions.check(declared.name)
    trigger, started = _trigger_of(event), time.perf_counter()
    try:
        invoked, attempts = await functions.invoke(Called(_ARN + declared.name, str(uuid.uuid4())), json.dumps(event))
    except FunctionError as problem:
        _tell(problem.output, started)
        return fail(f"{trigger} failed with error {problem.message}.", _failed_at(problem.where), FAILED)
    except NotInvoked as problem:
        _tell(problem.output, started, problem.attempts)
        return fail(f"{trigger} invocation failed due to error {problem.reason}.", problem.detail, FAILED)
    finally:
        await functions.close()
        await calls.aclose()
    _tell(invoked.output, started, attempts)
    return _show(event, invoked.answer)


def _show(event: Mapping[str, Any], text: str) -> int:
    """The answer, looked at as a pool looks at it."""
    from halfday.server.domain.refusals import Refused
    from halfday.server.domain.user_pools.triggers import response_in, unusable
    from halfday.server.outside.functions.functions import parse_answer

    answer = parse_answer(text)
    told = text if answer is None else json.dumps(answer, indent=2, ensure_ascii=not sys.stdout.isatty())
    sys.stdout.write(shown(told + "\n", sys.stdout))
    sys.stdout.flush()
    if "Sender_" in str(event["triggerSource"]):  # nobody waits for what these answer
        return OK
    try:
        if answer is None:
            raise unusable("it did not return a JSON object")
        response_in(event, answer)
    except Refused as refused:
        return fail(str(refused), f"{refused.detail}: a function returns the event, with its response filled", FAILED)
    return OK


def _tell(output: str, started: float, attempts: int = 1) -> None:
    """What the function printed, and the time with its process's start."""
    for line in output.splitlines():
        say(f"  {line}")
    tried = f" and {attempts} tries" if attempts > 1 else ""
    say(f"halfday: {(time.perf_counter() - started) * 1000:.0f} ms{tried}, with the start of its process")


def _failed_at(where: str) -> str:
    return f"it failed at {where}" if where else "the words after `error` are the function's own"


def _trigger_of(event: Mapping[str, Any]) -> str:
    name = str(event["triggerSource"]).partition("_")[0]
    return "PreTokenGeneration" if name == "TokenGeneration" else name


def _event(options: argparse.Namespace) -> dict[str, Any]:
    """Raises NoSample for what is no event."""
    given = options.event
    if given is None and sys.stdin.isatty():
        raise NoSample("there is no event to send", hint=_NO_EVENT)
    if given in (None, "-"):
        return _parsed(sys.stdin.read(), "standard input")
    if not Path(given).is_file():
        return sample(given, options.source, options.version)
    try:
        return _parsed(Path(given).read_text("utf-8-sig"), given)
    except UnicodeDecodeError as problem:
        raise NoSample(f"{given} is not UTF-8", hint=_NO_EVENT) from problem


def _parsed(text: str, where: str) -> dict[str, Any]:
    try:
        event = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise NoSample(f"{where} is no JSON", hint=_NO_EVENT) from problem
    if not isinstance(event, dict) or not {"version", "triggerSource", "userPoolId"} <= event.keys():
        raise NoSample(f"{where} is no event of a trigger", hint="halfday trigger event prints what one looks like")
    return event


def _declared(what: str, setting: str, config: str | None) -> Declared:
    """The function of this name, or the one of this target."""
    from halfday.server.outside.functions.targets import Declared

    return next(
        (one for one in _all_declared(setting, config) if one.name == what), Declared("function", what, Path.cwd())
    )


def _all_declared(setting: str, config: str | None) -> Iterator[Declared]:
    from halfday.server import seed_file
    from halfday.server.outside.functions.declarations import declared_by_setting, declared_in

    path = Path(config or SEED_FILE)
    yield from declared_by_setting(setting)
    if path.exists():
        yield from declared_in(seed_file.read(path))
