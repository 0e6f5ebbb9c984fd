"""What is sent to people, and by which ways: the file, the terminal, and a real SMTP server on a socket."""

from __future__ import annotations

import asyncio
import datetime
import email
import io
import ipaddress
import json
import os
import pty
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from email.message import EmailMessage
from email.policy import default as modern
from pathlib import Path
from typing import Any

import boto3
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from halfday.server.outside import smtp
from halfday.server.outside.messages import ConsoleMessages, DeliveryFailed, FileMessages, Message
from halfday.server.outside.sent_messages import SentMessages
from halfday.server.outside.smtp import SmtpMessages
from halfday.server.settings import SettingRefused, Settings
from world import World, running

CODE = Message(
    "us-east-1_Pool00001",
    "ada",
    "EMAIL",
    "ada@example.com",
    "Your verification code",
    "Your verification code is 483920. ",
    1_700_000_000.5,
    purpose="SignUp",
    code="483920",
)
SENDER = "Halfday <no-reply@halfday.example>"
USER, PASSWORD = "mailer@halfday.example", "s3cret/:@pass"
LOGIN = "mailer%40halfday.example:s3cret%2F%3A%40pass@"


def invite(world: World, username: str = "ada", medium: str = "EMAIL") -> None:
    pool = world.pool()
    world.idp.admin_create_user(
        UserPoolId=pool.pool_id,
        Username=username,
        TemporaryPassword="Temporary-1",
        DesiredDeliveryMediums=[medium],
        UserAttributes=[
            {"Name": "email", "Value": f"{username}@example.com"},
            {"Name": "phone_number", "Value": "+15555550100"},
        ],
    )


def kept(message: Message) -> dict[str, Any]:
    return {**asdict(message), "names": list(message.names)}


# The file and the terminal


def test_the_file_keeps_every_message_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    sms = replace(CODE, medium="SMS", destination="+15555550100", code=None, text="Grüße\nin zwei Zeilen")
    for message in (CODE, sms):
        asyncio.run(FileMessages(path).send(message))
    assert [json.loads(line) for line in path.read_text().splitlines()] == [kept(CODE), kept(sms)]
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("line", ['{"pool_id": "us-ea', '{"of": "another version"}', "[1]"])
def test_a_line_that_is_no_message_keeps_none_of_the_others_from_being_shown(tmp_path: Path, line: str) -> None:
    """Of a server on the same folder that was killed while it wrote, or is of another version."""
    path = tmp_path / "messages.jsonl"
    sent = SentMessages(path)
    asyncio.run(FileMessages(path).send(CODE))
    with path.open("a") as file:
        file.write(f"{line}\n")
    asyncio.run(FileMessages(path).send(replace(CODE, username="eve")))
    assert [message.username for message in sent.newest(lambda _: True, 9)] == ["eve", "ada"]


def shown(message: Message) -> list[str]:
    stream = io.StringIO()
    asyncio.run(ConsoleMessages(stream).send(message))
    return stream.getvalue().splitlines()


def test_the_terminal_shows_whom_what_for_and_the_code() -> None:
    (line,) = shown(CODE)
    assert re.fullmatch(r"\d\d:\d\d:\d\d EMAIL to ada@example\.com  SignUp  483920", line)
    (line,) = shown(replace(CODE, code=None, purpose=""))
    assert line.endswith("EMAIL to ada@example.com  Your verification code is 483920.")


def test_a_link_is_shown_below_its_message() -> None:
    first, second = shown(replace(CODE, text="Please <a href='https://x.example/c?code=1'>\nVerify</a>"))
    assert first.endswith("483920")
    assert second.strip() == "Please <a href='https://x.example/c?code=1'> Verify</a>"


@pytest.mark.parametrize("field", ["destination", "text", "code"])
def test_nothing_in_a_message_moves_the_cursor_of_the_terminal(field: str) -> None:
    lines = shown(replace(CODE, **{"code": None, field: "a\x1b[2J\r\nb\u202e\x07 https://x"}))
    assert len(lines) == (2 if field == "code" and "://" in CODE.text else 1)
    assert all(char.isprintable() for char in lines[0])


@pytest.mark.parametrize(
    ("setting", "host", "seen"),
    [("auto", "127.0.0.1", True), ("off", "127.0.0.1", False), ("auto", "0.0.0.0", False), ("on", "0.0.0.0", True)],
)
def test_codes_are_shown_on_the_terminal_of_this_machine_unless_told_otherwise(
    tmp_path: Path, setting: str, host: str, seen: bool
) -> None:
    terminal = io.StringIO()
    with running(tmp_path, host=host, console_messages=setting, terminal=terminal, signatures="relaxed") as world:
        invite(world)
    assert ("EMAIL to ada@example.com  AdminCreateUser  Temporary-1\n" in terminal.getvalue()) is seen


