"""A refusal as people paste it, turned into a Symptom: JSON, XML, a page, a URL, an HTTP answer, a line of a traceback.

Nothing pasted is believed or repeated; it is only looked at.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from halfday.client.causes import Symptom
from halfday.client.errors import place_of
from halfday.doctor.sent import link_fault

_OPERATION = r"(?P<operation>\w+)"
_BOTOCORE = re.compile(
    r"An error occurred \((?P<code>[\w.]+)\) when calling the (?P<operation>\w+) operation[^:]*: ?(?P<text>.*)", re.S
)
_OURS = re.compile(r"(?P<operation>[A-Z]\w+) was refused: (?P<code>\w+): (?P<text>.*)", re.S)
_TOKEN_REFUSED = re.compile(
    r"the (?P<asked>token|revocation) request was refused with (?P<error>\w+)(?:: (?P<text>[^\n]*))?"
)
_CAME_BACK = re.compile(r"the sign-in came back with (?P<error>\w+)(?:: (?P<text>[^\n]*))?")
_EXCEPTION = re.compile(
    r"^(?:[\w.]+\.)?(?P<name>[A-Z]\w*(?:Error|Exception|Expired|Denied|Token|Signature|Skewed|Id)):? ?(?P<text>.*)",
    re.S,
)
_STATUS_LINE = re.compile(r"^(?:< )?(?:HTTP/[\d.]+ )?(?P<status>[1-5]\d\d)(?: [A-Z][\w -]*)?$")
_STATUS_FIRST = re.compile(r"^(?:HTTP )?(?P<status>[45]\d\d)[ :]+(?P<rest>.+)", re.S)
_WORD = re.compile(r"^[a-z]+(_[a-z]+)+$")
_PATHS = {
    "/oauth2/token": "token",
    "/oauth2/revoke": "revoke",
    "/oauth2/userinfo": "userinfo",
    "/logout": "logout",
    **dict.fromkeys(("/oauth2/authorize", "/oauth2/idpresponse", "/login", "/error"), "authorize"),
}


def read(text: str, *, url: str = "") -> Symptom:
    """What is known of the failure. `url`: what was asked, where that is known."""
    text = text.strip().strip("'`").strip()
    place = place_of_url(url)
    for reader in _READERS:
        symptom = reader(text)
        if symptom is not None:
            return dataclasses.replace(symptom, at=place) if place and not _is_elsewhere(symptom) else symptom
    return Symptom(place, text=text)


def place_of_url(url: str) -> str:
    """Where a URL is asked, as the catalogue of causes calls it; empty for anything else."""
    parts = urlsplit(url)
    if parts.hostname == "accounts.google.com":
        return "provider"
    return _PATHS.get(parts.path.lower().rstrip("/"), "")


def _is_elsewhere(symptom: Symptom) -> bool:
    """A browser came back: whatever was asked first, this is the sign-in page's answer."""
    return symptom.at in ("authorize", "provider")


def _json(text: str) -> Symptom | None:
    if not text.startswith(("{", "[")):
        return None
    try:
        document = json.loads(text)
    except ValueError:
        return None
    if isinstance(document, list):
        document = document[0] if document else {}
    return _from_members(document) if isinstance(document, dict) else None


def _from_members(document: Mapping[str, Any]) -> Symptom:
    if isinstance(document.get("errors"), list) and document["errors"]:
        first = document["errors"][0]
        return Symptom("appsync", str(first.get("errorType", "")), str(first.get("message", "")))
    if isinstance(document.get("Error"), dict):
        return _from_members({"__type": document["Error"].get("Code"), **document["Error"]})
    message = str(document.get("message") or document.get("Message") or "")
    if document.get("__type") or document.get("code"):
        code = str(document.get("__type") or document.get("code")).rpartition("#")[2].partition(":")[0]
        return Symptom("", code, message)
    if isinstance(document.get("error"), str):
        return _oauth(document["error"], str(document.get("error_description", "")))
    if "access_token" in document and not document.get("id_token"):
        return Symptom("", "no_id_token")
    return Symptom("gateway" if message else "", text=message)


def _oauth(error: str, description: str) -> Symptom:
    place = {"invalid_token": "userinfo", "unsupported_token_type": "revoke", "redirect_mismatch": "authorize"}
    return Symptom(place.get(error, "token"), error, description)


def _xml(text: str) -> Symptom | None:
    """STS, IAM and S3 answer so. Read with patterns: no document of a stranger's is parsed."""
    code, message = (re.search(rf"<{name}>(.*?)</{name}>", text, re.S) for name in ("Code", "Message"))
    if code is None:
        return None
    place = "sts" if "AssumeRoleWithWebIdentity" in text else "aws" if "sts.amazonaws.com" not in text else ""
    return Symptom(place, code[1], message[1] if message else "")


