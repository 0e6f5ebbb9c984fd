"""Who can reach this server: proxies, host names and web pages, and what each comfort makes of them."""

from __future__ import annotations

import io
import json
import socket
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from starlette.requests import Request

from front_door import ME, Door, issue, refusal
from halfday.cli.commands.serve import _announce
from halfday.server import reachability as reach
from halfday.server.http.requests.proxies import browser_is_on_https, see_through_proxies
from halfday.server.settings import Settings
from world import World, running

PUBLIC = "https://login.example"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}],
    }
)
EVERYTHING = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]

FORWARDED = [
    ("X-Forwarded-For", "127.0.0.1"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "localhost"),
    ("Forwarded", "for=127.0.0.1"),
    ("X-Real-IP", "127.0.0.1"),
    ("Via", "1.1 proxy"),
    ("CF-Connecting-IP", "127.0.0.1"),
    ("True-Client-IP", "127.0.0.1"),
    ("X-Original-Forwarded-For", "127.0.0.1"),
    ("X-Envoy-External-Address", "127.0.0.1"),
]
FOREIGN_HOSTS = [
    "evil",
    "evil:4242",
    "evil.example",
    "evil.local",
    "evil.internal",
    "evil.test",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "localhost.",
    "192.168.1.2",
    "[fe80::1]",
    "ec2-1-2-3-4.compute-1.amazonaws.com",
    "evil.s3-website-us-east-1.amazonaws.com",
    "evil.execute-api.us-east-1.amazonaws.com",
    "evil-123.us-east-1.elb.amazonaws.com",
    "cognito-idp.us-east-1.amazonaws.com.evil.example",
]
OWN_HOSTS = [
    "localhost:4242",
    "LOCALHOST",
    "127.0.0.1",
    "127.8.8.8:1",
    "[::1]:4242",
    "[::ffff:127.0.0.1]",
    "demo.localhost:4242",
    "host.docker.internal:4242",
    "cognito-idp.us-east-1.amazonaws.com",
    "cognito-identity.eu-west-1.amazonaws.com",
    "sts.amazonaws.com",
    "sts.eu-central-1.amazonaws.com",
    "iam.amazonaws.com",
    "s3.amazonaws.com",
    "my.bucket.s3.dualstack.eu-west-1.amazonaws.com",
    "demo.auth.us-east-1.amazoncognito.com",
]
FOREIGN_ORIGINS = [
    "null",
    "",
    "https://evil.example",
    "http://evil",
    "http://evil.local",
    "http://app.test",
    "http://halfday:4242",
    "http://192.168.1.2",
    "http://localhost.evil.example",
    "http://localhost@evil.example",
    "chrome-extension://abcdefghijklmnop",
    "moz-extension://5f1c2e1e-0000-4000-8000-000000000000",
    "safari-web-extension://localhost",
    "file://",
    "app://localhost",
    "ftp://localhost",
    "http://[",
    "http://host.docker.internal",
    "http://cognito-idp.us-east-1.amazonaws.com",
]


def listed(world: World, headers: dict[str, str], origin: str = "") -> requests.Response:
    """ListUserPools, signed with dummy keys."""
    origin = origin or world.origin
    named = {"X-Amz-Target": "AWSCognitoIdentityProviderService.ListUserPools"}
    signed = AWSRequest("POST", origin, headers=named, data=json.dumps({"MaxResults": 1}))
    SigV4Auth(Credentials("test", "test"), "cognito-idp", "us-east-1").add_auth(signed)
    return requests.post(origin, data=signed.data, headers={**dict(signed.headers), **headers}, timeout=10)


def objection(headers: dict[str, str], **settings: Any) -> str | None:
    return reach.objection_to_dummy_keys(Settings(**settings), {"Host": "localhost", **headers}.items())