@pytest.mark.parametrize(("setting", "seen"), [("auto", False), ("on", True)])
def test_in_a_thread_of_another_program_nothing_is_shown_unless_asked(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], setting: str, seen: bool
) -> None:
    with running(tmp_path, console_messages=setting) as world:
        invite(world)
    assert ("Temporary-1" in capfd.readouterr().err) is seen


@pytest.mark.parametrize("on_terminal", [True, False])
def test_halfday_serve_names_the_management_address_and_shows_codes_to_a_terminal_only(
    tmp_path: Path, on_terminal: bool
) -> None:
    """What stderr is redirected to is a file that stays, and that others may read."""
    command = [sys.executable, "-m", "halfday.cli", "serve", "--port", "0", "--data", str(tmp_path), "--upstream=none"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "NO_COLOR": "1"}
    ours, theirs = pty.openpty() if on_terminal else os.pipe()
    with subprocess.Popen(command, cwd=tmp_path, stderr=theirs, env=environment) as process:
        os.close(theirs)
        said = read_until(ours, "Ctrl-C stops it.")
        origin = re.search(r"is up on (\S+)", said)
        management = re.search(r"codes +(http://127\.0\.0\.1:\d+)/messages ", said)
        assert origin, said
        assert management, said
        assert origin[1] != management[1]
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        idp = boto3.client("cognito-idp", endpoint_url=origin[1], **keys)
        pool_id = idp.create_user_pool(PoolName="p")["UserPool"]["Id"]
        phone = {"Name": "phone_number", "Value": "+15555550100"}
        idp.admin_create_user(
            UserPoolId=pool_id, Username="ada", TemporaryPassword="Temporary-1", UserAttributes=[phone]
        )
        process.send_signal(signal.SIGTERM)
        said = read_until(ours, None)
    assert "AdminCreateUser 200" in said, "this is what it says"
    lines = [line for line in said.splitlines() if "Temporary-1" in line]
    assert len(lines) == (1 if on_terminal else 0)
    assert all(line.endswith("SMS to +15555550100  AdminCreateUser  Temporary-1") for line in lines)
    assert "Temporary-1" in (tmp_path / "messages.jsonl").read_text(), "kept for the owner in any case"


def read_until(descriptor: int, end: str | None) -> str:
    """What comes, up to `end`, or to the end of it all."""
    said = ""
    while end is None or end not in said:
        try:
            chunk = os.read(descriptor, 65536)
        except OSError:  # a terminal whose other side is closed
            break
        if not chunk:
            break
        said += chunk.decode()
    return said


# E-mail


