"""Reads halfday.toml, and refuses unknown keys and values of the wrong type. The package `seed` applies the file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

_TOP = (
    "server user_pool role managed_policy iam_user identity_pool template upstreams bucket gateway api function "
    "stand_in stand_in_google"
)

# The type of each key of each table. The operation that receives a value checks whether it is valid.
_KEYS: dict[str, dict[str, str]] = {
    "user_pool": {
        "text": "id name domain pages issuer mfa devices tier threat_protection",
        "texts": "sign_in_with aliases verify verify_before_change recovery first_factors mfa_factors",
        "flag": "case_sensitive sign_up device_replaces_mfa deletion_protection",
        "named_texts": "tags",
        "named_tables": "attributes",
        "table": "aws",
        "tables": "password passkeys messages branding triggers client user group provider resource_server",
    },
    "user_pool.client": {
        "text": "id name secret",
        "texts": "callback_urls logout_urls flows scopes auth_flows providers",
        "number": "access_token_minutes id_token_minutes refresh_token_days",
        "flag": "hide_unknown_users",
        "table": "aws",
    },
    "user_pool.user": {
        "text": "username password temporary_password",
        "texts": "groups",
        "named_texts": "attributes",
    },
    "user_pool.group": {"text": "name description role", "number": "precedence"},
    "user_pool.provider": {
        "text": "type name client_id client_secret scopes",
        "texts": "identifiers",
        "flag": "stand_in",
        "named_texts": "attribute_mapping details",
    },
    "user_pool.resource_server": {"text": "identifier name", "named_texts": "scopes"},
    "user_pool.password": {
        "number": "minimum_length temporary_days history",
        "flag": "uppercase lowercase numbers symbols",
    },
    "user_pool.passkeys": {"text": "domain user_verification", "flag": "count_as_mfa"},
    "user_pool.messages": {
        "text": "from reply_to verification_by verification_email verification_email_subject verification_link_email "
        "verification_link_email_subject verification_sms invitation_email invitation_email_subject invitation_sms "
        "sign_in_email sign_in_email_subject sign_in_sms",
    },
    "user_pool.branding": {"text": "css logo settings", "tables": "image"},
    "user_pool.branding.image": {"text": "category mode file"},
    "user_pool.triggers": {
        "text": "pre_sign_up post_confirmation pre_authentication post_authentication define_auth_challenge "
        "create_auth_challenge verify_auth_challenge_response pre_token_generation user_migration custom_message "
        "inbound_federation custom_email_sender custom_sms_sender kms_key",
        "number": "pre_token_generation_version",
    },
    "role": {
        "text": "name identity_pool kind description permissions_boundary",
        "texts": "managed_policies",
        "number": "max_session_s",
        "flag": "session_tags",
        "policy": "trust",
        "named_policies": "policies",
        "named_texts": "tags",
    },
    "managed_policy": {"text": "name description", "policy": "document", "named_texts": "tags"},
    "iam_user": {
        "text": "name permissions_boundary",
        "texts": "managed_policies",
        "named_policies": "policies",
        "named_texts": "tags",
        "tables": "access_key",
    },
    "iam_user.access_key": {"text": "id secret"},
    "identity_pool": {
        "text": "id name authenticated_role unauthenticated_role developer_provider",
        "texts": "clients",
        "flag": "guests classic_flow server_side_token_check",
        "named_texts": "login_providers",
        "tables": "oidc saml role_mapping principal_tags",
    },
    "identity_pool.oidc": {"text": "issuer stand_in", "texts": "client_ids"},
    "identity_pool.saml": {"text": "name metadata stand_in"},
    "identity_pool.role_mapping": {"text": "client provider type otherwise", "tables": "rules"},
    "identity_pool.role_mapping.rules": {"text": "claim match value role"},
    "identity_pool.principal_tags": {"text": "client provider", "flag": "defaults", "named_texts": "tags"},
    "bucket": {"text": "name"},
    "template": {"text": "file stack region", "named_texts": "parameters values"},
    "function": {"text": "name target python folder", "named_texts": "environment"},
    "gateway": {"text": "path pool backend", "texts": "scopes", "named_texts": "headers"},
    "api": {
        "text": "id type name stage openapi",
        "texts": "binary_types cors_origins",
        "named_texts": "variables",
        "policy": "policy",
        "tables": "authorizer route",
    },
    "api.authorizer": {
        "text": "name type issuer function validation payload",
        "texts": "pools audience identity_sources",
        "number": "ttl_s",
        "flag": "simple",
    },
    "api.route": {
        "text": "route authorizer backend function payload",
        "texts": "scopes",
        "named_texts": "headers",
    },
    "stand_in": {
        "text": "type name client_id client_secret signed_with team_id key_id private_key pool relay_state",
        "texts": "callback_urls",
        "number": "port",
        "tables": "accounts",
    },
    "stand_in.accounts": {"text": "name email picture", "flag": "email_verified", "table": "claims"},
    "stand_in_google": {"text": "client_id client_secret", "texts": "callback_urls", "tables": "accounts"},
    "stand_in_google.accounts": {"text": "name email picture", "flag": "email_verified", "table": "claims"},
}

_ALONE = frozenset(
    {
        "user_pool.password",
        "user_pool.passkeys",
        "user_pool.messages",
        "user_pool.branding",
        "user_pool.triggers",
        "stand_in_google",
    }
)
"""Tables that occur once, as [table]. All others are lists of [[tables]]."""

_NEEDED = {
    "function": ("name", "target"),
    "template": ("file",),
    "api": ("id", "type"),
    "api.authorizer": ("name", "type"),
    "api.route": ("route",),
    "stand_in": ("type",),
    "stand_in.accounts": ("email",),
    "stand_in_google": ("client_id", "client_secret"),
    "stand_in_google.accounts": ("email",),
    "user_pool.branding.image": ("category", "file"),
}
"""Required keys of tables that no operation checks. Operations check the keys that they require."""

_RENAMED = {"admin_create_user_only": "sign_up"}
"""Keys that had another name once."""

_CORRECT = "correct the seed file; halfday init writes a commented one, and docs/seed-file.md lists every key"


class SeedRefused(ValueError):
    """The seed file cannot be applied. The sentence names the place in the file; `hint` says what to change."""

    def __init__(self, sentence: str, *, hint: str = _CORRECT) -> None:
        super().__init__(sentence)
        self.hint = hint


class SeedUnreadable(SeedRefused):
    """The seed file does not exist, or cannot be opened."""


def read(path: Path) -> dict[str, Any]:
    """The file's tables; the paths of styles and functions are taken from the file's folder. Raises SeedRefused.

    A byte order mark, which editors on Windows write, is skipped.
    """
    import tomllib

    try:
        document = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as problem:
        raise SeedUnreadable(f"the seed file {path} cannot be read: {problem.strerror or problem}") from problem
    except UnicodeDecodeError as problem:
        raise SeedRefused(f"{path} is not UTF-8: the byte at {problem.start} is invalid") from problem
    except tomllib.TOMLDecodeError as problem:
        raise SeedRefused(f"{path} is not TOML: {problem}") from problem
    except (RecursionError, ValueError) as problem:  # very deeply nested tables; a number of 5,000 digits
        raise SeedRefused(
            f"{path} is not TOML that can be read: it is nested too deep, or has a number of too many digits"
        ) from problem
    check(document)
    for pool in document.get("user_pool", ()):
        branding = pool.get("branding", {})
        for table, key in (
            (branding, "logo"),
            (branding, "settings"),
            *((i, "file") for i in branding.get("image", ())),
        ):
            if key in table:
                table[key] = str(path.parent / table[key])
    for api in document.get("api", ()):
        if "openapi" in api:
            api["openapi"] = str(path.parent / api["openapi"])
    for function in document.get("function", ()):
        function["folder"] = str(path.parent / function.get("folder", ""))
    for template in document.get("template", ()):
        template["file"] = str(path.parent / template["file"])
    return document


def check(document: Mapping[str, Any]) -> None:
    """Raises SeedRefused for an unknown key, and for a value of another type than its key has."""
    refuse_unknown(document, _TOP.split(), "the file")
    for name, value in document.items():
        if name not in ("server", "upstreams"):
            _check_tables(value, name)
        elif not isinstance(value, Mapping):
            raise SeedRefused(f"{name} must be written as [{name}]")
        elif name == "upstreams":
            _check_upstreams(value)


def _check_upstreams(table: Mapping[str, Any]) -> None:
    """Each service has a URL, or a table of texts (outside/upstreams/choice)."""
    for service, given in table.items():
        texts = given.values() if isinstance(given, Mapping) else [given]
        if not all(_is_text(text) for text in texts):
            raise SeedRefused(f"[upstreams]: {service} must be a URL, or a table with url and keys")


def _check_tables(value: Any, where: str) -> None:
    brackets = "[{}]" if where in _ALONE else "[[{}]]"
    if isinstance(value, list) is (where in _ALONE):
        raise SeedRefused(f"{where} must be written as {brackets.format(where)}")
    tables = value if isinstance(value, list) else [value]
    for number, table in enumerate(tables, 1):
        place = f"[[{where}]] number {number}" if isinstance(value, list) else f"[{where}]"
        if not isinstance(table, Mapping):
            raise SeedRefused(f"{place} must be a table")
        _check_table(table, where, place)


def _check_table(table: Mapping[str, Any], where: str, place: str) -> None:
    kinds = {name: kind for kind, names in _KEYS[where].items() for name in names.split()}
    refuse_unknown(table, list(kinds), place)
    for name in _NEEDED.get(where, ()):
        if name not in table:
            raise SeedRefused(f"{place}: {name} is missing")
    for name, value in table.items():
        if kinds[name] == "tables":
            _check_tables(value, f"{where}.{name}")
        else:
            _check_value(kinds[name], value, f"{place}: {name}")


def _check_value(kind: str, value: Any, place: str) -> None:
    """Raises SeedRefused. The keys of `named_…` tables are names that the author of the file chooses."""
    of_names = kind.startswith("named_")
    if of_names and not isinstance(value, Mapping):
        raise SeedRefused(f"{place} must be a table")
    one = {"named_texts": "text", "named_tables": "table", "named_policies": "policy"}.get(kind, kind)
    for name, each in value.items() if of_names else [("", value)]:
        fits, expected = _KINDS[one]
        if not fits(each):
            raise SeedRefused(f"{place}{name and '.'}{name} must be {expected}")


def _is_text(value: Any) -> bool:
    """Whether it is text without NUL, which files, databases and AWS cannot store."""
    return isinstance(value, str) and "\0" not in value


def _is_json(value: Any) -> bool:
    """Whether JSON can hold the value: TOML also has dates, infinity and NaN."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


_KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "text": (_is_text, "text"),
    "texts": (lambda value: isinstance(value, list) and all(map(_is_text, value)), "a list of texts"),
    "flag": (lambda value: isinstance(value, bool), "true or false"),
    "number": (lambda value: isinstance(value, int) and not isinstance(value, bool), "a whole number"),
    "table": (lambda value: isinstance(value, Mapping) and _is_json(value), "a table"),
    "policy": (
        lambda value: isinstance(value, (str, Mapping)) and _is_json(value),
        "a policy: a table, or JSON as text",
    ),
}


def refuse_unknown(table: Mapping[str, Any], known: list[str], place: str) -> None:
    """Raises SeedRefused for a key that nobody would act upon. A known one that is spelt nearly so is offered."""
    for name in table:
        if name in known:
            continue
        meant = [_RENAMED[name]] if _RENAMED.get(name) in known else get_close_matches(name, known, n=1)
        offered = f"; did you mean {meant[0]}?" if meant else ""
        raise SeedRefused(f"{place} has no {name}; it has {', '.join(known)}{offered}")