@pytest.mark.parametrize(
    ("settings", "public"),
    [
        ({}, False),
        ({"host": "localhost"}, False),
        ({"host": "::1"}, False),
        ({"public_url": "http://localhost:8080"}, False),
        ({"public_url": "https://halfday.localhost"}, False),
        ({"host": "0.0.0.0"}, True),
        ({"host": "::"}, True),
        ({"host": "192.168.1.2"}, True),
        ({"host": "halfday.example"}, True),
        ({"public_url": PUBLIC}, True),
        ({"public_url": "http://halfday"}, True),
        ({"public_url": "http://127.0.0.1.evil.example"}, True),
        ({"trusted_proxy": "127.0.0.1"}, True),
    ],
)
def test_a_server_is_for_this_machine_only_where_nothing_speaks_of_others(
    settings: dict[str, Any], public: bool
) -> None:
    chosen = Settings(**settings)
    assert reach.of_server(chosen).public is public
    assert reach.takes_dummy_keys(chosen) is not public
    assert not reach.takes_dummy_keys(Settings(**settings, signatures="strict"))
    assert reach.takes_dummy_keys(Settings(**settings, signatures="relaxed"))


@pytest.mark.parametrize(("name", "value"), FORWARDED)
def test_who_came_by_a_proxy_is_not_root(world: World, name: str, value: str) -> None:
    answer = listed(world, {name: value})
    assert (answer.status_code, answer.json()["__type"]) == (400, "UnrecognizedClientException")


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_under_a_name_that_is_not_this_machine_s_nobody_is_root(world: World, host: str) -> None:
    assert listed(world, {"Host": host}).status_code == 400
    assert objection({"Host": host}, signatures="relaxed"), "not where --signatures relaxed is said either"


