"""Where pools are exported from and imported into: a running server's management port, or a server's data folder."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from halfday.cli import server_settings
from halfday.client.errors import SettingsError

if TYPE_CHECKING:
    from urllib.request import OpenerDirector

    from halfday.server.services import Services

Document = Mapping[str, Any]

TIMEOUT_S = 600
TOKEN_VARIABLE = "HALFDAY_MANAGEMENT_TOKEN"


class NotBrought(Exception):
    """The server, or the document, said no. The sentence names the place."""


class PoolStore(Protocol):
    def export(self, pools: list[str], *, secrets: bool, users: bool) -> dict[str, Any]: ...
    def bring(self, document: Document, passwords: str) -> dict[str, Any]: ...


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--management",
        metavar="URL",
        help=f"management of a running server, such as http://127.0.0.1:4244; ${TOKEN_VARIABLE} is its token",
    )
    server_settings.add_options(parser)


def store_of(options: argparse.Namespace) -> PoolStore:
    """Raises SettingsError."""
    settings = server_settings.settings_of(options)
    if options.management and options.data:
        raise SettingsError("--management and --data name two places", hint="give one of them")
    return OverManagement(options.management) if options.management else InDataFolder(settings)


class OverManagement:
    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def export(self, pools: list[str], *, secrets: bool, users: bool) -> dict[str, Any]:
        from urllib.parse import urlencode

        pairs = [("pool", one) for one in pools]
        pairs += [("secrets", str(secrets).lower()), ("users", str(users).lower())]
        return self._ask("GET", f"/export?{urlencode(pairs)}")

    def bring(self, document: Document, passwords: str) -> dict[str, Any]:
        return self._ask("POST", "/import", {"document": document, "passwords": passwords})

    def _ask(self, method: str, path: str, body: Document | None = None) -> dict[str, Any]:
        import json
        from http import HTTPStatus
        from http.client import HTTPException
        from urllib.error import HTTPError, URLError
        from urllib.request import Request

        if not self._url.startswith(("http://", "https://")):
            raise SettingsError(f"{self._url!r} is no address", hint="such as --management http://127.0.0.1:4244")
        token = os.environ.get(TOKEN_VARIABLE)
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        data = None if body is None else json.dumps(body).encode()
        try:
            asked = Request(self._url + path, data, headers, method=method)  # noqa: S310
            with opener().open(asked, timeout=TIMEOUT_S) as answer:
                found: dict[str, Any] = dict(json.load(answer))
                return found
        except HTTPError as refused:
            if refused.code == HTTPStatus.UNAUTHORIZED:
                hint = f"the one that halfday serve has as management_token: export {TOKEN_VARIABLE}=…"
                raise SettingsError(f"management at {self._url} asks for its token", hint=hint) from refused
            raise NotBrought(_message(refused.read())) from refused
        except (URLError, OSError, HTTPException, ValueError, TypeError, RecursionError) as problem:
            reason = getattr(problem, "reason", problem)
            sentence = f"no management answers at {self._url}: {reason}"
            raise SettingsError(sentence, hint="halfday serve prints its address, as codes") from problem


def opener() -> OpenerDirector:
    """Asks where it is told to, and nobody else: a proxy, or whom an answer leads to, would see token and secrets."""
    from urllib.request import HTTPRedirectHandler, ProxyHandler, build_opener

    class Stays(HTTPRedirectHandler):
        def redirect_request(self, *given: Any) -> None:
            return None

    return build_opener(ProxyHandler({}), Stays())


def _message(raw: bytes) -> str:
    import json

    try:
        return str(json.loads(raw)["message"])
    except (ValueError, KeyError, TypeError):
        return "management refused it, and did not say why"


class InDataFolder:
    def __init__(self, settings: Any) -> None:
        self._settings = settings

    def export(self, pools: list[str], *, secrets: bool, users: bool) -> dict[str, Any]:
        from halfday.server.transfer.exporting import export

        if not self._settings.data.is_dir():
            hint = "--data DIR names a server's data folder; --management URL a running server"
            raise SettingsError(f"there is no data folder {self._settings.data}", hint=hint)
        return asyncio.run(
            self._with_services(lambda services: export(services, only=pools, secrets=secrets, users=users))
        )

    def bring(self, document: Document, passwords: str) -> dict[str, Any]:
        from halfday.server.transfer.importing import bring

        async def work(services: Services) -> dict[str, Any]:
            try:
                told = await bring(services, document, passwords=passwords)
            finally:
                await asyncio.gather(*services.keys_under_way.values(), return_exceptions=True)
            return told.as_members()

        return asyncio.run(self._with_services(work))

    async def _with_services(self, work: Any) -> dict[str, Any]:
        from halfday.server.compose import make_services
        from halfday.server.settings import SettingRefused
        from halfday.server.storage.errors import Unusable
        from halfday.server.storage.sealing import WrongMasterKey
        from halfday.server.transfer.errors import TransferRefused

        try:
            services = make_services(self._settings, origin="http://127.0.0.1")
            try:
                await services.store.check_master_key()
                found: dict[str, Any] = await work(services)
                return found
            finally:
                await services.functions.close()
                services.key_pairs.close()
                await services.store.close()
        except TransferRefused as refused:
            raise NotBrought(str(refused)) from refused
        except (SettingRefused, WrongMasterKey, Unusable) as refused:
            raise SettingsError(str(refused), hint="--data DIR names a server's data folder") from refused
