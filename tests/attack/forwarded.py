"""What a caller says of his own address and scheme counts from a trusted proxy only: in policies, and in cookies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from attack import house
from attack.house import BUCKET, House
from attack.report import Report
from attack.signing import Request, send, sign
from attack.wire import exchange

ALLOWED = "203.0.113.9"
SPOOFS = (
    f"X-Forwarded-For: {ALLOWED}",
    f"X-Forwarded-For: 127.0.0.1, {ALLOWED}",
    f"X-Forwarded-For: {ALLOWED}, 127.0.0.1",
    f"X_Forwarded_For: {ALLOWED}",
    f"x-forwarded-for: {ALLOWED}\r\nX-Forwarded-For: {ALLOWED}",
    f"Forwarded: for={ALLOWED}",
    f"Forwarded: for={ALLOWED};proto=https",
    f"X-Real-IP: {ALLOWED}",
    f"True-Client-IP: {ALLOWED}",
    f"CF-Connecting-IP: {ALLOWED}",
    f"X-Client-IP: {ALLOWED}",
    f"X-Cluster-Client-IP: {ALLOWED}",
)
SCHEMES = ("X-Forwarded-Proto: https", "X-Forwarded-Scheme: https", "X-Forwarded-Ssl: on", "Front-End-Https: on",
           "Forwarded: proto=https", "X-Url-Scheme: https", "X_Forwarded_Proto: https")  # fmt: skip
CONDITIONS = {
    "source": {"IpAddress": {"aws:SourceIp": f"{ALLOWED}/32"}},
    "transport": {"Bool": {"aws:SecureTransport": "true"}},
}


def run() -> Report:
    report = Report("forwarded")
    with house.house() as built:
        for name, spoofs in (("source", SPOOFS), ("transport", SCHEMES)):
            _conditioned(built, name)
            for label, request in _spoofed(built, spoofs):
                report.count("spoofed addresses and schemes")
                status, heard = send(built.address, request)
                report.hold(400 <= status < 500, f"{name} by {label}: answered {status} {heard[-100:]!r}")
        _cookies(report, built)
    return report


def _conditioned(built: House, name: str) -> None:
    """The role may do everything, under one condition."""
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": CONDITIONS[name]}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    keys = {"aws_access_key_id": house.ROOT.access_key_id, "aws_secret_access_key": house.ROOT.secret}
    iam = built.world.boto3("iam", **keys)
    iam.put_role_policy(RoleName="people", PolicyName="own-folder", PolicyDocument=document)


def _spoofed(built: House, spoofs: tuple[str, ...]) -> Iterator[tuple[str, Request]]:
    plain = built.request("GET", f"/{BUCKET}/{built.ada.folder}/secret")
    yield "nothing", sign(plain, built.ada.keys)
    for line in spoofs:
        yield line, replace(sign(plain, built.ada.keys), lines=(line.encode(),))
        name, _, value = line.partition("\r\n")[0].partition(": ")
        if "_" not in name:
            yield f"{line}, signed", sign(plain.with_header(name.lower(), value), built.ada.keys)


def _cookies(report: Report, built: House) -> None:
    """Over plain HTTP a caller cannot have his cookies made Secure, nor addresses made of his host."""
    for line in (*SCHEMES, "X-Forwarded-Host: evil.example", "X-Forwarded-Prefix: //evil.example"):
        report.count("spoofed schemes at the pages")
        asked = f"client_id={house.CLIENT}&response_type=code&redirect_uri=http%3A%2F%2Flocalhost%3A8080"
        for path in (
            f"/login?{asked}",
            f"/oauth2/authorize?{asked}",
            f"/{house.POOL}/.well-known/openid-configuration",
        ):
            sent = f"GET {path} HTTP/1.1\r\nHost: {built.host}\r\n{line}\r\nConnection: close\r\n\r\n"
            heard = exchange(built.address, sent.encode(), wait_s=20)
            report.hold(b"evil.example" not in heard, f"{line} at {path[:20]}: the host is believed")
            report.hold(b"; Secure" not in heard, f"{line} at {path[:20]}: the scheme is believed")


if __name__ == "__main__":
    print(run())
