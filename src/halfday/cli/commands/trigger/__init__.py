"""halfday trigger: a sample event of a Lambda trigger, and one event sent to a function, before there is a pool.

The event, or the function's answer, is stdout. What the function printed, where it failed and how long it took is said
on stderr, with the sentence that the caller of the API would read.
"""

from __future__ import annotations

import json
import sys

from halfday.cli.exit_codes import OK
from halfday.cli.parsing import Parser, plain_parser
from halfday.cli.server_settings import SEED_FILE

_EXAMPLE = """\
halfday trigger event PreTokenGeneration --version 2 > event.json
  halfday trigger invoke handlers.py:with_plan --event event.json
  halfday trigger invoke members-only --event PreSignUp"""


def run(argv: list[str]) -> int:
    options = _parser().parse_args(argv)
    if options.action == "invoke":
        from halfday.cli.commands.trigger.invoking import invoke

        return invoke(options)
    from halfday.cli.commands.trigger.samples import sample

    event = sample(options.what, options.source, options.version)
    sys.stdout.write(json.dumps(event, indent=2, ensure_ascii=False) + "\n")
    return OK


def _parser() -> Parser:
    made = plain_parser("trigger", "A sample event of a Lambda trigger, or one event sent to a function.", _EXAMPLE)
    made.add_argument("action", choices=("event", "invoke"), help="print a sample, or send an event")
    made.add_argument(
        "what",
        metavar="NAME|TARGET",
        help="event: the trigger, such as PreSignUp. invoke: a [[function]]'s name, or FILE.py:HANDLER, "
        "FILE.mjs#HANDLER, BUILD#FILE.HANDLER, an invoke URL",
    )
    made.add_argument("--source", metavar="SOURCE", help="the triggerSource, such as PreSignUp_AdminCreateUser")
    made.add_argument("--version", metavar="VERSION", default="1", help="of PreTokenGeneration: 1, 2 or 3")
    made.add_argument(
        "--event", metavar="EVENT", help="a file, - for standard input, or a trigger whose sample is to be sent"
    )
    made.add_argument(
        "--config", metavar="FILE", help=f"the seed file with [[function]]; ./{SEED_FILE} if there is one"
    )
    return made
