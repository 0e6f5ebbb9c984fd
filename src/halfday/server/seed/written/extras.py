"""Domains, styles, terms, risk settings, log delivery, sessions and replicas of a pool as tables of the seed file."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

from halfday.server.domain.user_pools.configuration import ALL_CLIENTS
from halfday.server.domain.user_pools.pools import DEFAULT_MOST_SESSIONS
from halfday.server.seed.branding import PAGES
from halfday.server.seed.pool_extras import DESTINATIONS, RISKS
from halfday.server.seed.styles import MODES

Members = dict[str, Any]
Document = Mapping[str, Any]


def domains(entry: Document) -> Members:
    found: Members = {}
    for one in entry.get("Domains", ()):
        pages, config = _word(PAGES, one.get("ManagedLoginVersion", 1)), one.get("CustomDomainConfig")
        if not config:
            found |= {"domain": one["Domain"], "pages": pages}
            continue
        custom = {"name": one["Domain"], "certificate": config["CertificateArn"], "pages": pages}
        if "SecurityPolicy" in config:
            custom["security_policy"] = config["SecurityPolicy"]
        found["custom_domain"] = custom
    return found


def branding(entry: Document, table: Members) -> Members:
    """The style of all clients, where the classic pages are what the pool shows."""
    found = [_classic(one) for one in entry.get("Styles", ()) if _is_branding(one, table)]
    return {"branding": found[0]} if found else {}


def _is_branding(style: Document, table: Members) -> bool:
    is_of_all = style.get("ClientId") == ALL_CLIENTS and table.get("pages") == "classic"
    return is_of_all and bool(style.get("CSS") or style.get("ImageFile"))


def _classic(style: Document) -> Members:
    found = {"css": style.get("CSS"), "logo_base64": _base64(style.get("ImageFile"))}
    return {name: value for name, value in found.items() if value}


def sessions(entry: Document) -> Members:
    given = entry.get("Sessions", {})
    most = given.get("TokenSession", {}).get("MaxPerUser", DEFAULT_MOST_SESSIONS)
    table: Members = {"tracked": True} if given.get("UserSessionTracking") == "ENABLED" else {}
    if most != DEFAULT_MOST_SESSIONS:
        table["most"] = most
    return {"sessions": table} if table else {}


def lists(entry: Document, table: Members, notes: list[str]) -> Members:
    for one in entry.get("Styles", ()):
        if one.get("ImageUrl") and not one.get("ImageFile"):
            notes.append(f"user pool {table['id']}: the image of the style of {one['ClientId']}: {one['ImageUrl']}")
    return {
        "style": [*_styles(entry, table), *_managed_styles(entry, table)],
        "terms": [_terms(one) for one in entry.get("Terms", ())],
        "risk": [_risk(one) for one in entry.get("Risks", ())],
        "log_delivery": [_log_delivery(one) for one in entry.get("Logs", ())],
        "replica": [
            {"region": one["RegionName"], **({"active": True} if one.get("Status") == "ACTIVE" else {})}
            for one in entry.get("Replicas", ())
        ],
    }


def _styles(entry: Document, table: Members) -> Iterator[Members]:
    for one in entry.get("Styles", ()):
        if not _is_branding(one, table):
            yield {"client": one["ClientId"], "pages": "classic", **_classic(one)}


def _managed_styles(entry: Document, table: Members) -> Iterator[Members]:
    """Where managed login is shown, a client without a style is told too: else it would have Cognito's own."""
    known = {one["ClientId"] for one in entry.get("Brandings", ())}
    for one in entry.get("Brandings", ()):
        yield _managed_style(one)
    if "managed_login" in (table.get("pages"), table.get("custom_domain", {}).get("pages")):
        clients = [one["UserPoolClient"]["ClientId"] for one in entry.get("Clients", ())]
        for client_id in clients:
            if client_id not in known:
                yield {"client": client_id, "pages": "managed_login", "values": "none"}


def _managed_style(given: Document) -> Members:
    table = {"client": given["ClientId"], "pages": "managed_login", "id": given["ManagedLoginBrandingId"]}
    table["values"] = "cognito" if given.get("UseCognitoProvidedValues") else "own"
    if given.get("Settings"):
        table["settings_json"] = json.dumps(given["Settings"], ensure_ascii=False)
    if given.get("Assets"):
        table["image"] = [_image(one) for one in given["Assets"]]
    return table


def _image(asset: Document) -> Members:
    table = {"category": asset["Category"].lower(), "mode": _word(MODES, asset["ColorMode"])}
    if "Bytes" in asset:
        table["base64"] = _base64(asset["Bytes"])
    else:
        table["extension"] = asset["Extension"]
    return {**table, **({"resource": asset["ResourceId"]} if "ResourceId" in asset else {})}


def _terms(given: Document) -> Members:
    names = (("client", "ClientId"), ("name", "TermsName"), ("id", "TermsId"), ("links", "Links"))
    return {key: given[member] for key, member in names}


def _risk(given: Document) -> Members:
    client = {"client": given["ClientId"]} if given.get("ClientId") else {}
    return {**client, **{key: given[member] for key, member in RISKS.items() if given.get(member)}}


def _log_delivery(given: Document) -> Members:
    table = {"events": given["EventSource"], "level": given["LogLevel"]}
    found = {key: given[member][inner] for key, (member, inner) in DESTINATIONS.items() if given.get(member)}
    return {**table, **found}


def _base64(content: Any) -> Any:
    """Bytes of this process; what came over management is Base64 already."""
    return base64.b64encode(content).decode() if isinstance(content, bytes) else content


def _word(words: Mapping[str, Any], value: Any) -> str:
    return next(word for word, aws in words.items() if aws == value)