@pytest.mark.parametrize("host", OWN_HOSTS)
def test_this_machine_s_names_may_use_dummy_keys(world: World, host: str) -> None:
    assert listed(world, {"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
@pytest.mark.parametrize("settings", [{}, {"signatures": "relaxed"}, {"signatures": "relaxed", "host": "0.0.0.0"}])
def test_no_page_or_extension_from_elsewhere_is_root(settings: dict[str, Any], origin: str) -> None:
    assert objection({"Origin": origin}, **settings)
    assert objection({"Origin": origin, "Host": origin.rpartition("/")[2]}, **settings), "not by DNS rebinding either"


@pytest.mark.parametrize(
    "origin", ["http://localhost:3000", "https://app.localhost", "http://127.0.0.1:1", "http://[::1]"]
)
def test_a_page_of_this_machine_may_use_dummy_keys(origin: str) -> None:
    assert objection({"Origin": origin}) is None


CHROMIUM = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
WITHOUT_ORIGIN = {
    "image": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    "frame": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    "link": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
    "link in a letter": {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
    "browser that says nothing": {"User-Agent": CHROMIUM},
}
"""What browsers send for a page elsewhere with a GET: no Origin. One such image made a page the account's root."""


@pytest.mark.parametrize("headers", WITHOUT_ORIGIN.values(), ids=WITHOUT_ORIGIN)
@pytest.mark.parametrize("settings", [{}, {"signatures": "relaxed"}, {"signatures": "relaxed", "host": "0.0.0.0"}])
def test_no_page_is_root_by_what_browsers_fetch_without_an_origin(
    settings: dict[str, Any], headers: dict[str, str]
) -> None:
    assert objection(headers, **settings) == "made by a browser, for a page that it does not name"


def test_a_sibling_of_a_public_name_is_elsewhere() -> None:
    headers = {"Sec-Fetch-Site": "same-site", "Host": "login.example"}
    assert objection(headers, signatures="relaxed", public_url=PUBLIC)


@pytest.mark.parametrize("site", ["same-origin", "same-site"])
def test_what_pages_of_this_machine_show_may_be_signed_by_dummy_keys(site: str) -> None:
    assert objection({"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}) is None


def test_a_person_may_open_an_object_by_a_link_signed_by_dummy_keys() -> None:
    opened = {"Host": "localhost", **WITHOUT_ORIGIN["link in a letter"]}.items()
    assert reach.objection_to_dummy_keys(Settings(), opened, opens_object=True) is None
    for how in ("image", "frame", "link"):
        fetched = {"Host": "localhost", **WITHOUT_ORIGIN[how]}.items()
        assert reach.objection_to_dummy_keys(Settings(), fetched, opens_object=True)


@pytest.mark.parametrize("how", WITHOUT_ORIGIN)
def test_no_image_puts_a_policy(world: World, how: str) -> None:
    """Whole: the Query API takes GETs that are signed in the URL."""
    world.boto3("iam").create_role(RoleName=how.replace(" ", "-"), AssumeRolePolicyDocument=TRUST)
    put = {
        "Action": "PutRolePolicy", "Version": "2010-05-08", "RoleName": how.replace(" ", "-"), "PolicyName": "evil",
        "PolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": EVERYTHING}),
    }  # fmt: skip
    signed = AWSRequest("GET", f"{world.origin}/", params=put)
    SigV4QueryAuth(Credentials("test", "test"), "iam", "us-east-1").add_auth(signed)
    answer = requests.get(signed.url, headers=WITHOUT_ORIGIN[how], timeout=10)
    assert answer.status_code == 403, answer.text
    assert requests.get(signed.url, timeout=10).status_code == 200, "a tool may"


@pytest.mark.parametrize(
    ("settings", "headers", "expected"),
    [
        ({}, {"Origin": "http://localhost:5173"}, True),
        ({}, {"Origin": "https://127.0.0.1", "Host": "app.s3.us-east-1.amazonaws.com"}, True),
        ({}, {}, False),
        ({}, {"Origin": "null"}, False),
        ({}, {"Origin": "https://app.example.com"}, False),
        ({}, {"Origin": "http://localhost:5173", "Host": "evil.example"}, False),
        ({}, {"Origin": "http://localhost:5173", "Via": "1.1 x"}, False),
        ({"host": "0.0.0.0", "signatures": "relaxed"}, {"Origin": "http://localhost:5173"}, False),
        ({"trusted_proxy": "127.0.0.1"}, {"Origin": "http://localhost:5173"}, False),
        ({"public_url": PUBLIC}, {"Origin": PUBLIC}, False),
    ],
)
def test_a_page_is_of_this_machine_only_where_nobody_else_reaches_the_server(
    settings: dict[str, Any], headers: dict[str, str], expected: bool
) -> None:
    sent = {"Host": "localhost", **headers}
    assert reach.is_page_of_this_machine(Settings(**settings), sent.items()) is expected


def test_a_public_address_makes_a_loopback_server_strict(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with running(tmp_path, port=port, public_url=PUBLIC, upstream="none") as up:
        assert listed(up, {}, f"http://127.0.0.1:{port}").status_code == 400


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("halfday", True),
        ("halfday_1:4242", True),
        ("10.1.2.3", True),
        ("[fe80::1]", True),
        ("login.example", True),
        ("halfday.evil.example", False),
        ("evil.local", False),
        ("a,b", False),
        ("", False),
    ],
)
def test_relaxed_for_containers_takes_service_names_and_no_name_that_can_be_rebound(host: str, allowed: bool) -> None:
    settings = {"signatures": "relaxed", "host": "0.0.0.0", "public_url": PUBLIC}
    assert (objection({"Host": host}, **settings) is None) is allowed
    page = objection({"Host": host, "Origin": f"http://{host}"}, **settings)
    assert (page is None) is (host == "login.example"), "a page is foreign, but for public_url's own"


def test_relaxed_is_what_the_user_said_behind_a_proxy_too() -> None:
    assert objection({"X-Forwarded-For": "1.2.3.4"}, signatures="relaxed") is None
    assert objection({"X-Forwarded-For": "1.2.3.4"}) is not None


def test_the_root_pair_is_good_from_everywhere(tmp_path: Path) -> None:
    root = {"root_access_key_id": "AKIAROOT", "root_secret_access_key": "root-secret"}
    with running(tmp_path, upstream="none", **root) as up:
        idp = up.boto3("cognito-idp", aws_access_key_id="AKIAROOT", aws_secret_access_key="root-secret")
        idp.meta.events.register(
            "before-send.cognito-idp.*", lambda request, **_: request.headers.__setitem__("Via", "1.1 x")
        )
        assert idp.list_user_pools(MaxResults=1)["UserPools"] == []


@pytest.mark.parametrize("headers", [{"Host": "evil"}, {"X-Forwarded-For": "1.2.3.4"}, {"Via": "1.1 x"}])
def test_pools_and_registered_addresses_are_not_told_to_others(world: World, headers: dict[str, str]) -> None:
    pool = world.pool(PoolName="of-nobody-s-business")
    client = pool.client(CallbackURLs=["https://secret.example/callback"])
    mismatch = f"{world.origin}/error?error=redirect_mismatch&client_id={client['ClientId']}"
    assert "of-nobody-s-business" in requests.get(world.origin, timeout=10).text
    assert "secret.example" in requests.get(mismatch, timeout=10).text
    assert "of-nobody-s-business" not in requests.get(world.origin, headers=headers, timeout=10).text
    assert "secret.example" not in requests.get(mismatch, headers=headers, timeout=10).text


@pytest.mark.parametrize(("name", "value"), FORWARDED)
def test_management_does_not_answer_through_a_proxy(world: World, name: str, value: str) -> None:
    answer = requests.get(f"{world.running.management}/messages", headers={name: value}, timeout=10)
    assert (answer.status_code, "through a proxy" in answer.text) == (403, True)


@pytest.mark.parametrize("settings", [{"public_url": PUBLIC}, {"host": "0.0.0.0"}, {"trusted_proxy": "127.0.0.1"}])
def test_codes_are_not_told_where_others_may_reach_the_server(tmp_path: Path, settings: dict[str, Any]) -> None:
    terminal = io.StringIO()
    root = {"root_access_key_id": "AKIAROOT", "root_secret_access_key": "root-secret"}
    with running(tmp_path, terminal=terminal, upstream="none", **root, **settings) as up:
        assert up.running.management is None
        assert len(up.running.services.messages._ways) == 2  # the file, and what this process remembers


TOKEN = "a-token-of-management"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, ["RELAXED", "this machine only: it listens on 127.0.0.1"]),
        ({"public_url": PUBLIC}, ["STRICT", f"others may reach it: public_url is {PUBLIC}"]),
        (
            {"host": "0.0.0.0"},
            ["STRICT", "reach it: it listens on 0.0.0.0", "sign with keys issued here alone, and read no codes."],
        ),
        ({"trusted_proxy": "10.0.0.0/8"}, ["STRICT", "a trusted proxy may stand before it: 10.0.0.0/8"]),
        (
            {"host": "0.0.0.0", "signatures": "relaxed"},
            ["RELAXED", "Others may do so too", "it listens on 0.0.0.0", "sign as root with any keys"],
        ),
        (
            {"host": "0.0.0.0", "management_port": 0, "management_token": TOKEN},
            ["whoever shows the management token", "and read no codes, as management listens on loopback."],
        ),
        (
            {"host": "0.0.0.0", "management_port": 0, "management_token": TOKEN, "management_host": "0.0.0.0"},
            ["whoever shows the management token", "and read codes, with the management token."],
        ),
        ({"signatures": "strict"}, ["STRICT", "this machine only"]),
    ],
)
def test_the_start_says_who_can_reach_the_server_and_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: dict[str, Any], said: list[str]
) -> None:
    with running(tmp_path, upstream="none", **settings) as up:
        _announce({}, up.running)
    told = capsys.readouterr().err
    assert all(sentence in told for sentence in said), told


