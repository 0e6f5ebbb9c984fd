"""The first steps: settings, host names, connections, the user pool itself, the clock."""

from __future__ import annotations

import socket
import urllib.request
from urllib.parse import urlsplit

from halfday.client.causes.catalogue import Symptom
from halfday.client.errors import ApiRefused, NetworkError, SettingsError
from halfday.client.oauth.explanation import span
from halfday.client.transport.wire import Request
from halfday.doctor.steps import probes
from halfday.doctor.steps.examination import Examination, Step, not_checked, ok, problem
from halfday.protocol.urls import is_loopback

TOLERANCE_S = 60.0
"""Verifiers allow about this much (facts/failures.md 4.1); signatures allow five minutes."""

WELL_KNOWN = "cognito-idp.us-east-1.amazonaws.com"
"""A name that is found wherever name resolution works."""

_NO_PLACE = "no host is known before domain or user_pool_id is set"


def check_settings(examination: Examination) -> Step:
    """What a sign-in needs is there. What is malformed was refused when the settings were read."""
    settings = examination.settings
    if not settings.domain and not settings.user_pool_id:
        settings.require("domain")
    settings.require("client_id")
    shown = {
        "domain": settings.domain.origin if settings.domain else "",
        "client_id": settings.client_id,
        "client_secret": "set" if settings.client_secret else "",
        "user_pool_id": settings.user_pool_id,
        "identity_pool_id": settings.identity_pool_id,
    }
    return ok(", ".join(f"{name} {value}" for name, value in shown.items() if value))


def check_names(examination: Examination) -> Step:
    """DNS: every host has an address. Behind a proxy it is the proxy that looks names up."""
    found, lost, places = [], [], _places(examination)
    if not places:
        return not_checked(_NO_PLACE)
    for url in places:
        host = urlsplit(url).hostname or ""
        if host in found or _by_proxy(url):
            continue
        if is_loopback(host) or _has_address(host):
            found.append(host)
        else:
            lost.append(host)
            examination.unreachable.add(urlsplit(url).netloc)
    if lost:
        facts = {"no_name_at_all": ""} if not found and not _has_address(WELL_KNOWN) else _real_domain(examination)
        return problem(f"no address: {', '.join(lost)}", Symptom("network", "dns"), facts)
    return ok(", ".join(found)) if found else not_checked("the proxy of the environment looks names up")


def check_connections(examination: Examination) -> Step:
    """Each host answers, by TLS where it is https."""
    answered, failures = [], []
    for url in dict.fromkeys(_places(examination)):
        if examination.obstacle(url):
            continue
        try:
            examination.send(Request("GET", f"{url}/"))
            answered.append(urlsplit(url).netloc)
        except NetworkError as error:
            failures.append(error)
            examination.unreachable.add(urlsplit(url).netloc)
    if failures:
        return problem("; ".join(map(str, failures)), failures[0])
    if answered:
        return ok(", ".join(answered))
    return not_checked("no host has an address" if _places(examination) else _NO_PLACE)


def check_discovery(examination: Examination) -> Step:
    """P1: region and pool id are right, and what the pool's domain is."""
    if examination.pool_id is None:
        return not_checked("set user_pool_id, and the pool itself is asked for its domain and keys")
    endpoint = examination.settings.idp_endpoint(examination.pool_id)
    if obstacle := examination.obstacle(endpoint):
        return not_checked(obstacle)
    try:
        found = examination.ask(probes.discover(examination.settings, examination.pool_id))
    except ApiRefused as refusal:
        return problem(refusal.message, refusal)
    examination.pool_domain = found.domain
    return ok(f"the pool's issuer is {found.issuer}, its domain {found.domain}")


def check_keys(examination: Examination) -> Step:
    """The keys that tokens are verified with can be had."""
    if examination.pool_id is None or examination.pool_domain is None:
        return not_checked("the pool itself could not be asked")
    return ok(f"{examination.ask(probes.count_keys(examination.settings, examination.pool_id))} keys")


def check_clock(examination: Examination) -> Step:
    """P5: this machine's clock against the other side's."""
    ahead_s = examination.ahead_s
    if ahead_s is None:
        return not_checked("nobody answered with a date")
    if abs(ahead_s) <= TOLERANCE_S:
        return ok(f"within {TOLERANCE_S:.0f} seconds of the other side's")
    fact = {"clock_is_ahead" if ahead_s > 0 else "clock_is_behind": span(abs(ahead_s))}
    examination.facts |= fact
    direction = "ahead" if ahead_s > 0 else "behind"
    return problem(f"this machine's clock is {span(abs(ahead_s))} {direction}", Symptom("verify", "clock"), fact)


def _places(examination: Examination) -> list[str]:
    """The origins that a sign-in and its credentials need, as far as settings name them."""
    settings = examination.settings
    found = [settings.domain.origin] if settings.domain else []
    for place in (settings.idp_endpoint, settings.identity_endpoint):
        try:
            found.append(place())
        except SettingsError:
            continue
    return found


def _by_proxy(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in urllib.request.getproxies() and not is_loopback(parts.hostname)


def _has_address(host: str) -> bool:
    try:
        return bool(socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM))
    except OSError:
        return False


def _real_domain(examination: Examination) -> dict[str, str]:
    """When the domain is not there, the pool may still say what its domain is."""
    settings = examination.settings
    if examination.pool_id is None or settings.domain is None:
        return {}
    if examination.obstacle(settings.idp_endpoint(examination.pool_id)):
        return {}
    try:
        real = examination.ask(probes.discover(settings, examination.pool_id)).domain
    except (ApiRefused, NetworkError):
        return {}
    return {"domain": settings.domain.origin, "real_domain": real} if real != settings.domain.origin else {}
