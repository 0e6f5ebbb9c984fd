"""What a seed file says of a user pool: it is kept, followed at the next start, or refused whole."""

from __future__ import annotations

import asyncio
import copy
import json
import shutil
import struct
import tomllib
import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from halfday.server import demo, seed, seed_file
from halfday.server.compose import make_services
from halfday.server.domain.users.factors import totp
from halfday.server.seed.calls import call
from halfday.server.seed.stand_ins import RunningStandIn, declared
from halfday.server.seed_file import SeedRefused
from halfday.server.seed_file.keys import KEYS
from halfday.server.services import Services
from halfday.server.settings import Settings
from world import PASSWORD, Pool, running

POOL = "eu-west-1_Seeded02"
ROLE = "arn:aws:iam::123456789012:role/halfday-sends-sms"
IDENTITY = "arn:aws:ses:eu-west-1:123456789012:identity/{}"
CSS = ".submitButton-customizable { background-color: navy; }"


def png(width: int) -> bytes:
    """A picture of one black row."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header, row = struct.pack(">IIBBBBB", width, 1, 8, 0, 0, 0, 0), zlib.compress(bytes(width + 1))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", row) + chunk(b"IEND", b"")


EVERYTHING: dict[str, Any] = {
    "id": POOL,
    "name": "whole",
    "domain": "whole",
    "issuer": "local",
    "sign_in_with": ["email"],
    "aliases": [],
    "case_sensitive": False,
    "sign_up": True,
    "verify": ["email", "phone_number"],
    "verify_before_change": ["email"],
    "recovery": ["phone_number", "email"],
    "first_factors": ["password", "passkey"],
    "mfa": "optional",
    "mfa_factors": ["app", "sms", "email"],
    "devices": "opt_in",
    "device_replaces_mfa": True,
    "tier": "plus",
    "threat_protection": "audit",
    "deletion_protection": True,
    "tags": {"team": "red"},
    "attributes": {
        "rank": {"AttributeDataType": "Number", "NumberAttributeConstraints": {"MinValue": "1", "MaxValue": "9"}},
        "given_name": {"Required": True},
    },
    "password": {
        "minimum_length": 10,
        "temporary_days": 3,
        "history": 4,
        "uppercase": False,
        "lowercase": True,
        "numbers": False,
        "symbols": False,
    },
    "passkeys": {"domain": "whole.localhost", "user_verification": "required", "count_as_mfa": True},
    "messages": {
        "from": "Halfday <no-reply@mail.example.com>",
        "reply_to": "help@example.com",
        "verification_by": "code",
        "verification_email": "<p>{####}</p>",
        "verification_email_subject": "Your code",
        "verification_link_email": "{##Here##}",
        "verification_link_email_subject": "Your link",
        "verification_sms": "Code: {####}",
        "invitation_email": "{username}, {####}",
        "invitation_email_subject": "Welcome",
        "invitation_sms": "{username}: {####}",
        "sign_in_email": "Sign in by {####}",
        "sign_in_email_subject": "Signing in",
        "sign_in_sms": "Sign in: {####}",
    },
    "pages": "classic",
    "branding": {"css": CSS},
}
OTHERS = {
    *("aws", "client", "user", "group", "provider", "resource_server", "triggers"),
    *("custom_domain", "log_delivery", "replica", "risk", "sessions", "style", "terms", "unsaid"),
}
OWN_TABLES = ("password", "passkeys", "messages", "branding")

# What of DescribeUserPool, GetUserPoolMfaConfig and GetUICustomization each key says.
SAID: dict[str, Any] = {
    "Name": "whole",
    "Domain": "whole",
    "UsernameAttributes": ["email"],
    "UsernameConfiguration.CaseSensitive": False,
    "AdminCreateUserConfig.AllowAdminCreateUserOnly": False,
    "AutoVerifiedAttributes": ["email", "phone_number"],
    "UserAttributeUpdateSettings.AttributesRequireVerificationBeforeUpdate": ["email"],
    "AccountRecoverySetting.RecoveryMechanisms": [
        {"Priority": 1, "Name": "verified_phone_number"},
        {"Priority": 2, "Name": "verified_email"},
    ],
    "Policies.SignInPolicy.AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"],
    "Policies.PasswordPolicy.MinimumLength": 10,
    "Policies.PasswordPolicy.TemporaryPasswordValidityDays": 3,
    "Policies.PasswordPolicy.PasswordHistorySize": 4,
    "Policies.PasswordPolicy.RequireUppercase": False,
    "Policies.PasswordPolicy.RequireLowercase": True,
    "Policies.PasswordPolicy.RequireNumbers": False,
    "Policies.PasswordPolicy.RequireSymbols": False,
    "MfaConfiguration": "OPTIONAL",
    "Mfa.SoftwareTokenMfaConfiguration.Enabled": True,
    "Mfa.SmsMfaConfiguration.SmsConfiguration.SnsCallerArn": ROLE,
    "Mfa.SmsMfaConfiguration.SmsAuthenticationMessage": "Sign in: {####}",
    "Mfa.EmailMfaConfiguration.Message": "Sign in by {####}",
    "Mfa.EmailMfaConfiguration.Subject": "Signing in",
    "Mfa.WebAuthnConfiguration.RelyingPartyId": "whole.localhost",
    "Mfa.WebAuthnConfiguration.UserVerification": "required",
    "Mfa.WebAuthnConfiguration.FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION",
    "DeviceConfiguration.DeviceOnlyRememberedOnUserPrompt": True,
    "DeviceConfiguration.ChallengeRequiredOnNewDevice": True,
    "UserPoolTier": "PLUS",
    "UserPoolAddOns.AdvancedSecurityMode": "AUDIT",
    "DeletionProtection": "ACTIVE",
    "UserPoolTags.team": "red",
    "SmsConfiguration.SnsCallerArn": ROLE,
    "EmailConfiguration.EmailSendingAccount": "DEVELOPER",
    "EmailConfiguration.SourceArn": IDENTITY.format("mail.example.com"),
    "EmailConfiguration.From": "Halfday <no-reply@mail.example.com>",
    "EmailConfiguration.ReplyToEmailAddress": "help@example.com",
    "VerificationMessageTemplate.DefaultEmailOption": "CONFIRM_WITH_CODE",
    "VerificationMessageTemplate.EmailMessage": "<p>{####}</p>",
    "VerificationMessageTemplate.EmailSubject": "Your code",
    "VerificationMessageTemplate.EmailMessageByLink": "{##Here##}",
    "VerificationMessageTemplate.EmailSubjectByLink": "Your link",
    "VerificationMessageTemplate.SmsMessage": "Code: {####}",
    "AdminCreateUserConfig.InviteMessageTemplate.EmailMessage": "{username}, {####}",
    "AdminCreateUserConfig.InviteMessageTemplate.EmailSubject": "Welcome",
    "AdminCreateUserConfig.InviteMessageTemplate.SMSMessage": "{username}: {####}",
    "SmsAuthenticationMessage": "Sign in: {####}",
    "Style.CSS": CSS,
}

# Key, its new value, and all that changes thereby (None: it is gone).
CHANGES: list[tuple[str, Any, dict[str, Any]]] = [
    ("name", "renamed", {"Name": "renamed"}),
    ("sign_up", False, {"AdminCreateUserConfig.AllowAdminCreateUserOnly": True}),
    ("verify", ["email"], {"AutoVerifiedAttributes": ["email"]}),
    ("verify_before_change", [], {"UserAttributeUpdateSettings.AttributesRequireVerificationBeforeUpdate": None}),
    (
        "recovery",
        ["phone_number"],
        {"AccountRecoverySetting.RecoveryMechanisms": [{"Priority": 1, "Name": "verified_phone_number"}]},
    ),
    ("first_factors", ["password"], {"Policies.SignInPolicy.AllowedFirstAuthFactors": ["PASSWORD"]}),
    ("mfa", "on", {"MfaConfiguration": "ON", "Mfa.MfaConfiguration": "ON"}),
    ("devices", "always", {"DeviceConfiguration.DeviceOnlyRememberedOnUserPrompt": False}),
    ("device_replaces_mfa", False, {"DeviceConfiguration.ChallengeRequiredOnNewDevice": False}),
    ("threat_protection", "enforced", {"UserPoolAddOns.AdvancedSecurityMode": "ENFORCED"}),
    ("deletion_protection", False, {"DeletionProtection": "INACTIVE"}),
    ("tags", {"team": "blue"}, {"UserPoolTags.team": "blue"}),
    ("password.minimum_length", 12, {"Policies.PasswordPolicy.MinimumLength": 12}),
    (
        "password.temporary_days",
        5,
        {
            "Policies.PasswordPolicy.TemporaryPasswordValidityDays": 5,
            "AdminCreateUserConfig.UnusedAccountValidityDays": 5,
        },
    ),
    ("password.history", 0, {"Policies.PasswordPolicy.PasswordHistorySize": None}),
    ("password.uppercase", True, {"Policies.PasswordPolicy.RequireUppercase": True}),
    ("password.lowercase", False, {"Policies.PasswordPolicy.RequireLowercase": False}),
    ("password.numbers", True, {"Policies.PasswordPolicy.RequireNumbers": True}),
    ("password.symbols", True, {"Policies.PasswordPolicy.RequireSymbols": True}),
    ("passkeys.domain", "localhost", {"Mfa.WebAuthnConfiguration.RelyingPartyId": "localhost"}),
    ("passkeys.user_verification", "preferred", {"Mfa.WebAuthnConfiguration.UserVerification": "preferred"}),
    ("passkeys.count_as_mfa", False, {"Mfa.WebAuthnConfiguration.FactorConfiguration": "SINGLE_FACTOR"}),
    (
        "messages.from",
        "me@other.example.com",
        {
            "EmailConfiguration.From": "me@other.example.com",
            "EmailConfiguration.SourceArn": IDENTITY.format("other.example.com"),
        },
    ),
    ("messages.reply_to", "we@example.com", {"EmailConfiguration.ReplyToEmailAddress": "we@example.com"}),
    ("messages.verification_by", "link", {"VerificationMessageTemplate.DefaultEmailOption": "CONFIRM_WITH_LINK"}),
    (
        "messages.verification_email",
        "New {####}",
        {"VerificationMessageTemplate.EmailMessage": "New {####}", "EmailVerificationMessage": "New {####}"},
    ),
    (
        "messages.verification_email_subject",
        "New",
        {"VerificationMessageTemplate.EmailSubject": "New", "EmailVerificationSubject": "New"},
    ),
    ("messages.verification_link_email", "{##N##}", {"VerificationMessageTemplate.EmailMessageByLink": "{##N##}"}),
    ("messages.verification_link_email_subject", "New", {"VerificationMessageTemplate.EmailSubjectByLink": "New"}),
    (
        "messages.verification_sms",
        "New {####}",
        {"VerificationMessageTemplate.SmsMessage": "New {####}", "SmsVerificationMessage": "New {####}"},
    ),
    (
        "messages.invitation_email",
        "{username} {####}",
        {"AdminCreateUserConfig.InviteMessageTemplate.EmailMessage": "{username} {####}"},
    ),
    (
        "messages.invitation_email_subject",
        "New",
        {"AdminCreateUserConfig.InviteMessageTemplate.EmailSubject": "New"},
    ),
    (
        "messages.invitation_sms",
        "{username} {####}",
        {"AdminCreateUserConfig.InviteMessageTemplate.SMSMessage": "{username} {####}"},
    ),
    ("messages.sign_in_email", "New {####}", {"Mfa.EmailMfaConfiguration.Message": "New {####}"}),
    ("messages.sign_in_email_subject", "New", {"Mfa.EmailMfaConfiguration.Subject": "New"}),
    (
        "messages.sign_in_sms",
        "New {####}",
        {
            "SmsAuthenticationMessage": "New {####}",
            "Mfa.SmsMfaConfiguration.SmsAuthenticationMessage": "New {####}",
        },
    ),
]


def everything(**changes: Any) -> dict[str, Any]:
    """EVERYTHING with other values; `password__history` is a key within a table. A None takes the key out."""
    table = copy.deepcopy(EVERYTHING)
    for name, value in changes.items():
        inner, _, key = name.rpartition("__")
        place = table[inner] if inner else table
        place.pop(key, None) if value is None else place.__setitem__(key, value)
    return {"user_pool": [table]}


def without_journeys(**given: Any) -> dict[str, Any]:
    return {"user_pool": [{"id": POOL, **given}]}


Look = Callable[[Services], Awaitable[dict[str, Any]]]


def apply(data: Path, document: Mapping[str, Any], look: Look | None = None) -> dict[str, Any]:
    """What is told of the pool once the file was applied, by the names of SAID; empty where there is no pool."""

    async def once() -> dict[str, Any]:
        services = make_services(Settings(data=data, upstream="none", region="eu-west-1"), origin="http://127.0.0.1:1")
        try:
            seed_file.check(document)
            stand_in = [RunningStandIn(one, "http://127.0.0.1:2") for one in declared(document, services.settings)]
            await seed.apply(services, document, stand_in)
            return await (look or told)(services)
        finally:
            await services.store.close()

    return asyncio.run(once())


async def told(services: Services) -> dict[str, Any]:
    if await services.store.pools.find(POOL) is None:
        return {}
    given = {"UserPoolId": POOL}
    pool = (await call(services, "cognito-idp", "DescribeUserPool", given))["UserPool"]
    mfa = await call(services, "cognito-idp", "GetUserPoolMfaConfig", given)
    style = {}
    if pool["Domain"]:
        style = (await call(services, "cognito-idp", "GetUICustomization", given))["UICustomization"]
    flat = dict(_flat({**pool, "Mfa": mfa, "Style": style}))
    return {name: value for name, value in flat.items() if name != "EstimatedNumberOfUsers"}


def _flat(members: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in members.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif value is not None and value != []:
            yield f"{prefix}{name}", value


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    names = {*before, *after} - {"LastModifiedDate"}
    return {name: after.get(name) for name in names if before.get(name) != after.get(name)}


def refused(data: Path, document: Mapping[str, Any]) -> str:
    with pytest.raises(SeedRefused) as caught:
        apply(data, document)
    return str(caught.value)


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder on which EVERYTHING was applied."""
    data = tmp_path_factory.mktemp("applied") / "data"
    apply(data, everything())
    return data


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a pool of which the file says nothing but the id."""
    data = tmp_path_factory.mktemp("bare") / "data"
    apply(data, without_journeys())
    return data


@pytest.fixture
def data(applied: Path, tmp_path: Path) -> Path:
    return shutil.copytree(applied, tmp_path / "data")


def test_the_file_here_has_every_key_of_a_pool() -> None:
    for where, table in {"user_pool": EVERYTHING, **{f"user_pool.{n}": EVERYTHING[n] for n in OWN_TABLES}}.items():
        known = {name for names in KEYS[where].values() for name in names.split()}
        elsewhere = {"logo", "logo_base64", "settings", "settings_json", "image"}
        assert known - OTHERS - elsewhere == set(table), where
    fixed_or_elsewhere = {"id", "issuer", "domain", "pages", "sign_in_with", "aliases", "case_sensitive", "attributes"}
    changed = {key.rpartition(".")[2] for key, _, _ in CHANGES} | {"mfa_factors", "tier", "css"}
    keys = {*EVERYTHING, *(key for name in OWN_TABLES for key in EVERYTHING[name])} - {*OWN_TABLES}
    assert keys - fixed_or_elsewhere == changed - fixed_or_elsewhere, "each is changed below"


def test_a_pool_is_told_as_the_file_says_and_applied_again_is_the_same(tmp_path: Path) -> None:
    shown = []
    for _ in range(2):
        with running(tmp_path, everything(), region="eu-west-1", upstream="none") as world:
            pool = world.idp.describe_user_pool(UserPoolId=POOL)["UserPool"]
            mfa = world.idp.get_user_pool_mfa_config(UserPoolId=POOL)
            style = world.idp.get_ui_customization(UserPoolId=POOL)
            told = dict(_flat({**pool, "Mfa": mfa, "Style": style["UICustomization"]}))
        schema = {each["Name"]: each for each in told.pop("SchemaAttributes")}
        shown.append({name: value for name, value in told.items() if "ResponseMetadata" not in name})
        assert {name: told.get(name) for name in SAID} == SAID
        assert schema["given_name"]["Required"] is True
        assert schema["custom:rank"]["NumberAttributeConstraints"] == {"MinValue": "1", "MaxValue": "9"}
    assert shown[0] == shown[1], "LastModifiedDate is among these"


@pytest.mark.parametrize(("key", "value", "changed"), CHANGES, ids=[key for key, _, _ in CHANGES])
def test_a_changed_key_changes_that_and_nothing_else(data: Path, key: str, value: Any, changed: dict[str, Any]) -> None:
    before = apply(data, everything())
    after = apply(data, everything(**{key.replace(".", "__"): value}))
    assert differences(before, after) == changed
    assert after["LastModifiedDate"] > before["LastModifiedDate"]
    assert apply(data, everything(**{key.replace(".", "__"): value})) == after


def test_a_changed_table_of_factors_tier_style_or_issuer_is_followed(data: Path) -> None:
    before = apply(data, everything())
    fewer = everything(mfa_factors=["app"], messages__sign_in_email=None, messages__sign_in_email_subject=None)
    after = differences(before, apply(data, fewer))
    assert set(after) == {name for name in SAID if name.startswith(("Mfa.Sms", "Mfa.Email"))}
    red = CSS.replace("navy", "red")
    styled = apply(data, everything(branding__css=red))
    assert styled["Style.CSS"] == red
    lower = everything(tier="essentials", threat_protection="off")
    assert apply(data, lower)["UserPoolTier"] == "ESSENTIALS"
    assert differences(apply(data, everything()), apply(data, everything(issuer="aws"))) == {
        "UserPoolTags._issuer_": "aws"
    }


def test_a_setting_whose_key_leaves_the_file_stays(data: Path) -> None:
    before = apply(data, everything())
    named = ("id", "name", "domain", "issuer", "sign_in_with", "tags", "attributes")
    silent = {name: EVERYTHING[name] for name in named}
    silent["password"] = {name: value for name, value in EVERYTHING["password"].items() if name != "history"}
    assert apply(data, {"user_pool": [silent]}) == before


def test_a_new_custom_attribute_is_added_and_one_that_leaves_the_file_stays(data: Path) -> None:
    more = {**EVERYTHING["attributes"], **{f"extra{number}": {} for number in range(30)}}
    added = apply(data, everything(attributes=more))
    assert [each["Name"] for each in added["SchemaAttributes"]][-1] == "custom:extra29"
    assert apply(data, everything()) == added


JOURNEYS: dict[str, dict[str, Any]] = {
    "plain": {"mfa": "off", "first_factors": ["password"], "tier": "essentials"},
    "lite": {"mfa": "on", "first_factors": ["password"], "tier": "lite"},
    "app": {"mfa": "on", "first_factors": ["password"], "tier": "plus", "threat_protection": "enforced"},
    "sms": {"mfa": "optional", "mfa_factors": ["sms"], "first_factors": ["password", "sms"], "tier": "essentials"},
    "email": {"mfa": "on", "mfa_factors": ["email", "app"], "first_factors": ["password"], "tier": "essentials"},
    "codes": {"mfa": "off", "first_factors": ["password", "email", "sms"], "tier": "essentials"},
    "passkeys": {"mfa": "on", "first_factors": ["password", "passkey"], "tier": "essentials"},
}


def journey(name: str) -> dict[str, Any]:
    return without_journeys(
        **{"threat_protection": "off", **JOURNEYS[name]},
        messages={"sign_in_sms": "Sign in: {####}"},
        passkeys={"count_as_mfa": name == "passkeys"},
    )


@pytest.mark.parametrize("destination", JOURNEYS)
def test_a_journey_is_the_same_whichever_one_the_pool_had_before(tmp_path: Path, bare: Path, destination: str) -> None:
    """Factors, tier and first factors of before and after need not go together for the change to be made."""
    lasting = ("SmsConfiguration", "EmailConfiguration", "LastModifiedDate", "Mfa.SmsMfaConfiguration.SmsConf")
    ends = []
    for start in JOURNEYS:
        data = shutil.copytree(bare, tmp_path / start)
        apply(data, journey(start))
        end = apply(data, journey(destination))
        assert apply(data, journey(destination)) == end
        ends.append({name: value for name, value in end.items() if not name.startswith(lasting)})
    assert all(end == ends[0] for end in ends)
    assert ends[0]["SmsAuthenticationMessage"] == "Sign in: {####}", "though SMS is no factor everywhere"


FIXED = [
    ("sign_in_with", [], 'sign_in_with is fixed once the pool is made, as on AWS: UsernameAttributes is ["email"]'),
    ("sign_in_with", None, 'UsernameAttributes is ["email"] and cannot become []'),
    ("sign_in_with", ["email", "phone_number"], "sign_in_with is fixed"),
    ("case_sensitive", True, "UsernameConfiguration is false and cannot become true"),
    ("attributes", {"rank": {"AttributeDataType": "String"}}, "attributes.given_name is fixed"),
    (
        "attributes",
        {"given_name": {"Required": True}, "rank": {"AttributeDataType": "String"}},
        'attributes.rank is fixed once the pool is made, as on AWS: AttributeDataType is "Number"',
    ),
    (
        "attributes",
        {**EVERYTHING["attributes"], "family_name": {"Required": True}},
        "attributes.family_name is fixed once the pool is made, as on AWS: Required is false and cannot become true",
    ),
]


@pytest.mark.parametrize(("key", "value", "sentence"), FIXED)
def test_what_aws_keeps_fixed_is_refused_and_nothing_else_is_done(
    data: Path, key: str, value: Any, sentence: str
) -> None:
    before = apply(data, everything())
    assert sentence in refused(data, everything(**{key: value}, name="renamed", mfa="on"))
    assert apply(data, {}) == before


def test_attributes_in_another_order_are_no_change(tmp_path: Path, bare: Path) -> None:
    data = tmp_path / "data"
    before = apply(data, without_journeys(aliases=["email", "phone_number"]))
    assert apply(data, without_journeys(aliases=["phone_number", "email"])) == before


COMBINATIONS = [
    ({"first_factors": ["email"]}, "Password should be configured as one of the allowed first auth factors."),
    ({"mfa": "on", "first_factors": ["password", "email"]}, "can be enabled as an auth factor if MFA is enabled"),
    ({"mfa": "on", "mfa_factors": ["email"], "recovery": ["email"]}, "Cannot set EmailMfaConfiguration"),
    ({"mfa": "on", "first_factors": ["password", "passkey"]}, "Cannot set WebAuthn factor configuration"),
    ({"threat_protection": "audit"}, "Threat Protection"),
    ({"tier": "lite", "password": {"history": 3}}, "Password History"),
    ({"verify": ["email"], "verify_before_change": ["phone_number"]}, "must exist in AutoVerifiedAttributes"),
    ({"recovery": ["email", "admin_only"]}, "cannot use admin_only setting"),
    ({"mfa": "optional", "passkeys": {"domain": "http://x"}}, "RelyingPartyId contains invalid characters"),
    ({"mfa": "optional", "attributes": {"a" * 21: {}}}, "Member must have length less than or equal to 20"),
]


@pytest.mark.parametrize(("given", "sentence"), COMBINATIONS)
def test_what_does_not_go_together_leaves_a_pool_as_it_was(
    tmp_path: Path, bare: Path, given: dict[str, Any], sentence: str
) -> None:
    data = shutil.copytree(bare, tmp_path / "data")
    before = apply(data, {})
    told = refused(
        data,
        without_journeys(
            name="renamed",
            attributes=given.get("attributes", {"new": {}}),
            **{key: value for key, value in given.items() if key != "attributes"},
        ),
    )
    assert told.startswith(f"[[user_pool]] {POOL}: ")
    assert sentence in told
    assert apply(data, {}) == before


def test_a_new_pool_that_is_refused_is_not_there(tmp_path: Path) -> None:
    given = {"mfa": "on", "first_factors": ["password", "email"]}
    assert "if MFA is enabled" in refused(tmp_path, without_journeys(**given))
    assert apply(tmp_path, {}) == {}
    assert apply(tmp_path, without_journeys(mfa="on"))["MfaConfiguration"] == "ON", "nor is its id taken"


WORDS = [
    ({"mfa": "optinal"}, "mfa must be off, optional or on, not 'optinal'"),
    ({"mfa": "on", "mfa_factors": ["totp"]}, "mfa_factors must be app, sms or email, not 'totp'"),
    ({"mfa_factors": ["app"]}, 'mfa_factors needs mfa = "optional" or mfa = "on"'),
    ({"mfa": "off", "mfa_factors": ["app"]}, 'mfa_factors needs mfa = "optional" or mfa = "on"'),
    ({"first_factors": ["PASSWORD"]}, "first_factors must be password, passkey, email or sms, not 'PASSWORD'"),
    ({"recovery": ["phone"]}, "recovery must be email, phone_number or admin_only, not 'phone'"),
    ({"devices": "yes"}, "devices must be always, opt_in or never, not 'yes'"),
    ({"device_replaces_mfa": True}, 'device_replaces_mfa needs devices = "always" or devices = "opt_in"'),
    ({"tier": "pro"}, "tier must be lite, essentials or plus, not 'pro'"),
    ({"threat_protection": "on"}, "threat_protection must be off, audit or enforced, not 'on'"),
    ({"passkeys": {"user_verification": "no"}}, "passkeys.user_verification must be preferred or required, not 'no'"),
    ({"messages": {"verification_by": "sms"}}, "messages.verification_by must be code or link, not 'sms'"),
    ({"messages": {"from": "nobody"}}, "messages.from must be an address"),
    ({"messages": {"sign_in_email": "{####}"}}, 'messages.sign_in_email needs "email" among mfa_factors'),
    ({"attributes": {"rank": {"AttributeDatType": "Number"}}}, "attributes.rank has no AttributeDatType; it has "),
    ({"domain": "styled", "branding": {"logo": "none.png"}}, "branding.logo: there is no file none.png"),
    ({"domain": "styled", "pages": "modern"}, "pages must be one of classic, managed_login, and not 'modern'"),
    ({"pages": "classic"}, "pages and their style need a domain"),
    (
        {"domain": "styled", "pages": "managed_login", "branding": {"css": CSS}},
        "branding.css styles no pages of the kind 'managed_login'",
    ),
    (
        {"domain": "styled", "pages": "classic", "branding": {"settings": "s.json"}},
        "branding.settings styles no pages of the kind 'classic'",
    ),
    ({"domain": "styled", "branding": {"css": "p { }"}}, "branding: SetUICustomization: CSS can style the classes"),
    ({"branding": {"css": CSS}}, "There has to be an existing domain associated with this user pool"),
]


@pytest.mark.parametrize(("given", "sentence"), WORDS)
def test_a_word_that_is_none_is_told_with_its_key(
    tmp_path: Path, bare: Path, given: dict[str, Any], sentence: str
) -> None:
    told = refused(shutil.copytree(bare, tmp_path / "data"), without_journeys(**given))
    assert told.startswith(f"[[user_pool]] {POOL}: ")
    assert sentence in told


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"verifiy": ["email"]}, "did you mean verify?"),
        ({"admin_create_user_only": True}, "did you mean sign_up?"),
        ({"password": {"symbol": True}}, "did you mean symbols?"),
        ({"messages": {"verification_mail": ""}}, "did you mean verification_email?"),
        ({"mfa": True}, "[[user_pool]] number 1: mfa must be text"),
        ({"verify": "email"}, "[[user_pool]] number 1: verify must be a list of texts"),
        ({"passkeys": {"count_as_mfa": "yes"}}, "[user_pool.passkeys]: count_as_mfa must be true or false"),
    ],
)
def test_a_key_that_is_none_or_of_another_kind_is_told(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SeedRefused) as caught:
        seed_file.check(without_journeys(**given))
    assert sentence in str(caught.value)


def test_a_pool_that_sends_sms_or_mfa_mails_has_a_made_up_role_and_sender_of_its_own_account(
    tmp_path: Path, bare: Path
) -> None:
    for given in ({"verify": ["phone_number"]}, {"first_factors": ["password", "sms"]}, {"recovery": ["phone_number"]}):
        data = shutil.copytree(bare, tmp_path / next(iter(given)))
        assert apply(data, without_journeys(**given))["SmsConfiguration.SnsCallerArn"] == ROLE
    data = shutil.copytree(bare, tmp_path / "mfa")
    mails = apply(data, without_journeys(mfa="on", mfa_factors=["email"]))
    assert mails["EmailConfiguration.SourceArn"] == IDENTITY.format("halfday.invalid")
    assert "SmsConfiguration.SnsCallerArn" not in mails


def test_a_role_that_was_set_through_the_api_is_kept(tmp_path: Path, bare: Path) -> None:
    data = shutil.copytree(bare, tmp_path / "data")
    own = ROLE.replace("halfday-sends-sms", "mine")
    with running(data, None, region="eu-west-1", upstream="none") as world:
        config = {"SnsCallerArn": own, "ExternalId": "x"}
        world.idp.update_user_pool(UserPoolId=POOL, SmsConfiguration=config, AutoVerifiedAttributes=["phone_number"])
    shown = apply(data, without_journeys(mfa="optional", mfa_factors=["sms"]))
    assert shown["SmsConfiguration.SnsCallerArn"] == own
    assert shown["Mfa.SmsMfaConfiguration.SmsConfiguration.SnsCallerArn"] == own
    assert shown["AutoVerifiedAttributes"] == ["phone_number"]


def test_what_stands_in_a_pool_keeps_its_dates_while_the_file_says_the_same(tmp_path: Path, bare: Path) -> None:
    data = shutil.copytree(bare, tmp_path / "data")
    google = {"client_id": "g", "client_secret": "s"}
    provider = {"type": "Google", "stand_in": True, "identifiers": ["example.com"]}
    table = {
        "id": POOL,
        "provider": [provider],
        "client": [{"id": "datedclient", "secret": "s" * 30, "callback_urls": ["http://localhost"], "flows": ["code"]}],
        "group": [{"name": "readers", "precedence": 3}],
    }
    document = {"user_pool": [table], "stand_in_google": google}
    first = standing_in(data, document)
    assert standing_in(data, document) == first
    for name, key, value in (
        ("client", "callback_urls", ["http://localhost:1"]),
        ("group", "precedence", 4),
        ("provider", "identifiers", []),
    ):
        before = standing_in(data, document)
        table[name][0][key] = value
        after = standing_in(data, document)
        assert [kind for kind in after if after[kind] != before[kind]] == [name]
        assert after[name].created_at == before[name].created_at
        assert after[name].modified_at > before[name].modified_at


def standing_in(data: Path, document: Mapping[str, Any]) -> dict[str, Any]:
    async def look(services: Services) -> dict[str, Any]:
        return {
            "client": await services.store.app_clients.get(POOL, "datedclient"),
            "group": await services.store.groups.find(POOL, "readers"),
            "provider": await services.store.providers.get(POOL, "Google"),
        }

    return apply(data, document, look)


def test_a_logo_is_read_from_beside_the_file_and_set_again_only_when_it_changed(tmp_path: Path, bare: Path) -> None:
    data, path = shutil.copytree(bare, tmp_path / "data"), tmp_path / "halfday.toml"
    path.write_text(f'[[user_pool]]\nid = "{POOL}"\ndomain = "styled"\n[user_pool.branding]\nlogo = "logo.png"\n')
    (tmp_path / "logo.png").write_bytes(png(3))
    before = apply(data, seed_file.read(path))
    assert apply(data, seed_file.read(path)) == before
    (tmp_path / "logo.png").write_bytes(png(4))
    assert apply(data, seed_file.read(path))["Style.LastModifiedDate"] > before["Style.LastModifiedDate"]
    (tmp_path / "logo.png").write_bytes(bytes(200_000))
    assert "The image is larger than 100 KB." in refused(data, seed_file.read(path))
    (tmp_path / "logo.png").write_bytes(b"GIF89a")
    assert "The image is neither PNG nor JPEG." in refused(data, seed_file.read(path))


def test_each_client_of_the_file_has_the_style_that_it_says(tmp_path: Path, bare: Path) -> None:
    data, path = shutil.copytree(bare, tmp_path / "data"), tmp_path / "halfday.toml"
    path.write_text(
        f'[[user_pool]]\nid = "{POOL}"\ndomain = "styled"\n[user_pool.branding]\nsettings = "style.json"\n'
        '[[user_pool.branding.image]]\ncategory = "form_logo"\nmode = "dark"\nfile = "logo.png"\n'
        '[[user_pool.client]]\nid = "styledone"\n[[user_pool.client]]\nid = "styledtwo"\n'
    )
    settings = {"components": {"form": {"borderRadius": 3}}}
    (tmp_path / "style.json").write_text(json.dumps(settings))
    (tmp_path / "logo.png").write_bytes(png(3))

    async def look(services: Services) -> list[Any]:
        domain = await services.store.domains.find("styled", "eu-west-1")
        assert domain is not None
        assert domain.managed_login_version == 2
        return [await services.store.brandings.find_by_client(POOL, name) for name in ("styledone", "styledtwo")]

    before = apply(data, seed_file.read(path), look)
    assert [(style.settings, style.assets[0]["ColorMode"]) for style in before] == [(settings, "DARK")] * 2
    assert apply(data, seed_file.read(path), look) == before, "with its dates"
    (tmp_path / "logo.png").write_bytes(png(4))
    after = apply(data, seed_file.read(path), look)
    assert [style.branding_id for style in after] == [style.branding_id for style in before]
    assert after[0].assets != before[0].assets
    (tmp_path / "style.json").write_text("{")
    assert "style.json is not JSON" in refused(data, seed_file.read(path))
    (tmp_path / "style.json").write_text('{"colour": "red"}')
    assert "Settings: colour is no setting of managed login." in refused(data, seed_file.read(path))
    (tmp_path / "style.json").unlink()
    assert "branding.settings: there is no file" in refused(data, seed_file.read(path))
    (tmp_path / "style.json").write_text("{}")
    (tmp_path / "logo.png").write_bytes(b"GIF89a")
    assert "is no image of the kinds ICO, JPEG, PNG, SVG and WEBP" in refused(data, seed_file.read(path))


@pytest.mark.parametrize(
    ("table", "version"),
    [
        ({}, 1),
        ({"first_factors": ["password"]}, 1),
        ({"first_factors": ["password", "passkey"]}, 2),
        ({"first_factors": ["password", "passkey"], "branding": {"css": CSS}}, 1),
        ({"pages": "managed_login"}, 2),
    ],
)
def test_a_new_domain_shows_the_pages_that_the_pool_needs(tmp_path: Path, table: dict[str, Any], version: int) -> None:
    client = {"id": "pagedclient"}

    async def look(services: Services) -> Any:
        style = await services.store.brandings.find_by_client(POOL, "pagedclient")
        domain = await services.store.domains.of_pool(POOL)
        return domain and (domain.managed_login_version, style is not None)

    document = {"user_pool": [{"id": POOL, "domain": "paged", "client": [client], **table}]}
    assert apply(tmp_path / "data", document, look) == (version, version == 2)
    other = {"user_pool": [{"id": POOL, "domain": "paged", "client": [client], "pages": "managed_login"}]}
    assert apply(tmp_path / "data", other, look) == (2, True)
    silent = {"user_pool": [{"id": POOL, "domain": "paged", "client": [client]}]}
    assert apply(tmp_path / "data", silent, look) == (2, True)


def test_a_person_signs_up_recovers_and_sets_a_second_factor_up_by_a_seed_file_alone(tmp_path: Path) -> None:
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    table = {"id": POOL, "sign_in_with": ["email"], "verify": ["email"], "mfa": "on"}
    client = {"ClientId": "journeyclient"}
    document = {"user_pool": [{**table, "client": [{"id": "journeyclient", "auth_flows": flows}]}]}
    name = "ada@example.com"
    with running(tmp_path, document, region="eu-west-1", upstream="none") as world:
        idp, pool = world.idp, Pool(world, POOL)
        idp.sign_up(**client, Username=name, Password=PASSWORD)
        idp.confirm_sign_up(**client, Username=name, ConfirmationCode=pool.code_for(name))
        idp.forgot_password(**client, Username=name)
        code, chosen = pool.code_for(name, "ForgotPassword"), "Countess-1843"
        idp.confirm_forgot_password(**client, Username=name, ConfirmationCode=code, Password=chosen)
        given = {"USERNAME": name, "PASSWORD": chosen}
        asked = idp.initiate_auth(**client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)
        assert asked["ChallengeName"] == "MFA_SETUP"
        app = idp.associate_software_token(Session=asked["Session"])
        verified = idp.verify_software_token(
            Session=app["Session"], UserCode=totp(app["SecretCode"], int(world.clock() // 30))
        )
        answer = idp.respond_to_auth_challenge(
            **client, ChallengeName="MFA_SETUP", Session=verified["Session"], ChallengeResponses={"USERNAME": name}
        )
        assert answer["AuthenticationResult"]["IdToken"]


def test_the_commented_keys_of_the_template_that_init_writes_go_together(tmp_path: Path) -> None:
    lines = demo.seed_text().splitlines()
    taken_in = [line.removeprefix("# ") if line.startswith("# ") and " = " in line else line for line in lines]
    start = taken_in.index("[[user_pool]]")
    written = tomllib.loads("\n".join(taken_in[start : taken_in.index("", start)]))
    assert {"verify", "mfa", "mfa_factors", "first_factors"} <= set(written["user_pool"][0])
    seed_file.check(written)
    written["user_pool"][0]["id"] = POOL
    assert apply(tmp_path, written)["Policies.SignInPolicy.AllowedFirstAuthFactors"] == ["PASSWORD", "WEB_AUTHN"]
