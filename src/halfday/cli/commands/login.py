"""halfday login: signs in by the browser, or by user name and password, and keeps the session for other commands."""

from __future__ import annotations

import argparse
import json
import os
import threading

from halfday.cli.arguments import cognito_of, command_line, parser
from halfday.cli.questions import ask
from halfday.cli.terminal import clock, done, say
from halfday.client.cognito import Cognito, name_of
from halfday.client.session import Session
from halfday.client.user_pool.sign_in_requests import FLOWS
from halfday.protocol.printable import printable

_EXAMPLE = "halfday login --domain https://demo.auth.eu-west-1.amazoncognito.com --client-id 1example23456789"


def run(argv: list[str]) -> int:
    made = _parser()
    options = made.parse_args(argv)
    if options.hand_over is not None:
        if options.username:
            made.error("--hand-over is for a sign-in in a browser, and --username for one without")
        return _hand_over(options)
    cognito = cognito_of(options)
    session = _by_password(cognito, options) if options.username else _by_browser(cognito, options)
    tell(cognito, session, options)
    return 0


def _hand_over(options: argparse.Namespace) -> int:
    from halfday.cli.commands.hand_over import hand_over

    made: list[Cognito] = []

    def connect(given: argparse.Namespace) -> Cognito:
        made.append(cognito_of(given))
        return made[0]

    session = hand_over(options, connect)
    if session is not None:
        tell(made[0], session, options)
    return 0


def tell(cognito: Cognito, session: Session, options: argparse.Namespace) -> None:
    """Prints who signed in, and the next command with the options that this sign-in needed."""
    import time

    if options.json:
        told = {"sub": session.subject, "name": name_of(session), "access_expires_at": int(session.access_expires_at)}
        print(json.dumps(told))
        return
    who = printable(name_of(session)) or session.subject or "somebody unnamed (no ID token: ask for the scope openid)"
    done(f"signed in as {who}, until {clock(session.access_expires_at, time.time())}")
    if session.refresh_token:
        say("  it renews itself")
    if cognito.settings.identity_pool_id:
        say(f"  next: {command_line(options, 'exec', '-- aws sts get-caller-identity')}")
    else:
        say(f"  next: {command_line(options, 'whoami')}, or {command_line(options, 'call', 'GET https://…')}")


def _seconds(text: str) -> float:
    """A finite number of seconds. Raises ValueError, which argparse turns into a sentence."""
    seconds = float(text)
    if not 0 < seconds <= threading.TIMEOUT_MAX:
        raise ValueError
    return seconds


def _by_browser(cognito: Cognito, options: argparse.Namespace) -> Session:
    names = ("identity_provider", "login_hint", "prompt")
    extra = {name: value for name in names if (value := getattr(options, name)) is not None}
    return cognito.login(
        browser=not options.no_browser,
        paste=True if options.paste else None,
        timeout_s=options.patience_s,
        say=say,
        **extra,
    )


def _by_password(cognito: Cognito, options: argparse.Namespace) -> Session:
    """Asks at the terminal for what the user pool wants and the environment does not hold."""
    return cognito.sign_in(
        options.username,
        os.environ.get("HALFDAY_PASSWORD") or None,
        ask,
        new_password=os.environ.get("HALFDAY_NEW_PASSWORD") or None,
        flow=options.flow,
        preferred=options.preferred,
        remember_device=options.remember_device,
        keep=True,
    )


def _parser() -> argparse.ArgumentParser:
    made = parser("login", "Signs in with the browser and keeps the session.", _EXAMPLE, but=("timeout",))
    made.add_argument("--no-browser", action="store_true", help="only show the link (also NOBROWSER=1)")
    made.add_argument("--paste", action="store_true", help="take the address or the code from standard input too")
    made.add_argument(
        "--timeout",
        dest="patience_s",
        type=_seconds,
        default=600,
        metavar="SECONDS",
        help="how long to wait for you (600)",
    )
    made.add_argument(
        "--hand-over",
        nargs="?",
        const="",
        metavar="LINK|ADDRESS",
        help="begin here, sign in on another machine with LINK, finish here with the ADDRESS it prints (- reads it)",
    )
    made.add_argument("--identity-provider", metavar="NAME", help="go straight to this provider: Google, COGNITO, …")
    made.add_argument("--login-hint", metavar="NAME", help="fill the user name in")
    made.add_argument("--prompt", metavar="WORD", help="login: ask again even if the browser is signed in")
    made.add_argument(
        "--username",
        metavar="NAME",
        help="without a browser: password (or HALFDAY_PASSWORD), codes and choices are asked for here",
    )
    made.add_argument("--flow", choices=FLOWS, help="with --username: by default SRP where user_pool_id is known")
    made.add_argument(
        "--preferred", metavar="FACTOR", help="with USER_AUTH: PASSWORD, PASSWORD_SRP, EMAIL_OTP, SMS_OTP"
    )
    made.add_argument(
        "--remember-device", action="store_true", help="with --username: this machine is proof from now on"
    )
    made.add_argument("--json", action="store_true", help="say who signed in as JSON on stdout")
    return made
