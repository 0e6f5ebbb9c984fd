"""halfday apply: makes on a running server what CloudFormation templates declare, and changes what they change.

Outputs go to stdout in the formats of `halfday env`; what is done, and what is not taken, is said on stderr. It calls
the server's own API, with the AWS credentials of this shell or profile, as the AWS CLI would.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from halfday.cli.parsing import Parser, plain_parser
from halfday.cli.shells import FORMATS, spell
from halfday.cli.terminal import done, error, fail, hint, paint, say
from halfday.client.errors import SettingsError

if TYPE_CHECKING:
    from halfday.server.templates.applying import Applied, Step
    from halfday.server.templates.documents import Template
    from halfday.server.templates.over_http import OverHttp
    from halfday.server.templates.stacks import Stack

_EXAMPLE = """halfday apply template.yaml --parameter Stage=dev
  eval "$(halfday apply cdk.out)"
  halfday apply --delete Shop"""
_SIGNS = {"create": "+", "update": "~", "replace": "±", "delete": "-", "retain": "="}
_COLOURS = {"create": "green", "update": "yellow", "replace": "yellow", "delete": "red", "retain": "faint"}
_NEEDED = "pip install 'halfday[server,templates]'"
_DEFAULT_ENDPOINT = "http://127.0.0.1:4242"


def run(argv: list[str]) -> int:
    made = _parser()
    options = made.parse_args(argv)
    if bool(options.templates) + bool(options.delete) + bool(options.outputs) != 1:
        made.error("name templates, or --delete STACK, or --outputs STACK")
    if options.stack and len(options.templates) != 1:
        made.error("--stack names the stack of one template")
    from halfday.server.templates.errors import CallRefused, Stopped, TemplateRefused

    try:
        return asyncio.run(_run(options))
    except TemplateRefused as refused:
        for sentence in refused.sentences:
            error(sentence)
        hint(refused.hint or _hint(refused.sentences))
        return 1
    except Stopped as stopped:
        for sentence in stopped.sentences:
            error(sentence)
        hint(f"what was done of {stopped.stack} until then is remembered: the same command goes on from there")
        return 1
    except CallRefused as refused:
        return fail(str(refused), "halfday serve starts a server; --endpoint-url names another one", 1)


def _hint(sentences: tuple[str, ...]) -> str:
    if any("which is not taken" in sentence for sentence in sentences):
        return "nothing was changed; --value NAME.ATTRIBUTE=VALUE says what a value of something not taken is"
    return "nothing was changed; docs/templates.md lists what is taken of a template"


def _parser() -> Parser:
    made = plain_parser("apply", "Makes on a running server what CloudFormation templates declare.", _EXAMPLE)
    made.add_argument(
        "templates", nargs="*", type=Path, metavar="TEMPLATE", help="JSON or YAML, SAM too; or what cdk synth left"
    )
    made.add_argument("--stack", metavar="NAME", help="the stack's name; by default the template's")
    made.add_argument("--parameter", "-p", action="append", default=[], metavar="NAME=VALUE", help="of the template")
    made.add_argument(
        "--parameters-file", type=Path, metavar="FILE", help="JSON, as the AWS CLI's --parameters takes it"
    )
    made.add_argument(
        "--value", action="append", default=[], metavar="NAME.ATTRIBUTE=VALUE", help="of what is not taken"
    )
    made.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    made.add_argument("--delete", action="append", default=[], metavar="STACK", help="delete what was applied")
    made.add_argument("--outputs", metavar="STACK", help="print the outputs of what was applied")
    made.add_argument("--format", choices=[*FORMATS, "json"], default="env", help="of the outputs (env)")
    made.add_argument("--amplify-outputs", action="store_true", help="print an amplify_outputs.json instead")
    made.add_argument(
        "--endpoint-url", metavar="URL", help=f"the server; else AWS_ENDPOINT_URL, else {_DEFAULT_ENDPOINT}"
    )
    made.add_argument(
        "--region", metavar="REGION", help="of the stack; else AWS_REGION, else the profile's, else us-east-1"
    )
    made.add_argument("--profile", metavar="NAME", help="the AWS profile whose credentials sign")
    return made


async def _run(options: argparse.Namespace) -> int:
    server = _server(options)
    if options.outputs:
        return await _print_remembered(server, options)
    if options.delete:
        return await _delete(server, options)
    applied: list[Applied] = []
    for template in _templates(options):
        applied.append(await _apply(server, template, options))
    if not options.dry_run:
        stacks = [one.stack for one in applied]
        _print(await _with_nested(server, stacks), stacks, server, options)
    return 0


async def _apply(server: OverHttp, template: Template, options: argparse.Namespace) -> Applied:
    from halfday.server.templates import applying

    given, told = _parameters(options, template), _pairs(options.value, "--value", "Queue.Arn=arn:aws:sqs:…")
    if options.dry_run:
        applied = await applying.plan(template, server, server, given, told=told)
        for step in applied.steps:
            _tell(step)
    else:
        applied = await applying.apply(template, server, server, given, told=told, tell=_tell)
    _tell_untaken(applied)
    if not applied.steps:
        done(f"{template.stack}: no changes")
    elif not options.dry_run:
        done(f"{template.stack}: {len(applied.steps)} changes made")
    return applied


async def _delete(server: OverHttp, options: argparse.Namespace) -> int:
    from halfday.server.templates import applying

    for stack in options.delete:
        if options.dry_run:
            for step in (await applying.delete(stack, server, server, rehearsed=True)).steps:
                _tell(step)
        else:
            await applying.delete(stack, server, server, tell=_tell)
            done(f"{stack}: deleted")
    return 0


async def _print_remembered(server: OverHttp, options: argparse.Namespace) -> int:
    found = await server.find(options.outputs)
    if found is None:
        known = ", ".join(stack.name for stack in await server.all() if not stack.parent)
        return fail(f"there is no stack {options.outputs}", f"there are: {known}" if known else "none was applied", 1)
    _print(await _with_nested(server, [found]), [found], server, options)
    return 0


async def _with_nested(server: OverHttp, stacks: list[Stack]) -> list[Stack]:
    """The stacks, and those that are nested in them."""
    found, everything = list(stacks), await server.all()
    for stack in found:
        found += [one for one in everything if one.parent == stack.name and one not in found]
    return found


def _print(whole: list[Stack], stacks: list[Stack], server: OverHttp, options: argparse.Namespace) -> None:
    if options.amplify_outputs:
        from halfday.server.templates.amplify_outputs import amplify_outputs

        sys.stdout.write(json.dumps(amplify_outputs(whole, server.region, server.endpoint), indent=2) + "\n")
        return
    from halfday.server.templates.api_addresses import found_here

    named = [pair for stack in stacks for pair in stack.outputs.items()]
    outputs = {name: found_here(value, whole, server.endpoint) for name, value in named}
    if options.format == "json":
        sys.stdout.write(json.dumps(outputs, indent=2) + "\n")
    else:
        sys.stdout.write(spell({name: _text(value) for name, value in outputs.items()}, options.format))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _tell(step: Step) -> None:
    why = f"  ({', '.join(step.why)})" if step.why else ""
    sign = paint(_SIGNS[step.action], _COLOURS[step.action])
    say(f"{sign} {step.action:<7} {step.stack}/{step.logical_id}  {paint(step.type, 'faint')}{why}")


def _tell_untaken(applied: Applied) -> None:
    for name, kind in applied.untaken.items():
        say(paint(f"  not taken: {name}  {kind}", "faint"))
    for name, dropped in applied.without.items():
        say(paint(f"  made without: {', '.join(sorted(dropped))}, which {name} names", "faint"))
    for name, needed in applied.outputs_untaken.items():
        say(paint(f"  not printed: output {name}, which names {needed}", "faint"))


def _templates(options: argparse.Namespace) -> list[Template]:
    from halfday.server.templates import documents

    named = [found for path in options.templates for found in documents.found_at(path)]
    return [documents.read(path, options.stack or stack) for path, stack in named]


def _parameters(options: argparse.Namespace, template: Template) -> dict[str, str]:
    """Of several templates each takes those that it has; one that none has is refused."""
    given = _from_file(options.parameters_file) if options.parameters_file else {}
    given |= _pairs(options.parameter, "--parameter", "Stage=dev")
    if len(options.templates) == 1 and not options.templates[0].is_dir():
        return given
    return {name: value for name, value in given.items() if name in template.section("Parameters")}


def _pairs(texts: list[str], flag: str, example: str) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for name, equals, value in pairs:
        if not equals or not name:
            raise SettingsError(f"{flag} {name}{equals}{value} is not NAME=VALUE", hint=f"such as {flag} {example}")
    return {name: value for name, _, value in pairs}


def _from_file(path: Path) -> dict[str, str]:
    """A list of ParameterKey and ParameterValue, an object, or CodePipeline's object with Parameters."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise SettingsError(f"{path} cannot be read: {problem}", hint="it is JSON") from problem
    if isinstance(found, list) and all(isinstance(one, dict) and "ParameterKey" in one for one in found):
        return {one["ParameterKey"]: str(one.get("ParameterValue", "")) for one in found}
    if isinstance(found, dict) and isinstance(found.get("Parameters"), dict):
        found = found["Parameters"]
    if not isinstance(found, dict):
        raise SettingsError(f"{path} holds no parameters", hint='write {"Stage": "dev"}')
    return {name: _text(value) for name, value in found.items()}