def through(peer: str | None, headers: list[tuple[str, str]], **settings: Any) -> Request:
    raw = [(name.lower().encode(), value.encode()) for name, value in [("Host", "login.example"), *headers]]
    scope = {"type": "http", "scheme": "http", "headers": raw, "client": peer and (peer, 1), "path": "/"}
    scope |= {"server": ("127.0.0.1", 4242), "query_string": b"", "method": "GET"}
    see_through_proxies(scope, Settings(**settings))
    return Request(scope)


NGINX = "127.0.0.1, 10.0.0.0/8, fd00::/8"


@pytest.mark.parametrize(
    ("peer", "lines", "client"),
    [
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        ("127.0.0.1", ["1.2.3.4, 203.0.113.7"], "203.0.113.7"),
        ("127.0.0.1", ["1.2.3.4", "203.0.113.7, 10.1.1.1"], "203.0.113.7"),
        ("127.0.0.1", ["127.0.0.1, 203.0.113.7, 10.1.1.1"], "203.0.113.7"),
        ("127.0.0.1", ["10.9.9.9, 10.1.1.1"], "10.9.9.9"),
        ("127.0.0.1", ["203.0.113.7:4711"], "203.0.113.7"),
        ("127.0.0.1", ["[2001:db8::1]:80"], "2001:db8::1"),
        ("::ffff:127.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("fd00::1", ["203.0.113.7"], "203.0.113.7"),
        ("127.0.0.1", ["203.0.113.7, unknown"], None),
        ("127.0.0.1", ["127.0.0.1, _hidden, 10.1.1.1"], None),
        ("203.0.113.9", ["127.0.0.1"], "203.0.113.9"),
        (None, ["127.0.0.1"], None),
    ],
)
def test_a_client_is_the_right_most_address_that_is_not_a_trusted_proxy_s(
    peer: str | None, lines: list[str], client: str | None
) -> None:
    request = through(peer, [("X-Forwarded-For", line) for line in lines], trusted_proxy=NGINX)
    assert (request.client.host if request.client else None) == client


@pytest.mark.parametrize("peer", ["127.0.0.1", "203.0.113.9"])
def test_nobody_says_who_they_are_without_a_trusted_proxy(peer: str) -> None:
    request = through(peer, [("X-Forwarded-For", "10.0.0.1"), ("X-Forwarded-Proto", "https")])
    assert (request.client and request.client.host, request.url.scheme) == (peer, "http")
    assert not browser_is_on_https(request)


@pytest.mark.parametrize(("value", "scheme"), [("https", "https"), ("http, https", "https"), ("https,http", "http")])
def test_the_protocol_is_the_one_that_the_last_proxy_wrote(value: str, scheme: str) -> None:
    trusted = through("127.0.0.1", [("X-Forwarded-Proto", value)], trusted_proxy=NGINX)
    assert (trusted.url.scheme, browser_is_on_https(trusted)) == (scheme, scheme == "https")


def test_an_https_address_makes_cookies_secure_but_is_no_proof_of_tls() -> None:
    request = through("127.0.0.1", [], public_url=PUBLIC)
    assert (browser_is_on_https(request), request.url.scheme) == (True, "http")


def test_a_cookie_is_secure_where_the_browser_is_on_https_and_by_nobody_s_word(tmp_path: Path, world: World) -> None:
    def cookie(up: World, headers: dict[str, str]) -> str:
        client = up.idp.list_user_pools(MaxResults=1) and up.pool().client()
        query = {"client_id": client["ClientId"], "response_type": "code", "redirect_uri": client["CallbackURLs"][0]}
        return requests.get(f"{up.origin}/login", params=query, headers=headers, timeout=10).headers["Set-Cookie"]

    assert "Secure" not in cookie(world, {})
    assert "Secure" not in cookie(world, {"X-Forwarded-Proto": "https"})
    with running(tmp_path, trusted_proxy="127.0.0.1", signatures="relaxed", upstream="none") as up:
        assert "Secure" in cookie(up, {"X-Forwarded-Proto": "https"})
        assert "Secure" not in cookie(up, {})


@pytest.fixture
def by_address(door: Door) -> Any:
    """A person who may read from one address only, and only over TLS."""
    condition = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}, "Bool": {"aws:SecureTransport": "true"}}
    allowed = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*", "Condition": condition}
    return door.client(door.admit(issue(1, session_policies=({"Statement": allowed},))))


