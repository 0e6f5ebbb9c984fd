"""The connection's options read by hand, for commands that answer from what is kept: argparse takes longer than that.

This module is loaded for kept credentials, before every AWS CLI call. So it imports nothing of Python's library.
"""

from halfday.client.configuration.setting_sources import NAMES

_FLAGS = {f"--{name.replace('_', '-')}": name for name in (*NAMES, "profile")}


def plain_flags(argv: list[str], *others: str) -> tuple[dict[str, str], list[str]] | None:
    """The connection's options, and which of `others` were given; None for anything that argparse has to look at."""
    given: dict[str, str] = {}
    bare: list[str] = []
    rest = list(argv)
    while rest:
        flag, equals, value = rest.pop(0).partition("=")
        if flag in others and not equals:
            bare.append(flag)
        elif flag not in _FLAGS or not (equals or (rest and not rest[0].startswith("-"))):
            return None
        else:
            given[_FLAGS[flag]] = value if equals else rest.pop(0)
    return given, bare
