"""An authority speaks for its names and for no others, whatever a thief of its key does with it."""

from __future__ import annotations

import datetime
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from halfday.server.certificates import AWS_NAMES, LOCALHOST, Subtrees, keep_authority, of_host
from halfday.server.certificates.authority import AUTHORITY_LIFE, Authority, make_authority, read_authority
from halfday.server.settings import SettingRefused
from handshakes import client_context, handshake

NOW = datetime.datetime.now(datetime.UTC)


def server_with(authority: Authority, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(authority.certify([name], NOW))
        file.flush()
        context.load_cert_chain(file.name)
    return context


@pytest.mark.parametrize(
    ("subtrees", "name"),
    [
        (LOCALHOST, "localhost"),
        (LOCALHOST, "shop.auth.localhost"),
        (LOCALHOST, "127.0.0.1"),
        (LOCALHOST, "::1"),
        (AWS_NAMES, "cognito-idp.eu-west-1.amazonaws.com"),
        (AWS_NAMES, "shop.auth.eu-west-1.amazoncognito.com"),
        (of_host("auth.example.com"), "auth.example.com"),
    ],
)
def test_a_name_of_the_authority_is_taken(subtrees: Subtrees, name: str) -> None:
    authority = make_authority(subtrees, NOW)
    assert handshake(server_with(authority, name), client_context(authority.root_pem), name)


@pytest.mark.parametrize(
    ("subtrees", "name"),
    [
        (LOCALHOST, "example.com"),
        (LOCALHOST, "localhost.example.com"),
        (LOCALHOST, "notlocalhost"),
        (LOCALHOST, "cognito-idp.eu-west-1.amazonaws.com"),
        (LOCALHOST, "192.168.1.5"),
        (LOCALHOST, "2001:db8::1"),
        (AWS_NAMES, "localhost"),
        (AWS_NAMES, "evilamazonaws.com"),
        (AWS_NAMES, "127.0.0.1"),
        (AWS_NAMES, "8.8.8.8"),
        (AWS_NAMES, "::1"),
        (of_host("auth.example.com"), "example.com"),
        (of_host("auth.example.com"), "other.example.com"),
        (of_host("auth.example.com"), "127.0.0.1"),
    ],
)
def test_a_certificate_for_another_name_is_refused_by_who_trusts_the_authority(subtrees: Subtrees, name: str) -> None:
    """The key signs whatever a thief wants; the limit is in the certificates."""
    authority = make_authority(subtrees, NOW)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"permitted subtree violation|excluded subtree violation"):
        handshake(server_with(authority, name), client_context(authority.root_pem), name)


def test_the_limit_is_in_the_issuer_too_for_programs_that_do_not_look_into_roots() -> None:
    authority = make_authority(LOCALHOST, NOW)
    client = client_context(authority.issuer.public_bytes(serialization.Encoding.PEM).decode())
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # it knows no root, and the issuer is all that it goes by
    assert handshake(server_with(authority, "localhost"), client, "localhost")
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        handshake(server_with(authority, "example.com"), client, "example.com")


def test_the_kept_key_cannot_make_another_authority() -> None:
    """The root's key is gone, and the issuer may sign for servers only."""
    authority = make_authority(LOCALHOST, NOW)
    assert authority.key.public_key() != authority.root.public_key()
    limits = authority.issuer.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (limits.critical, limits.value.ca, limits.value.path_length) == (True, True, 0)
    private_keys = authority.pem().count("PRIVATE KEY-----") // 2
    assert private_keys == 1


def test_openssl_s_own_program_takes_the_chain(tmp_path: Path) -> None:
    authority = make_authority(LOCALHOST, NOW)
    (tmp_path / "root.pem").write_text(authority.root_pem)
    (tmp_path / "chain.pem").write_text(authority.certify(["localhost"], NOW))
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "root.pem"]
    told = subprocess.run(
        [*command, "-untrusted", "chain.pem", "chain.pem"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert told.stdout == "chain.pem: OK\n", told.stderr


def test_an_authority_is_kept_private_and_is_the_same_one_later(tmp_path: Path) -> None:
    first, later = (keep_authority(tmp_path, LOCALHOST, NOW) for _ in range(2))
    assert first.fingerprint == later.fingerprint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ca-localhost.key", "ca-localhost.pem"]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    assert "PRIVATE" not in (tmp_path / "ca-localhost.pem").read_text()


def test_two_processes_that_begin_at_once_have_one_authority(tmp_path: Path) -> None:
    script = (
        "import datetime, pathlib, sys\n"
        "from halfday.server.certificates import LOCALHOST, keep_authority\n"
        "now = datetime.datetime.now(datetime.UTC)\n"
        "print(keep_authority(pathlib.Path(sys.argv[1]), LOCALHOST, now).fingerprint)\n"
    )
    begun = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert len({process.communicate(timeout=60)[0] for process in begun}) == 1


def test_an_authority_near_its_end_is_replaced(tmp_path: Path) -> None:
    first = keep_authority(tmp_path, LOCALHOST, NOW)
    almost = NOW + AUTHORITY_LIFE - datetime.timedelta(days=31)
    assert keep_authority(tmp_path, LOCALHOST, almost).fingerprint == first.fingerprint
    second = keep_authority(tmp_path, LOCALHOST, almost + datetime.timedelta(days=2))
    assert second.fingerprint != first.fingerprint
    assert (tmp_path / "ca-localhost.pem").read_text() == second.root_pem


@pytest.mark.parametrize("damage", ["", "nonsense", "half", "other key", "turned round"])
def test_a_damaged_file_stops_the_start_and_its_text_is_not_repeated(tmp_path: Path, damage: str) -> None:
    whole = keep_authority(tmp_path, LOCALHOST, NOW).pem()
    other = make_authority(LOCALHOST, NOW)
    key, _, rest = whole.partition("-----BEGIN CERTIFICATE-----")
    texts = {
        "": "",
        "nonsense": "nonsense",
        "half": whole[: len(whole) // 2],
        "other key": other.pem().partition("-----BEGIN CERTIFICATE-----")[0] + "-----BEGIN CERTIFICATE-----" + rest,
        "turned round": key + whole[-len(read_authority(whole).root_pem) :] + rest,
    }
    (tmp_path / "ca-localhost.key").write_text(texts[damage])
    with pytest.raises(SettingRefused, match="is no authority") as caught:
        keep_authority(tmp_path, LOCALHOST, NOW)
    assert "PRIVATE" not in str(caught.value)
    assert "nonsense" not in str(caught.value)


def test_a_chain_that_a_stranger_signed_is_refused() -> None:
    authority, stranger = make_authority(LOCALHOST, NOW), make_authority(LOCALHOST, NOW)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server_with(stranger, "localhost"), client_context(authority.root_pem), "localhost")


def test_the_root_is_shown_without_its_key(tmp_path: Path) -> None:
    authority = make_authority(LOCALHOST, NOW)
    assert "PRIVATE" not in authority.root_pem
    assert "PRIVATE" not in repr(authority)
    assert isinstance(authority.key, ec.EllipticCurvePrivateKey)
    assert authority.fingerprint == authority.root.fingerprint(hashes.SHA256()).hex(":").upper()
