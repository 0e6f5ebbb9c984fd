"""Finds what is wrong with the request that was refused, and with the sign-in link before it.

A request is a curl command, or HTTP as it went over the wire. The result are facts, by their names in the catalogue of
causes. No fact holds a secret of the request.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlencode, urlsplit

from halfday.client.oauth.authorization import AuthorizationRequest, CodeRedemption
from halfday.doctor.pasted import small_faults as evidence
from halfday.protocol import pkce
from halfday.protocol.jws import MalformedToken, read_unverified

FORM = "application/x-www-form-urlencoded"
GRANTS = {
    "authorization_code": ("client_id", "code", "redirect_uri"),
    "refresh_token": ("client_id", "refresh_token"),
    "client_credentials": (),
}
_KNOWN = ("grant_type", "client_id", "client_secret", "code", "redirect_uri", "code_verifier", "refresh_token", "scope")
_MISNAMED = ("authentication", "authorisation", "auth", "x-authorization", "authenticate")
_BLANKS = {"": "empty", "None": "the word None", "null": "the word null", "undefined": "the word undefined"}
_CLIENT_ID_LENGTH = 26
EPHEMERAL_PORTS = range(32768, 65536)
"""The ports that an operating system gives out as free ones."""

Fact = tuple[str, str]


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request. Header names are lower case; `stray` are headers written without a colon.

    `cut`: the shell ended the command at an & that stands outside quotes.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: str = field(default="", repr=False)
    stray: tuple[str, ...] = ()
    cut: bool = False

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The parameters, of the query and of the body, as they stand."""
        query = parse_qsl(urlsplit(self.url).query, keep_blank_values=True)
        return query + (parse_qsl(self.body, keep_blank_values=True) if _is_form(self) else [])

    @property
    def form(self) -> dict[str, str]:
        """The parameters without the blanks around them, which `small_faults` reports."""
        return {name: value.strip() for name, value in self.pairs}


def read_request(text: str) -> SentRequest:
    """Raises ValueError for what is neither a curl command nor an HTTP request."""
    text = text.strip().replace("\\\n", " ")
    if text.startswith("curl"):
        words, cut = _shell_words(text)
        return replace(_read_curl(words[1:]), cut=cut)
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    first, *lines = [line.removeprefix("> ") for line in head.splitlines()] or [""]
    words = first.split()
    if len(words) < 2 or not words[0].isalpha() or not words[0].isupper():
        raise ValueError("this is neither a curl command nor an HTTP request")
    headers, stray = _headers(lines)
    url = words[1] if "://" in words[1] else f"https://{headers.get('host', '')}{words[1]}"
    return SentRequest(words[0], url, headers, body.strip(), stray)


def facts_of(sent: SentRequest) -> dict[str, str]:
    """Everything that can be seen to be wrong, and what tells causes apart."""
    faults = evidence.of_form(sent.pairs)
    found = dict([*_content_type(sent), *_credentials(sent), *_parameters(sent), *_token(sent), *faults])
    if sent.cut:  # what is missing stood behind it
        found.pop("parameter_is_missing", None)
        found["ampersand_is_unquoted"] = ""
    return found


def grant_of(sent: SentRequest) -> CodeRedemption | None:
    """The redemption that this request is, when it is one."""
    form = sent.form
    if "code" not in form:
        return None
    client_id = form.get("client_id") or _basic_pair(sent.headers.get("authorization", ""))[0]
    return CodeRedemption(form["code"], client_id, form.get("redirect_uri", ""), form.get("code_verifier"))


def read_link(url: str, *, now: float) -> AuthorizationRequest:
    """The sign-in that a link begins. Raises ValueError for another URL."""
    members = dict(parse_qsl(urlsplit(url).query))
    if "client_id" not in members:
        raise ValueError("this is no sign-in link: it has no client_id")
    return AuthorizationRequest(
        url=url,
        client_id=members["client_id"],
        redirect_uri=members.get("redirect_uri", ""),
        state=members.get("state", ""),
        nonce=members.get("nonce", ""),
        code_verifier="",
        code_challenge=members.get("code_challenge", ""),
        began_at=now,
    )


