"""What clients are told, so that they find AWS's names at the proxy of this machine: variables, flags, and Node's hook.

Nothing on the machine is changed: the server keeps a few files in its data folder, and whoever wants it reads these
into one shell, or starts one browser with them.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import socket
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from halfday.server import reachability as reach
from halfday.server.certificates import (
    AWS_NAMES,
    BUNDLE,
    LOCALHOST,
    TRUST_STORE,
    TRUST_STORE_PASSWORD,
    Subtrees,
    kept_authority,
    write_trust_store,
)
from halfday.server.settings import CERTIFICATE_FILES

PROXY_FILE = f"{CERTIFICATE_FILES}-aws-names.proxy"
HOOK_FILE = f"{CERTIFICATE_FILES}-aws-names.mjs"
BROWSER_FOLDER = f"{CERTIFICATE_FILES}-chromium"
"""A browser with these flags has to have a profile of its own: cookies of the real AWS stay in the usual one."""

_NO_PROXY = ("localhost", ".localhost", "127.0.0.1", "::1")
_REPLACING = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "HTTPLIB2_CA_CERTS")
"""What they name is trusted, and nothing else. NODE_EXTRA_CA_CERTS adds to what is trusted."""


@contextlib.contextmanager
def told(folder: Path, proxy: str) -> Iterator[None]:
    """Until the block ends, the folder tells where the proxy is, and holds Node's hook for it."""
    write_trust_store(folder)
    (folder / HOOK_FILE).write_text(hook(proxy), encoding="utf-8")
    (folder / PROXY_FILE).write_text(proxy, encoding="utf-8")
    try:
        yield
    finally:
        (folder / PROXY_FILE).unlink(missing_ok=True)


def find_proxy(folder: Path) -> str | None:
    """The address of the proxy of a server that runs on this folder; None where nothing listens there."""
    try:
        proxy = (folder / PROXY_FILE).read_text(encoding="utf-8")
        parts = urlsplit(proxy)
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=2):
            return proxy
    except (OSError, ValueError):
        return None


def variables(folder: Path, proxy: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of a shell whose programs find AWS's names at the proxy. `environment`: what the shell has."""
    folder = folder.resolve()
    bundle, no_proxy = str(folder / BUNDLE), _no_proxy(environment)
    hooked = " ".join(filter(None, [environment.get("NODE_OPTIONS", ""), f"--import={(folder / HOOK_FILE).as_uri()}"]))
    return {
        "HTTPS_PROXY": proxy,
        "https_proxy": proxy,
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
        **dict.fromkeys(_REPLACING, bundle),
        "NODE_EXTRA_CA_CERTS": bundle,
        "NODE_OPTIONS": hooked,
    }


def chromium_flags(folder: Path, proxy: str) -> list[str]:
    """The flags of a Chromium, Chrome or Edge that finds AWS's names at the proxy, and all else where it is."""
    pac = base64.b64encode(_pac(proxy).encode()).decode()
    return [
        f"--user-data-dir={folder.resolve() / BROWSER_FOLDER}",
        f"--proxy-pac-url=data:application/x-ns-proxy-autoconfig;base64,{pac}",
        f"--ignore-certificate-errors-spki-list={','.join(_issuers(folder))}",
    ]


def java_options(folder: Path, proxy: str) -> list[str]:
    """The options of a Java program that finds AWS's names at the proxy. It trusts the server's roots alone."""
    parts = urlsplit(proxy)
    return [
        f"-Djavax.net.ssl.trustStore={folder.resolve() / TRUST_STORE}",
        f"-Djavax.net.ssl.trustStorePassword={TRUST_STORE_PASSWORD}",
        f"-Dhttps.proxyHost={parts.hostname}",
        f"-Dhttps.proxyPort={parts.port}",
        "-Dhttp.nonProxyHosts=localhost|*.localhost|127.*|[::1]",
    ]


def hook(proxy: str) -> str:
    """Node's hook, for this proxy."""
    text = files("halfday.server").joinpath("aws_names_hook.mjs").read_text(encoding="utf-8")
    text = text.replace("const PORT = 0;", f"const PORT = {urlsplit(proxy).port};")
    return text.replace("const ANSWERED = /^$/;", f"const ANSWERED = /{_pattern()}/;")


def _pac(proxy: str) -> str:
    """A proxy auto-configuration: JavaScript in which FindProxyForURL is asked of each request."""
    place = json.dumps(f"PROXY {urlsplit(proxy).netloc}")
    return f'function FindProxyForURL(url, host) {{ return /{_pattern()}/.test(host) ? {place} : "DIRECT"; }}'


def _pattern() -> str:
    return f"^(?:{reach.AWS_HOSTS})$"


def _no_proxy(environment: Mapping[str, str]) -> str:
    given = environment.get("NO_PROXY") or environment.get("no_proxy") or ""
    hosts = [host.strip() for host in given.split(",") if host.strip()]
    return ",".join(dict.fromkeys([*hosts, *_NO_PROXY]))


def _issuers(folder: Path) -> list[str]:
    """The issuers' keys, as Chromium wants them: SHA-256 of the SubjectPublicKeyInfo, base64."""
    return [found for subtrees in (AWS_NAMES, LOCALHOST) if (found := _issuer(folder, subtrees))]


def _issuer(folder: Path, subtrees: Subtrees) -> str | None:
    authority = kept_authority(folder, subtrees)
    if authority is None:
        return None
    key = authority.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()
