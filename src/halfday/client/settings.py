"""One connection: which sign-in page, which app client, which identity pool, and where their APIs answer.

The region is derived from the ids, because people get it wrong constantly (facts/failures.md 3.10); endpoints are
derived from the region, unless somebody says otherwise. Where the words come from is `sources`' business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, cast, get_args
from urllib.parse import urlsplit

from halfday.client.errors import SettingsError
from halfday.client.sources import NAMES, Sources, credentials_place, gather, session_key
from halfday.protocol.endpoints import LOOPBACK_HOSTS, Domain, api_url, parse_domain, split_prefix_host
from halfday.protocol.identifiers import CLIENT_ID_PATTERN, REGION_PATTERN, region_of_identity, region_of_pool
from halfday.protocol.words import words

CredentialsFlow = Literal["enhanced", "basic"]
TokenStore = Literal["disk", "keyring", "none"]
_A_USER_POOL = re.compile(r"^(?:https://[\w.-]+/)?(?P<id>[a-z]{2,}(?:-[a-z0-9]+)+-\d+_[0-9a-zA-Z]+)(?:/.*)?$")
"""An id, or an issuer, where the domain belongs."""
_ROLE_ARN = re.compile(r"^arn:[\w-]+:iam::\d{12}:role/.+$")

DEFAULT_REDIRECT_URIS = ("http://localhost:8080", "http://localhost:8080/callback", "http://127.0.0.1:8080/callback")
"""Tried in turn by a browser sign-in when no redirect_uri is set: Cognito wants every port registered."""

_EXAMPLES = {
    "domain": "https://PREFIX.auth.REGION.amazoncognito.com",
    "client_id": "the app client's id",
    "identity_pool_id": "REGION:UUID",
    "user_pool_id": "REGION_NAME",
    "redirect_uri": "http://localhost:8080, letter for letter as registered",
    "region": "us-east-1",
    "role_arn": "arn:aws:iam::ACCOUNT:role/NAME",
}


@dataclass(frozen=True)
class Settings:
    """A connection whose parts have been checked one by one. What a call needs it asks for with `require`."""

    domain: Domain | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    identity_pool_id: str | None = None
    user_pool_id: str | None = None
    region: str | None = None
    redirect_uris: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    endpoint_url: str | None = None
    role_arn: str | None = None
    credentials_flow: CredentialsFlow = "enhanced"
    duration_s: int | None = None
    token_store: TokenStore | None = None
    logout_uri: str | None = None
    callback_certificate: str | None = None
    callback_key: str | None = None
    aws_endpoints: Mapping[str, str] = field(default_factory=dict)
    """AWS's own standard: AWS_ENDPOINT_URL_<SERVICE> and AWS_ENDPOINT_URL, by service name; '' is every service."""
    key: str = ""
    profile: str = "default"
    values: Mapping[str, str] = field(default_factory=dict, repr=False)

    def require(self, name: str) -> str:
        """The setting as text. Raises SettingsError naming the four places where it can be set."""
        value = getattr(self, name)
        if not value:
            hint = (
                f"give {name}= or --{name.replace('_', '-')}, set HALFDAY_{name.upper()}, or write "
                f"halfday_{name} = {_EXAMPLES.get(name, '…')} into the AWS profile {self.profile}"
            )
            raise SettingsError(f"{name} is not set", hint=hint)
        return str(value)

    def require_domain(self) -> Domain:
        self.require("domain")
        assert self.domain is not None
        return self.domain

    @property
    def stand_in(self) -> str | None:
        """The origin of a plain-http domain: no AWS domain is one, so it answers for every API."""
        return self.domain.origin if self.domain and self.domain.origin.startswith("http://") else None

    @property
    def sdk_endpoint(self) -> str | None:
        """The one endpoint that an AWS SDK beside us has to be pointed to; None when AWS's own is meant."""
        return self.endpoint_url or self.aws_endpoints.get("") or self.stand_in

    @property
    def user_pool_region(self) -> str | None:
        if self.user_pool_id:
            return region_of_pool(self.user_pool_id)
        prefixed = split_prefix_host(urlsplit(self.domain.origin).hostname or "") if self.domain else None
        return prefixed[1] if prefixed else self.region or self._identity_pool_region

    @property
    def sdk_region(self) -> str | None:
        """The region that people's own AWS calls default to."""
        return self.region or self._identity_pool_region or self.user_pool_region

    @property
    def _identity_pool_region(self) -> str | None:
        return region_of_identity(self.identity_pool_id) if self.identity_pool_id else None

    def idp_endpoint(self, pool_id: str | None = None) -> str:
        """Where the user pool's JSON API and its key set answer, without a trailing slash."""
        region = region_of_pool(pool_id) if pool_id else self.user_pool_region
        return self._endpoint("cognito-idp", region, "user_pool_id")

    def credentials_place(self) -> str:
        """What AWS credentials are good for: `sources.credentials_place` of these settings."""
        return credentials_place(self.values)

    def sts_endpoint(self) -> str:
        """Where STS answers, in the identity pool's region."""
        return self._endpoint("sts", self._identity_pool_region or self.region, "region")

    def signin_endpoint(self) -> str | None:
        """Where the console's sign-in answers; None when AWS's own is meant, which depends on the partition."""
        return self.aws_endpoints.get("signin") or self.sdk_endpoint

    def identity_endpoint(self) -> str:
        """Where the identity pool answers."""
        return self._endpoint("cognito-identity", self._identity_pool_region, "identity_pool_id")

    def _endpoint(self, service: str, region: str | None, missing: str) -> str:
        chosen = self.endpoint_url or self.aws_endpoints.get(service) or self.sdk_endpoint
        if chosen:
            return chosen.rstrip("/")
        if not region:
            self.require(missing)
        return api_url(service, str(region))


