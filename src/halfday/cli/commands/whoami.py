"""halfday whoami: prints who is signed in, from verified claims, and how long the session lasts."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from halfday.cli.arguments import cognito_of, parser
from halfday.cli.terminal import clock, hint, say, table
from halfday.client.cognito import Cognito
from halfday.client.errors import Refused
from halfday.client.session import Session

_EXAMPLE = "halfday whoami --json"


def run(argv: list[str]) -> int:
    made = parser("whoami", "Shows who is signed in, from verified claims.", _EXAMPLE)
    made.add_argument("--json", action="store_true", help="everything as JSON")
    options = made.parse_args(argv)
    cognito = cognito_of(options)
    found = describe(cognito, cognito.session)
    sys.stdout.write(json.dumps(found, indent=2) + "\n" if options.json else _lines(found))
    return 0


def describe(cognito: Cognito, session: Session) -> dict[str, Any]:
    """Who is signed in, with the names of the claims. What is not known is None."""
    claims = session.claims
    settings = cognito.settings
    return {
        "sub": claims.subject,
        "username": claims.get("cognito:username"),
        "email": claims.get("email"),
        "groups": claims.get("cognito:groups", []),
        "issuer": claims.get("iss"),
        "domain": settings.domain.origin if settings.domain else None,
        "client_id": settings.client_id,
        "identity_id": _identity_id(session) if settings.identity_pool_id else None,
        "expires_at": int(session.access_expires_at),
        "renews": session.refresh_token is not None,
    }


def _identity_id(session: Session) -> str | None:
    """The identity id; None when the identity pool refuses, which is reported on stderr and is no error here."""
    try:
        return session.identity_id
    except Refused as refusal:
        say(f"halfday: {refusal}")
        hint(refusal.hint)
        return None


def _lines(found: dict[str, Any]) -> str:
    ends = clock(found["expires_at"], time.time())
    rows = [
        ("e-mail", found["email"]),
        ("user name", found["username"]),
        ("sub", found["sub"]),
        ("groups", ", ".join(found["groups"])),
        ("signed in at", found["domain"] or found["issuer"]),
        ("app client", found["client_id"]),
        ("identity", found["identity_id"]),
        ("session", f"until {ends}" + (", renews itself" if found["renews"] else "")),
    ]
    return table([(name, str(value or "")) for name, value in rows])
