"""A refusal as people paste it, turned into a Symptom: JSON, XML, a page, a URL, an HTTP answer, a bare token, or a
line of any program in whose middle the error stands.

Nothing pasted is trusted or repeated. The form of a text only suggests where it comes from (`Symptom.sure` is False); a
host, an operation or a path in it tells (`provenance`).
"""

from __future__ import annotations

import ast
import dataclasses
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from halfday.client.causes.catalogue import Symptom
from halfday.doctor.pasted import other_products as elsewhere
from halfday.doctor.pasted.cors_reports import fetched
from halfday.doctor.pasted.descriptions import description
from halfday.doctor.pasted.error_names import OAUTH_WORDS, exceptions, oauth_words
from halfday.doctor.pasted.plain_text import plain, shortened, without_markup
from halfday.doctor.pasted.provenance import came_back, place_of, place_of_url
from halfday.doctor.pasted.sent_requests import link_fault
from halfday.doctor.pasted.token import read_token

_STATUS_LINE = re.compile(r"^(?:< )?(?:HTTP/[\d.]+ )?(?P<status>[1-5]\d\d)(?: [A-Z][\w -]*)?$")
_STATUS_FIRST = re.compile(r"^(?:HTTP )?(?P<status>[45]\d\d)[ :]+(?P<rest>.+)", re.S)
_STATUS_SAID = re.compile(
    r"(?:status(?: ?code)?|StatusCode|HTTP(?:/[\d.]+)?|code)['\"]?\s*[:=]?\s*['\"]?(?P<status>[45]\d\d)\b",
    re.IGNORECASE,
)
_RENEWAL = re.compile(r"refresh(?:[ _-]?(?:ing|token|ed|access|session))|silent ?renew|signinSilent", re.IGNORECASE)
_OF_A_MACHINE = re.compile(
    r"grant_?type\W{1,4}client_?credentials|client[_ -]credentials (?:grant|flow)", re.IGNORECASE
)
_SIGN_OUT = re.compile(
    r"\b(?:post_)?logout_(?:redirect_)?uri\b|(?<![a-z])(?:sign|log)(?:g?ing|ged|ed)?[-_ ]?out", re.IGNORECASE
)
_OUT_OR_ERROR = re.compile(r"/(?:error|logout)(?![\w/])")
_ADDRESS = re.compile(r"https?://[^\s\"'<>]+")
_ANSWER_KEYS = frozenset(
    "error error_description error_uri state __type code message Message Type Code errorMessage errors data Error "
    "RequestId requestId statusCode status access_token expires_in token_type refresh_token id_token at".split()
)
_GUESSED = {"invalid_token": "userinfo", "unsupported_token_type": "revoke", "redirect_mismatch": "authorize"}


def read(text: str, *, url: str = "", now: float = 0.0) -> Symptom:
    """What is known of the failure. `url`: what was asked, where that is known. `now` tells whether a token is over."""
    text = shortened(text.replace("\ufeff", "")).strip().strip("'`").strip()
    if token := read_token(text, now=now):
        return token
    told = plain(text)
    symptom = _described(_signing_out(_fetched(_renews(_read(text), text), told), told), told)
    if (place := place_of_url(url)) and not _is_elsewhere(symptom):
        return dataclasses.replace(symptom, at=place, sure=True)
    return _not_cognitos(symptom, told)


def _read(text: str) -> Symptom:
    for reader in _READERS:
        symptom = reader(text)
        if symptom is not None:
            return _with_place(symptom, text)
    return _anywhere(text)


def _renews(symptom: Symptom, text: str) -> Symptom:
    """An invalid_grant whose text speaks of a renewal, or of a machine, is not about the code grant."""
    if symptom.error != "invalid_grant":
        return symptom
    if _OF_A_MACHINE.search(text):
        return by_a_machine(symptom)
    return dataclasses.replace(symptom, facts={**symptom.facts, "refresh": ""}) if _RENEWAL.search(text) else symptom


def by_a_machine(symptom: Symptom) -> Symptom:
    """client_credentials has neither code nor refresh token: its invalid_grant can only mean that the grant is off."""
    facts = {**symptom.facts, "by_a_machine": ""}
    return dataclasses.replace(symptom, facts=facts, beside=(*symptom.beside, f"{symptom.error}_of_a_machine"))


