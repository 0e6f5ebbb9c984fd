"""User pools: made, described, updated, listed, deleted; which settings go together. Source: facts/api.md §10."""

from __future__ import annotations

import re
import time
from typing import Any

import jwt
import pytest
import requests

from asking import invalid, missing, not_honoured, refusal, unchecked
from halfday.server.domain.users.user_import import SILENT_FOR_S, ImportStatus, UserImportJob
from halfday.server.operations.user_pools import pools
from pool_members import ROLE, SES, SMS, described, first_factors, recovery
from stored import stored
from world import Pool, World

NOWHERE = "us-east-1_Nowhere00"


def test_a_pool_of_a_name_alone_has_aws_s_defaults(world: World) -> None:
    pool = world.idp.create_user_pool(PoolName="plain")["UserPool"]
    assert world.idp.describe_user_pool(UserPoolId=pool["Id"])["UserPool"] == pool
    assert re.fullmatch(r"us-east-1_[0-9A-Za-z]{9}", pool["Id"])
    assert abs(pool["CreationDate"].timestamp() - time.time()) < 60
    assert pool.pop("CreationDate") == pool.pop("LastModifiedDate")
    assert len(pool.pop("SchemaAttributes")) == 20
    assert pool == {
        "Id": pool["Id"],
        "Name": "plain",
        "Arn": f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{pool['Id']}",
        "Policies": {
            "PasswordPolicy": {
                "MinimumLength": 8,
                "RequireUppercase": True,
                "RequireLowercase": True,
                "RequireNumbers": True,
                "RequireSymbols": True,
                "TemporaryPasswordValidityDays": 7,
            },
            "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]},
        },
        "AccountRecoverySetting": {
            "RecoveryMechanisms": [
                {"Priority": 1, "Name": "verified_email"},
                {"Priority": 2, "Name": "verified_phone_number"},
            ]
        },
        "DeletionProtection": "INACTIVE",
        "LambdaConfig": {},
        "VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_CODE"},
        "MfaConfiguration": "OFF",
        "EstimatedNumberOfUsers": 0,
        "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"},
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": False, "UnusedAccountValidityDays": 7},
        "UsernameConfiguration": {"CaseSensitive": True},
        "UserPoolTier": "ESSENTIALS",
        "AcrConfiguration": {f"Level{n}": {"AcrValue": f"urn:cognito:loa:{n}"} for n in (1, 2, 3, 4)},
    }


def test_the_schema_is_listed_in_aws_s_order_with_custom_attributes_last(world: World) -> None:
    schema = world.idp.create_user_pool(
        PoolName="schema",
        Schema=[
            {"Name": "email", "AttributeDataType": "String", "Required": True, "Mutable": True},
            {"Name": "rank", "AttributeDataType": "Number", "NumberAttributeConstraints": {"MinValue": "1"}},
        ],
    )["UserPool"]["SchemaAttributes"]
    names = (
        "sub name given_name family_name middle_name nickname preferred_username profile picture website email "
        "email_verified gender birthdate zoneinfo locale phone_number phone_number_verified address updated_at "
        "custom:rank"
    ).split()
    by_name = {attribute["Name"]: attribute for attribute in schema}
    assert list(by_name) == names
    assert by_name["sub"]["StringAttributeConstraints"] == {"MinLength": "1", "MaxLength": "2048"}
    assert by_name["sub"]["Required"]
    assert not by_name["sub"]["Mutable"]
    assert by_name["email"]["Required"]
    assert not by_name["given_name"]["Required"]
    assert by_name["custom:rank"]["NumberAttributeConstraints"] == {"MinValue": "1"}
    assert by_name["updated_at"]["NumberAttributeConstraints"] == {"MinValue": "0"}