def _server(options: argparse.Namespace) -> OverHttp:
    """The server, with this shell's credentials; at a server of one's own a made-up pair where there are none."""
    try:
        import botocore.session
        from botocore.exceptions import BotoCoreError
    except ImportError as problem:
        raise SettingsError("botocore, which calls the server, is not installed", hint=_NEEDED) from problem
    from halfday.server.templates.over_http import OverHttp

    environ: Mapping[str, str] = os.environ
    endpoint = options.endpoint_url or environ.get("HALFDAY_ENDPOINT_URL") or environ.get("AWS_ENDPOINT_URL")
    endpoint = endpoint or _DEFAULT_ENDPOINT
    if "amazonaws.com" in endpoint:
        raise SettingsError(
            f"{endpoint} is AWS", hint="templates are applied to a Halfday server; AWS has CloudFormation"
        )
    session = botocore.session.Session(profile=options.profile)
    try:
        region = options.region or environ.get("AWS_REGION") or session.get_config_variable("region") or "us-east-1"
        if session.get_credentials() is None:
            session.set_credentials("halfday", "halfday")
    except BotoCoreError as problem:
        raise SettingsError(f"{problem}".rstrip("."), hint="--profile names a profile of ~/.aws/config") from problem
    return OverHttp(endpoint, session, region)
