"""A pool that was set up by calls becomes a seed file that makes it again; what the file cannot say is named."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from halfday.server.seed.toml import toml_of
from halfday.server.seed.written import seed_file_of
from seed_answers import of_configuration
from transferred import answers, exported
from whole_pool import set_up
from world import World, running


def test_a_seed_file_makes_the_server_again(tmp_path: Path) -> None:
    with running(tmp_path / "one") as one:
        set_up(one)
        text, unsaid = seed_file_of(exported(one, secrets=True))
        before = answers(one)
    with running(tmp_path / "other", tomllib.loads(text)) as other:
        after = answers(other)
        again, _ = seed_file_of(exported(other, secrets=True))
    assert of_configuration(after) == of_configuration(before)
    assert again == text
    assert [sentence.partition(": ")[2] for sentence in unsaid] == [
        "subs, states, passwords and second factors of its users",
        "user grace is disabled",
        "its 1 identities",
    ]


def test_what_was_a_secret_has_a_new_one_in_a_seed_file_without_secrets(tmp_path: Path) -> None:
    with running(tmp_path / "one") as one:
        set_up(one)
        text, unsaid = seed_file_of(exported(one))
        before = answers(one, secrets=False)
    with running(tmp_path / "other", tomllib.loads(text)) as other:
        assert of_configuration(answers(other, secrets=False)) == of_configuration(before)
    assert [one for one in unsaid if "left out" in one and "has a new one" in one]
    assert text.count("\nsecret = ") == 3  # a client's, and those of two access keys


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.text(max_size=12),
        st.one_of(
            st.text(max_size=20), st.booleans(), st.integers(-(2**60), 2**60), st.lists(st.text(max_size=9), max_size=3)
        ),
        max_size=6,
    )
)
def test_toml_is_read_as_it_was_written(table: dict[str, Any]) -> None:
    whole = {"a": [{"b": 1, "inner": table, "tables": [table] if table else []}]}
    assert tomllib.loads(toml_of(whole)) == whole


def settings_of_pools() -> st.SearchStrategy[dict[str, Any]]:
    """CreateUserPool's members, of which any may be together."""
    return st.fixed_dictionaries(
        {"PoolName": st.sampled_from(["a", "pool two"])},
        optional={
            "AutoVerifiedAttributes": st.sampled_from([["email"], ["email", "phone_number"]]),
            "UsernameAttributes": st.sampled_from([["email"], ["phone_number", "email"]]),
            "UserPoolTags": st.just({"team": "red"}),
            "UserPoolTier": st.sampled_from(["LITE", "ESSENTIALS", "PLUS"]),
            "DeletionProtection": st.sampled_from(["ACTIVE", "INACTIVE"]),
            "UsernameConfiguration": st.fixed_dictionaries({"CaseSensitive": st.booleans()}),
            "DeviceConfiguration": st.fixed_dictionaries(
                {"ChallengeRequiredOnNewDevice": st.booleans(), "DeviceOnlyRememberedOnUserPrompt": st.booleans()}
            ),
            "Policies": st.fixed_dictionaries(
                {
                    "PasswordPolicy": st.fixed_dictionaries(
                        {"MinimumLength": st.integers(6, 20)},
                        optional={"RequireSymbols": st.booleans(), "TemporaryPasswordValidityDays": st.integers(1, 30)},
                    )
                }
            ),
            "AdminCreateUserConfig": st.fixed_dictionaries({"AllowAdminCreateUserOnly": st.booleans()}),
            "VerificationMessageTemplate": st.just({"EmailSubject": "S", "EmailMessage": "M {####}"}),
            "SmsConfiguration": st.just({"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}),
            "UserAttributeUpdateSettings": st.just({"AttributesRequireVerificationBeforeUpdate": []}),
            "AccountRecoverySetting": st.just({"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]}),
            "LambdaConfig": st.just({"PreSignUp": "arn:aws:lambda:us-east-1:123456789012:function:f"}),
            "Schema": st.just(
                [{"Name": "n", "AttributeDataType": "Number", "NumberAttributeConstraints": {"MaxValue": "9"}}]
            ),
        },
    )


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(settings_of_pools())
def test_whatever_a_pool_is_set_to_an_import_makes_it_so(world: World, other: World, members: dict[str, Any]) -> None:
    from transferred import bring_into

    try:
        pool_id = world.idp.create_user_pool(**members)["UserPool"]["Id"]
    except world.idp.exceptions.ClientError:  # what does not go together is refused, as on AWS
        reject()
    bring_into(other, exported(world, pool=pool_id))
    for operation, key in (("describe_user_pool", "UserPool"), ("get_user_pool_mfa_config", "MfaConfiguration")):
        before, after = (getattr(one.idp, operation)(UserPoolId=pool_id)[key] for one in (world, other))
        dates = ("CreationDate", "LastModifiedDate")
        if isinstance(before, dict):
            before, after = ({k: v for k, v in one.items() if k not in dates} for one in (before, after))
        assert after == before


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with running(tmp_path_factory.mktemp("other")) as world:
        yield world