def test_a_pool_is_described_as_it_was_created_with_its_domain_and_users(world: World) -> None:
    given = {
        "Policies": {"PasswordPolicy": {"MinimumLength": 12, "RequireNumbers": True}},
        "AliasAttributes": ["email"],
        "UserPoolTags": {"team": "engine"},
        "UsernameConfiguration": {"CaseSensitive": False},
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True},
    }
    pool = world.pool(**given)
    world.idp.create_user_pool_domain(UserPoolId=pool.pool_id, Domain="described")
    pool.user(password=None)
    shown = world.idp.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]
    assert shown["Policies"]["PasswordPolicy"] == {
        "MinimumLength": 12,
        "RequireUppercase": False,
        "RequireLowercase": False,
        "RequireNumbers": True,
        "RequireSymbols": False,
        "TemporaryPasswordValidityDays": 7,
    }
    assert shown["AliasAttributes"] == ["email"]
    assert shown["UserPoolTags"] == {"team": "engine"}
    assert shown["UsernameConfiguration"] == {"CaseSensitive": False}
    assert shown["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert shown["Domain"] == "described"
    assert shown["EstimatedNumberOfUsers"] == 1


def test_pools_are_listed_by_pages_that_meet_and_the_last_has_no_token(world: World) -> None:
    made = {world.pool().pool_id for _ in range(3)}
    seen: list[str] = []
    answer = world.idp.list_user_pools(MaxResults=2)
    while True:
        assert len(answer["UserPools"]) <= 2
        seen += [pool["Id"] for pool in answer["UserPools"]]
        if "NextToken" not in answer:
            break
        answer = world.idp.list_user_pools(MaxResults=2, NextToken=answer["NextToken"])
    assert made <= set(seen)
    assert len(seen) == len(set(seen))


def test_a_made_up_page_token_is_refused(world: World) -> None:
    assert refusal(world.idp.list_user_pools, MaxResults=2, NextToken="*") == invalid("Invalid pagination token")


def test_a_deleted_pool_is_gone_with_its_clients_users_and_keys(world: World, pool: Pool) -> None:
    client = pool.client()
    pool.user()
    token = pool.tokens(client)["AccessToken"]
    world.idp.delete_user_pool(UserPoolId=pool.pool_id)
    gone = missing(f"User pool {pool.pool_id} does not exist.")
    assert refusal(world.idp.describe_user_pool, UserPoolId=pool.pool_id) == gone
    assert refusal(world.idp.delete_user_pool, UserPoolId=pool.pool_id) == gone
    assert refusal(world.idp.get_user, AccessToken=token)[0] == "NotAuthorizedException"
    parameters = {"USERNAME": "ada", "PASSWORD": "x"}
    given = {"ClientId": client["ClientId"], "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters}
    assert refusal(world.idp.initiate_auth, **given)[0] == "ResourceNotFoundException"
    assert requests.get(f"{world.origin}/{pool.pool_id}/.well-known/jwks.json", timeout=10).status_code == 404


def test_a_pool_with_a_domain_or_under_protection_is_not_deleted(world: World, pool: Pool) -> None:
    world.idp.create_user_pool_domain(UserPoolId=pool.pool_id, Domain="undeletable")
    assert refusal(world.idp.delete_user_pool, UserPoolId=pool.pool_id) == invalid(
        "User pool cannot be deleted. It has a domain configured that should be deleted first."
    )
    protected = world.pool(DeletionProtection="ACTIVE")
    assert refusal(world.idp.delete_user_pool, UserPoolId=protected.pool_id) == invalid(
        "The user pool cannot be deleted because deletion protection is activated. "
        "Deletion protection must be inactivated first."
    )
    assert world.idp.describe_user_pool(UserPoolId=protected.pool_id)


def test_settings_are_shown_as_they_were_given(world: World) -> None:
    given = {
        "MfaConfiguration": "OPTIONAL",
        "SmsConfiguration": {**SMS, "ExternalId": "id", "SnsRegion": "us-east-1"},
        "EmailConfiguration": {**SES, "From": "Engine <ada@example.com>", "ReplyToEmailAddress": "help@example.com"},
        "AutoVerifiedAttributes": ["phone_number", "email"],
        "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
        "AccountRecoverySetting": {
            "RecoveryMechanisms": [
                {"Priority": 2, "Name": "verified_email"},
                {"Priority": 1, "Name": "verified_phone_number"},
            ]
        },
        "DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False},
        "VerificationMessageTemplate": {
            "SmsMessage": "sms {####}",
            "EmailMessage": "mail {####}",
            "EmailSubject": "mail",
            "EmailMessageByLink": "link {##here##}",
            "EmailSubjectByLink": "link",
            "DefaultEmailOption": "CONFIRM_WITH_LINK",
        },
        "SmsAuthenticationMessage": "code {####}",
        "UserPoolAddOns": {
            "AdvancedSecurityMode": "AUDIT",
            "AdvancedSecurityAdditionalFlows": {"CustomAuthMode": "AUDIT"},
        },
        "UserPoolTier": "PLUS",
        "KeyConfiguration": {"KeyType": "AWS_OWNED_KEY"},
        "IssuerConfiguration": {"Type": "ORIGINAL"},
        "LambdaConfig": {},
    }
    invitation = {"SMSMessage": "{username} {####}", "EmailMessage": "{username}: {####}", "EmailSubject": "welcome"}
    policies = {
        "PasswordPolicy": {"MinimumLength": 12, "PasswordHistorySize": 3},
        "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"]},
    }
    admin = {"AllowAdminCreateUserOnly": True, "UnusedAccountValidityDays": 3, "InviteMessageTemplate": invitation}
    pool = world.pool(**given, Policies=policies, AdminCreateUserConfig=admin)
    shown = described(pool)
    assert {name: shown[name] for name in given} == given
    assert shown["AdminCreateUserConfig"] == admin
    assert shown["Policies"]["PasswordPolicy"] == {
        "MinimumLength": 12,
        "RequireUppercase": False,
        "RequireLowercase": False,
        "RequireNumbers": False,
        "RequireSymbols": False,
        "PasswordHistorySize": 3,
        "TemporaryPasswordValidityDays": 3,
    }
    assert shown["Policies"]["SignInPolicy"] == policies["SignInPolicy"]
    assert shown["SmsVerificationMessage"] == "sms {####}", "the older members mirror the template"
    assert (shown["EmailVerificationMessage"], shown["EmailVerificationSubject"]) == ("mail {####}", "mail")