class Inbox:
    """What an SMTP server was handed: envelopes, and whether each came by TLS and after which login."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.secured: list[bool] = []
        self.logins: list[Any] = []
        self.refuse = ""
        self.open = threading.Event()
        self.open.set()

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        await asyncio.to_thread(self.open.wait, 20)
        if self.refuse:
            return self.refuse.format(envelope.rcpt_tos[0])
        self.mails.append(email.message_from_bytes(envelope.content, policy=modern))
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        self.secured.append(session.ssl is not None or bool(server.transport.get_extra_info("ssl_object")))
        self.logins.append(session.auth_data)
        return "250 OK"


def check_login(server: Any, session: Any, envelope: Any, mechanism: str, given: LoginPassword) -> AuthResult:
    good = given == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False, auth_data=given.login if good else None)


class WithStartTls(Controller):
    """A server that offers STARTTLS."""

    def __init__(self, handler: Any, context: ssl.SSLContext, **options: Any) -> None:
        self._context = context
        super().__init__(handler, **options)

    def factory(self) -> SMTP:
        return SMTP(self.handler, tls_context=self._context, **self.SMTP_kwargs)


@contextmanager
def receiving(inbox: Inbox, make: Callable[..., Controller] = Controller, **options: Any) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = make(inbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def port(inbox: Inbox) -> Iterator[int]:
    with receiving(inbox) as port:
        yield port


def wait_for(what: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not what():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


def deliver(port: int, message: Message = CODE, *, scheme: str = "smtp", login: str = "", host: str = "") -> None:
    asyncio.run(SmtpMessages(f"{scheme}://{login}{host or '127.0.0.1'}:{port}", SENDER).send(message))


def undelivered(port: int, message: Message = CODE, **how: str) -> str:
    with pytest.raises(DeliveryFailed) as caught:
        deliver(port, message, **how)
    return str(caught.value)


def test_an_invitation_arrives_by_smtp(tmp_path: Path, inbox: Inbox, port: int) -> None:
    with running(tmp_path, smtp_url=f"smtp://127.0.0.1:{port}", smtp_from=SENDER) as world:
        invite(world)
        assert world.code_for("ada") == "Temporary-1", "and is kept here as well"
        wait_for(lambda: inbox.mails)
    (mail,) = inbox.mails
    assert (mail["From"], mail["To"], mail["Subject"]) == (SENDER, "ada@example.com", "Your temporary password")
    assert mail.get_content().strip() == "Your username is ada and temporary password is Temporary-1."
    assert mail.get_content_type() == "text/plain"
    assert mail["Message-ID"].endswith("@halfday.example>")
    assert inbox.envelopes == [("no-reply@halfday.example", ["ada@example.com"])]


def test_an_sms_does_not_leave_the_machine(tmp_path: Path, inbox: Inbox, port: int) -> None:
    with running(tmp_path, smtp_url=f"smtp://127.0.0.1:{port}", smtp_from=SENDER) as world:
        invite(world, medium="SMS")
        assert world.messages()[0]["destination"] == "+15555550100"
    assert inbox.mails == []


def test_nobody_waits_for_a_mail_that_is_on_its_way(tmp_path: Path, inbox: Inbox, port: int) -> None:
    inbox.open.clear()
    with running(tmp_path, smtp_url=f"smtp://127.0.0.1:{port}", smtp_from=SENDER) as world:
        invite(world)
        assert world.code_for("ada") == "Temporary-1"
        assert len(world.idp.list_user_pools(MaxResults=1)["UserPools"]) == 1
        assert inbox.mails == []
        inbox.open.set()
        wait_for(lambda: inbox.mails)
    assert len(inbox.mails) == 1


def test_a_pool_s_own_sender_stands_in_the_letter_and_the_server_s_on_the_envelope(inbox: Inbox, port: int) -> None:
    deliver(port, replace(CODE, sender="Ünal <u@pool.example>", reply_to="help@pool.example"))
    assert (inbox.mails[0]["From"], inbox.mails[0]["Reply-To"]) == ("Ünal <u@pool.example>", "help@pool.example")
    assert inbox.envelopes[0][0] == "no-reply@halfday.example"


def test_words_with_tags_are_html_and_a_password_is_not(inbox: Inbox, port: int) -> None:
    deliver(port, replace(CODE, text="It is <b>&lt;a&gt;1</b>", code=None))
    deliver(port, replace(CODE, text="It is <a>&1.", code="<a>&1"))
    deliver(port, replace(CODE, text="<p>It is <a>&1.</p>", code="<a>&1"))
    kinds = [(mail.get_content_type(), mail.get_content().strip()) for mail in inbox.mails]
    assert kinds == [
        ("text/html", "It is <b>&lt;a&gt;1</b>"),
        ("text/plain", "It is <a>&1."),
        ("text/html", "<p>It is &lt;a&gt;&amp;1.</p>"),
    ]


def test_a_subject_of_several_lines_is_one_header(inbox: Inbox, port: int) -> None:
    deliver(port, replace(CODE, subject="Grüße\r\nBcc: eve@example.com"))
    assert inbox.mails[0]["Subject"] == "Grüße Bcc: eve@example.com"
    assert inbox.mails[0]["Bcc"] is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"destination": ""},
        {"destination": "ada"},
        {"destination": "ada@example.com, eve@example.com"},
        {"destination": "ada@example.com\r\nBcc: eve@example.com"},
        {"destination": "ada@example.com>"},
        {"sender": "a@b.example\r\nBcc: eve@example.com"},
        {"reply_to": "a@b.example\nBcc: eve@example.com"},
    ],
)
def test_what_is_no_address_is_not_sent(inbox: Inbox, port: int, wrong: dict[str, str]) -> None:
    assert undelivered(port, replace(CODE, **wrong)) == "its addresses or its subject cannot be those of an e-mail"
    assert inbox.mails == []


def test_of_a_mail_server_s_words_none_are_repeated(inbox: Inbox, port: int) -> None:
    """They name whom the mail was for, and may quote it; its numbers say enough."""
    for said, told in (
        ("550 5.2.2 mailbox {} is full, 483920", "refused: 550 5.2.2"),
        ("554 spam: your code is 4 8 3 9 2 0", "refused: 554"),
        ("451 4.7.1 come back later, {}", "refused: 451 4.7.1"),
    ):
        inbox.refuse = said
        assert undelivered(port) == told


def test_a_recipient_that_is_refused_is_not_named(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(_server: SMTP, _session: Any, _envelope: Any, address: str, _options: Any) -> str:
        return f"550 no such user: {address.upper()}"

    monkeypatch.setattr(inbox, "handle_RCPT", refuse, raising=False)
    with receiving(inbox) as port:
        assert undelivered(port) == "the recipient was refused: 550"


def test_a_server_that_is_not_there_or_says_nothing_fails_the_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        assert undelivered(silent.getsockname()[1]) == "no connection: ECONNREFUSED"
        silent.listen()
        monkeypatch.setattr(smtp, "ANSWER_S", 0.2)
        assert undelivered(silent.getsockname()[1]) == "the server did not answer in time"
        monkeypatch.setattr(smtp, "ANSWER_S", 0.5)
        monkeypatch.setattr(smtp, "DELIVERY_S", 0.01)
        assert undelivered(silent.getsockname()[1]) == "the server did not answer in time"


# Login and TLS


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate for 127.0.0.1, of an authority that this machine trusts during the test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "trusted.pem").write_bytes(pem)
    (tmp_path / "server.pem").write_bytes(private + pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "server.pem")
    return context


def test_where_starttls_is_offered_it_is_taken_before_the_login(inbox: Inbox, certificate: ssl.SSLContext) -> None:
    with receiving(inbox, WithStartTls, context=certificate, authenticator=check_login) as port:
        deliver(port, login=LOGIN)
        deliver(port)
    assert inbox.secured == [True, True]
    assert inbox.logins == [USER.encode(), None]


def test_smtps_is_tls_from_the_start(inbox: Inbox, certificate: ssl.SSLContext) -> None:
    with receiving(inbox, ssl_context=certificate, authenticator=check_login, auth_require_tls=False) as port:
        deliver(port, scheme="smtps", login=LOGIN)
    assert (inbox.secured, inbox.logins) == ([True], [USER.encode()])


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_that_nobody_trusts_gets_no_mail(
    inbox: Inbox, certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    make: Any = Controller if scheme == "smtps" else WithStartTls
    with receiving(inbox, make, **{"ssl_context" if scheme == "smtps" else "context": certificate}) as port:
        assert undelivered(port, scheme=scheme, login=LOGIN) == "TLS failed: CERTIFICATE_VERIFY_FAILED"
    assert inbox.mails == []


def test_a_wrong_password_fails_the_delivery_and_is_not_told(
    inbox: Inbox, certificate: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    with receiving(inbox, WithStartTls, context=certificate, authenticator=check_login) as port:
        assert undelivered(port, login="mailer:guessed-1@").startswith("the login was refused: 535")
    assert "guessed-1" not in caplog.text


def test_a_password_goes_without_tls_on_this_machine_only(inbox: Inbox) -> None:
    with receiving(inbox, authenticator=check_login, auth_require_tls=False) as port:
        deliver(port, login=LOGIN)
        reason = undelivered(port, login=LOGIN, host="127.1")  # nobody's loopback address by its looks
        assert reason == "the server offers no STARTTLS, so it is given no password"
    assert inbox.logins == [USER.encode()]


# Settings


@pytest.mark.parametrize(
    ("setting", "given"),
    [
        ("smtp_url", {"smtp_url": "mail.example"}),
        ("smtp_url", {"smtp_url": "http://mail.example"}),
        ("smtp_url", {"smtp_url": "smtp://"}),
        ("smtp_url", {"smtp_url": "smtp://mail.example:99999"}),
        ("smtp_url", {"smtp_url": "smtp://mail.example/inbox"}),
        ("smtp_url", {"smtp_url": "smtp://user@mail.example"}),
        ("smtp_from", {"smtp_url": "smtp://mail.example", "smtp_from": ""}),
        ("smtp_from", {"smtp_from": "nobody"}),
        ("smtp_from", {"smtp_from": "A <a@b.example>\nBcc: eve@example.com"}),
        ("console_messages", {"console_messages": "yes"}),
    ],
)
def test_a_setting_of_messages_that_cannot_be_is_named(setting: str, given: dict[str, str]) -> None:
    with pytest.raises(SettingRefused, match=f"^{setting}: "):
        Settings(**{"smtp_from": SENDER, **given})


def test_a_refused_address_of_a_mail_server_does_not_tell_its_password() -> None:
    with pytest.raises(SettingRefused) as caught:
        Settings(smtp_url="smtp://user:hunter2@mail.example:x", smtp_from=SENDER)
    assert "hunter2" not in str(caught.value)
