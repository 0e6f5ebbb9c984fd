"""Reports an error to the person on stderr, and to scripts by the exit code."""

from __future__ import annotations

from halfday.cli.exit_codes import FAILED, NETWORK, SIGN_IN_NEEDED, USAGE
from halfday.cli.terminal import error, hint
from halfday.client.errors import HalfdayError, NetworkError, SettingsError, SignInNeeded

_EXIT_CODES = (
    (SettingsError, USAGE),
    (SignInNeeded, SIGN_IN_NEEDED),
    (NetworkError, NETWORK),
    (HalfdayError, FAILED),
    (OSError, FAILED),
)


def report(problem: Exception) -> int:
    """Prints the error and its hint. Returns the exit code. An error of our own making is raised again."""
    if isinstance(problem, UnicodeEncodeError) and problem.reason == "surrogates not allowed":
        error("what was given has bytes in it that are no UTF-8 text")
        hint("see what was typed, and the HALFDAY_* variables: it may be of another encoding")
        return USAGE
    code = next((code for kind, code in _EXIT_CODES if isinstance(problem, kind)), None)
    if code is None:
        raise problem
    error(str(problem))
    hint(problem.hint if isinstance(problem, HalfdayError) else "")
    return code
