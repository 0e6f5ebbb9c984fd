"""A pool that was set up by calls becomes a seed file that makes it again; what the file cannot say is named."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from halfday.server import seed_file
from halfday.server.seed.toml import toml_of
from halfday.server.seed.written import seed_file_of
from transferred import answers, exported
from whole_pool import set_up
from world import World, running

UNSAID = ("PreventUserExistenceErrors", "Brandings", "Terms", "Risks", "client_secret", "its secret", "subs, states")


def test_a_seed_file_makes_the_pool_again(tmp_path: Path) -> None:
    with running(tmp_path / "one") as one:
        ids = set_up(one)
        text, unsaid = seed_file_of(exported(one))
        before = answers(one, secrets=False)
    document = tomllib.loads(text)
    seed_file.check(document)
    with running(tmp_path / "other", document) as other:
        after = answers(other, secrets=False)
    for key in (f"describe_user_pool {ids['pool']}", f"get_user_pool_mfa_config {ids['pool']}"):
        assert _without(after[key]) == _without(before[key])
    client = f"describe_user_pool_client {ids['pool']} {ids['client']}"
    assert after[client] == before[client]
    for operation in ("get_role admin", "get_role guest", "get_role_policy guest own", "list_groups", "get_group"):
        for key in (key for key in before if key.startswith(operation)):
            assert after[key] == before[key]
    told = [sentence for sentence in unsaid if not any(known in sentence for known in UNSAID)]
    assert [sentence.partition(": ")[2] for sentence in told] == ["user grace is disabled", "its 1 identities", '"b"']


def _without(answer: dict[str, Any]) -> dict[str, Any]:
    pool = dict(answer.get("UserPool", answer))
    tags = {name: text for name, text in pool.pop("UserPoolTags", {}).items() if not name.startswith("_")}
    return {**pool, "tags": tags}


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
