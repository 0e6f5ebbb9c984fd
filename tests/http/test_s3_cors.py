"""Web pages at the front door: a bucket's CORS rules decide what a page may call, and what it may read of answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from botocore.config import Config

from front_door import refusal
from halfday.server.domain.s3.cors import parse_cors
from halfday.server.domain.s3.refusals import S3RequestRefused
from halfday.server.outside.upstreams import UpstreamCall, whole
from world import World, running

PAGE = "https://app.example.com"
VARY = {"origin", "access-control-request-headers", "access-control-request-method"}
HEADERS = "authorization,content-type,x-amz-content-sha256,x-amz-date,x-amz-security-token,x-amz-user-agent"
RULES = [
    {
        "AllowedOrigins": [PAGE],
        "AllowedMethods": ["PUT", "POST"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag", "x-amz-request-id"],
        "MaxAgeSeconds": 3000,
    },
    {"AllowedOrigins": ["https://*.example.org"], "AllowedMethods": ["GET"], "AllowedHeaders": ["x-amz-*", "Range"]},
    {"AllowedOrigins": ["*"], "AllowedMethods": ["GET", "HEAD"]},
]
ROOT = {"root_access_key_id": "AKIAROOT", "root_secret_access_key": "a secret of the account's root"}


@dataclass
class Bucket:
    """A bucket and whoever has its keys. A page's calls are presigned."""

    world: World
    name: str
    s3: Any

    def url(self, operation: str = "get_object", key: str = "a/b.txt", **given: str) -> str:
        return self.s3.generate_presigned_url(operation, {"Bucket": self.name, "Key": key, **given})

    def preflight(
        self, method: str = "PUT", origin: str = PAGE, headers: str = HEADERS, path: str = "/a/b.txt"
    ) -> requests.Response:
        asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
        sent = {name: value for name, value in asked.items() if value}
        return requests.options(f"{self.world.origin}/{self.name}{path}", headers=sent, timeout=10)


def client(world: World) -> Any:
    config = Config(s3={"addressing_style": "path"}, signature_version="s3v4", retries={"max_attempts": 0})
    keys = {f"aws{name.removeprefix('root')}": value for name, value in ROOT.items()}
    return world.boto3("s3", config=config, **keys)


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One with keys of the root: with dummy keys no web page of elsewhere gets by."""
    with running(tmp_path_factory.mktemp("data"), **ROOT) as world:
        yield world


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server that others may reach: there is a proxy before it."""
    with running(tmp_path_factory.mktemp("public"), trusted_proxy="127.0.0.1", **ROOT) as world:
        yield world


def made(world: World, name: str, rules: list[dict[str, Any]] | None) -> Bucket:
    bucket = Bucket(world, name, client(world))
    bucket.s3.create_bucket(Bucket=name)
    bucket.s3.put_object(Bucket=name, Key="a/b.txt", Body=b"hello")
    if rules is None:
        bucket.s3.delete_bucket_cors(Bucket=name)
    else:
        bucket.s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": rules})
    return bucket


@pytest.fixture
def ruled(world: World) -> Bucket:
    return made(world, "ruled", RULES)


def cors_of(answer: requests.Response) -> dict[str, str]:
    prefix = "access-control-"
    return {n.lower().removeprefix(prefix): v for n, v in answer.headers.items() if n.lower().startswith(prefix)}


def vary_of(answer: requests.Response) -> set[str]:
    return {name.strip().lower() for name in answer.headers.get("Vary", "").split(",") if name.strip()}


def test_a_preflight_is_answered_by_the_first_rule_that_fits(ruled: Bucket) -> None:
    answer = ruled.preflight(headers="Content-Type, X-Amz-Date,x-amz-content-sha256")
    assert (answer.status_code, answer.content) == (200, b"")
    assert cors_of(answer) == {
        "allow-origin": PAGE,
        "allow-methods": "PUT, POST",
        "allow-headers": "content-type, x-amz-date, x-amz-content-sha256",
        "expose-headers": "ETag, x-amz-request-id",
        "max-age": "3000",
        "allow-credentials": "true",
    }
    assert vary_of(answer) == VARY


@pytest.mark.parametrize(
    ("method", "origin", "headers"),
    [
        ("DELETE", PAGE, HEADERS),
        ("PUT", "https://app.example.com.evil.example", HEADERS),
        ("PUT", "http://app.example.com", HEADERS),
        ("PUT", "https://APP.example.com", HEADERS),
        ("PUT", "null", HEADERS),
        ("GET", PAGE, HEADERS),
        ("GET", "https://example.org", "x-amz-content-sha256"),
        ("GET", "https://a.example.org", "x-amz-content-sha256,x-custom"),
    ],
)
def test_a_preflight_that_no_rule_fits_is_refused_in_s3_s_words(
    ruled: Bucket, method: str, origin: str, headers: str
) -> None:
    answer = ruled.preflight(method, origin, headers)
    assert (answer.status_code, answer.headers["Content-Type"], cors_of(answer)) == (403, "application/xml", {})
    assert "<Code>AccessForbidden</Code><Message>CORSResponse: This CORS request is not allowed." in answer.text
    assert f"<Method>{method}</Method><ResourceType>OBJECT</ResourceType>" in answer.text


