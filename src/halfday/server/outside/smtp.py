"""E-mail by SMTP (RFC 5321), with what the standard library has, in a thread: a mail takes the network's time anyway.

smtps:// is TLS from the start (RFC 8314); smtp:// goes over to TLS where the server offers it (RFC 3207), and no server
elsewhere is given a password that does not. Certificates are checked against what the machine trusts.
"""

from __future__ import annotations

import asyncio
import html
import ipaddress
import logging
import re
import smtplib
import ssl
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from urllib.parse import unquote, urlsplit

from halfday.server.outside.messages import DeliveryFailed, Message

log = logging.getLogger("halfday.messages")

ANSWER_S = 10
"""How long a server may take for each answer."""
DELIVERY_S = 30
"""How long a delivery may take."""

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


class SmtpMessages:
    """Delivers e-mail, a connection each; of an SMS it does nothing."""

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._implicit_tls = parts.scheme == "smtps"
        self._host = parts.hostname or ""
        self._port = parts.port or (465 if self._implicit_tls else 587)
        self._login = (unquote(parts.username), unquote(parts.password)) if parts.username and parts.password else None
        self._sender = sender

    async def send(self, message: Message) -> None:
        """Raises DeliveryFailed, and logs why."""
        if message.medium != "EMAIL":
            return
        try:
            async with asyncio.timeout(DELIVERY_S):
                await asyncio.to_thread(self._deliver, message)
        except (OSError, ValueError, LookupError, MessageError) as problem:  # smtplib's are OSErrors
            reason = _reason(problem, message)
            log.warning("e-mail of %s for pool %s not delivered: %s", message.purpose, message.pool_id, reason)
            raise DeliveryFailed(reason) from None

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
            elif self._login and not _is_own_machine(self._host):
                raise smtplib.SMTPNotSupportedError("no STARTTLS, so it is given no password")
        except BaseException:
            server.close()
            raise
        return server


def compose(message: Message, sender: str) -> EmailMessage:
    """The e-mail: HTML where the pool's words are, else plain text. Raises ValueError for what is no address."""
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
    """What stands in the text and is not the pool's words: a code, and names that would like to be tags."""
    names = {name for name in (message.username, message.destination) if "<" in name}
    return [*filter(None, [message.code]), *names - {message.code}]


def _reason(problem: Exception, message: Message) -> str:
    """What the server said, without whom it was for and what it was."""
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(problem.recipients.values()))
        text = f"the recipient was refused: {code} {_decoded(said)}"
    elif isinstance(problem, smtplib.SMTPResponseException):
        text = f"{problem.smtp_code} {_decoded(problem.smtp_error)}"
    elif isinstance(problem, TimeoutError) or isinstance(problem.__context__, TimeoutError):  # smtplib wraps some
        text = "the server did not answer in time"
    elif isinstance(problem, OSError):
        text = str(problem)
    else:
        return "its addresses or its subject cannot be those of an e-mail"
    for secret in filter(None, (message.destination, message.code)):
        text = re.sub(re.escape(secret), "…", text, flags=re.IGNORECASE)
    return " ".join(text.split())


def _decoded(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said


def _is_own_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