def _fetched(symptom: Symptom, told: str) -> Symptom:
    """A CORS error is explained by the address that was fetched."""
    if not (fact := fetched(told)):
        return symptom
    return dataclasses.replace(symptom, error=fact, text=told, facts={**symptom.facts, fact: ""})


def _signing_out(symptom: Symptom, told: str) -> Symptom:
    """Cognito has one error page for signing in and out: the rest of the line tells which it was."""
    out = symptom.at == "authorize" and _SIGN_OUT.search(told) and (_OUT_OR_ERROR.search(told) or "/" not in told)
    return dataclasses.replace(symptom, at="logout") if out else symptom


def _described(symptom: Symptom, told: str) -> Symptom:
    """A sentence beside an OAuth word counts more than the word, unless it is from Cognito's token endpoint."""
    cognitos = elsewhere.is_cognitos(told)
    if symptom.error.lower() not in OAUTH_WORDS or not (sentence := description(told)):
        return symptom
    if cognitos and symptom.at != "authorize":
        return symptom
    facts = {"described": sentence} if cognitos else {"described": sentence, "by_nobody_known": ""}
    return dataclasses.replace(symptom, facts={**symptom.facts, **facts})


def _with_place(symptom: Symptom, text: str) -> Symptom:
    """A place that the text names is known; one that its form suggests is a guess."""
    place = place_of(plain(text))
    if symptom.at in ("authorize", "logout") and symptom.sure:
        return symptom
    return dataclasses.replace(symptom, at=place or symptom.at, sure=bool(place))


def _not_cognitos(symptom: Symptom, told: str) -> Symptom:
    owner = elsewhere.whose(told) if symptom.at != "provider" else None
    if owner is None:
        return symptom
    return dataclasses.replace(symptom, at="elsewhere", sure=True, facts={owner.kind: "", "whose": owner.whose})


def _is_elsewhere(symptom: Symptom) -> bool:
    """Whether a browser came back with it: then it is the sign-in page's answer, whatever request was given."""
    return symptom.at in ("authorize", "provider")


def _anywhere(text: str) -> Symptom:
    """The error, wherever it stands in a line of any program."""
    told = plain(without_markup(text) if "<html" in text.lower() or "</" in text else text)
    seen = plain(text)
    words, names = oauth_words(told), exceptions(told)
    if not (words or names) and (address := _address_in(seen)):
        return address
    error, *beside = [*words, *names] or [""]
    place = place_of(seen)
    status = _STATUS_SAID.search(told)
    facts = {"on_error_page": ""} if place == "authorize" and re.search(r"/error\?\S*error=", seen) else {}
    return Symptom(
        place or ("authorize" if came_back(told) else _guessed(error if words else "")),
        error,
        told,
        int(status["status"]) if status else 0,
        facts,
        bool(place),
        tuple(beside),
    )


def _address_in(text: str) -> Symptom | None:
    """An address within prose where a browser ended: only addresses of Cognito's own pages count."""
    for found in _ADDRESS.finditer(text):
        symptom = _url(found[0]) if place_of_url(found[0]) in ("authorize", "logout") else None
        if symptom and symptom.error != "no_code":
            return dataclasses.replace(symptom, text=f"{symptom.text} {text}".strip())
    return None


def _guessed(word: str) -> str:
    return _GUESSED.get(word, "token") if word else ""


def _json(text: str) -> Symptom | None:
    """A document by itself: JSON, or what Python prints of one. One of a log is read as a line of any program."""
    document = _document(text)
    if isinstance(document, list):
        document = document[0] if document else {}
    if not isinstance(document, dict) or not set(document) <= _ANSWER_KEYS:
        return None
    found = _from_members(document)
    beside = (*oauth_words(found.text), *exceptions(found.text))
    return dataclasses.replace(found, sure=False, beside=tuple(word for word in beside if word != found.error))


def _document(text: str) -> Any:
    text = text.removeprefix("b").strip("'\"") if text.startswith(("b'", 'b"')) else text
    if not text.startswith(("{", "[")):
        return None
    for load in (json.loads, ast.literal_eval):
        try:
            return load(text)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
    return None


