"""The dependencies of every request: store, settings, clock, outside adapters. Only `compose` builds them."""

from __future__ import annotations

import asyncio
import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from halfday.protocol.identifiers import make_uuid
from halfday.protocol.jwk import Jwk
from halfday.server.domain.calls.kept_answers import KeptAnswers
from halfday.server.domain.gateway.memory import GatewayMemory
from halfday.server.domain.s3.uploads import KnownUploads
from halfday.server.domain.user_pools.pools import SigningKey
from halfday.server.events.log_lines import log_request
from halfday.server.events.requests import Subscribers
from halfday.server.key_pairs import KeyPairs
from halfday.server.outside.code_encryption import CodeEncryption
from halfday.server.outside.connections import OutgoingCalls
from halfday.server.outside.functions.functions import Functions
from halfday.server.outside.messages import Messages
from halfday.server.outside.published_documents import PublishedDocuments
from halfday.server.outside.sent_messages import SentMessages
from halfday.server.outside.upstreams import Upstream
from halfday.server.settings import Settings
from halfday.server.storage.database import Image
from halfday.server.storage.store import Store
from halfday.server.usage import Person

if TYPE_CHECKING:
    from halfday.server.outside.smtp import SmtpMessages


@dataclass(frozen=True, slots=True)
class OpenedKey:
    """A signing key as it signs, and as it is published."""

    private: RSAPrivateKey = field(repr=False)
    public: Jwk


@dataclass(frozen=True, slots=True)
class Beginning:
    """What the store of a server that keeps nothing held at its start: nothing, and what the seed file declares.

    `kids` are of the declared pools' keys, which come back with them. `has_templates`: buckets and tables of the AWS
    behind the front door may be among what was declared.
    """

    empty: Image = field(repr=False)
    seeded: Image = field(repr=False)
    kids: frozenset[str] = frozenset()
    has_templates: bool = False


@dataclass
class Services:
    """The dependencies of a request, passed to every operation and flow.

    `origin` is the address at which people reach this server: scheme, host and port, no trailing slash.
    `form_key` authenticates forms that this server made; all processes of a server share it.
    `request_subscribers` receive the record of each request.
    `opened_keys` are found by their records, and live no longer than those. `keys_under_way` are being made, by pool.
    `messages` keeps and shows messages on this machine. `mailer` delivers e-mail, if it is configured
    (flows/outgoing_mail). `code_encryption` is for custom senders, where there is a KMS. `functions` are those that
    pools name as Lambda triggers. `stand_in_logins`: where the stand-in of a social provider listens, by the provider's
    key of Logins (`accounts.google.com`). `clock` may be moved (server/clock).
    `beginning` is what a server that keeps nothing may be put back to. `declared_people` may sign in by what the seed
    file says, by pool: for this machine's eyes.
    """

    store: Store
    settings: Settings
    origin: str
    http: OutgoingCalls
    messages: Messages
    mailer: SmtpMessages | None = None
    upstream: Upstream | None = None
    code_encryption: CodeEncryption | None = None
    functions: Functions = field(default_factory=Functions)
    stand_in_logins: dict[str, str] = field(default_factory=dict)
    clock: Callable[[], float] = time.time
    random: Callable[[int], bytes] = secrets.token_bytes
    key_pairs: KeyPairs = field(default_factory=KeyPairs, repr=False)
    opened_keys: WeakKeyDictionary[SigningKey, OpenedKey] = field(default_factory=WeakKeyDictionary, repr=False)
    keys_under_way: dict[str, asyncio.Task[None]] = field(default_factory=dict, repr=False)
    provider_documents: PublishedDocuments = field(default_factory=PublishedDocuments, repr=False)
    form_key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    known_uploads: KnownUploads = field(default_factory=KnownUploads, repr=False)
    resource_policies: KeptAnswers = field(default_factory=KeptAnswers, repr=False)
    gateway_memory: GatewayMemory = field(default_factory=GatewayMemory, repr=False)
    beginning: Beginning | None = None
    declared_people: Mapping[str, Person] = field(default_factory=dict, repr=False)
    strict_about_ourselves: bool = False
    sent_messages: SentMessages = field(default_factory=SentMessages, repr=False)
    request_subscribers: Subscribers = field(default_factory=lambda: Subscribers(log_request), repr=False)

    def uuid(self) -> str:
        return make_uuid(self.random(16))

    def uuid4(self) -> str:
        """A UUID of version 4, which AWS's model requires for ids of styles and terms. Other ids only look like one."""
        return str(uuid.UUID(bytes=self.random(16), version=4))

    def token(self) -> str:
        """A random text of 43 characters (256 bits), for sessions and states."""
        return secrets.token_urlsafe(32)
