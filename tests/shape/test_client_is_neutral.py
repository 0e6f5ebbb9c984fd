"""Nothing in client/ knows whether it talks to AWS or to Halfday: what differs is where the settings point.

First the code is read: what it imports, where AWS's hosts stand, who looks at loopback and for what. Then one program
is run twice, with settings as they are for AWS and as they are for a stand-in, and what it sends is laid side by side.
"""

from __future__ import annotations

import ast
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

import halfday

sys.path.insert(0, str(Path(__file__).parents[1] / "client"))

import cognito_peer
import fault_peer
from cognito_peer import CLIENT_ID, IDENTITY_POOL_ID, PASSWORD, POOL_ID, REDIRECT_URI
from fault_peer import Front

from halfday import Cognito
from halfday.client.connection import Connection
from halfday.client.oauth.redirect_uris import probe
from halfday.client.tokens.connection_verifier import ConnectionVerifier
from halfday.client.transport import wire
from halfday.client.transport.blocking import Transport

HOUSE = Path(halfday.__file__).parent
CLIENT = sorted((HOUSE / "client").rglob("*.py"))
SHARED = sorted((HOUSE / "protocol").rglob("*.py"))

AWS_URL = re.compile(r"https?://[^\s/]*(amazonaws|amazoncognito|aws\.amazon)")
HOSTS = {
    "protocol/endpoints.py": "the one place",
    "protocol/prefix_domains.py": "a prefix spelt out, before every AWS CLI call: it imports nothing",
    "client/credentials/console.py": "the console's partitions, for which there is no stand-in",
    "client/settings.py": "an example in a hint",
    "client/credentials/sts.py": "the namespace of STS's XML",
}
LOOPBACK = {
    "protocol/prefix_domains.py": "a bare localhost is a host, and no prefix",
    "protocol/urls.py": "whose the hosts of this machine are",
    "protocol/endpoints.py": "a bare loopback host is http, as people write it",
    "client/transport/addresses.py": "an example in a hint",
    "client/oauth/callback.py": "a pasted address without a scheme is http on this machine",
    "client/settings.py": "the redirect URIs that are tried; an example in a hint",
    "client/transport/pools.py": "no proxy for it; names under .localhost are it (RFC 6761)",
    "client/tokens/connection_verifier.py": "its spellings are one host in iss",
    "client/oauth/explanation.py": "its spellings are different redirect URIs",
    "client/http_auth/api_auth.py": "a token goes out in the clear to loopback only",
    "client/browser/loopback.py": "where the browser comes back to",
    "client/browser/callback_certificate.py": "whom the listener's own certificate names",
    "client/browser/handover.py": "listens",
    "client/credentials/container_endpoint.py": "listens",
}
SCHEMES = {
    "client/browser/carried.py": "an https redirect URI has a certificate of its own machine",
    "client/transport/deadlines.py": "urllib3's pools go by the scheme; both hold the same deadline",
    "protocol/urls.py": "the two that are read at all",
    "client/transport/addresses.py": "a redirect URI may have an app's own scheme",
    "client/transport/pools.py": "a proxy is asked for http by the whole URL",
    "client/oauth/callback.py": "browsers hide the scheme of an address that is pasted",
    "protocol/endpoints.py": "a domain as people write it",
    "client/settings.py": "plain http is for loopback, and for who says so",
    "client/http_auth/api_auth.py": "a token goes out in the clear to loopback only",
    "client/browser/loopback.py": "redirect URIs that can be listened for",
    "client/browser/login.py": "a redirect URI with https is listened for with a certificate",
    "client/credentials/console.py": "a page of the console has https",
}
OURS = re.compile(r"4242|halfday\.(server|testing|doctor|web|cli)\b|x-halfday", re.IGNORECASE)


def place(path: Path) -> str:
    return str(path.relative_to(HOUSE))


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text()))