def load_settings(arguments: Mapping[str, object], *, environ: Mapping[str, str] | None = None) -> Settings:
    """Reads the sources and checks every part. Raises SettingsError naming the source of what is malformed."""
    _check_arguments(arguments)
    sources = gather(arguments, environ=environ)
    if arguments.get("profile") and sources.profile_is_missing:
        hint = (
            f"halfday looked for [profile {sources.profile}] in the AWS config file; AWS_CONFIG_FILE can name another"
        )
        raise SettingsError(f"there is no AWS profile {sources.profile}", hint=hint)
    values = sources.values
    return Settings(
        domain=_domain(sources),
        client_id=_checked(sources, "client_id", CLIENT_ID_PATTERN.match),
        client_secret=values.get("client_secret") or None,
        identity_pool_id=_checked(sources, "identity_pool_id", region_of_identity),
        user_pool_id=_checked(sources, "user_pool_id", region_of_pool),
        region=_region(sources),
        redirect_uris=tuple(values.get("redirect_uri", "").replace(",", " ").split()),
        scopes=tuple(values.get("scopes", "").replace(",", " ").split()),
        endpoint_url=_endpoint_url(sources),
        role_arn=_checked(sources, "role_arn", _ROLE_ARN.match),
        credentials_flow=_credentials_flow(sources),
        duration_s=_duration(sources),
        token_store=_token_store(sources),
        logout_uri=values.get("logout_uri") or None,
        callback_certificate=values.get("callback_certificate") or None,
        callback_key=values.get("callback_key") or None,
        aws_endpoints=_aws_endpoints(sources),
        key=session_key(values),
        profile=sources.profile,
        values={name: value for name, value in values.items() if name != "client_secret"},
    )


def is_loopback(host: str | None) -> bool:
    """127.0.0.1, ::1, localhost, and every name under .localhost (RFC 6761 §6.3)."""
    return host is not None and (host in LOOPBACK_HOSTS or host.endswith(".localhost"))


def _check_arguments(arguments: Mapping[str, object]) -> None:
    """A list stands only where several words may, and bytes nowhere: neither becomes its own spelling in Python."""
    for name in (*NAMES, "profile"):
        given = arguments.get(name)
        if given is None or isinstance(given, str):
            continue
        if name not in _OF_SEVERAL_WORDS and isinstance(given, Collection):
            raise SettingsError(f"{name} is a {type(given).__name__}", hint=f"give {name} as one text")
        if name in _OF_SEVERAL_WORDS:
            try:
                words(given, name)
            except ValueError as problem:
                raise SettingsError(str(problem), hint="give a text, or a list of texts without blanks") from problem


_OF_SEVERAL_WORDS = ("redirect_uri", "scopes")