def forwarding(s3: Any, headers: dict[str, str]) -> None:
    s3.meta.events.register("before-send.s3.*", lambda request, **_: request.headers.update(headers))


def test_a_header_does_not_decide_from_where_and_how_a_policy_sees_a_call(door: Door, by_address: Any) -> None:
    forwarding(by_address, {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"})
    where = {"Bucket": "app", "Key": f"{ME}/x", "Body": b""}
    assert refusal(by_address.put_object, **where)[0] == "AccessDenied"
    door.services.settings = Settings(account_id="123456789012", trusted_proxy="127.0.0.1")
    assert by_address.put_object(**where)["ETag"]


def test_what_a_client_wrote_left_of_a_trusted_proxy_does_not_count(door: Door, by_address: Any) -> None:
    door.services.settings = Settings(account_id="123456789012", trusted_proxy="127.0.0.1")
    forwarding(by_address, {"X-Forwarded-For": "203.0.113.7, 198.51.100.1", "X-Forwarded-Proto": "https"})
    assert refusal(by_address.put_object, Bucket="app", Key=f"{ME}/x", Body=b"")[0] == "AccessDenied"


@pytest.mark.parametrize(
    ("peer", "shown"),
    [("::ffff:127.0.0.1", "127.0.0.1"), ("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("testclient", None)],
)
def test_an_ipv4_caller_has_its_ipv4_address_on_a_socket_for_both_families(peer: str, shown: str | None) -> None:
    """Else no policy's network of IPv4 addresses holds whoever calls, and a Deny by it lets everybody through."""
    scope = {"type": "http", "client": (peer, 5), "headers": [(b"host", b"localhost")], "scheme": "http"}
    see_through_proxies(scope, Settings())
    assert scope["client"] == (shown or peer, 5)


NODES_OWN = {"User-Agent": "node", "Sec-Fetch-Mode": "cors", "Accept-Language": "*"}
"""What `fetch` of Node sends (undici 6)."""


def test_fetch_of_node_is_a_tool_and_no_page(world: World) -> None:
    assert requests.get(f"{world.running.management}/messages", headers=NODES_OWN, timeout=10).status_code == 200
    from_a_page = {**NODES_OWN, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "empty"}
    assert requests.get(f"{world.running.management}/messages", headers=from_a_page, timeout=10).status_code == 403
    assert reach.objection_to_dummy_keys(Settings(), [("Host", "localhost"), *NODES_OWN.items()]) is None
    assert reach.objection_to_dummy_keys(Settings(), [("Host", "localhost"), *from_a_page.items()])


@pytest.mark.parametrize(("at_a_terminal", "public"), [(True, False), (False, False), (True, True)])
def test_a_password_of_the_seed_file_is_told_at_a_terminal_of_this_machine_alone(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    at_a_terminal: bool,
    public: bool,
) -> None:
    user = {"username": "ada", "password": "Lovelace-1815"}
    document = {"user_pool": [{"id": "us-east-1_Told00001", "user": [user]}]}
    host = {"host": "0.0.0.0"} if public else {}
    with running(tmp_path, document, upstream="none", **host) as up:
        monkeypatch.setattr("sys.stderr.isatty", lambda: at_a_terminal)
        _announce(document, up.running)
    assert ("Lovelace-1815" in capsys.readouterr().err) is (at_a_terminal and not public)


def test_an_sdk_is_told_the_region_of_the_declared_pools(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = {"user_pool": [{"id": "eu-west-1_Told00001"}]}
    with running(tmp_path, document, upstream="none") as up:
        _announce(document, up.running)
    assert "AWS_DEFAULT_REGION=eu-west-1 " in capsys.readouterr().err
