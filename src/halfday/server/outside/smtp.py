"""E-mail by SMTP (RFC 5321), with the standard library's smtplib in a thread. Retries are in flows/outgoing_mail.

smtps:// is TLS from the start (RFC 8314). smtp:// uses STARTTLS where the server offers it (RFC 3207); without it, a
password is sent only to this machine. Certificates are checked against the authorities that the machine trusts.
"""

from __future__ import annotations

import asyncio
import errno
import html
import re
import smtplib
import ssl
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from urllib.parse import unquote, urlsplit

from halfday.protocol.urls import is_loopback_address
from halfday.server.domain.failures import kind_of
from halfday.server.outside.messages import DeliveryFailed, Message
from halfday.server.runs import in_a_task

ANSWER_S = 10
"""Timeout for each answer of the server."""
DELIVERY_S = 30
"""Timeout for a whole delivery."""

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


class SmtpMessages:
    """Delivers e-mail, with one connection for each message. Ignores SMS."""

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._implicit_tls = parts.scheme == "smtps"
        self._host = parts.hostname or ""
        self._port = parts.port or (465 if self._implicit_tls else 587)
        self._login = (unquote(parts.username), unquote(parts.password)) if parts.username and parts.password else None
        self._sender = sender

    async def send(self, message: Message) -> None:
        """Raises DeliveryFailed."""
        if message.medium != "EMAIL":
            return
        await in_a_task()
        try:
            async with asyncio.timeout(DELIVERY_S):
                await asyncio.to_thread(self._deliver, message)
        except (OSError, ValueError, LookupError, MessageError) as problem:  # SMTPException is an OSError
            raise _failure(problem) from None

    def _deliver(self, message: Message) -> None:
        mail = compose(message, self._sender)
        with self._connected() as server:
            if self._login:
                server.login(*self._login)
            server.send_message(mail, parseaddr(self._sender)[1], [message.destination])

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._implicit_tls:
            return smtplib.SMTP_SSL(self._host, self._port, timeout=ANSWER_S, context=context)
        server = smtplib.SMTP(self._host, self._port, timeout=ANSWER_S)
        try:
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=context)
            elif self._login and not (self._host == "localhost" or is_loopback_address(self._host)):
                raise _NoStartTls
        except BaseException:
            server.close()
            raise
        return server


def compose(message: Message, sender: str) -> EmailMessage:
    """The e-mail: HTML if the pool's text has tags, else plain text. Raises ValueError for an invalid address."""
    mail = EmailMessage()
    mail["From"] = message.sender or sender
    mail["To"] = Address(addr_spec=message.destination)
    if message.reply_to:
        mail["Reply-To"] = message.reply_to
    mail["Subject"] = " ".join(message.subject.split())
    mail["Date"] = formatdate(message.sent_at)
    mail["Message-ID"] = make_msgid(domain=parseaddr(sender)[1].rpartition("@")[2])
    said, bare = message.text, message.text
    for value in _filled_in(message):
        said, bare = said.replace(value, html.escape(value)), bare.replace(value, "")
    if _TAG.search(bare):
        mail.set_content(said, subtype="html")
    else:
        mail.set_content(message.text)
    return mail


def _filled_in(message: Message) -> list[str]:
    """The values filled into the pool's text that need escaping: the code, and names that contain "<"."""
    names = {name for name in (message.username, message.destination) if "<" in name}
    return [*filter(None, [message.code]), *names - {message.code}]


class _NoStartTls(OSError):
    """The server offers no STARTTLS, and would be sent a password in the clear."""


def _failure(problem: Exception) -> DeliveryFailed:
    """The failure in our own words and the protocol's numbers.

    The server's text is left out: it may repeat the recipient and the message.
    """
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(problem.recipients.values()))
        return DeliveryFailed(f"the recipient was refused: {_numbers(code, said)}", for_good=code >= 500)
    if isinstance(problem, smtplib.SMTPAuthenticationError):
        return DeliveryFailed(f"the login was refused: {_numbers(problem.smtp_code, problem.smtp_error)}")
    if isinstance(problem, smtplib.SMTPResponseException):
        for_good = isinstance(problem, (smtplib.SMTPDataError, smtplib.SMTPSenderRefused)) and problem.smtp_code >= 500
        return DeliveryFailed(f"refused: {_numbers(problem.smtp_code, problem.smtp_error)}", for_good=for_good)
    if isinstance(problem, TimeoutError) or isinstance(problem.__context__, TimeoutError):  # smtplib may wrap it
        return DeliveryFailed("the server did not answer in time")
    if isinstance(problem, _NoStartTls):
        return DeliveryFailed("the server offers no STARTTLS, so it is given no password")
    if isinstance(problem, ssl.SSLError):
        return DeliveryFailed(f"TLS failed: {problem.reason or kind_of(problem)}")
    if isinstance(problem, OSError):
        return DeliveryFailed(f"no connection: {_name_of(problem)}")
    return DeliveryFailed("its addresses or its subject cannot be those of an e-mail", for_good=True)


def _numbers(code: int, said: bytes | str) -> str:
    """`550 5.1.1`: the reply's code, and its enhanced status code (RFC 3463) if it has one."""
    text = said.decode("ascii", "replace") if isinstance(said, bytes) else said
    enhanced = _ENHANCED.match(text)
    return f"{code} {enhanced[0]}" if enhanced else str(code)


def _name_of(problem: OSError) -> str:
    return errno.errorcode.get(problem.errno or 0, kind_of(problem))
