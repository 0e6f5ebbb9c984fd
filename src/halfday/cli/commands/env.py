"""halfday env: AWS credentials, region and endpoint as variables of the current shell.

These are the variables that `halfday exec` gives one command. `halfday credentials --format …` prints the credentials
alone, exactly as the AWS CLI exports them.
"""

from __future__ import annotations

import sys

from halfday.cli.arguments import cognito_of, parser, refuse_terminal
from halfday.cli.shells import FORMATS, environment, region_and_endpoint, spell

_EXAMPLE = 'eval "$(halfday env)"          in fish: halfday env --format fish | source'


def run(argv: list[str]) -> int:
    made = parser("env", "Prints AWS credentials as variables of a shell, renewed when they are old.", _EXAMPLE)
    made.add_argument("--format", choices=[*FORMATS, "process"], default="env", help="as the AWS CLI names them (env)")
    made.add_argument("--show", action="store_true", help="print them on a terminal too")
    options = made.parse_args(argv)
    if sys.stdout.isatty() and not options.show:
        return refuse_terminal("a secret key", "halfday env")
    cognito = cognito_of(options)
    credentials = cognito.session.credentials()
    if options.format == "process":
        from halfday.client.session import process_output

        sys.stdout.write(process_output(credentials))
        return 0
    sys.stdout.write(spell({**environment(credentials), **region_and_endpoint(cognito.settings)}, options.format))
    return 0