def _answer(text: str) -> Symptom | None:
    """An HTTP answer with its status line, as curl -i and curl -v show it."""
    lines = [line.removeprefix("< ").rstrip() for line in text.splitlines() if not line.startswith(("> ", "* "))]
    start = next((i for i, line in enumerate(lines) if line.startswith("HTTP/") and _STATUS_LINE.match(line)), None)
    if start is None:
        return _short_answer(text)
    found = _STATUS_LINE.match(lines[start])
    assert found is not None
    headers, body = _split(lines[start + 1 :])
    return _of_answer(int(found["status"]), headers, body)


def _split(lines: list[str]) -> tuple[dict[str, str], str]:
    end = next((i for i, line in enumerate(lines) if line in ("", "<")), len(lines))
    pairs = (line.partition(":") for line in lines[:end])
    return {name.strip().lower(): value.strip() for name, _, value in pairs}, "\n".join(lines[end + 1 :]).strip()


def _of_answer(status: int, headers: Mapping[str, str], body: str) -> Symptom:
    if "location" in headers and (came := _url(headers["location"])):
        return came
    named = headers.get("x-amzn-errortype", "").partition(":")[0]
    inner = read(body) if body else Symptom()
    text = f"{inner.text} {headers.get('www-authenticate', '')}".strip()
    blocked = "waf" if status == 403 and body.lstrip().startswith("<") and "<Code>" not in body else ""
    facts = {**inner.facts, **({"fault": ""} if status >= 500 else {})}
    error = inner.error or named or blocked or ("server_fault" if status >= 500 else "")
    return Symptom(inner.at, error, text, status, facts)


def _short_answer(text: str) -> Symptom | None:
    """`400 {"error":…}`, as people write it down."""
    found = _STATUS_FIRST.match(text)
    if found is None:
        return None
    rest = re.sub(r"^[A-Z][A-Za-z ]+\s+(?=[{<])", "", found["rest"].strip())
    return _of_answer(int(found["status"]), {}, rest)


def _url(text: str) -> Symptom | None:
    """Where a browser ended, or the query of it alone."""
    if re.search(r"\s", text) or not (text.startswith(("http://", "https://", "/", "?")) or "error=" in text):
        return None
    parts = urlsplit(text if "?" in text or "#" in text else f"?{text}" if "=" in text else text)
    members = dict(parse_qsl(parts.query) + parse_qsl(parts.fragment))
    if parts.hostname == "accounts.google.com":
        return Symptom("provider", members.get("error", ""), text)
    if "error" in members:
        return _came_back(parts.path, members)
    if "response_type" in members or "code_challenge" in members:
        fault = link_fault(members)
        return Symptom("authorize", "invalid_request", facts={"link_fault": fault} if fault else {"link": ""})
    if "code" in members:
        return Symptom("authorize", facts={"code": ""})
    return Symptom("authorize", "no_code") if parts.scheme else None


def _came_back(path: str, members: Mapping[str, str]) -> Symptom:
    on_error_page = {"on_error_page": ""} if path == "/error" else {}
    place = "logout" if path == "/logout" or members.get("at") == "logout" else "authorize"
    return Symptom(place, members["error"], members.get("error_description", ""), facts=on_error_page)


def _sentence(text: str) -> Symptom | None:
    """Sentences of botocore's and of Halfday's own errors, anywhere in a traceback."""
    if found := _BOTOCORE.search(text) or _OURS.search(text):
        at = place_of(found["operation"])
        at = at if at != "idp" or _is_of_a_user_pool(found["operation"]) else ""
        return Symptom(at, found["code"], found["text"].strip())
    if found := _TOKEN_REFUSED.search(text):
        at = "revoke" if found["asked"] == "revocation" else "token"
        return Symptom(at, found["error"], found["text"] or "")
    if found := _CAME_BACK.search(text):
        return Symptom("authorize", found["error"], found["text"] or "")
    return None


def _is_of_a_user_pool(operation: str) -> bool:
    return bool(
        re.match(r"(Admin|Initiate|Respond|GetUser|GetTokens|SignUp|Confirm|Forgot|Revoke|GlobalSign)", operation)
    )


def _exception(text: str) -> Symptom | None:
    """`package.Name: sentence`: the last such line of a traceback, or the only line."""
    for line in reversed(text.splitlines()):
        if found := _EXCEPTION.match(line.strip()):
            return Symptom("", found["name"], f"{found['name']}: {found['text']}")
    return None


def _word(text: str) -> Symptom | None:
    return _oauth(text, "") if _WORD.match(text) else None


def _page(text: str) -> Symptom | None:
    if "<html" not in text.lower():
        return None
    words = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", text, flags=re.S | re.I)
    return Symptom("", text=" ".join(words.split()))


_READERS: tuple[Callable[[str], Symptom | None], ...] = (
    _json,
    _answer,
    _xml,
    _page,
    _url,
    _sentence,
    _word,
    _exception,
)