def link_facts(url: str) -> dict[str, str]:
    """What can be seen of a sign-in link by itself."""
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    members = dict(pairs)
    fault = link_fault(members)
    faults = dict(evidence.of_link(pairs)) | ({"link_fault": fault} if fault else {})
    return redirect_facts(members.get("redirect_uri", "")) | faults


def redirect_facts(redirect_uri: str) -> dict[str, str]:
    try:
        ephemeral = (urlsplit(redirect_uri).port or 0) in EPHEMERAL_PORTS
    except ValueError:  # a port that is no number
        ephemeral = False
    return {"asked": redirect_uri} | ({"port_is_ephemeral": ""} if ephemeral else {})


def link_fault(members: Mapping[str, str]) -> str:
    """What the sign-in page cannot take of a link's parameters; empty when nothing is seen."""
    challenge, method = members.get("code_challenge"), members.get("code_challenge_method")
    if not members.get("response_type"):
        return "response_type is missing"
    if challenge and not method:
        return "code_challenge stands there without code_challenge_method"
    if method and method != pkce.METHOD:
        return f"code_challenge_method is {method}, and only {pkce.METHOD} is known"
    if method and not challenge:
        return "code_challenge_method stands there without code_challenge"
    if challenge and not pkce.CHALLENGE_PATTERN.match(challenge):
        return "code_challenge is not BASE64URL(SHA256(code_verifier)) without padding"
    return ""


def _content_type(sent: SentRequest) -> Iterator[Fact]:
    for line in sent.stray:
        yield "header_has_no_colon", line.partition("=")[0].strip()
    given = sent.headers.get("content-type", "")
    if sent.body and given and not given.lower().startswith(FORM):
        yield "content_type_is_wrong", given.partition(";")[0]


def _credentials(sent: SentRequest) -> Iterator[Fact]:
    form, given = sent.form, sent.headers.get("authorization", "")
    misnamed = next((name for name in sent.headers if name in _MISNAMED), None)
    if misnamed:
        yield "authorization_is_misnamed", misnamed.title()
    if not given and not form.get("client_secret"):
        yield "secret_was_not_sent", ""
        return
    yield "secret_was_sent", ""
    if given:
        yield from _basic(given, form.get("client_id", ""))


def _basic(header: str, client_id: str) -> Iterator[Fact]:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        if scheme.lower() != "bearer":
            yield "basic_has_no_pair", "Basic does not stand before it"
        return
    text = _decode(encoded)
    if text is None:
        yield "basic_has_no_pair", "it is not Base64"
    elif ":" not in text:
        again = _decode(text)
        twice = again is not None and ":" in again
        yield ("basic_is_twice_encoded", "") if twice else ("basic_has_no_pair", "there is no colon in it")
    elif text.endswith(("\n", "\r")):
        yield "basic_has_a_line_end", ""
    elif text.endswith(":"):
        yield "secret_is_empty", "the Authorization header"
    elif blanks := evidence.blanks_of("the secret", text.partition(":")[2]):
        yield "has_a_blank", blanks
    else:
        first, _, second = text.partition(":")
        if second == client_id != first or (len(second) == _CLIENT_ID_LENGTH < len(first)):
            yield "basic_is_swapped", ""


def _basic_pair(header: str) -> tuple[str, str]:
    first, _, second = (_decode(header.partition(" ")[2]) or "").partition(":")
    return first, second