def _from_members(document: Mapping[str, Any]) -> Symptom:
    if isinstance(document.get("errors"), list) and document["errors"]:
        return _of_graphql(document["errors"][0])
    if isinstance(document.get("Error"), dict):
        return _from_members({"__type": document["Error"].get("Code"), **document["Error"]})
    message = plain(str(document.get("message") or document.get("Message") or document.get("errorMessage") or ""))
    if document.get("__type") or document.get("code") or document.get("Code"):
        code = str(document.get("__type") or document.get("code") or document.get("Code"))
        return Symptom("", code.rpartition("#")[2].partition(":")[0], message)
    if isinstance(document.get("error"), str):
        description = plain(str(document.get("error_description") or ""))
        place = "authorize" if came_back(f"error_description={description}") else _guessed(document["error"])
        return Symptom(place, document["error"], description or message)
    if "access_token" in document and not document.get("id_token"):
        return Symptom("", "no_id_token")
    if "message" in document and not message:
        return Symptom("gateway", text="message: null")
    return Symptom("gateway" if message else "", text=message)


def _of_graphql(first: object) -> Symptom:
    members = first if isinstance(first, dict) else {"message": first}
    return Symptom("appsync", str(members.get("errorType", "")), plain(str(members.get("message", ""))))


def _xml(text: str) -> Symptom | None:
    """STS, IAM and S3 answer so. Read with patterns: no document of a stranger's is parsed."""
    code, message = (re.search(rf"<{name}>(.*?)</{name}>", text, re.S) for name in ("Code", "Message"))
    if code is None:
        return None
    place = "sts" if "AssumeRoleWithWebIdentity" in text else "aws" if "sts.amazonaws.com" not in text else ""
    return Symptom(place, code[1], plain(message[1]) if message else "", sure=False)


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
    inner = _read(body) if body else Symptom(sure=False)
    challenge = headers.get("www-authenticate", "")
    text = f"{inner.text} {challenge}".strip()
    blocked = "waf" if status == 403 and body.lstrip().startswith("<") and "<Code>" not in body else ""
    facts = {**inner.facts, **({"fault": ""} if status >= 500 else {})}
    error = named or inner.error or blocked or ("server_fault" if status >= 500 else "")
    at = "alb" if headers.get("server", "").startswith("awselb") else inner.at
    return Symptom(at, error, text, status, facts, sure=False, beside=inner.beside)


def _short_answer(text: str) -> Symptom | None:
    """`400 {"error":…}`, as people write it down."""
    found = _STATUS_FIRST.match(text)
    if found is None:
        return None
    rest = re.sub(r"^[A-Z][A-Za-z ]+\s+(?=[{<])", "", found["rest"].strip())
    return _of_answer(int(found["status"]), {}, rest) if rest.startswith(("{", "<", "[")) else None


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
        return _link(members, parts.path)
    return _address(parts.path, members) if parts.scheme else None


def _address(path: str, members: Mapping[str, str]) -> Symptom:
    """An address without an error. At Cognito's own paths its parameters say what was asked."""
    if path in ("/error", "/logout") and not {"logout_uri", "redirect_uri"} & set(members):
        return Symptom("logout", "no_logout_uri")
    if "code" in members:
        return Symptom("authorize", facts={"code": ""}, sure=False)
    return Symptom("authorize", "no_code", sure=False)


def _link(members: Mapping[str, str], path: str) -> Symptom:
    fault = link_fault(members)
    facts = {"link_fault": fault} if fault else {"link": ""}
    return Symptom("authorize", "invalid_request", facts=facts, sure=bool(place_of_url(path)))


def _came_back(path: str, members: Mapping[str, str]) -> Symptom:
    on_error_page = {"on_error_page": ""} if path == "/error" else {}
    place = "logout" if path == "/logout" or members.get("at") == "logout" else "authorize"
    told = plain(members.get("error_description", ""))
    if " " in members["error"]:
        told = plain(f"{members['error']} {told}")  # an application's own sentence, and no OAuth word
    known = bool(place_of_url(path))  # anybody's application may be called back; these paths are Cognito's
    return Symptom(place, members["error"], told, facts=on_error_page, sure=known, beside=tuple(oauth_words(told)))


def _word(text: str) -> Symptom | None:
    return Symptom(_guessed(text), text, sure=False) if re.match(r"^[a-z]+(_[a-z]+)+$", text) else None


_READERS: tuple[Callable[[str], Symptom | None], ...] = (_json, _answer, _xml, _url, _word)