def test_the_older_members_for_messages_set_the_template(world: World) -> None:
    older = {
        "SmsVerificationMessage": "old {####}",
        "EmailVerificationMessage": "old mail {####}",
        "EmailVerificationSubject": "old",
    }
    shown = described(world.pool(**older, VerificationMessageTemplate={"EmailSubject": "newer"}))
    assert shown["VerificationMessageTemplate"] == {
        "SmsMessage": "old {####}",
        "EmailMessage": "old mail {####}",
        "EmailSubject": "newer",
        "DefaultEmailOption": "CONFIRM_WITH_CODE",
    }
    assert shown["EmailVerificationSubject"] == "newer"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"AliasAttributes": ["email"], "UsernameAttributes": ["email"]},
            "Only one of the aliasAttributes or usernameAttributes can be set in a user pool.",
        ),
        (
            {
                "AliasAttributes": ["preferred_username"],
                "Schema": [{"Name": "preferred_username", "Required": True}],
            },
            "preferred_username cannot be both an alias and required.",
        ),
        (
            {"MfaConfiguration": "ON"},
            "SMS configuration and Auto verification for phone_number are required when MFA is required/optional",
        ),
        (
            {"AutoVerifiedAttributes": ["phone_number"]},
            "SMS configuration is required when phone_number is selected for auto verification",
        ),
        (
            {"UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]}},
            "All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes",
        ),
        (first_factors("EMAIL_OTP"), "Password should be configured as one of the allowed first auth factors."),
        (
            first_factors("PASSWORD", "SOFTWARE_TOKEN"),
            "SOFTWARE_TOKEN is not supported as an allowed first auth factor.",
        ),
        (
            first_factors("PASSWORD", "SMS_OTP"),
            "SMS_OTP can not be configured as AuthFactor as user pool is missing valid SMS configuration",
        ),
        (
            {**first_factors("PASSWORD", "EMAIL_OTP"), "MfaConfiguration": "ON", "SmsConfiguration": SMS},
            "Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled",
        ),
        (
            {**first_factors("PASSWORD", "WEB_AUTHN"), "MfaConfiguration": "ON", "SmsConfiguration": SMS},
            "Cannot set WebAuthn factor configuration to SINGLE_FACTOR if MFA is required and WebAuthn is an allowed "
            "first auth factor",
        ),
        (
            {"EmailConfiguration": {"EmailSendingAccount": "DEVELOPER"}},
            "Source ARN is required to use DEVELOPER email sending owner",
        ),
        ({"EmailConfiguration": {"From": "nobody"}}, "Provided From email address is invalid"),
        (
            {"SmsConfiguration": {"ExternalId": "x"}},
            "Invalid SMS configuration given, either SnsCallerArn or EumsSms is valid",
        ),
        (
            {"SmsConfiguration": {**SMS, "EumsSms": {"CallerArn": ROLE}}},
            "Invalid SMS configuration given, either SnsCallerArn or EumsSms is valid",
        ),
        (
            recovery(("verified_email", 1), ("verified_phone_number", 1)),
            "Account Recovery Setting cannot have duplicate priorities or recovery mechanisms.",
        ),
        (
            recovery(("verified_email", 1), ("verified_email", 2)),
            "Account Recovery Setting cannot have duplicate priorities or recovery mechanisms.",
        ),
        (
            recovery(("admin_only", 1), ("verified_email", 2)),
            "Account Recovery Setting cannot use admin_only setting with any other recovery mechanisms.",
        ),
        (
            {
                "Policies": {"PasswordPolicy": {"TemporaryPasswordValidityDays": 7}},
                "AdminCreateUserConfig": {"UnusedAccountValidityDays": 7},
            },
            "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays",
        ),
    ],
)
def test_settings_that_do_not_go_together_are_refused(world: World, given: dict[str, Any], sentence: str) -> None:
    assert refusal(world.idp.create_user_pool, PoolName="p", **given) == invalid(sentence)


