"""Loads a connection's settings: takes the values that `setting_sources` has found, and checks each of them.

A refusal names the source of the value and what the value has to look like.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Collection, Mapping
from typing import cast, get_args

from halfday.client import log
from halfday.client.configuration.misspelt import check_profile_keys, missing_profile, misspelt_variables
from halfday.client.configuration.setting_sources import (
    NAMES,
    SettingSources,
    config_path,
    gather,
    is_a_secret,
    made_of,
    region_found,
    session_key,
)
from halfday.client.errors import SettingsError
from halfday.client.settings import EXAMPLES, LONGEST_TIMEOUT_S, CredentialsFlow, Settings, TokenStore
from halfday.client.transport.addresses import check_return_address, read_url
from halfday.protocol.endpoints import Domain, parse_domain
from halfday.protocol.identifiers import CLIENT_ID_PATTERN, REGION_PATTERN, region_of_identity, region_of_pool
from halfday.protocol.prefix_domains import is_prefix
from halfday.protocol.urls import UrlError, parse_url, without_secrets
from halfday.protocol.word_lists import words

_A_USER_POOL = re.compile(r"^(?:https://[\w.-]+/)?(?P<id>[a-z]{2,}(?:-[a-z0-9]+)+-\d+_[0-9a-zA-Z]+)(?:/.*)?$")
"""A user pool's id or issuer, which people write where the domain belongs."""
_ROLE_ARN = re.compile(r"^arn:[\w-]+:iam::\d{12}:role/.+$")


def load_settings(arguments: Mapping[str, object], *, environ: Mapping[str, str] | None = None) -> Settings:
    """Reads the sources and checks every part. Raises SettingsError naming the source of what is malformed."""
    _check_arguments(arguments)
    log.begin()
    sources = gather(arguments, environ=environ)
    there = "nowhere: there is no " if sources.profile_is_missing else ""
    log.settings_found((("AWS profile", f"{there}{sources.profile} in {config_path(sources.environ)}"),))
    log.settings_found(sources.origins.items())
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
        timeout_s=_timeout(sources),
        aws_endpoints=_aws_endpoints(sources),
        key=session_key(values),
        profile=sources.profile,
        values={name: value for name, value in values.items() if name != "client_secret"},
        made_of=made_of(sources),
    )


def _words(values: Mapping[str, str], name: str) -> list[str]:
    return values.get(name, "").replace(",", " ").split()


def _check_arguments(arguments: Mapping[str, object]) -> None:
    """Refuses a list where one text is wanted, and bytes: their Python spelling must not become a setting."""
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
    hint = f"it comes from {sources.origins[name]} and has to look like {EXAMPLES.get(name, 'https://HOST')}"
    return SettingsError(f"{name} {value!r} is malformed", hint=hint)


def _domain(sources: SettingSources) -> Domain | None:
    text = sources.values.get("domain", "")
    if not text:
        return None
    pool = _A_USER_POOL.match(text.strip())
    if pool:
        hint = f"domain looks like {EXAMPLES['domain']}; what this names goes into user_pool_id = {pool['id']}"
        raise SettingsError(f"domain {text.strip()} is a user pool, not its domain", hint=hint)
    if is_prefix(text):
        raise _without_region(sources, text.strip())
    try:
        domain = parse_domain(text)
    except UrlError as problem:
        hint = f"it comes from {sources.origins['domain']} and has to look like {EXAMPLES['domain']}"
        raise SettingsError(f"domain {without_secrets(text)!r} {problem}", hint=hint) from None
    if parse_url(domain.origin).is_in_the_clear and not sources.values.get("endpoint_url"):
        hint = "write https://, or set endpoint_url too if this really is a stand-in on a network you trust"
        raise SettingsError(f"domain {domain.origin} would carry codes and secrets in the clear", hint=hint)
    return domain


def _without_region(sources: SettingSources, prefix: str) -> SettingsError:
    whole = EXAMPLES["domain"].replace("PREFIX", prefix.lower())
    if region_found(sources):
        sentence = f"domain {prefix!r} is a prefix, which stands for no known host in {region_found(sources)}"
        return SettingsError(sentence, hint=f"see the region; else write the domain whole, such as {whole}")
    sentence = f"domain {prefix!r} is a prefix, and the region that it belongs to is not known"
    hint = f"set region (or AWS_REGION, or user_pool_id), or write the domain whole: {whole}"
    return SettingsError(sentence, hint=hint)


def _timeout(sources: SettingSources) -> float | None:
    value = sources.values.get("timeout", "")
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= LONGEST_TIMEOUT_S:
        hint = f"it comes from {sources.origins['timeout']}: seconds, such as 30, and at most {LONGEST_TIMEOUT_S:.0f}"
        raise SettingsError(f"timeout {value!r} is no number of seconds to wait", hint=hint)
    return seconds


def _client_secret(sources: SettingSources) -> str | None:
    """The secret, which no error repeats. Cognito's have letters, digits, _ and + (API reference, ClientSecretType)."""
    secret = sources.values.get("client_secret", "")
    if not is_a_secret(secret):
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
    """None when it is not set: a session stays where it is kept, and a new one goes to the disk."""
    value = sources.values.get("token_store")
    if value not in (None, "", *get_args(TokenStore)):
        hint = f"it comes from {sources.origins['token_store']}"
        raise SettingsError(f"token_store {value!r} is none of disk, keyring and none", hint=hint)
    return cast("TokenStore | None", value or None)


def _aws_endpoints(sources: SettingSources) -> dict[str, str]:
    """Source: AWS SDKs reference guide, Service-specific endpoints. The environment wins over the profile."""
    environ, keys = sources.environ, sources.profile_keys
    ignored = environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") or keys.get("ignore_configured_endpoint_urls", "")
    if ignored.lower() == "true":
        return {}
    variables = {service: f"AWS_ENDPOINT_URL_{name.upper()}" for service, name in _SERVICES.items()}
    variables[""] = "AWS_ENDPOINT_URL"
    given = {service: (environ[name], name) for service, name in variables.items() if environ.get(name)}
    if "" not in given:
        given = {**_profile_endpoints(sources), **given}
    log.settings_found((f"endpoint of {service or 'every service'}", name) for service, (_, name) in given.items())
    return {service: _endpoint(text, name) for service, (text, name) in given.items()}


def _profile_endpoints(sources: SettingSources) -> dict[str, tuple[str, str]]:
    """The profile's endpoints with their places. AWS_ENDPOINT_URL goes before all of them, as in botocore."""
    section, keys = sources.profile_keys.get("services"), sources.service_keys
    if keys is None:
        sentence = f"the AWS profile {sources.profile} names services = {section}, which the config file does not have"
        raise SettingsError(sentence, hint=f"write a section [services {section}], or remove the line")
    found = {
        service: (keys[f"{name}.endpoint_url"], f"endpoint_url of {name} in [services {section}]")
        for service, name in _SERVICES.items()
        if keys.get(f"{name}.endpoint_url")
    }
    if sources.profile_keys.get("endpoint_url"):
        found[""] = sources.profile_keys["endpoint_url"], f"endpoint_url of the profile {sources.profile}"
    return found


_SERVICES = {
    "cognito-idp": "cognito_identity_provider",
    "cognito-identity": "cognito_identity",
    "sts": "sts",
    "signin": "signin",
}
"""AWS's own identifiers. Source: AWS SDKs reference guide, Identifiers for service-specific endpoints."""
