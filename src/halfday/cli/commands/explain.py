"""halfday explain: says why a request was refused, from the refusal and from the request."""

from __future__ import annotations

import argparse
import json
import sys
import time

from halfday.cli.arguments import cognito_of, parser
from halfday.cli.exit_codes import FAILED, OK, USAGE
from halfday.cli.terminal import fail, paint, say, shown
from halfday.client.oauth.journal import Journal
from halfday.doctor.diagnosis import Diagnosis, Evidence, diagnose
from halfday.doctor.errors_page import markdown
from halfday.doctor.pasted.other_products import is_cognitos
from halfday.doctor.report import finding_record, findings_text

_EXAMPLE = """\
halfday explain '{"error":"invalid_grant"}'
  halfday explain 'https://…/error?error=redirect_mismatch&client_id=…' --ask --profile demo
  pbpaste | halfday explain --sent "curl -X POST … " --link 'https://…/oauth2/authorize?…'"""
_NOTHING = "no known cause fits what was given"
_NOT_COGNITOS = f"{_NOTHING}, and nothing in it names Cognito"
_ADVICE = "give all of it: the answer's body, the address in the bar, the last line of the traceback; or halfday doctor"


def run(argv: list[str]) -> int:
    options = _parser().parse_args(argv)
    if options.causes:
        sys.stdout.write(markdown())
        return OK
    refusal = _pasted() if options.refusal in (None, "-") else options.refusal
    if not refusal.strip():
        return fail("there is nothing to explain", "halfday explain --help shows examples", USAGE)
    connection = cognito_of(options).connection if options.ask else None
    try:
        evidence = Evidence(refusal, _text(options.sent), options.link or "")
        found = diagnose(evidence, now=time.time(), journal=Journal(), connection=connection)
    except ValueError as problem:
        return fail(str(problem), "--sent takes a curl command or HTTP, --link the address of the sign-in page", USAGE)
    return _show(found, as_json=options.json)


def _parser() -> argparse.ArgumentParser:
    summary = "Says why something was refused: JSON, a URL with error=, an HTTP answer, a line of a traceback."
    made = parser("explain", summary, _EXAMPLE)
    made.add_argument("refusal", metavar="TEXT", nargs="?", help="what came back; without it, or as -, standard input")
    made.add_argument("--sent", metavar="REQUEST", help="the request: a curl command or HTTP; @FILE reads a file")
    made.add_argument("--link", metavar="URL", help="the sign-in link that was opened, to compare with")
    made.add_argument("--ask", action="store_true", help="also ask the sign-in page and the token endpoint")
    made.add_argument("--json", action="store_true", help="the causes as JSON")
    made.add_argument("--causes", action="store_true", help="list every cause that is known, in Markdown")
    return made


def _show(found: Diagnosis, *, as_json: bool) -> int:
    """Exit code 1 when nothing fits, so that scripts can tell."""
    if as_json:
        sys.stdout.write(json.dumps({"causes": [finding_record(one) for one in found.findings]}, indent=2) + "\n")
        return OK if found.findings else FAILED
    if not found.findings:
        return fail(_NOTHING if is_cognitos(found.symptom.text) else _NOT_COGNITOS, _ADVICE, FAILED)
    told = findings_text(found.findings, lambda text, *styles: paint(text, *styles, stream=sys.stdout))
    sys.stdout.write(shown(told, sys.stdout))
    return OK


def _pasted() -> str:
    if sys.stdin.isatty():
        say("What came back? Paste it, then Ctrl-D on a line of its own:")
    return sys.stdin.read()


def _text(given: str | None) -> str:
    """The text, or what the file holds where it is @FILE, which keeps secrets out of the process list."""
    if given and given.startswith("@"):
        with open(given[1:], encoding="utf-8") as file:
            return file.read()
    return given or ""