@pytest.mark.parametrize(
    ("given", "tier", "features"),
    [
        ({"UserPoolAddOns": {"AdvancedSecurityMode": "ENFORCED"}}, "ESSENTIALS", "Threat Protection"),
        (
            {**first_factors("PASSWORD", "WEB_AUTHN"), "UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"}},
            "LITE",
            "Threat Protection, Passwordless Sign-In",
        ),
        ({"Policies": {"PasswordPolicy": {"PasswordHistorySize": 1}}}, "LITE", "Password History"),
    ],
)
def test_what_a_tier_does_not_have_is_refused(world: World, given: dict[str, Any], tier: str, features: str) -> None:
    told = f"The following features need to be disabled for the {tier} pricing tier configured: {features}"
    refused = refusal(world.idp.create_user_pool, PoolName="p", UserPoolTier=tier, **given)
    assert refused == ("FeatureUnavailableInTierException", told)
    pool = world.pool(UserPoolTier="PLUS", **given)
    assert refusal(world.idp.update_user_pool, UserPoolId=pool.pool_id, UserPoolTier=tier, **given) == refused


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"KeyConfiguration": {"KeyType": "CUSTOMER_MANAGED_KEY"}}, "KeyConfiguration.KeyType CUSTOMER_MANAGED_KEY"),
        ({"DcrConfiguration": {"EnableStatus": "Enabled"}}, "DcrConfiguration"),
    ],
)
def test_what_a_pool_would_not_do_is_refused_by_name(world: World, given: dict[str, Any], what: str) -> None:
    assert refusal(world.idp.create_user_pool, PoolName="p", **given) == not_honoured(what, "CreateUserPool")
    pool = world.pool()
    refused = refusal(world.idp.update_user_pool, UserPoolId=pool.pool_id, **given)
    assert refused == not_honoured(what, "UpdateUserPool")


@pytest.mark.parametrize(
    "given",
    [
        {"SmsVerificationMessage": "no place for it"},
        {"VerificationMessageTemplate": {"EmailMessage": "no place for it"}},
        {"VerificationMessageTemplate": {"EmailMessageByLink": "no place for it"}},
        {"SmsAuthenticationMessage": "no place for it"},
    ],
)
def test_a_template_without_its_placeholder_is_refused(world: World, given: dict[str, Any]) -> None:
    code, sentence = refusal(world.idp.create_user_pool, PoolName="p", **given)
    assert code == "InvalidParameterException"
    assert "failed to satisfy constraint: Member must satisfy regular expression pattern: " in sentence


