"""halfday aws-names: what a shell, a browser or Node is told, so that AWS's own host names lead to a local server."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path

from halfday.cli.parsing import plain_parser
from halfday.cli.server_settings import add_options, settings_of
from halfday.cli.shells import FORMATS, spell
from halfday.cli.terminal import fail

_EXAMPLE = """halfday serve --aws-names 4245 --issuer aws
  eval "$(halfday aws-names)" && aws cognito-idp list-user-pools --max-results 10
  eval "chromium $(halfday aws-names --chromium) http://localhost:3000\""""


def run(argv: list[str]) -> int:
    parser = plain_parser(
        "aws-names",
        "Prints what makes programs find AWS's names at a server that runs with --aws-names. Nothing is changed.",
        _EXAMPLE,
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--format", choices=[*FORMATS, "json"], default="env", help="of which shell (default: env)")
    kind.add_argument("--chromium", action="store_true", help="the flags of a Chromium, Chrome or Edge, for a shell")
    kind.add_argument("--java", action="store_true", help="the options of a Java program, for a shell")
    kind.add_argument("--node", action="store_true", help="the module that Node loads by --import")
    add_options(parser)
    options = parser.parse_args(argv)
    folder = settings_of(options).data
    from halfday.server import aws_names

    proxy = aws_names.find_proxy(folder)
    if proxy is None:
        sentence = f"no server with a proxy for AWS's names runs on {folder}"
        return fail(sentence, "halfday serve --aws-names 4245; --data names another folder", 1)
    chosen = next((kind for kind in ("chromium", "java", "node") if getattr(options, kind)), options.format)
    sys.stdout.write(_told(chosen, folder, proxy))
    return 0


def _told(kind: str, folder: Path, proxy: str) -> str:
    from halfday.server import aws_names

    if kind == "node":
        return aws_names.hook(proxy)
    words = {"chromium": aws_names.chromium_flags(folder, proxy), "java": aws_names.java_options(folder, proxy)}
    if kind in words:
        return shlex.join(words[kind]) + "\n"
    variables = aws_names.variables(folder, proxy, os.environ)
    if kind == "json":
        return json.dumps({"proxy": proxy, "variables": variables, **words}, indent=2) + "\n"
    return spell(variables, kind)
