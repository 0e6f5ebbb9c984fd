"""A server that was set up by calls is exported; a fresh one that reads the export answers everything alike."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from halfday.server.seed.written import seed_file_of
from halfday.server.transfer import documents
from halfday.server.transfer.foreign import people
from halfday.server.transfer.users_csv import csv_of
from transferred import answers, bring_into, exported, undated
from whole_pool import set_up
from world import running


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