def test_an_account_has_so_many_pools_and_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.pool()
    monkeypatch.setattr(pools, "MOST_POOLS", 1)
    refused = refusal(world.idp.create_user_pool, PoolName="p")
    assert refused == ("LimitExceededException", "Exceeded the limit of 1 user pools.")


def test_a_pool_s_id_can_be_pinned_once_by_its_tag(world: World) -> None:
    given = {"PoolName": "pinned", "UserPoolTags": {"_custom_id_": "us-east-1_Pinned"}}
    assert world.idp.create_user_pool(**given)["UserPool"]["Id"] == "us-east-1_Pinned"
    assert refusal(world.idp.create_user_pool, **given) == invalid(
        "User pool us-east-1_Pinned exists already: _custom_id_ must be new."
    )


@pytest.mark.parametrize("pinned", ["nonsense", "us-east-1_a/b", "us-east-1_line\n", ""])
def test_a_pinned_id_that_is_none_is_refused(world: World, pinned: str) -> None:
    code, sentence = refusal(world.idp.create_user_pool, PoolName="p", UserPoolTags={"_custom_id_": pinned})
    assert code == "InvalidParameterException"
    assert "is not a user pool id" in sentence


def test_the_issuer_is_local_or_aws_by_the_pool_s_tag(world: World) -> None:
    for tags, kind, issuer in (
        ({}, "ORIGINAL", "{origin}/{pool_id}"),
        ({"_issuer_": "local"}, "UPDATED", "{origin}/{pool_id}"),
        ({"_issuer_": "aws"}, "ORIGINAL", "https://cognito-idp.us-east-1.amazonaws.com/{pool_id}"),
        ({"_issuer_": "aws"}, "UPDATED", "https://issuer-cognito-idp.us-east-1.amazonaws.com/{pool_id}"),
    ):
        pool = world.pool(UserPoolTags=tags, IssuerConfiguration={"Type": kind})
        pool.user()
        token = pool.tokens(pool.client())["IdToken"]
        expected = issuer.format(origin=world.origin, pool_id=pool.pool_id)
        assert jwt.decode(token, options={"verify_signature": False})["iss"] == expected
        url = f"{world.origin}/{pool.pool_id}/.well-known/openid-configuration"
        assert requests.get(url, timeout=10).json()["issuer"] == expected
    sentence = "_issuer_ must be local or aws, not 'mars'."
    assert refusal(world.idp.create_user_pool, PoolName="p", UserPoolTags={"_issuer_": "mars"}) == invalid(sentence)


@pytest.mark.parametrize(
    ("attribute", "sentence"),
    [
        ({"AttributeDataType": "String"}, "Invalid schema: an attribute has no Name."),
        (
            {"Name": "email", "AttributeDataType": "Number"},
            "You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute email",
        ),
        (
            {
                "Name": "a",
                "AttributeDataType": "String",
                "StringAttributeConstraints": {"MinLength": "2", "MaxLength": "1"},
            },
            "Attribute custom:a cannot have a max length shorter than it's min length",
        ),
        (
            {
                "Name": "a",
                "AttributeDataType": "Number",
                "NumberAttributeConstraints": {"MinValue": "2", "MaxValue": "1"},
            },
            "Attribute custom:a cannot have a max value smaller than it's min value",
        ),
        ({"Name": "a", "Required": True}, "Required custom attributes are not supported currently."),
        (
            {"Name": "a", "AttributeDataType": "String", "StringAttributeConstraints": {"MaxLength": "ten"}},
            "Invalid schema: 'ten' is not a whole number.",
        ),
        (
            {"Name": "a", "AttributeDataType": "String", "StringAttributeConstraints": {"MaxLength": "1_000"}},
            "Invalid schema: '1_000' is not a whole number.",
        ),
        (
            {"Name": "a", "AttributeDataType": "Number", "NumberAttributeConstraints": {"MaxValue": "١٢"}},
            "Invalid schema: '١٢' is not a whole number.",
        ),
    ],
)
def test_a_schema_that_cannot_be_is_refused(world: World, attribute: dict[str, object], sentence: str) -> None:
    assert refusal(world.idp.create_user_pool, PoolName="p", Schema=[attribute]) == invalid(sentence)


