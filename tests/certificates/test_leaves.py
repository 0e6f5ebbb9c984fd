"""Certificates by the name that is asked for: made at first need, renewed before they end, for our names only."""

from __future__ import annotations

import asyncio
import datetime
import ssl
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509

from halfday.protocol.urls import is_loopback
from halfday.server.certificates import AWS_NAMES, LOCALHOST, Certificates, Speaker
from halfday.server.certificates.leaves import LEAF_LIFE, MOST_KEPT, RENEWED_AT
from halfday.server.reachability import is_aws_host
from handshakes import client_context, handshake

UNNAMED = ("localhost", "127.0.0.1", "::1")


@dataclass
class Today:
    now: datetime.datetime = field(default_factory=lambda: datetime.datetime.now(datetime.UTC))

    def __call__(self) -> datetime.datetime:
        return self.now


def local(folder: Path, today: Today | None = None) -> Certificates:
    return Certificates(folder, [Speaker(LOCALHOST, is_loopback)], unnamed=UNNAMED, clock=today or Today())


def taken(certificates: Certificates, folder: Path, name: str) -> x509.Certificate:
    client = client_context(*folder.glob("ca-*.pem"))
    return x509.load_der_x509_certificate(handshake(certificates.context, client, name))


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "127.0.0.1", "::1", "a.localhost", "b.auth.localhost"])
def test_each_name_of_this_machine_has_a_certificate(tmp_path: Path, name: str) -> None:
    assert taken(local(tmp_path), tmp_path, name)


@pytest.mark.parametrize("name", ["example.com", "cognito-idp.us-east-1.amazonaws.com", "localhost.test", "xlocalhost"])
def test_who_asks_for_a_name_that_is_not_ours_is_shown_a_certificate_of_other_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        taken(local(tmp_path), tmp_path, name)


def test_at_aws_s_names_nothing_else_is_answered_nor_who_names_none(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path, [Speaker(AWS_NAMES, is_aws_host)])
    assert taken(certificates, tmp_path, "cognito-idp.us-east-1.amazonaws.com")
    for name in ("ec2.us-east-1.amazonaws.com", "amazonaws.com", "localhost", "127.0.0.1"):
        with pytest.raises(ssl.SSLError, match="unrecognized name"):
            taken(certificates, tmp_path, name)


def test_a_certificate_is_kept_until_a_third_of_its_life_is_left_and_then_renewed(tmp_path: Path) -> None:
    today = Today()
    certificates = local(tmp_path, today)
    first = taken(certificates, tmp_path, "a.localhost").serial_number
    today.now += LEAF_LIFE - RENEWED_AT - datetime.timedelta(minutes=1)
    assert taken(certificates, tmp_path, "a.localhost").serial_number == first
    today.now += datetime.timedelta(minutes=2)
    chosen = certificates._for("a.localhost")
    assert chosen is not None
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE  # in this client's time it is not valid yet
    renewed = x509.load_der_x509_certificate(handshake(certificates.context, client, "a.localhost"))
    assert renewed.serial_number != first
    assert renewed.not_valid_after_utc > today.now + RENEWED_AT


def test_names_without_number_fill_no_memory(tmp_path: Path) -> None:
    certificates = local(tmp_path)
    for number in range(MOST_KEPT + 20):
        assert certificates._for(f"n{number}.localhost") is not None
    assert len(certificates._kept) == MOST_KEPT


@pytest.mark.parametrize(
    "name", ["*.localhost", ".localhost", "a..localhost", "a b.localhost", "ü.localhost", "x" * 300]
)
def test_what_is_no_host_name_has_no_certificate_of_its_own(tmp_path: Path, name: str) -> None:
    certificates = local(tmp_path)
    assert certificates._for(name) is certificates._for(None)


def test_a_custom_domain_has_an_authority_of_its_own_and_is_let_go(tmp_path: Path) -> None:
    certificates = local(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        taken(certificates, tmp_path, "auth.example.com")
    certificates.speak_for(["auth.example.com"])
    assert taken(certificates, tmp_path, "auth.example.com")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(certificates.context, client_context(tmp_path / "ca-localhost.pem"), "auth.example.com")
    assert (tmp_path / "ca-auth.example.com.pem").read_text().strip() in (tmp_path / "ca-bundle.pem").read_text()
    certificates.speak_for([])
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        taken(certificates, tmp_path, "auth.example.com")


def test_a_look_for_custom_domains_that_fails_is_not_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("halfday.server.certificates.leaves.LOOKS_EVERY_S", 0.001)
    certificates, answers = local(tmp_path), iter([OSError("the database is away"), ["auth.example.com"]])

    async def custom() -> list[str]:
        answer = next(answers, ["auth.example.com"])
        if isinstance(answer, OSError):
            raise answer
        return answer

    async def watch() -> None:
        watching = asyncio.create_task(certificates.watch(custom))
        while certificates._for("auth.example.com") is certificates._for(None):
            await asyncio.sleep(0.005)
        watching.cancel()

    asyncio.run(asyncio.wait_for(watch(), 10))


def test_the_bundle_has_the_system_s_roots_and_ours(tmp_path: Path) -> None:
    local(tmp_path)
    bundle = tmp_path / "ca-bundle.pem"
    context = ssl.create_default_context(cafile=str(bundle))
    known = len(context.get_ca_certs())
    assert known >= 1
    assert (tmp_path / "ca-localhost.pem").read_text().strip() in bundle.read_text()
    system = Path("/etc/ssl/certs/ca-certificates.crt")
    if system.exists():
        assert known > 50