def test_a_preflight_for_more_headers_than_a_request_may_have_is_not_held_against_rules(ruled: Bucket) -> None:
    assert ruled.preflight(headers=",".join(["x-amz-date"] * 99 + ["x-amz-content-sha256"])).status_code == 200
    answer = ruled.preflight(headers=",".join(["x-amz-content-sha256"] * 101))
    assert (answer.status_code, "<Code>BadRequest</Code>" in answer.text) == (400, True)


def test_one_star_stands_for_anything_in_between(ruled: Bucket) -> None:
    allowed = ruled.preflight("GET", "https://a.b.example.org", "x-amz-content-sha256, RANGE")
    assert cors_of(allowed)["allow-origin"] == "https://a.b.example.org"
    anybody = requests.options(
        ruled.url(), headers={"Origin": "https://x", "Access-Control-Request-Method": "GET"}, timeout=10
    )
    assert cors_of(anybody) == {"allow-origin": "*", "allow-methods": "GET, HEAD"}


@pytest.mark.parametrize(
    ("origin", "method", "sentence"),
    [
        ("", "PUT", "Insufficient information. Origin request header needed."),
        (PAGE, "", "Invalid Access-Control-Request-Method: null"),
        (PAGE, "OPTIONS", "Invalid Access-Control-Request-Method: OPTIONS"),
    ],
)
def test_half_a_preflight_is_a_bad_request(ruled: Bucket, origin: str, method: str, sentence: str) -> None:
    answer = ruled.preflight(method, origin)
    assert (answer.status_code, f"<Code>BadRequest</Code><Message>{sentence}<" in answer.text) == (400, True)


def test_a_page_reads_answers_and_refusals_alike(ruled: Bucket) -> None:
    page = {"Origin": "https://anywhere.example"}
    told = {"allow-origin": "*", "allow-methods": "GET, HEAD"}
    for url, status in (
        (ruled.url(), 200),
        (ruled.url(key="missing"), 404),
        (ruled.url().replace("X-Amz-Signature=", "X-Amz-Signature=0"), 403),
        (f"{ruled.world.origin}/ruled/a?AWSAccessKeyId=x&Signature=x&Expires=1", 400),
    ):
        answer = requests.get(url, headers=page, timeout=10)
        assert (answer.status_code, cors_of(answer)) == (status, told)
        assert vary_of(answer) >= VARY
    head = requests.head(ruled.url("head_object"), headers=page, timeout=10)
    assert (head.status_code, cors_of(head)) == (200, told)


def test_a_denied_page_reads_that_it_was_denied(public: World) -> None:
    bucket = made(public, "denying", RULES)
    url = bucket.url()
    expired = requests.get(url.replace("X-Amz-Signature=", "X-Amz-Signature=0"), headers={"Origin": PAGE}, timeout=10)
    assert (expired.status_code, cors_of(expired)["allow-origin"]) == (403, "*")
    unknown = requests.get(url.replace("AKIAROOT", "AKIAOTHER"), headers={"Origin": PAGE}, timeout=10)
    assert ("InvalidAccessKeyId" in unknown.text, cors_of(unknown)["allow-origin"]) == (True, "*")


def test_a_page_that_no_rule_fits_is_told_nothing(ruled: Bucket) -> None:
    answer = requests.put(ruled.url("put_object"), b"x", headers={"Origin": "https://evil.example"}, timeout=10)
    assert (answer.status_code, cors_of(answer)) == (200, {}), "S3 carries it out too: CORS guards what is read"
    assert cors_of(requests.get(ruled.url(), timeout=10)) == {}, "no page asked"


def test_a_local_page_has_no_more_than_the_rules_where_there_are_some(ruled: Bucket) -> None:
    assert ruled.preflight("PUT", "http://localhost:5173").status_code == 403
    answer = requests.put(ruled.url("put_object"), b"x", headers={"Origin": "http://localhost:5173"}, timeout=10)
    assert cors_of(answer) == {}


