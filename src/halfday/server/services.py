"""What every request is handed: the store, the settings, the clock and the world outside. Made in `compose` only."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx2
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from halfday.protocol.identifiers import make_uuid
from halfday.server.domain.s3.uploads import KnownUploads
from halfday.server.events.log_lines import log_request
from halfday.server.events.requests import Subscribers
from halfday.server.key_pairs import KeyPairs
from halfday.server.outside.messages import Messages
from halfday.server.outside.published_documents import PublishedDocuments
from halfday.server.outside.sent_messages import SentMessages
from halfday.server.outside.smtp import SmtpMessages
from halfday.server.outside.triggers import Triggers, TriggersByPool
from halfday.server.outside.upstream import Upstream
from halfday.server.settings import Settings
from halfday.server.storage.store import Store


@dataclass
class Services:
    """`origin` is where people reach this server: scheme, host and port, no trailing slash.

    `form_key` proves that a form was made here; all processes of a server have the same.
    `request_subscribers` are given the record of each request.
    `messages` keeps and shows on this machine what is sent; `mailer` is the way on which e-mail leaves it, if there is
    one (flows/outgoing_mail). `triggers` answers which functions a pool has.
    """

    store: Store
    settings: Settings
    origin: str
    http: httpx2.AsyncClient
    messages: Messages
    mailer: SmtpMessages | None = None
    upstream: Upstream | None = None
    triggers: Triggers = field(default_factory=TriggersByPool)
    clock: Callable[[], float] = time.time
    random: Callable[[int], bytes] = secrets.token_bytes
    key_pairs: KeyPairs = field(default_factory=KeyPairs, repr=False)
    private_keys: dict[str, RSAPrivateKey] = field(default_factory=dict, repr=False)
    provider_documents: PublishedDocuments = field(default_factory=PublishedDocuments, repr=False)
    form_key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    known_uploads: KnownUploads = field(default_factory=KnownUploads, repr=False)
    strict_about_ourselves: bool = False
    sent_messages: SentMessages = field(default_factory=SentMessages, repr=False)
    request_subscribers: Subscribers = field(default_factory=lambda: Subscribers(log_request), repr=False)

    def uuid(self) -> str:
        return make_uuid(self.random(16))

    def uuid4(self) -> str:
        """A UUID of version 4, as the model wants the ids of styles and terms; other ids are only shaped like one."""
        return str(uuid.UUID(bytes=self.random(16), version=4))

    def token(self) -> str:
        """An unguessable text of 43 characters, for sessions and states."""
        return secrets.token_urlsafe(32)
