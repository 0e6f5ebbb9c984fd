"""One connection: which sign-in page, which app client, which identity pool, and where their APIs answer.

The region is derived from the ids, because people get it wrong constantly (facts/failures.md 3.10); endpoints are
derived from the region, unless somebody says otherwise. Where the words come from is `sources`' business.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from halfday.client.configuration.misspelt import check_profile_keys, missing_profile, misspelt_variables
from halfday.client.configuration.setting_sources import (
    NAMES,
    SettingSources,
    config_path,
    credentials_place,
    gather,
    session_key,
)
from halfday.client.errors import SettingsError
from halfday.client.transport.addresses import check_return_address, read_url
from halfday.protocol.endpoints import Domain, api_url, parse_domain, split_prefix_host
from halfday.protocol.identifiers import CLIENT_ID_PATTERN, REGION_PATTERN, region_of_identity, region_of_pool
from halfday.protocol.urls import UrlError, parse_url, without_secrets
from halfday.protocol.urls import is_loopback as is_loopback
from halfday.protocol.word_lists import words

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
        prefixed = split_prefix_host(parse_url(self.domain.origin).host) if self.domain else None
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
        raise missing_profile(config_path(sources.environ), sources.profile)
    check_profile_keys(sources)
    for sentence in misspelt_variables(sources.environ):
        warnings.warn(sentence, stacklevel=3)
    for name in sources.trimmed:
        sentence = (
            f"{name} had a blank or a line end around it, which is left out: it comes from {sources.origins[name]}"
        )
        warnings.warn(sentence, stacklevel=3)
    values = sources.values
    return Settings(
        domain=_domain(sources),
        client_id=_checked(sources, "client_id", CLIENT_ID_PATTERN.match),
        client_secret=_client_secret(sources),
        identity_pool_id=_checked(sources, "identity_pool_id", region_of_identity),
        user_pool_id=_checked(sources, "user_pool_id", region_of_pool),
        region=_region(sources),
        redirect_uris=tuple(check_return_address(uri, "redirect_uri") for uri in _words(values, "redirect_uri")),
        scopes=tuple(_words(values, "scopes")),
        endpoint_url=_endpoint_url(sources),
        role_arn=_checked(sources, "role_arn", _ROLE_ARN.match),
        credentials_flow=_credentials_flow(sources),
        duration_s=_duration(sources),
        token_store=_token_store(sources),
        logout_uri=check_return_address(values.get("logout_uri", "").strip(), "logout_uri") or None,
        callback_certificate=values.get("callback_certificate") or None,
        callback_key=values.get("callback_key") or None,
        aws_endpoints=_aws_endpoints(sources),
        key=session_key(values),
        profile=sources.profile,
        values={name: value for name, value in values.items() if name != "client_secret"},
    )


def _words(values: Mapping[str, str], name: str) -> list[str]:
    return values.get(name, "").replace(",", " ").split()


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


def _checked(sources: SettingSources, name: str, check: Callable[[str], object]) -> str | None:
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


def _malformed(sources: SettingSources, name: str, value: str) -> SettingsError:
    hint = f"it comes from {sources.origins[name]} and has to look like {_EXAMPLES.get(name, 'https://HOST')}"
    return SettingsError(f"{name} {value!r} is malformed", hint=hint)


def _domain(sources: SettingSources) -> Domain | None:
    text = sources.values.get("domain", "")
    if not text:
        return None
    pool = _A_USER_POOL.match(text.strip())
    if pool:
        hint = f"domain looks like {_EXAMPLES['domain']}; what this names goes into user_pool_id = {pool['id']}"
        raise SettingsError(f"domain {text.strip()} is a user pool, not its domain", hint=hint)
    try:
        domain = parse_domain(text)
    except UrlError as problem:
        hint = f"it comes from {sources.origins['domain']} and has to look like {_EXAMPLES['domain']}"
        raise SettingsError(f"domain {without_secrets(text)!r} {problem}", hint=hint) from None
    if parse_url(domain.origin).is_in_the_clear and not sources.values.get("endpoint_url"):
        hint = "write https://, or set endpoint_url too if this really is a stand-in on a network you trust"
        raise SettingsError(f"domain {domain.origin} would carry codes and secrets in the clear", hint=hint)
    return domain


def _client_secret(sources: SettingSources) -> str | None:
    """Never shown. Cognito's consist of letters, digits, _ and + (API reference, ClientSecretType)."""
    secret = sources.values.get("client_secret", "")
    if not secret.isprintable() or " " in secret:
        hint = f"it comes from {sources.origins['client_secret']}: copy it once more, without what stands around it"
        raise SettingsError("client_secret has a blank or a line end in the middle of it", hint=hint)
    return secret or None


