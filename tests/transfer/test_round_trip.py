"""A server that was set up by calls is exported; a fresh one that reads the export answers everything alike."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from halfday.server.seed.written import seed_file_of
from halfday.server.transfer import documents
from halfday.server.transfer.foreign import people
from halfday.server.transfer.users_csv import csv_of
from signers import role, trusting, user
from transferred import answers, bring_into, exported, undated
from whole_pool import set_up
from world import World, running


@pytest.mark.parametrize("secrets", [False, True])
def test_a_fresh_server_answers_everything_alike(tmp_path: Path, secrets: bool) -> None:
    with running(tmp_path / "one") as one, running(tmp_path / "other") as other:
        set_up(one)
        document = exported(one, secrets=secrets)
        told = bring_into(other, document)
        assert answers(other, secrets=secrets) == answers(one, secrets=secrets)
        assert told["ThereAlready"] == []
        if secrets:
            assert told["LeftOut"] == []
            assert undated(exported(other, secrets=True)) == undated(document)


def test_a_users_csv_is_the_same_again(tmp_path: Path) -> None:
    with running(tmp_path / "one") as one, running(tmp_path / "other") as other:
        pool_id = set_up(one)["pool"]
        document = exported(one)
        pool = document["UserPools"][0]
        text, _ = csv_of(pool, secrets=False)
        bring_into(other, {**document, "UserPools": [{**pool, "Users": []}]})
        file = tmp_path / "users.csv"
        file.write_text(text)
        bring_into(other, {**documents.new(), "UserPools": [people.of_csv(file, pool_id)]})
        again, _ = csv_of(exported(other, pool=pool_id)["UserPools"][0], secrets=False)
        assert again == text


def test_minutes_of_a_browser_session_are_kept_where_sessions_are_tracked_no_more(tmp_path: Path) -> None:
    with running(tmp_path / "one") as one, running(tmp_path / "other") as other:
        pool = one.pool(UserPoolTier="ESSENTIALS")
        whose = {"UserPoolId": pool.pool_id}
        client = {**whose, "ClientId": pool.client()["ClientId"]}
        for tracking in ("ENABLED", "DISABLED"):
            one.idp.set_user_pool_session_configuration(
                **whose, UserSessionTracking=tracking, TokenSession={"MaxPerUser": 3}
            )
            if tracking == "ENABLED":
                one.idp.set_user_pool_client_session_configuration(**client, SSOSession={"MaxValidityMinutes": 7})
        document = exported(one, secrets=True)
        text, unsaid = seed_file_of(document)
        bring_into(other, document)
        assert answers(other) == answers(one)
    with running(tmp_path / "third", tomllib.loads(text)) as third:
        assert "'MaxValidityMinutes': 7" in str(third.idp.get_user_pool_client_session_configuration(**client))
        assert "DISABLED" in str(third.idp.get_user_pool_session_configuration(**whose))
    assert unsaid == []


def test_what_comes_from_another_account_is_this_servers_own(tmp_path: Path) -> None:
    """AWS lets nobody pass a role of another account: the SMS role of a pool, and those of groups."""
    with running(tmp_path / "one", account_id="999988887777") as one, running(tmp_path / "other") as other:
        set_up(one)
        document = exported(one, secrets=True)
        bring_into(other, document)
        here = json.loads(json.dumps(answers(one)).replace("999988887777", "123456789012"))
        assert answers(other) == here
        text, unsaid = seed_file_of(document)
        assert not [one for one in unsaid if "refused" in one]
    with running(tmp_path / "third", tomllib.loads(text), account_id="999988887777") as third:
        assert [one["RoleName"] for one in third.boto3("iam").list_roles()["Roles"]]


def trust_of(world: World, arn: str) -> Any:
    return world.boto3("iam").get_role(RoleName=arn.rpartition("/")[2])["Role"]["AssumeRolePolicyDocument"]


def test_roles_trust_one_another_and_nobody_who_is_not_here(tmp_path: Path) -> None:
    """Users may be left out: who has their ARN on the other server is somebody else."""
    with running(tmp_path / "one") as one, running(tmp_path / "other") as other:
        ada, account = user(one).arn, "123456789012"
        first, lost = role(one, trusting([account, ada])), role(one, trusting(ada))
        second = role(one, trusting([first]))
        iam = one.boto3("iam")
        both = trusting([first, second, ada])
        iam.update_assume_role_policy(RoleName=first.rpartition("/")[2], PolicyDocument=json.dumps(both))
        whole = exported(one)
        for _ in range(2):
            told = bring_into(other, {name: value for name, value in whole.items() if name != "IamUsers"})
        assert trust_of(other, first)["Statement"][0]["Principal"]["AWS"] == [first, second]
        assert trust_of(other, second) == trusting([first])
        assert trust_of(other, lost)["Statement"][0]["Effect"] == "Deny"
        assert told["LeftOut"] == [f"role {lost.rpartition('/')[2]}: AssumeRolePolicyDocument: {ada} is not here"]


def test_a_role_that_somebody_closed_stays_closed(tmp_path: Path) -> None:
    closed = trusting("*")
    closed["Statement"] = [{"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]
    with running(tmp_path) as world:
        arn = role(world, trusting("123456789012"))
        whole, name = exported(world), arn.rpartition("/")[2]
        world.boto3("iam").update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(closed))
        assert bring_into(world, whole)["ThereAlready"] == [f"role {name}"]
        assert trust_of(world, arn) == closed


def test_roles_and_users_who_trust_each_other_come_whole(tmp_path: Path) -> None:
    with running(tmp_path / "one") as one, running(tmp_path / "other") as other:
        ada, lost = user(one).arn, user(one).arn
        first = role(one, trusting([ada, "123456789012"]))
        second = role(one, trusting([first, lost]))
        iam = one.boto3("iam")
        iam.update_assume_role_policy(
            RoleName=first.rpartition("/")[2], PolicyDocument=json.dumps(trusting([second, ada]))
        )
        before = {arn: trust_of(one, arn) for arn in (first, second)}
        whole = exported(one, secrets=True)
        assert bring_into(other, whole)["LeftOut"] == []
        assert {arn: trust_of(other, arn) for arn in before} == before
        assert seed_file_of(whole)[1] == []
        name = {"UserName": lost.rpartition("/")[2]}
        for key in iam.list_access_keys(**name)["AccessKeyMetadata"]:
            iam.delete_access_key(**name, AccessKeyId=key["AccessKeyId"])
        for policy in iam.list_user_policies(**name)["PolicyNames"]:
            iam.delete_user_policy(**name, PolicyName=policy)
        iam.delete_user(**name)
        text, unsaid = seed_file_of(exported(one, secrets=True))
    assert len([one for one in unsaid if "it trusts AIDA" in one]) == 1
    with running(tmp_path / "third", tomllib.loads(text)) as third:
        assert trust_of(third, first) == before[first]
        assert trust_of(third, second)["Statement"][0]["Principal"]["AWS"] in (first, [first])