def _decode(text: str) -> str | None:
    try:
        return base64.b64decode(text.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _parameters(sent: SentRequest) -> Iterator[Fact]:
    form = sent.form
    for name in ("code", "redirect_uri", "client_id"):
        if form.get(name):
            yield name, form[name] if name != "code" else ""
    if form.get("code_verifier"):
        yield "verifier_was_sent", ""
    grant_type = form.get("grant_type")
    if grant_type == "refresh_token":
        yield "refresh", ""
        if form.get("refresh_token", "") in _BLANKS:
            yield "refresh_token_is_blank", _BLANKS[form.get("refresh_token", "")]
    if grant_type and grant_type not in GRANTS:
        yield "grant_type_is_unknown", grant_type
    yield from _spelling(form, GRANTS.get(grant_type or "", ()), sent)


def _spelling(form: Mapping[str, str], required: tuple[str, ...], sent: SentRequest) -> Iterator[Fact]:
    if not _is_form(sent):
        return
    wanted = ("grant_type", *required)
    basic = sent.headers.get("authorization", "").lower().startswith("basic")
    missing = [name for name in wanted if name not in form and not (basic and name == "client_id")]
    for name in form:
        near = difflib.get_close_matches(name, missing, 1, 0.75) if name not in _KNOWN else []
        if near:
            yield "parameter_is_misspelt", f"{name} for {near[0]}"
            return
    if missing:
        yield "parameter_is_missing", ", ".join(missing)


def _is_form(sent: SentRequest) -> bool:
    return sent.headers.get("content-type", FORM).lower().startswith(FORM) and not sent.stray


def _token(sent: SentRequest) -> Iterator[Fact]:
    """Which kind of token an API was sent. Read, not verified: it only tells causes apart."""
    header = sent.headers.get("authorization", "")
    try:
        claims = read_unverified(header.rpartition(" ")[2]).unverified_payload
    except MalformedToken:
        return
    if claims.get("token_use") in ("id", "access"):
        yield f"{claims['token_use']}_token_was_sent", ""


def _shell_words(text: str) -> tuple[list[str], bool]:
    """A command's words as a shell splits them, and whether it ended the command at an &."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars="&")
    lexer.whitespace_split, lexer.commenters = True, ""
    words = list(lexer)
    end = next((at for at, word in enumerate(words) if set(word) == {"&"}), len(words))
    return words[:end], end < len(words) - 1


def _headers(lines: list[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    found, stray = {}, []
    for line in lines:
        name, colon, value = line.partition(":")
        if colon and "=" not in name:
            found[name.strip().lower()] = value.strip()
        elif line.strip():
            stray.append(line)
    return found, tuple(stray)


def _read_curl(words: list[str]) -> SentRequest:
    """The options that decide what is sent; the others have no bearing here."""
    method, url, lines, data, content_type = "", "", [], [], FORM
    rest = list(words)
    while rest:
        word = rest.pop(0)
        option, value = _option(word, rest)
        if option in ("-X", "--request"):
            method = value
        elif option in ("-H", "--header"):
            lines.append(value)
        elif option in ("-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--data-urlencode", "--json"):
            data.append(_encoded(value) if option == "--data-urlencode" else value)
            content_type = "application/json" if option == "--json" else content_type
        elif option in ("-F", "--form"):
            data.append(value)
            content_type = "multipart/form-data"
        elif option in ("-u", "--user"):
            lines.append("Authorization: Basic " + base64.b64encode(value.encode()).decode())
        elif option == "--url" or not word.startswith("-"):
            url = value or word
    headers, stray = _headers(lines)
    if data and not stray:
        headers.setdefault("content-type", content_type)
    return SentRequest(method or ("POST" if data else "GET"), url, headers, "&".join(data), stray)


_WITH_VALUE = frozenset("XHdFuoAbecmTxE")


def _option(word: str, rest: list[str]) -> tuple[str, str]:
    """(option, its value): -XPOST, -X POST, --request POST, --request=POST."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        takes = name in ("--request", "--header", "--user", "--url", "--form", "--json") or name.startswith("--data")
        return name, value if equals else rest.pop(0) if takes and rest else ""
    if len(word) > 1 and word[0] == "-" and word[1] in _WITH_VALUE:
        return word[:2], word[2:] or (rest.pop(0) if rest else "")
    return word, ""


def _encoded(value: str) -> str:
    name, equals, text = value.partition("=")
    return urlencode({name: text}) if equals else value