def strings(path: Path) -> Iterator[str]:
    """Every string of the code, those of f-strings in one piece; docstrings are not code."""
    tree = ast.parse(path.read_text())
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    pieces = {id(piece) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for piece in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not {id(node)} & (told | pieces):
            yield node.value


def names(path: Path) -> set[str]:
    found = {node.id for node in nodes(path) if isinstance(node, ast.Name)}
    return found | {node.attr for node in nodes(path) if isinstance(node, ast.Attribute)}


# --- the code ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", CLIENT, ids=place)
def test_the_client_imports_nothing_of_the_other_half(path: Path) -> None:
    imported = set()
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom):
            imported |= {f"{node.module}.{name.name}" for name in node.names}
        elif isinstance(node, ast.Import):
            imported |= {name.name for name in node.names}
    ours = {name for name in imported if name.startswith("halfday.")} - {"halfday.__version__"}
    assert {name.split(".")[1] for name in ours} <= {"client", "protocol"}


@pytest.mark.parametrize("path", CLIENT, ids=place)
def test_nothing_in_the_client_names_the_server(path: Path) -> None:
    assert [text for text in strings(path) if OURS.search(text)] == []


def test_aws_s_hosts_stand_in_one_place() -> None:
    found = {place(path) for path in (*CLIENT, *SHARED) if any(map(AWS_URL.search, strings(path)))}
    assert found == set(HOSTS)


def test_who_looks_at_loopback_has_a_reason() -> None:
    word = re.compile(r"(^|\W)(localhost|127\.0\.0\.1|::1)(\W|$)")
    found = {
        place(path)
        for path in (*CLIENT, *SHARED)
        if any(map(word.search, strings(path))) or names(path) & {"is_loopback", "LOOPBACK_HOSTS"}
    }
    assert found - set(LOOPBACK) == set()


def test_who_looks_at_a_scheme_has_a_reason() -> None:
    """http beside https is the other thing by which a stand-in could be told from AWS."""
    scheme = re.compile(r"^https?(://)?$")
    found = {place(path) for path in (*CLIENT, *SHARED) if any(map(scheme.match, strings(path)))}
    assert found - set(SCHEMES) == set()


def test_only_settings_decide_where_an_api_is() -> None:
    """`stand_in`, a domain with plain http, stands for all endpoints: to settings, and to what hands them to SDKs."""
    readers = {place(path) for path in CLIENT if {"stand_in", "api_url"} & names(path)}
    assert readers == {"client/settings.py", "client/credentials/botocore_terms.py", "client/tokens/token_verifier.py"}


def test_nothing_is_decided_by_who_answers() -> None:
    """Of an answer's headers only these are read: what a server calls itself is not among them."""
    read = set()
    for path in CLIENT:
        for node in nodes(path):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
                of_what = ast.unparse(node.func.value)
                if of_what.endswith("headers") and "request" not in of_what and "self" not in of_what:
                    read.add(getattr(node.args[0], "value", None))
    assert read - {"www-authenticate"} == {"content-type", "location", "retry-after", "x-amzn-errortype"}


# --- what is sent -----------------------------------------------------------------------------------------------------

AWS_HOSTS = {
    "demo.auth.eu-west-1.amazoncognito.com",
    "cognito-idp.eu-west-1.amazonaws.com",
    "cognito-identity.eu-west-1.amazonaws.com",
    "sts.eu-west-1.amazonaws.com",
}
KNOWN = {"client_id": CLIENT_ID, "identity_pool_id": IDENTITY_POOL_ID, "redirect_uri": REDIRECT_URI}
ROLE = {"role_arn": "arn:aws:iam::123456789012:role/reader", "credentials_flow": "basic"}


class Detour(Transport):
    """Writes down every request as it was meant, and takes it to the peer whatever its host is."""

    def __init__(self, origin: str) -> None:
        super().__init__()
        self._origin = urlsplit(origin)
        self.meant: list[wire.Request] = []

    def send(self, request: wire.Request) -> wire.Response:
        self.meant.append(request)
        there = urlsplit(request.url)._replace(scheme=self._origin.scheme, netloc=self._origin.netloc)
        return super().send(replace(request, url=there.geturl()))


@pytest.fixture
def front(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Front]:
    with cognito_peer.running() as peer, fault_peer.running(peer.origin) as front:
        peer.origin = front.origin
        front.peer = peer  # type: ignore[attr-defined]
        yield front