def _checked(sources: Sources, name: str, check: Callable[[str], object]) -> str | None:
    value = sources.values.get(name, "").strip()
    if not value:
        return None
    try:
        sound = check(value)
    except ValueError:
        sound = None
    if not sound:
        raise _malformed(sources, name, value)
    return value


def _malformed(sources: Sources, name: str, value: str) -> SettingsError:
    hint = f"it comes from {sources.origins[name]} and has to look like {_EXAMPLES.get(name, 'https://HOST')}"
    return SettingsError(f"{name} {value!r} is malformed", hint=hint)


def _domain(sources: Sources) -> Domain | None:
    text = sources.values.get("domain", "")
    if not text:
        return None
    if "://" not in text and is_loopback(urlsplit(f"//{text.strip()}").hostname):
        text = f"http://{text.strip()}"
    pool = _A_USER_POOL.match(text.strip())
    if pool:
        hint = f"domain looks like {_EXAMPLES['domain']}; what this names goes into user_pool_id = {pool['id']}"
        raise SettingsError(f"domain {text} is a user pool, not its domain", hint=hint)
    try:
        domain = parse_domain(text)
    except ValueError as problem:
        raise _malformed(sources, "domain", text) from problem
    parts = urlsplit(domain.origin)
    if parts.scheme == "http" and not is_loopback(parts.hostname) and not sources.values.get("endpoint_url"):
        hint = "write https://, or set endpoint_url too if this really is a stand-in on a network you trust"
        raise SettingsError(f"domain {domain.origin} would carry codes and secrets in the clear", hint=hint)
    return domain


def _region(sources: Sources) -> str | None:
    if sources.values.get("region"):
        return _checked(sources, "region", REGION_PATTERN.match)
    environ = sources.environ
    return environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or sources.profile_keys.get("region")


def _endpoint_url(sources: Sources) -> str | None:
    value = sources.values.get("endpoint_url", "").rstrip("/")
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise _malformed(sources, "endpoint_url", value)
    return value or None


def _credentials_flow(sources: Sources) -> CredentialsFlow:
    value = sources.values.get("credentials_flow", "enhanced")
    if value == "enhanced":
        return "enhanced"
    if value != "basic":
        hint = "enhanced lets the identity pool choose the role, basic takes role_arn to STS"
        raise SettingsError(f"credentials_flow {value!r} is neither enhanced nor basic", hint=hint)
    if not sources.values.get("role_arn"):
        raise SettingsError("credentials_flow basic needs role_arn", hint="name the role that the person is to have")
    return "basic"


def _duration(sources: Sources) -> int | None:
    value = sources.values.get("duration_s")
    if not value:
        return None
    if sources.values.get("credentials_flow") != "basic":
        hint = "set credentials_flow = basic and role_arn too, or leave duration_s out"
        raise SettingsError("only the basic flow takes duration_s: the enhanced one gives an hour", hint=hint)
    if not (value.isdigit() and 900 <= int(value) <= 43200):
        hint = f"it comes from {sources.origins['duration_s']} and has to be 900 to 43200"
        raise SettingsError(f"duration_s {value!r} is not a number of seconds that STS takes", hint=hint)
    return int(value)


def _token_store(sources: Sources) -> TokenStore | None:
    """None is no word: a session stays where it is kept, and a new one goes to the disk."""
    value = sources.values.get("token_store")
    if value not in (None, "", *get_args(TokenStore)):
        hint = f"it comes from {sources.origins['token_store']}"
        raise SettingsError(f"token_store {value!r} is none of disk, keyring and none", hint=hint)
    return cast("TokenStore | None", value or None)


def _aws_endpoints(sources: Sources) -> dict[str, str]:
    """Source: AWS SDKs reference guide, Service-specific endpoints. The environment wins over the profile."""
    environ = sources.environ
    if environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return {}
    variables = {
        "cognito-idp": environ.get("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"),
        "cognito-identity": environ.get("AWS_ENDPOINT_URL_COGNITO_IDENTITY"),
        "sts": environ.get("AWS_ENDPOINT_URL_STS"),
        "signin": environ.get("AWS_ENDPOINT_URL_SIGNIN"),
        "": environ.get("AWS_ENDPOINT_URL") or sources.profile_keys.get("endpoint_url"),
    }
    return {service: url for service, url in variables.items() if url}