def test_without_rules_a_local_page_is_let_in_and_the_log_says_that_aws_would_refuse(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    bucket = made(world, "ruleless", None)
    caplog.set_level("INFO", "halfday.requests")
    page = "http://localhost:5173"
    for name in ("ruleless", "no-such-bucket"):
        answer = Bucket(world, name, bucket.s3).preflight("DELETE", page)
        assert (answer.status_code, cors_of(answer)["allow-origin"]) == (200, page)
        assert "DELETE" in cors_of(answer)["allow-methods"]
    got = requests.get(bucket.url(), headers={"Origin": page}, timeout=10)
    assert "ETag" in cors_of(got)["expose-headers"]
    lines = [line for line in caplog.text.splitlines() if "AWS would refuse it, as the bucket has no CORS" in line]
    assert len(lines) == 3


@pytest.mark.parametrize("origin", [PAGE, "null", "http://localhost.evil.example", "http://192.168.1.5:3000"])
def test_without_rules_no_other_page_is_let_in(world: World, origin: str) -> None:
    bucket = made(world, "ruleless", None)
    answer = bucket.preflight("GET", origin)
    assert (answer.status_code, cors_of(answer)) == (403, {})
    assert "CORSResponse: CORS is not enabled for this bucket." in answer.text
    assert cors_of(requests.get(bucket.url(), headers={"Origin": origin}, timeout=10)) == {}


def test_without_rules_no_page_is_let_in_where_others_reach_the_server(public: World, world: World) -> None:
    page = "http://localhost:5173"
    bucket = made(public, "ruleless-too", None)
    assert "CORS is not enabled for this bucket" in bucket.preflight("GET", page).text
    assert "Bucket not found" in Bucket(public, "no-such-bucket", bucket.s3).preflight("GET", page).text
    assert cors_of(requests.get(bucket.url(), headers={"Origin": page}, timeout=10)) == {}
    forwarded = {"Origin": page, "X-Forwarded-For": "192.0.2.7"}
    local = made(world, "ruleless", None)
    assert cors_of(requests.get(local.url(), headers=forwarded, timeout=10)) == {}


def test_rules_hold_from_the_next_request_on(world: World) -> None:
    bucket = made(world, "changing", None)
    assert bucket.preflight().status_code == 403
    bucket.s3.put_bucket_cors(Bucket="changing", CORSConfiguration={"CORSRules": RULES})
    assert bucket.preflight().status_code == 200
    bucket.s3.delete_bucket_cors(Bucket="changing")
    assert bucket.preflight().status_code == 403


def rule(**given: Any) -> dict[str, Any]:
    return {"CORSRules": [{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"], **given}]}


@pytest.mark.parametrize(
    ("configuration", "code", "sentence"),
    [
        (rule(AllowedMethods=["PATCH"]), "InvalidRequest", "Unsupported method is PATCH"),
        (rule(AllowedMethods=["get"]), "InvalidRequest", "Unsupported method is get"),
        (rule(AllowedOrigins=["https://*.*"]), "InvalidRequest", "can not have more than one wildcard"),
        (rule(AllowedHeaders=["x-*-*"]), "InvalidRequest", "can not have more than one wildcard"),
        (rule(AllowedOrigins=[]), "MalformedXML", ""),
        (rule(AllowedMethods=[]), "MalformedXML", ""),
        ({"CORSRules": []}, "MalformedXML", ""),
        ({"CORSRules": rule()["CORSRules"] * 101}, "MalformedXML", ""),
    ],
)
def test_rules_that_s3_refuses_are_refused(ruled: Bucket, configuration: Any, code: str, sentence: str) -> None:
    told = refusal(ruled.s3.put_bucket_cors, Bucket="ruled", CORSConfiguration=configuration)
    assert (told[0], sentence in told[2]) == (code, True)
    assert len(ruled.s3.get_bucket_cors(Bucket="ruled")["CORSRules"]) == 3


@pytest.mark.parametrize(
    "document",
    [
        *(f'<?xml version="1.0" encoding="{name}"?><CORSConfiguration/>' for name in ("foo", "hex", "utf-7", "rot13")),
        "<!DOCTYPE d []><CORSConfiguration/>",
        "<CORSRule/>",
        "<CORSConfiguration><AllowedOrigin>*</AllowedOrigin></CORSConfiguration>",
        "<CORSConfiguration><CORSRule><AllowedOrigin><b/></AllowedOrigin></CORSRule></CORSConfiguration>",
        "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin>"
        "<MaxAgeSeconds>soon</MaxAgeSeconds></CORSRule></CORSConfiguration>",
        "<CORSConfiguration>" + " " * 70_000 + "</CORSConfiguration>",
        "",
    ],
)
def test_what_is_no_cors_configuration_is_malformed(document: str) -> None:
    with pytest.raises(S3RequestRefused) as caught:
        parse_cors(document.encode())
    assert caught.value.code == "MalformedXML"


def test_a_bucket_in_front_of_the_host_has_its_rules(ruled: Bucket) -> None:
    host = "ruled.localhost:" + ruled.world.origin.rpartition(":")[2]
    asked = {"Host": host, "Origin": PAGE, "Access-Control-Request-Method": "POST"}
    asked["Access-Control-Request-Headers"] = "x-amz-content-sha256"
    for path in ("/?list-type=2", "/", "/login", "/oauth2/token"):
        answer = requests.options(f"{ruled.world.origin}{path}", headers=asked, timeout=10)
        assert cors_of(answer).get("allow-methods") == "PUT, POST", path


@pytest.mark.parametrize("path", ["/login", "/oauth2/token", "/.well-known/jwks.json", "/oauth2/userInfo"])
def test_keys_that_look_like_this_server_s_paths_have_the_bucket_s_rules(ruled: Bucket, path: str) -> None:
    assert cors_of(ruled.preflight(path=path))["max-age"] == "3000"
    made(ruled.world, "oauth2", RULES)
    oauth = Bucket(ruled.world, "oauth2", ruled.s3)
    assert cors_of(oauth.preflight(path="/token"))["max-age"] == "3000"


def test_preflights_of_the_other_entrances_are_not_taken_for_s3_s(ruled: Bucket) -> None:
    asked = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
    for path, headers, expected in (
        ("/", "content-type,x-amz-target,authorization,x-amz-content-sha256", "POST, OPTIONS"),
        ("/", "authorization,x-amz-content-sha256,x-amz-date", "POST, OPTIONS"),
        ("/oauth2/token", "content-type", "POST"),
    ):
        sent = {**asked, "Access-Control-Request-Headers": headers}
        answer = requests.options(f"{ruled.world.origin}{path}", headers=sent, timeout=10)
        assert expected in cors_of(answer)["allow-methods"], path


def put_behind(world: World, target: str, document: bytes) -> Any:
    call = UpstreamCall("s3", "s3", "us-east-1", "123456789012", "PUT", target, {}, document)
    return asyncio.run(whole(world.running.services.upstream, call))


@pytest.mark.parametrize("name", ["€", "x&#13;&#10;Set-Cookie: evil=1", "a b", "x" * 60_000], ids=str)
def test_a_bad_rule_that_is_stored_breaks_nobody_s_request(world: World, name: str) -> None:
    bucket = made(world, "badly-ruled", None)
    listed = f"<ExposeHeader>ETag</ExposeHeader><ExposeHeader>{name}</ExposeHeader>"
    rule = f"<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedHeader>*</AllowedHeader>{listed}"
    document = f"<CORSConfiguration><CORSRule>{rule}</CORSRule></CORSConfiguration>".encode()
    stored = put_behind(world, "/badly-ruled?cors=", document)
    assert stored.status == 200
    for answer in (bucket.preflight("GET"), requests.get(bucket.url(), headers={"Origin": PAGE}, timeout=10)):
        assert (answer.status_code, cors_of(answer)["expose-headers"]) == (200, "ETag")


def test_a_page_asks_for_headers_only(ruled: Bucket) -> None:
    assert ruled.preflight(headers="x-amz-content-sha256, é").status_code == 400


@pytest.mark.parametrize("value", ["€", "a\r\nX-Inj: y", "\x00"])
def test_a_caller_who_asks_for_an_answer_that_is_none_is_told_so(world: World, value: str) -> None:
    bucket = made(world, "asked", None)
    answer = requests.get(bucket.url(ResponseContentType=value), timeout=10)
    assert (answer.status_code, "<Code>InvalidArgument</Code>" in answer.text) == (400, True)
    told = bucket.s3.get_object(Bucket="asked", Key="a/b.txt", ResponseContentDisposition='inline; filename="Ü"')
    assert told["ContentDisposition"].startswith("inline")


def test_a_key_s_name_in_a_bucket_s_encryption_breaks_no_upload(world: World) -> None:
    """It is told in a header of every upload's answer."""
    bucket = made(world, "sealed", None)
    key = "<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>€</KMSMasterKeyID>"
    inner = f"<Rule><ApplyServerSideEncryptionByDefault>{key}</ApplyServerSideEncryptionByDefault></Rule>"
    space = "http://s3.amazonaws.com/doc/2006-03-01/"
    document = f'<ServerSideEncryptionConfiguration xmlns="{space}">{inner}</ServerSideEncryptionConfiguration>'
    stored = put_behind(world, "/sealed?encryption=", document.encode())
    assert stored.status == 200
    assert bucket.s3.put_object(Bucket="sealed", Key="k", Body=b"x")["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert bucket.s3.get_object(Bucket="sealed", Key="k")["Body"].read() == b"x"
