"""Altered SigV4 signatures at the front door and at the APIs: what was signed is what is done, or nothing is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from attack.house import BUCKET, ROOT, SECRET, House, house
from attack.report import Report
from attack.signing import UNSIGNED, Keys, Request, digest, presign, send, sign

Altered = Iterator[tuple[str, Request]]
FORM = (("content-type", "application/x-www-form-urlencoded"),)
UNSIGNED_EXTRAS = {
    "x-amz-acl": "public-read",
    "x-amz-copy-source": f"/{BUCKET}/home/somebody/secret",
    "x-amz-tagging": "a=b",
    "x-amz-meta-owner": "mallory",
    "x-amz-storage-class": "GLACIER",
    "x-amz-website-redirect-location": "https://evil.example/",
    "x-amz-grant-full-control": 'uri="http://acs.amazonaws.com/groups/global/AllUsers"',
    "x-amz-server-side-encryption": "AES256",
    "x-amz-metadata-directive": "REPLACE",
    "x-amz-bypass-governance-retention": "true",
    "x-amz-expected-bucket-owner": "000000000000",
}
NOT_BUILT = (b"front door serves s3 only", b"Use AWS4-HMAC-SHA256.")
"""Another service, and Signature Version 4A, are refused by name before anything else; 501 is for nothing else."""


def run() -> Report:
    report = Report("signatures")
    with house() as built:
        for name, signed, keys, service in _good(built):
            status, heard = send(built.address, signed)
            report.count("good requests")
            report.hold(status == 200, f"{name}: the good request is answered {status} {heard[-200:]!r}")
            for label, altered in _all(built, signed, keys, service):
                _shut(report, built, f"{name}: {label}", altered)
        for label, altered in _presigned(built):
            _shut(report, built, f"presigned: {label}", altered)
        report.hold(built.as_root("GET", built.secret_path)[1].endswith(SECRET), "the object was changed")
    return report


def _shut(report: Report, built: House, label: str, altered: Request) -> None:
    report.count("altered signatures")
    status, heard = send(built.address, altered)
    not_built = status == 501 and any(words in heard for words in NOT_BUILT)
    report.hold(400 <= status < 500 or not_built, f"{label}: answered {status} {heard[-120:]!r}")


def _good(built: House) -> Iterator[tuple[str, Request, Keys, str]]:
    """One of each entrance, signed as it should be."""
    ada = built.ada.keys
    yield "GET", sign(built.request("GET", built.secret_path), ada), ada, "s3"
    yield "PUT", sign(built.request("PUT", built.secret_path, SECRET), ada), ada, "s3"
    listing = {"list-type": "2", "prefix": f"{built.ada.folder}/".replace("%3A", ":")}
    yield "list", sign(built.request("GET", f"/{BUCKET}", b"", **listing), ada), ada, "s3"
    who = built.request("POST", "/", b"Action=GetCallerIdentity&Version=2011-06-15")
    who = replace(who, headers=(*who.headers, *FORM))
    yield "sts", sign(who, ada, service="sts"), ada, "sts"
    role = replace(who, body=b"Action=GetRole&RoleName=people&Version=2010-05-08")
    yield "iam", sign(role, ROOT, service="iam"), ROOT, "iam"
    target = ("x-amz-target", "AWSCognitoIdentityProviderService.ListUserPools")
    pools = built.request("POST", "/", b'{"MaxResults":1}')
    pools = replace(pools, headers=(*pools.headers, ("content-type", "application/x-amz-json-1.1"), target))
    yield "cognito-idp", sign(pools, ROOT, service="cognito-idp"), ROOT, "cognito-idp"


def _all(built: House, signed: Request, keys: Keys, service: str) -> Altered:
    yield from _what_was_signed(signed)
    yield from _the_claim(signed)
    yield from _signed_by_others(signed, built, keys, service)
    yield from _at_other_times(signed, keys, service)
    if service == "s3":
        yield from _payload_hashes(signed, keys)
        for name, value in UNSIGNED_EXTRAS.items():
            yield f"unsigned {name}", signed.and_header(name, value)
            yield f"unsigned {name} with underscores", signed.and_header(name.replace("-", "_"), value)
            yield f"unsigned {name} in the query", signed.with_parameter(name, value)


def _what_was_signed(signed: Request) -> Altered:
    """Every part, changed after it was signed."""
    for method in {"GET", "PUT", "POST", "DELETE", "HEAD"} - {signed.method}:
        yield f"method {method}", replace(signed, method=method)
    yield "another path", replace(signed, path=f"{signed.path}x")
    yield "a slash more", replace(signed, path=f"/{signed.path}" if len(signed.path) > 1 else "/x")
    yield "a parameter more", signed.with_parameter("versionId", "null")
    yield "an empty parameter more", signed.with_parameter("acl", "")
    for name, value in signed.query:
        yield f"parameter {name} changed", signed.with_parameter(name, f"{value}x")
        yield f"parameter {name} removed", replace(signed, query=tuple(p for p in signed.query if p[0] != name))
        yield f"parameter {name} twice", replace(signed, query=(*signed.query, (name, f"{value}x")))
    for name, value in signed.headers:
        if name != "authorization":
            yield f"{name} changed", signed.with_header(name, f"{value}x")
            yield f"{name} removed", signed.without_header(name)
            yield f"{name} twice", signed.and_header(name, f"{value}x")
            yield f"{name} twice, the other first", signed.and_header(name, f"{value}x", first=True)
            yield f"{name} continued", replace(signed, lines=(f"{name}: {value}x".encode(),))
    yield "another body", replace(signed, body=signed.body + b"x")
    if signed.body:
        yield "no body", replace(signed, body=b"")
        yield "a body of the same length", replace(signed, body=b"x" * len(signed.body))


def _the_claim(signed: Request) -> Altered:
    """The Authorization header, changed: every digit of the signature, and every part of its words."""
    claim = signed.header("authorization")
    start, _, signature = claim.partition("Signature=")
    for place, digit in enumerate(signature):
        other = f"{(int(digit, 16) + 1) % 16:x}"
        changed = f"{signature[:place]}{other}{signature[place + 1 :]}"
        yield f"digit {place} changed", signed.with_header("authorization", f"{start}Signature={changed}")
    ends = {"nothing": "", "half": signature[:32], "a digit more": f"{signature}0", "zeros": "0" * 64}
    ends |= {"capitals": signature.upper() + "A", "twice": f"{signature}, Signature={signature}", "a list": "0,0"}
    for label, end in ends.items():
        yield f"signature: {label}", signed.with_header("authorization", f"{start}Signature={end}")
    key, _, rest = claim.partition("Credential=")[2].partition("/")
    date, region, service, terminator = rest.split(",")[0].split("/")
    parts = {date: "20200101", region: "eu-west-1", service: "ec2", terminator: "aws5_request", key: f"{key}X"}
    for part, other in parts.items():
        yield f"{other} in place of {part}", signed.with_header("authorization", claim.replace(part, other, 1))
    for word in ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1", "AWS4-ECDSA-P256-SHA256", "AWS", "Bearer", "none"):
        changed = claim.replace("AWS4-HMAC-SHA256", word, 1)
        if changed != claim:
            yield f"algorithm {word}", signed.with_header("authorization", changed)
    names = claim.partition("SignedHeaders=")[2].partition(",")[0]
    for label, listed in _lists_of_names(names).items():
        yield f"signed headers: {label}", signed.with_header("authorization", claim.replace(names, listed, 1))
    yield "no claim", signed.without_header("authorization")
    yield "two claims", signed.and_header("authorization", claim.replace(signature, "0" * 64))


def _lists_of_names(names: str) -> dict[str, str]:
    listed = names.split(";")
    lists = {f"{name} left out": ";".join(n for n in listed if n != name) for name in listed}
    return (
        {**lists, "none": "", "one more": f"{names};x-amz-acl", "only the host": "host"} if len(listed) > 1 else lists
    )


def _signed_by_others(signed: Request, built: House, keys: Keys, service: str) -> Altered:
    plain = signed.without_header("authorization").without_header("x-amz-security-token")
    mallory = built.mallory.keys
    made_up = {
        "another secret": replace(keys, secret="made-up"),
        "an empty secret": replace(keys, secret=""),
        "a key that nobody has": Keys("ASIANOBODY0000000000", "made-up", keys.session_token or "made-up"),
        "a dummy pair": Keys("test", "test"),
        "the secret of another person": replace(keys, secret=mallory.secret),
        "the session token of another person": replace(keys, session_token=mallory.session_token),
        "the root's key and another secret": replace(ROOT, secret="made-up"),
    }
    if keys.session_token:
        made_up["no session token"] = replace(keys, session_token=None)
        made_up["half a session token"] = replace(keys, session_token=keys.session_token[:-1])
    for label, other in made_up.items():
        yield f"signed with {label}", sign(plain, other, service=service)
    for wrong in ("s3", "sts", "iam", "cognito-idp", "execute-api"):
        if wrong != service:
            yield f"signed for {wrong}", _for_another_service(plain, keys, service, wrong)
    names = {name for name, _ in signed.headers} - {"authorization", "host"}
    yield "signed without the host", sign(plain, keys, service=service, signed=sorted(names))
    yield "signed without any header", sign(plain, keys, service=service, signed=[])


def _for_another_service(plain: Request, keys: Keys, service: str, wrong: str) -> Request:
    """A right signature whose scope names another service."""
    day = time.strftime("%Y%m%d", time.gmtime())
    return sign(plain, keys, service=service, scope=f"{day}/us-east-1/{wrong}/aws4_request")


def _at_other_times(signed: Request, keys: Keys, service: str) -> Altered:
    plain = signed.without_header("authorization")
    now = time.time()
    for minutes in (-60 * 24, -60, -16, 16, 60, 60 * 24):
        yield f"signed {minutes} minutes from now", sign(plain, keys, service=service, at=now + minutes * 60)
    yesterday = time.strftime("%Y%m%d", time.gmtime(now - 86_400))
    scope = f"{yesterday}/us-east-1/{service}/aws4_request"
    yield "a scope of yesterday", sign(plain, keys, service=service, scope=scope)
    for wrong in (
        "us-east-1",
        f"{yesterday}/us-east-1/{service}",
        f"/us-east-1/{service}/aws4_request",
        "////",
        "x/" * 9,
    ):
        yield f"the scope {wrong}", sign(plain, keys, service=service, scope=wrong)
    yield "a date that is none", sign(plain, keys, service=service).with_header("x-amz-date", "yesterday")


def _payload_hashes(signed: Request, keys: Keys) -> Altered:
    plain = signed.without_header("authorization")
    for label, payload in {
        "of another body": digest(b"x"),
        "of zeros": "0" * 64,
        "nothing": " ",
        "a word": "x",
    }.items():
        if payload.strip() != digest(signed.body):
            yield f"payload hash {label}", sign(plain, keys, payload=payload)
    yield "the hash exchanged", signed.with_header("x-amz-content-sha256", UNSIGNED)
    other = replace(signed, body=b"another").with_header("x-amz-content-sha256", digest(b"another"))
    yield "body and hash exchanged", other


def _presigned(built: House) -> Altered:
    """Queries that carry a signature, altered."""
    keys, path = built.ada.keys, built.secret_path
    plain = built.request("GET", path)
    good = presign(plain, keys)
    for name, value in good.query:
        yield f"{name} changed", good.with_parameter(name, f"{value}0")
        yield f"{name} removed", replace(good, query=tuple(pair for pair in good.query if pair[0] != name))
        yield f"{name} twice", replace(good, query=(*good.query, (name, f"{value}0")))
    for expires in (0, -1, 604_801, 10**12, "", "x", "1e3", "300.5", "٣"):
        yield f"expires in {expires!r}", presign(plain, keys, expires_s=expires)
    yield "expired", presign(plain, keys, at=time.time() - 400, expires_s=300)
    yield "of the future", presign(plain, keys, at=time.time() + 3600)
    yield "another path", replace(good, path=f"{path}x")
    yield "another method", replace(good, method="PUT", body=b"x")
    yield "another host", good.with_header("host", "evil.example")
    yield "of somebody else", presign(plain, built.mallory.keys)
    yield "with a claim in the header too", sign(good, keys)
    yield "a parameter more", good.with_parameter("versionId", "null")
    yield "a response's header", good.with_parameter("response-content-type", "text/html")
    for name, value in UNSIGNED_EXTRAS.items():
        put = presign(built.request("PUT", path, SECRET), keys)
        yield f"unsigned {name}", put.and_header(name, value)
        yield f"unsigned {name} with underscores", put.and_header(name.replace("-", "_"), value)
        yield f"unsigned {name} in the query", put.with_parameter(name, value)


if __name__ == "__main__":
    print(run())
