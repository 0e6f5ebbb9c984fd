"""halfday COMMAND: of the table of commands, only the one that is asked for is imported.

`halfday credentials` runs before every AWS CLI call: at the top this imports sys and the table, and nothing else.
"""

import sys

from halfday.cli.commands import COMMANDS, GROUPS, OF_THE_REST

_USAGE = """\
usage: halfday COMMAND [options]      halfday COMMAND --help says more

From a Cognito sign-in page to usable AWS credentials.

{commands}
Settings come from options, then HALFDAY_* variables, then halfday_* keys of the AWS profile:
  domain, client_id, client_secret, identity_pool_id, user_pool_id, region, redirect_uri, scopes, endpoint_url,
  role_arn, credentials_flow, duration_s, token_store, logout_uri, callback_certificate, callback_key, timeout

Exit codes: 0 done · 1 refused, or something else went wrong · 2 usage or settings · 3 sign-in needed · 4 network

example:
  halfday login --domain https://demo.auth.eu-west-1.amazoncognito.com --client-id 1example23456789
"""


def main(argv: list[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    argv = sys.argv[1:] if argv is None else argv
    if not argv or argv[0] in ("-h", "--help", "help"):
        return _help(argv[1:])
    if argv[0] in ("-V", "--version"):
        from halfday import __version__

        print(f"halfday {__version__}")
        return 0
    if argv[0] not in COMMANDS:
        return _unknown(argv)
    return _run(COMMANDS[argv[0]][0], argv[1:])


def _run(module: str, argv: list[str]) -> int:
    try:
        return int(__import__(module, fromlist=["run"]).run(argv))
    except KeyboardInterrupt:
        from halfday.cli.exit_codes import INTERRUPTED

        sys.stderr.write("\n")
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as problem:
        from halfday.cli.report import report

        return report(problem)


def _help(of: list[str]) -> int:
    """`halfday help login` is `halfday login --help`."""
    if not of or of[0].startswith("-"):
        return _usage()
    return _run(COMMANDS[of[0]][0], ["--help"]) if of[0] in COMMANDS else _unknown(of)


def _usage() -> int:
    width = max(map(len, COMMANDS))
    grouped = {name for names in GROUPS.values() for name in names}
    lines = []
    for title, names in GROUPS.items():
        others = [name for name in COMMANDS if name not in grouped] if title == OF_THE_REST else []
        lines += [f"{title}:", *(f"  {name.ljust(width)}  {COMMANDS[name][1]}" for name in (*names, *others)), ""]
    sys.stdout.write(_USAGE.format(commands="\n".join(lines)))
    return 0


def _unknown(argv: list[str]) -> int:
    from halfday.cli.exit_codes import USAGE
    from halfday.cli.spelling import meant
    from halfday.cli.terminal import error, hint, say

    command = argv[0]
    later = next((word for word in argv if word in COMMANDS), "") if command.startswith("-") else ""
    near = meant(command, (*COMMANDS, "--version")) or next(
        (name for name in COMMANDS if name.startswith(command[:2])), ""
    )
    error(f"{command} stands before the command" if later else f"there is no command {command}")
    say("usage: halfday COMMAND [options]")
    if later:
        hint(f"options stand after the command: halfday {later} {command}")
    else:
        hint(f"did you mean halfday {near}?" if near else "halfday --help lists the commands")
    return USAGE


if __name__ == "__main__":
    sys.exit(main())