def test_a_schema_names_an_attribute_once(world: World) -> None:
    sentence = "Duplicate custom attribute names custom:a are not allowed in a user pool schema."
    twice = [{"Name": "a", "AttributeDataType": "String"}] * 2
    assert refusal(world.idp.create_user_pool, PoolName="p", Schema=twice) == invalid(sentence)


def test_a_standard_attribute_keeps_what_is_not_said_of_it(world: World) -> None:
    schema = [{"Name": "birthdate", "Required": True}, {"Name": "updated_at", "Required": True}]
    shown = {each["Name"]: each for each in described(world.pool(Schema=schema))["SchemaAttributes"]}
    assert shown["birthdate"]["StringAttributeConstraints"] == {"MinLength": "10", "MaxLength": "10"}
    assert (shown["birthdate"]["Required"], shown["birthdate"]["Mutable"]) == (True, True)
    assert shown["updated_at"]["AttributeDataType"] == "Number"


def test_identities_are_an_attribute_once_there_is_a_provider(world: World, pool: Pool) -> None:
    details = {"client_id": "c", "client_secret": "s", "authorize_scopes": "openid"}
    provider = {"UserPoolId": pool.pool_id, "ProviderName": "Google", "ProviderType": "Google"}
    world.idp.create_identity_provider(**provider, ProviderDetails=details)
    shown = described(pool)["SchemaAttributes"][-1]
    assert (shown["Name"], shown["StringAttributeConstraints"]) == ("identities", {})


def test_broken_constraints_are_told_in_aws_s_words_all_at_once(world: World) -> None:
    create = unchecked(world, "cognito-idp").create_user_pool
    assert refusal(create) == invalid(
        "1 validation error detected: Value null at 'poolName' failed to satisfy constraint: Member must not be null"
    )
    assert refusal(create, PoolName="p" * 129, DeletionProtection="MAYBE") == invalid(
        f"2 validation errors detected: Value '{'p' * 129}' at 'poolName' failed to satisfy constraint: "
        "Member must have length less than or equal to 128; Value 'MAYBE' at 'deletionProtection' failed to satisfy "
        "constraint: Member must satisfy enum value set: [ACTIVE, INACTIVE]"
    )
    short = {"PasswordPolicy": {"MinimumLength": 5}}
    assert refusal(create, PoolName="p", Policies=short) == invalid(
        "1 validation error detected: Value '5' at 'policies.passwordPolicy.minimumLength' failed to satisfy "
        "constraint: Member must have value greater than or equal to 6"
    )
    listing = unchecked(world, "cognito-idp").list_user_pools
    assert "less than or equal to 60" in refusal(listing, MaxResults=61)[1]
    describe = unchecked(world, "cognito-idp").describe_user_pool
    assert refusal(describe, UserPoolId="nonsense") == invalid(
        "1 validation error detected: Value 'nonsense' at 'userPoolId' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+"
    )


def test_an_unknown_pool_is_not_described(world: World) -> None:
    sentence = f"User pool {NOWHERE} does not exist."
    assert refusal(world.idp.describe_user_pool, UserPoolId=NOWHERE) == missing(sentence)


def test_an_update_replaces_all_but_what_is_fixed_or_kept(world: World) -> None:
    schema = [{"Name": "rank", "AttributeDataType": "Number"}]
    policies = {"PasswordPolicy": {"MinimumLength": 6}, **first_factors("PASSWORD", "EMAIL_OTP")["Policies"]}
    pool = world.pool(
        UsernameAttributes=["email"],
        Schema=schema,
        Policies=policies,
        DeletionProtection="ACTIVE",
        AutoVerifiedAttributes=["email"],
        DeviceConfiguration={"ChallengeRequiredOnNewDevice": True},
        EmailConfiguration=SES,
        SmsConfiguration=SMS,
        SmsAuthenticationMessage="code {####}",
        UserPoolTier="PLUS",
        **recovery(("admin_only", 1)),
    )
    before = described(pool)
    world.clock.advance(60)
    assert world.idp.update_user_pool(UserPoolId=pool.pool_id, PoolName="renamed")["ResponseMetadata"]
    changed = described(pool)
    assert changed["Name"] == "renamed"
    assert changed["LastModifiedDate"] > changed["CreationDate"] == before["CreationDate"]
    for kept in ("Policies", "UserPoolTier", "UsernameAttributes", "SchemaAttributes"):
        assert changed[kept] == before[kept]
    assert changed["DeletionProtection"] == "INACTIVE"
    assert changed["EmailConfiguration"] == {"EmailSendingAccount": "COGNITO_DEFAULT"}
    for gone in (
        "AutoVerifiedAttributes",
        "DeviceConfiguration",
        "SmsConfiguration",
        "SmsAuthenticationMessage",
        "AccountRecoverySetting",
    ):
        assert gone not in changed
    pool.user("ada@example.com")
    assert refusal(world.idp.update_user_pool, UserPoolId=NOWHERE)[0] == "ResourceNotFoundException"