def play(front: Front, settings: dict[str, Any], issuer: str, now: float) -> tuple[list[wire.Request], list[str]]:
    """Everything once, at one moment: (the requests as they were meant, the addresses for a browser)."""
    peer: cognito_peer.Peer = front.peer  # type: ignore[attr-defined]
    peer.claims = {"iss": issuer}
    transport = Detour(front.origin)

    def cognito(**more: str) -> Cognito:
        made = Cognito(**{**KNOWN, **settings, **more}, clock=lambda: now)
        verifier = ConnectionVerifier(made.settings, transport, clock=lambda: now)
        made._connection = Connection(made.settings, transport, verifier, lambda: now, lambda number: b"r" * number)
        return made

    peer.secret = None
    public = cognito()
    begun = public.begin(REDIRECT_URI)
    transport.run(probe(begun))
    code = peer.issue({"code_challenge": begun.code_challenge, "nonce": begun.nonce})
    session = public.exchange(code, REDIRECT_URI, code_verifier=begun.code_verifier, nonce=begun.nonce)
    session.renew()
    session.credentials()
    session.logout()
    by_api = cognito(user_pool_id=POOL_ID).sign_in("ada", PASSWORD)
    by_api.renew()
    by_api.revoke()
    cognito(**ROLE).sign_in("ada", PASSWORD, srp=False).credentials()
    public.guest().credentials()
    peer.secret = "hush"
    secret = cognito(client_secret="hush")
    secret.exchange(peer.issue({}), REDIRECT_URI).renew()
    secret.client_credentials()
    return transport.meant, [begun.url, public.logout_url("http://localhost:8080/bye")]


def bare(text: str) -> str:
    """Without what is new each time: tokens, refresh tokens, codes."""
    text = re.sub(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", "JWT", text)
    text = re.sub(r"refresh-[0-9a-f]+", "REFRESH", text)
    return re.sub(r"(?<![\w-])[0-9a-f]{32}(?![\w-])", "CODE", text)


def without_host(request: wire.Request) -> tuple[Any, ...]:
    parts = urlsplit(request.url)
    body = bare((request.body or b"").decode())
    return request.method, parts.path, sorted(parse_qsl(parts.query)), sorted(request.headers.items()), body


@pytest.fixture
def both(front: Front) -> tuple[Any, Any]:
    now = time.time()  # both runs are of one moment: signatures and time stamps hold it
    for_aws = play(
        front,
        {"domain": "https://demo.auth.eu-west-1.amazoncognito.com"},
        f"https://cognito-idp.eu-west-1.amazonaws.com/{POOL_ID}",
        now,
    )
    return for_aws, play(front, {"domain": front.origin}, f"{front.origin}/{POOL_ID}", now)


def test_the_same_program_sends_the_same_to_aws_and_to_a_stand_in(both: tuple[Any, Any]) -> None:
    (to_aws, _), (to_stand_in, _) = both
    assert len(to_aws) > 20
    assert [without_host(request) for request in to_aws] == [without_host(request) for request in to_stand_in]


def test_only_the_hosts_differ_and_are_aws_s_own(both: tuple[Any, Any], front: Front) -> None:
    (to_aws, links_of_aws), (to_stand_in, links) = both
    assert {urlsplit(request.url).netloc for request in to_aws} == AWS_HOSTS
    assert {urlsplit(request.url).scheme for request in to_aws} == {"https"}
    assert {urlsplit(request.url).netloc for request in to_stand_in} == {urlsplit(front.origin).netloc}
    assert [bare(urlsplit(u)._replace(scheme="", netloc="").geturl()) for u in links_of_aws] == [
        bare(urlsplit(u)._replace(scheme="", netloc="").geturl()) for u in links
    ]


def test_each_request_goes_to_the_host_of_its_service(both: tuple[Any, Any]) -> None:
    of_target = {
        "AWSCognitoIdentityProviderService": "cognito-idp.eu-west-1.amazonaws.com",
        "AWSCognitoIdentityService": "cognito-identity.eu-west-1.amazonaws.com",
    }
    of_path: dict[str, Callable[[str], bool]] = {
        "demo.auth.eu-west-1.amazoncognito.com": lambda path: path.startswith("/oauth2/"),
        "cognito-idp.eu-west-1.amazonaws.com": lambda path: path.endswith("/.well-known/jwks.json"),
        "sts.eu-west-1.amazonaws.com": lambda path: path == "/",
    }
    for request in both[0][0]:
        host, path = urlsplit(request.url).netloc, urlsplit(request.url).path
        target = request.headers.get("X-Amz-Target")
        if target:
            assert (host, path) == (of_target[target.partition(".")[0]], "/")
        else:
            assert of_path[host](path)
