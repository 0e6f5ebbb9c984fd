"""The server is asked, at its management port: who somebody is, and which policies they have, is there."""

from __future__ import annotations

import argparse
import json
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request

from halfday.cli.commands.policy.pairs import context_of, tags_of
from halfday.cli.pool_stores import opener
from halfday.cli.server_settings import settings_of
from halfday.client.errors import NetworkError, SettingsError

_HERE = "127.0.0.1"
_PATIENCE_S = 20
_MOST = 4_000_000
_NO_SERVER = """\
halfday serve starts one; --management URL says where its codes are read
--policy FILE asks no server"""


def asked(options: argparse.Namespace) -> dict[str, Any]:
    """The server's answer. Raises SettingsError, NetworkError."""
    if not options.who:
        raise SettingsError("nobody is named", hint="--as WHO names somebody; --policy FILE decides by files alone")
    if options.boundary or options.session_policy:
        raise SettingsError("--boundary and --session-policy are of files", hint="give --policy FILE as well")
    settings = settings_of(options)
    address = options.management or _address(settings)
    told = _post(
        f"{address.rstrip('/')}/policies/explain",
        {
            "as": options.who,
            "action": options.action,
            "resource": options.resource,
            "context": context_of(options.context),
            "session_tags": tags_of(options.session_tag),
        },
        settings.management_token,
    )
    if "allowed" not in told:
        raise SettingsError(str(told.get("message", "the server does not answer this")), hint="see --as WHO in --help")
    return told


def _address(settings: Any) -> str:
    """Where management is if nothing stood in its way when the server started."""
    if settings.management_port == "off":
        raise SettingsError("this server's management is off", hint="management_port = 4244 in its settings")
    given = settings.management_port
    port = given if isinstance(given, int) and given else settings.port + 2
    host = _HERE if settings.management_host in ("", "0.0.0.0", "::") else settings.management_host
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _post(url: str, body: dict[str, Any], token: str) -> dict[str, Any]:
    headers = {"content-type": "application/json", **({"authorization": f"Bearer {token}"} if token else {})}
    if not url.startswith(("http://", "https://")):
        raise SettingsError("--management: must be http(s)://HOST:PORT", hint=_NO_SERVER)
    try:
        request = Request(url, json.dumps(body).encode(), headers, method="POST")  # noqa: S310
        with opener().open(request, timeout=_PATIENCE_S) as answer:
            return _read(answer.read(_MOST), url)
    except HTTPError as refused:
        with refused:
            return _read(refused.read(_MOST), url)
    except (OSError, HTTPException, ValueError) as problem:
        kind = type(problem).__name__
        raise NetworkError(f"{url} does not answer", kind=kind, hint=_NO_SERVER) from problem


def _read(raw: bytes, url: str) -> dict[str, Any]:
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise SettingsError(f"{url} is no server's management", hint=_NO_SERVER)
    return told