def test_each_of_the_policies_is_updated_without_the_other(world: World, pool: Pool) -> None:
    named = {"UserPoolId": pool.pool_id}
    world.idp.update_user_pool(**named, **first_factors("PASSWORD", "WEB_AUTHN"))
    world.idp.update_user_pool(**named, Policies={"PasswordPolicy": {"MinimumLength": 9}})
    world.idp.update_user_pool(**named, AdminCreateUserConfig={"UnusedAccountValidityDays": 2})
    policies = described(pool)["Policies"]
    assert policies["SignInPolicy"]["AllowedFirstAuthFactors"] == ["PASSWORD", "WEB_AUTHN"]
    assert policies["PasswordPolicy"]["MinimumLength"] == 9
    assert policies["PasswordPolicy"]["TemporaryPasswordValidityDays"] == 2


def test_what_is_verified_before_it_is_changed_stays_until_an_empty_list_is_given(world: World) -> None:
    member = "AttributesRequireVerificationBeforeUpdate"
    pool = world.pool(AutoVerifiedAttributes=["email"], UserAttributeUpdateSettings={member: ["email"]})
    named = {"UserPoolId": pool.pool_id, "AutoVerifiedAttributes": ["email"]}
    world.idp.update_user_pool(**named)
    assert described(pool)["UserAttributeUpdateSettings"] == {member: ["email"]}
    refused = refusal(world.idp.update_user_pool, UserPoolId=pool.pool_id)
    assert refused == invalid(f"All attributes in {member} must exist in AutoVerifiedAttributes")
    world.idp.update_user_pool(**named, UserAttributeUpdateSettings={member: []})
    assert described(pool)["UserAttributeUpdateSettings"] == {member: []}
    world.idp.update_user_pool(UserPoolId=pool.pool_id)
    assert "AutoVerifiedAttributes" not in described(pool)


def test_days_of_none_are_the_default(world: World) -> None:
    pool = world.pool(Policies={"PasswordPolicy": {"TemporaryPasswordValidityDays": 0}})
    assert described(pool)["Policies"]["PasswordPolicy"]["TemporaryPasswordValidityDays"] == 7


def test_a_refused_update_changes_nothing(world: World, pool: Pool) -> None:
    before = described(pool)
    given = {"PoolName": "renamed", "AutoVerifiedAttributes": ["phone_number"]}
    assert refusal(world.idp.update_user_pool, UserPoolId=pool.pool_id, **given)[0] == "InvalidParameterException"
    assert described(pool) == before


def test_a_pool_is_left_as_it_is_while_users_are_imported(world: World, pool: Pool) -> None:
    running = {"status": ImportStatus.IN_PROGRESS, "worked_at": world.clock()}
    job = UserImportJob(pool.pool_id, "import-1", "people", ROLE, world.clock(), "key", **running)
    stored(world, lambda store: store.user_imports.insert(job))
    named = {"UserPoolId": pool.pool_id}
    told = ("UserImportInProgressException", "A user import job is in progress for this user pool.")
    assert refusal(world.idp.update_user_pool, **named) == told
    assert refusal(world.idp.delete_user_pool, **named) == told
    assert refusal(world.idp.add_custom_attributes, **named, CustomAttributes=[{"Name": "rank"}]) == told
    world.clock.advance(SILENT_FOR_S)
    world.idp.update_user_pool(**named)
