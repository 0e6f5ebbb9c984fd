"""The questions of a first `halfday configure` at a terminal: what is found here, what is missing, does it work."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from halfday.cli.nearby import Nearby, find_nearby, loopback_of
from halfday.cli.terminal import done, hint, paint, say, shown
from halfday.client.connection import connect
from halfday.client.errors import HalfdayError, LoginAbandoned
from halfday.client.settings import DEFAULT_REDIRECT_URIS, EXAMPLES
from halfday.client.settings_loading import load_settings
from halfday.doctor.steps.examination import Examination, examine
from halfday.doctor.steps.order import CHECKS
from halfday.protocol.printable import printable

_ASKED = ("domain", "region", "client_id", "identity_pool_id")
_WHAT = {
    "domain": f"The sign-in page's domain, or its prefix ({EXAMPLES['domain']})",
    "region": "The region, such as eu-west-1",
    "client_id": "The app client's id, such as 1example23456789",
    "identity_pool_id": f"The identity pool, which makes AWS credentials of a sign-in ({EXAMPLES['identity_pool_id']})",
    "redirect_uri": f"The redirect URI ({EXAMPLES['redirect_uri']})",
}
_BRIEFLY = ("settings", "names", "connections", "user pool", "sign-in page")


def can_ask() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def answers(options: argparse.Namespace) -> None:
    """Fills `options` with what the person says. Raises LoginAbandoned when they end the input, or say no."""
    say(paint("Which connection should AWS tools sign in with?", "bold"))
    values = dict(_chosen([*find_nearby(Path(), os.environ), *_at_a_server()]))
    asked: tuple[str, ...] = _ASKED
    while True:
        _complete(values, asked)
        problems = _problems(values)
        if not problems:
            break
        if any("redirect_uri" in one for one in problems):
            asked = (*_ASKED, "redirect_uri")
        if _line("Write it all the same (y), or answer again (Enter)?").lower().startswith("y"):
            break
    for name, value in values.items():
        setattr(options, name, value)
    profile = options.profile or os.environ.get("AWS_PROFILE") or "halfday"
    options.profile = _line("The AWS profile to write", profile)


def _chosen(found: list[Nearby]) -> Mapping[str, str]:
    for number, one in enumerate(found, 1):
        say(f"  {number}  {one.told}")
    if not found:
        say("  nothing was found here: no profile, no variable, no file, no server on this machine")
        return {}
    say(f"  {len(found) + 1}  another one")
    while True:
        given = _line("Number", "1")
        if given.isdecimal() and 1 <= int(given) <= len(found) + 1:
            return found[int(given) - 1].values if int(given) <= len(found) else {}
        say(f"  a number from 1 to {len(found) + 1}")


def _at_a_server() -> list[Nearby]:
    """The app clients of a server on this machine, or of ./halfday.toml where it does not run."""
    try:
        from halfday.cli.commands.snippet.sources import clients_of

        none = argparse.Namespace(config=None, endpoint_url=None, region=None, pool=None, aws_names=False)
        clients, place = clients_of(none)
    except (HalfdayError, ImportError, OSError, ValueError):
        return []
    return [
        Nearby(
            f"{place}, {one.name}",
            {
                name: value
                for name, value in (
                    ("domain", one.pool.origin),
                    ("user_pool_id", one.pool.pool_id),
                    ("client_id", one.client_id),
                    ("client_secret", one.client_secret),
                    ("identity_pool_id", one.identity_pool_id),
                    ("redirect_uri", _redirect_uri(one.callback_urls)),
                )
                if value
            },
        )
        for one in clients
        if "code" in one.flows
    ]


def _redirect_uri(registered: Sequence[str]) -> str | None:
    """Those on this machine; None where one is registered that a sign-in tries by itself."""
    return None if {*registered} & {*DEFAULT_REDIRECT_URIS} else loopback_of([*registered])


def _complete(values: dict[str, str], asked: Iterable[str]) -> None:
    """Asks for what is needed; what is known already is the answer to Enter."""
    for name in asked:
        if name == "region" and not _needs_region(values):
            continue
        given = _line(_WHAT[name], values.get(name, ""))
        while not given:
            given = _line("It is needed")
        values[name] = given


def _needs_region(values: Mapping[str, str]) -> bool:
    from halfday.protocol.prefix_domains import is_prefix

    return is_prefix(values.get("domain", "")) and not values.get("user_pool_id")


def _problems(values: Mapping[str, str]) -> list[str]:
    """What keeps the connection from being what it seems, as far as `halfday doctor` sees without a session."""
    say("Trying it …")
    try:
        settings = load_settings(values, environ={**os.environ, "AWS_PROFILE": "halfday-configure-has-none"})
    except HalfdayError as refused:
        say(f"  {paint('problem', 'red')}  {refused}")
        hint(refused.hint)
        return [str(refused)]
    checks = {name: CHECKS[name] for name in _BRIEFLY}
    problems = [step for step in examine(Examination(connect(settings)), checks) if step.outcome == "problem"]
    for step in problems:
        say(f"  {paint('problem', 'red')}  {step.name}: {step.told}")
        for finding in step.findings[:1]:
            hint(finding.change)
    if not problems:
        done("it answers as a user pool does; halfday doctor looks closer")
    return [step.told for step in problems]


def _line(question: str, otherwise: str = "") -> str:
    sys.stderr.write(shown(f"{question}{f' [{printable(otherwise)}]' if otherwise else ''}: "))
    sys.stderr.flush()
    given = sys.stdin.readline()
    if not given:
        say()
        hint = "halfday configure --help shows how to do it without questions"
        raise LoginAbandoned("nothing was written", hint=hint)
    return given.strip() or otherwise
