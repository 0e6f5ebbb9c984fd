"""halfday policy: which statement decides whether somebody may do something.

The answer is stdout. Who may is the server's to know: it is asked at its management port. With `--policy FILE` nobody
is asked, and the files decide.
"""

from __future__ import annotations

import argparse
import json
import sys

from halfday.cli.exit_codes import FAILED, OK
from halfday.cli.parsing import Parser, plain_parser
from halfday.cli.server_settings import add_options

_EXAMPLE = """\
halfday policy explain --as ada s3:GetObject arn:aws:s3:::uploads/private/x
  halfday policy explain --as arn:aws:iam::123456789012:role/app s3:ListBucket '*' --session-tag team=blue
  halfday policy explain --policy reader.json --policy guard.json s3:GetObject arn:aws:s3:::uploads/x"""


def run(argv: list[str]) -> int:
    """Exit code 0 where it is allowed, 1 where it is denied."""
    options = _parser().parse_args(argv)
    from halfday.cli.commands.policy.telling import told

    if options.policy or options.resource_policy:
        from halfday.cli.commands.policy.files import decided

        found = decided(options)
    else:
        from halfday.cli.commands.policy.asking import asked

        found = asked(options)
    if options.json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
    else:
        told(found, options.action, options.resource)
    return OK if found["allowed"] else FAILED


def _parser() -> Parser:
    made = plain_parser("policy", "Says which statement of which policy allows or denies something.", _EXAMPLE)
    made.add_argument("what", choices=("explain",), help="explain: which statement decides")
    made.add_argument("action", metavar="ACTION", help="such as s3:GetObject")
    made.add_argument("resource", metavar="RESOURCE", help="its ARN, or *")
    made.add_argument(
        "--as",
        dest="who",
        metavar="WHO",
        help="a person of a user pool (POOL_ID/NAME where two have the name), the ARN of a role, user or session, an "
        "access key id, or root",
    )
    made.add_argument(
        "--context", metavar="KEY=VALUE", action="append", default=[], help="a condition key; again for a list"
    )
    made.add_argument(
        "--session-tag", metavar="TAG=VALUE", action="append", default=[], help="a tag that the session has"
    )
    _add_files(made)
    made.add_argument("--management", metavar="URL", help="where the server's management is; else by its settings")
    made.add_argument("--json", action="store_true", help="the decision as JSON")
    add_options(made)
    return made


def _add_files(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("files in place of a server (AWS's JSON)")
    group.add_argument("--policy", metavar="FILE", action="append", default=[], help="an identity-based policy")
    group.add_argument("--boundary", metavar="FILE", help="the permissions boundary")
    group.add_argument("--session-policy", metavar="FILE", action="append", default=[], help="a session policy")
    group.add_argument("--resource-policy", metavar="FILE", help="the resource's own policy")
