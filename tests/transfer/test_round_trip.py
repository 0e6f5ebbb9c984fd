"""A server that was set up by calls is exported; a fresh one that reads the export answers everything alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from signers import role, trusting, user
from transferred import answers, bring_into, exported
from whole_pool import set_up
from world import World, running


@pytest.mark.parametrize("secrets", [False, True])
def test_a_fresh_server_answers_everything_alike(tmp_path: Path, secrets: bool) -> None:
    with running(tmp_path / "one") as one, running(tmp_path / "other") as other:
        set_up(one)
        told = bring_into(other, exported(one, secrets=secrets))
        assert answers(other, secrets=secrets) == answers(one, secrets=secrets)
        assert told["ThereAlready"] == []
        if secrets:
            assert told["LeftOut"] == []


def trust_of(world: World, arn: str) -> Any:
    return world.boto3("iam").get_role(RoleName=arn.rpartition("/")[2])["Role"]["AssumeRolePolicyDocument"]


def test_roles_trust_one_another_and_nobody_who_is_not_here(tmp_path: Path) -> None:
    """Users are not exported: who has their ARN on the other server is somebody else."""
    with running(tmp_path / "one") as one, running(tmp_path / "other") as other:
        ada, account = user(one).arn, "123456789012"
        first, lost = role(one, trusting([account, ada])), role(one, trusting(ada))
        second = role(one, trusting([first]))
        iam = one.boto3("iam")
        both = trusting([first, second, ada])
        iam.update_assume_role_policy(RoleName=first.rpartition("/")[2], PolicyDocument=json.dumps(both))
        for _ in range(2):
            told = bring_into(other, exported(one))
        assert trust_of(other, first)["Statement"][0]["Principal"]["AWS"] == [first, second]
        assert trust_of(other, second) == trusting([first])
        assert trust_of(other, lost)["Statement"][0]["Effect"] == "Deny"
        assert told["LeftOut"] == [f"role {lost.rpartition('/')[2]}: AssumeRolePolicyDocument: {ada} is not here"]
