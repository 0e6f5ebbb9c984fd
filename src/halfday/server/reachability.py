"""Decides who can reach this server, and gives the reason. Features meant for a developer's own machine depend on it.

Dummy keys, the list of pools at `/`, registered URLs on the error page, codes on the terminal and the management port
are for the person at this machine only. The address that the server listens on does not decide it: a proxy can make a
server on loopback public, and a web page in a local browser can reach loopback. Signatures and sessions are not checked
here.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from halfday.protocol.urls import is_this_machine as is_this_machine
from halfday.server.settings import Settings

Pairs = Iterable[tuple[str, str]]

LONGEST_KNOWN = 256
"""Characters of a name that is kept as it was understood."""

_BY_A_PROXY = frozenset(
    {"cdn-loop", "cf-connecting-ip", "cf-ray", "cf-visitor", "fastly-client-ip", "fly-client-ip", "forwarded"}
    | {"front-end-https", "true-client-ip", "via", "x-amz-cf-id", "x-appengine-user-ip", "x-azure-clientip"}
    | {"x-client-ip", "x-cluster-client-ip", "x-original-host", "x-originating-ip", "x-proxyuser-ip", "x-real-ip"}
    | {"x-remote-addr", "x-remote-ip", "x-scheme", "x-url-scheme"}
)
_BY_A_PROXY_PREFIXES = ("x-forwarded-", "x-original-forwarded-", "x-envoy-")
_HOST = re.compile(r"(?:\[[^][/?#@\\,]*\]|[^][/?#@\\,:]*)(?::[0-9]*)?")
"""Of one Host header: a name or an address, and a port (RFC 9112 §3.2)."""
_BARE_NAME = re.compile("[a-z0-9][a-z0-9_-]*")
# Containers reach their host under these names. A web page could have such a name, but its requests carry an Origin.
_FROM_CONTAINERS = frozenset({"host.docker.internal", "host.containers.internal"})
# Names of AWS's APIs and of pools' domains, which people map to this machine in a hosts file. Nobody but AWS can own
# them or change their DNS. Customers own other names under amazonaws.com: instances, load balancers, S3's websites.
AWS_HOSTS = (
    r"(?:(?:(?:issuer-)?cognito-idp|cognito-identity|sts|iam|lambda)(?:-fips)?|(?:[a-z0-9._-]+\.)?s3)"
    r"(?:\.dualstack)?(?:[.-][a-z]{2}(?:-[a-z]+)+-[0-9])?\.amazonaws\.com"
    r"|[a-z0-9-]+\.auth\.[a-z]{2}(?:-[a-z]+)+-[0-9]\.amazoncognito\.com"
)
"""A regular expression, of Python's and JavaScript's alike, for the whole of a host name in lower case."""
_AWS_HOST = re.compile(AWS_HOSTS)
_CHINA = ".amazonaws.com.cn"
"""AWS's too, of a partition that is not served."""
_S3 = re.compile(r"(?:^|\.)s3(?:\.dualstack)?(?:[.-][a-z]{2}(?:-[a-z]+)+-[0-9])?\.amazonaws\.com$")


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether others than this machine may reach the server.

    `why` completes "others may reach it: …", or "this machine only: …".
    """

    public: bool
    why: str


@lru_cache(maxsize=64)
def of_server(settings: Settings) -> Reach:
    """Who can reach the server, by its settings alone."""
    if not is_this_machine(settings.host):
        return Reach(True, f"it listens on {settings.host}")
    if settings.public_url and not is_this_machine(hostname_of(settings.public_url)):
        return Reach(True, f"public_url is {settings.public_url}")
    if settings.trusted_proxy:
        return Reach(True, f"a trusted proxy may stand before it: {settings.trusted_proxy}")
    return Reach(False, f"it listens on {settings.host}" + (", as public_url says" if settings.public_url else ""))


def of_request(settings: Settings, headers: Pairs) -> Reach:
    """Who may have sent this request. A loopback connection does not show its origin, but headers may."""
    return _of_request(settings, _read(headers))


def _of_request(settings: Settings, read: dict[str, str]) -> Reach:
    server = of_server(settings)
    if server.public:
        return server
    if (proxy := _proxy(read)) is not None:
        return Reach(True, f"the request came by a proxy: it has the header {proxy}")
    if not _is_own_host(host := host_in(read), settings):
        return Reach(True, f"the request came to the host {host!r}")
    return server


def survives_a_power_cut(settings: Settings) -> bool:
    """Whether data is on the disk before its request is answered. By default it is, on a server that others reach."""
    return settings.durability == "full" or (settings.durability == "auto" and of_server(settings).public)


def takes_dummy_keys(settings: Settings) -> bool:
    """Whether any pair of keys counts as the account's root, at least for tools on this machine."""
    return settings.signatures == "relaxed" or (settings.signatures == "auto" and not of_server(settings).public)


def objection_to_dummy_keys(settings: Settings, headers: Pairs, *, opens_object: bool = False) -> str | None:
    """The reason, for the log, why this request needs a valid signature; None if any pair of keys is accepted.

    A request by a web page of another origin always needs one. So does a request to a host name that others may own.
    `opens_object`: the request only reads from S3, as when a person opens a link in a browser.
    """
    if not takes_dummy_keys(settings):
        because = f": {of_server(settings).why}" if settings.signatures == "auto" else ""
        return f"signatures are strict{because}"
    read = _read(headers)
    if (page := _page_elsewhere(read, settings, opens_object=opens_object)) is not None:
        return page
    if settings.signatures == "auto":
        reach = _of_request(settings, read)
        return reach.why if reach.public else None
    host = host_in(read)
    return None if _is_own_host(host, settings) or _is_service_name(host, settings) else f"came to the host {host!r}"