def _region(sources: SettingSources) -> str | None:
    if sources.values.get("region"):
        return _checked(sources, "region", REGION_PATTERN.match)
    environ, profile = sources.environ, f"region of the AWS profile {sources.profile}"
    found = [(environ.get(name), name) for name in ("AWS_REGION", "AWS_DEFAULT_REGION")]
    region, origin = next((one for one in found if one[0]), (sources.profile_keys.get("region"), profile))
    if region and not REGION_PATTERN.fullmatch(region):  # it becomes a part of the hosts that tokens go to
        raise SettingsError(f"region {region!r} is malformed", hint=f"it comes from {origin}: such as us-east-1")
    return region


def _endpoint_url(sources: SettingSources) -> str | None:
    value = sources.values.get("endpoint_url", "").strip()
    return _endpoint(value, f"endpoint_url (from {sources.origins['endpoint_url']})") if value else None


def _endpoint(text: str, name: str) -> str:
    """Without a slash at its end: paths are put behind it."""
    url = read_url(text, name)
    if "?" in url.target or "#" in text:
        raise SettingsError(f"{name} {without_secrets(text)!r} has a query or a fragment", hint="leave it out")
    return str(url).rstrip("/")


def _credentials_flow(sources: SettingSources) -> CredentialsFlow:
    value = sources.values.get("credentials_flow", "enhanced")
    if value == "enhanced":
        return "enhanced"
    if value != "basic":
        hint = "enhanced lets the identity pool choose the role, basic takes role_arn to STS"
        raise SettingsError(f"credentials_flow {value!r} is neither enhanced nor basic", hint=hint)
    if not sources.values.get("role_arn"):
        raise SettingsError("credentials_flow basic needs role_arn", hint="name the role that the person is to have")
    return "basic"


def _duration(sources: SettingSources) -> int | None:
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


def _token_store(sources: SettingSources) -> TokenStore | None:
    """None is no word: a session stays where it is kept, and a new one goes to the disk."""
    value = sources.values.get("token_store")
    if value not in (None, "", *get_args(TokenStore)):
        hint = f"it comes from {sources.origins['token_store']}"
        raise SettingsError(f"token_store {value!r} is none of disk, keyring and none", hint=hint)
    return cast("TokenStore | None", value or None)


def _aws_endpoints(sources: SettingSources) -> dict[str, str]:
    """Source: AWS SDKs reference guide, Service-specific endpoints. The environment wins over the profile."""
    environ = sources.environ
    if environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return {}
    variables = {
        "cognito-idp": "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
        "cognito-identity": "AWS_ENDPOINT_URL_COGNITO_IDENTITY",
        "sts": "AWS_ENDPOINT_URL_STS",
        "signin": "AWS_ENDPOINT_URL_SIGNIN",
        "": "AWS_ENDPOINT_URL",
    }
    given = {service: (environ[name], name) for service, name in variables.items() if environ.get(name)}
    if sources.profile_keys.get("endpoint_url"):
        given.setdefault("", (sources.profile_keys["endpoint_url"], f"endpoint_url of the profile {sources.profile}"))
    return {service: _endpoint(text, name) for service, (text, name) in given.items()}
