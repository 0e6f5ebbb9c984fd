"""User pools: what one is set up to be, and what follows from that for usernames and issuers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from halfday.protocol import endpoints, identifiers
from halfday.server.domain.user_pools.attributes import SchemaAttribute
from halfday.server.domain.user_pools.password_policy import PasswordPolicy

IssuerKind = Literal["local", "aws"]
MfaMode = Literal["OFF", "OPTIONAL", "ON"]
Tier = Literal["LITE", "ESSENTIALS", "PLUS"]
ThreatProtection = Literal["OFF", "AUDIT", "ENFORCED"]

SMS_MFA, SOFTWARE_TOKEN_MFA, EMAIL_OTP = "SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"
MFA_FACTORS = (SMS_MFA, SOFTWARE_TOKEN_MFA, EMAIL_OTP)


@dataclass(frozen=True, slots=True)
class MfaPolicy:
    """Whether a second factor is asked for, and which there are. ON asks everybody, OPTIONAL those who have one."""

    mode: MfaMode = "OFF"
    factors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PasskeyPolicy:
    """WebAuthnConfiguration. `relying_party_id` None: the pool's domain. `counts_as_mfa`: with user verification."""

    relying_party_id: str | None = None
    user_verification: str = "preferred"
    counts_as_mfa: bool = False


@dataclass(frozen=True, slots=True)
class DevicePolicy:
    """DeviceConfiguration; a pool without one does not track devices."""

    challenge_on_new: bool = False
    remembered_on_prompt_only: bool = False


@dataclass(frozen=True, slots=True)
class MessageTemplates:
    """What the pool sends, with {####} for the code and {username}; None is AWS's default text.

    `by_link` verifies e-mail addresses by a link in place of a code.
    """

    sms_verification: str | None = None
    email_verification: str | None = None
    email_verification_subject: str | None = None
    email_by_link: str | None = None
    email_by_link_subject: str | None = None
    by_link: bool = False
    sms_authentication: str | None = None
    email_authentication: str | None = None
    email_authentication_subject: str | None = None
    sms_invitation: str | None = None
    email_invitation: str | None = None
    email_invitation_subject: str | None = None


DEFAULT_MOST_SESSIONS = 20


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """Whether sessions are tracked for people to see and end, and how many token sessions one person may hold."""

    tracked: bool = False
    most_per_user: int | None = None

    @property
    def limit(self) -> int:
        return DEFAULT_MOST_SESSIONS if self.most_per_user is None else self.most_per_user


@dataclass(frozen=True, slots=True)
class Pool:
    """A user pool. `issuer_kind` chooses the `iss` of its tokens; times are epoch seconds.

    `recovery`: verified_email, verified_phone_number or admin_only, in the order of preference; None was never set.
    `first_factors` are SignInPolicy's AllowedFirstAuthFactors. `lambda_config` is LambdaConfig in the API's words, for
    `triggers` to read. `declared` holds settings that are answered back as they were given, in the API's own words,
    and on which nothing else depends but the issuer. `acr_names` are the names of those authentication levels that the
    pool names itself. `brought_hashes`: one hash, of nobody's password, of each kind that people's passwords came as;
    `hashes_looked_for` marks the look that may forget some of them (kinds_of_hashes).
    """

    pool_id: str
    name: str
    issuer_kind: IssuerKind
    created_at: float
    modified_at: float
    password_policy: PasswordPolicy = field(default_factory=PasswordPolicy)
    schema: tuple[SchemaAttribute, ...] = ()
    username_attributes: tuple[str, ...] = ()
    alias_attributes: tuple[str, ...] = ()
    auto_verified_attributes: tuple[str, ...] = ()
    case_sensitive: bool = True
    admin_create_user_only: bool = False
    deletion_protection: bool = False
    first_factors: tuple[str, ...] = ("PASSWORD",)
    mfa: MfaPolicy = field(default_factory=MfaPolicy)
    passkeys: PasskeyPolicy | None = None
    devices: DevicePolicy | None = None
    templates: MessageTemplates = field(default_factory=MessageTemplates)
    email_from: str = ""
    email_reply_to: str = ""
    recovery: tuple[str, ...] | None = None
    verify_before_update: tuple[str, ...] = ()
    sessions: SessionPolicy = field(default_factory=SessionPolicy)
    threat_protection: ThreatProtection = "OFF"
    tier: Tier = "ESSENTIALS"
    lambda_config: dict[str, Any] = field(default_factory=dict)
    declared: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    acr_names: dict[str, str] = field(default_factory=dict)
    brought_hashes: tuple[str, ...] = ()
    hashes_looked_for: str = ""

    @property
    def region(self) -> str:
        return identifiers.region_of_pool(self.pool_id)

    @property
    def passwordless(self) -> bool:
        """Whether people may do without a password: they sign in by codes (API reference, SignUp)."""
        return bool({"EMAIL_OTP", "SMS_OTP"} & set(self.first_factors))

    def arn(self, account: str) -> str:
        return identifiers.user_pool_arn(self.pool_id, account)

    def issuer(self, origin: str) -> str:
        """The `iss` claim of this pool's tokens. `origin` is where this server is reached.

        IssuerConfiguration chooses between the names that AWS has for it. This server's own has one.
        """
        if self.issuer_kind == "aws":
            updated = self.declared.get("IssuerConfiguration", {}).get("Type") == "UPDATED"
            return endpoints.aws_issuer(self.pool_id, updated=updated)
        return f"{origin}/{self.pool_id}"

    def fold(self, username: str) -> str:
        """A username as it is stored and compared: folded unless the pool is case sensitive."""
        return username if self.case_sensitive else username.lower()


@dataclass(frozen=True, slots=True, weakref_slot=True)
class SigningKey:
    """One RSA key. `owner` is a pool id, or the identity service's name; `purpose` is id, access or openid."""

    owner: str
    purpose: str
    kid: str
    private_pem: str = field(repr=False)
    created_at: float = 0.0


@dataclass(frozen=True, slots=True)
class PoolDomain:
    """A prefix, or a host of the owner's (`custom`), under which a pool shows its pages; one of each at most."""

    region: str
    domain: str
    pool_id: str
    managed_login_version: int
    created_at: float
    custom: bool = False
    certificate_arn: str | None = None
    security_policy: str | None = None


@dataclass(frozen=True, slots=True)
class ResourceServer:
    """An API of one's own with its scopes: `identifier/scope` in tokens."""

    pool_id: str
    identifier: str
    name: str
    scopes: dict[str, str] = field(default_factory=dict)

    @property
    def scope_names(self) -> tuple[str, ...]:
        return tuple(f"{self.identifier}/{scope}" for scope in self.scopes)