def is_page_of_this_machine(settings: Settings, headers: Pairs) -> bool:
    """Whether a web page that this machine serves sent the request, without a proxy."""
    read = _read(headers)
    return _is_own_origin(read.get("origin", ""), settings) and not _of_request(settings, read).public


def objection_to_management(headers: Pairs, *, with_token: bool = False) -> str | None:
    """The reason why the management port refuses this request; None for tools on this machine.

    `with_token`: it showed the management token, so it may come from elsewhere. A web page may not even then.
    """
    read = _read(headers)
    if "origin" in read or (_is_by_a_browser(read) and not _is_opened_by_a_person(read)):
        return "Management does not answer web pages."
    if with_token:
        return None
    if not is_this_machine(host_in(read)):
        return "Management answers on a loopback address only: 127.0.0.1, [::1] or localhost."
    if (proxy := _proxy(read)) is not None:
        return f"Management does not answer through a proxy: the request has the header {proxy}."
    return None


def is_aws_host(host: str) -> bool:
    """Whether a host name, in lower case, is that of an AWS API that is served here, or of a pool's prefix domain."""
    return _AWS_HOST.fullmatch(host) is not None


def is_s3_host(host: str) -> bool:
    """Whether one of AWS's hosts is S3's, or a bucket's there."""
    return _S3.search(host) is not None


def is_forwarded(name: str) -> bool:
    """Whether proxies add this header. An underscore counts as a hyphen."""
    return _is_by_a_proxy(name.lower().replace("_", "-"))


def hostname_of(url: str) -> str:
    """The host of a URL, in lower case; "" if it has none."""
    return _hostname_of(url) if len(url) <= LONGEST_KNOWN else _split_host(url)


def _split_host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


_hostname_of = lru_cache(maxsize=1024)(_split_host)


def host_in(headers: Pairs | dict[str, str]) -> str:
    """The host name of the Host header, without its port. "" of what is none, and of two: no name for this machine."""
    read = headers if isinstance(headers, dict) else _read(headers)
    return host_named(read.get("host", ""))


def host_named(host: str) -> str:
    """The host name that the value of a Host header names, without its port. "" of what is none, or of two."""
    return hostname_of(f"//{host}") if _HOST.fullmatch(host) else ""


def _page_elsewhere(read: dict[str, str], settings: Settings, *, opens_object: bool) -> str | None:
    """The reason, if a web page of another origin made a browser send this; else None.

    Requests for images, frames and links have no Origin, so Sec-Fetch-Site decides (Source: Fetch Metadata Request
    Headers (W3C), which all browsers send since 2023). A browser's request without either counts as another origin's.
    """
    origin, site = read.get("origin"), read.get("sec-fetch-site", "")
    if origin is not None:
        return None if _is_own_origin(origin, settings) else f"made by a web page of {origin!r}"
    if not _is_by_a_browser(read) or site == "same-origin":
        return None
    if site == "same-site" and is_this_machine(host_in(read)):
        return None
    if site == "none" and opens_object and _is_opened_by_a_person(read):
        return None
    return "made by a browser, for a page that it does not name"


def _is_by_a_browser(read: dict[str, str]) -> bool:
    """Whether fetch metadata or the user agent say so. Sec-Fetch-Mode alone does not: Node's `fetch` sends it.

    Browsers send it with Sec-Fetch-Site and Sec-Fetch-Dest (Fetch Metadata Request Headers §2).
    """
    told = any(name.startswith("sec-fetch-") and name != "sec-fetch-mode" for name in read)
    return told or read.get("user-agent", "").startswith("Mozilla/")


def _is_opened_by_a_person(read: dict[str, str]) -> bool:
    """Whether it opens a tab: by an address, a bookmark or a link. The link's author cannot read the answer."""
    return (read.get("sec-fetch-mode"), read.get("sec-fetch-dest")) == ("navigate", "document")


def _read(headers: Pairs) -> dict[str, str]:
    folded = [(_folded(name) if len(name) <= LONGEST_KNOWN else _fold(name), value.strip()) for name, value in headers]
    read = dict(folded)
    if len(read) < len(folded):  # some stand more than once
        read = {}
        for key, value in folded:
            read[key] = f"{read[key]},{value}" if key in read else value
    return read


def _fold(name: str) -> str:
    return name.lower().replace("_", "-")


_folded = lru_cache(maxsize=1024)(_fold)


def _proxy(read: dict[str, str]) -> str | None:
    return next(filter(_is_by_a_proxy, read), None)


@lru_cache(maxsize=1024)
def _is_by_a_proxy(folded: str) -> bool:
    return folded in _BY_A_PROXY or folded.startswith(_BY_A_PROXY_PREFIXES)


def _is_own_host(host: str, settings: Settings) -> bool:
    if host == "":
        return False
    named = host == hostname_of(settings.public_url) or host in _FROM_CONTAINERS
    return named or is_this_machine(host) or is_aws_host(host.removesuffix(".cn") if host.endswith(_CHINA) else host)


def _is_own_origin(origin: str, settings: Settings) -> bool:
    """Whether this machine serves the origin. An extension's and a sandbox's (`null`) are not: both run any page."""
    if not origin.startswith(("http://", "https://")):
        return False
    site = hostname_of(origin)
    return site != "" and (is_this_machine(site) or site == hostname_of(settings.public_url))


def _is_service_name(host: str, settings: Settings) -> bool:
    """Whether containers may call this server by `host`: a bare name or an address, if it listens beyond loopback.

    DNS rebinding does not pass: it needs a page whose name has a dot.
    """
    if is_this_machine(settings.host):
        return False
    return _address(host) is not None or _BARE_NAME.fullmatch(host) is not None


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
