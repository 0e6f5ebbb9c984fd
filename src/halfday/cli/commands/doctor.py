"""halfday doctor: examines a connection step by step, from its settings to AWS credentials, without AWS keys."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from halfday.cli.arguments import cognito_of, parser
from halfday.cli.exit_codes import FAILED, OK
from halfday.cli.terminal import done, error, hint, paint, shown
from halfday.client.errors import HalfdayError, SettingsError, SignInNeeded
from halfday.doctor.report import step_record, step_text
from halfday.doctor.steps.examination import Examination, Step, examine, not_checked, problem
from halfday.doctor.steps.order import CHECKS

_EXAMPLE = "halfday doctor --profile demo"


def run(argv: list[str]) -> int:
    made = parser(
        "doctor", "Checks a connection from its settings to AWS credentials; exit code 1: a problem.", _EXAMPLE
    )
    made.add_argument("--json", action="store_true", help="every step as JSON")
    options = made.parse_args(argv)
    steps = []
    try:
        cognito = cognito_of(options)
        examination = Examination(cognito.connection)
    except SettingsError as refused:
        found = _without_settings(refused)
    else:
        try:
            examination.session = cognito.session
        except SignInNeeded as nobody:
            examination.unusable = nobody if nobody.unusable else None
        except HalfdayError as refused:
            examination.unusable = refused if cognito.settings.client_id else None  # which the first step asks for
        found = examine(examination, CHECKS)
    for step in found:
        steps.append(step)
        if not options.json:
            told = step_text(step, lambda text, *styles: paint(text, *styles, stream=sys.stdout))
            sys.stdout.write(shown(told, sys.stdout))
            sys.stdout.flush()
    if options.json:
        sys.stdout.write(json.dumps({"steps": [step_record(step) for step in steps]}, indent=2) + "\n")
    return _close(steps, talk=not options.json)


def _close(steps: list[Step], *, talk: bool) -> int:
    """The exit code. The last line says where to begin, because a later problem often follows from an earlier one."""
    problems = [step.name for step in steps if step.outcome == "problem"]
    if not problems:
        looked = sum(step.outcome == "ok" for step in steps)
        if talk:
            done(f"no problem in the {looked} steps of {len(steps)} that could be looked at")
        return OK
    if talk:
        error(f"a problem: {problems[0]}" if len(problems) == 1 else f"{len(problems)} problems: {', '.join(problems)}")
        if len(problems) > 1:
            hint(f"begin with the first, {problems[0]}: the others may come of it")
    return FAILED


def _without_settings(refused: SettingsError) -> Iterator[Step]:
    """The steps where settings are malformed: the first says what is wrong, the others are not checked."""
    for name in CHECKS:
        told = (
            problem(str(refused), refused) if name == "settings" else not_checked("the settings have to be right first")
        )
        yield Step(told.outcome, told.told, told.findings, name)
