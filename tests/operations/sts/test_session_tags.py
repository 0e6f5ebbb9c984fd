"""Session tags and source identity: passed, inherited, asked about by policies. Source: IAM user guide, Pass session
tags in AWS STS; Monitor and control actions taken with assumed roles.
"""

from __future__ import annotations

from typing import Any

from asking import refusal
from federated import allow
from signers import Signer, role, trusting, user
from world import World

ACTIONS = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")


def tags(**given: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in given.items()]


def where(action: str, **condition: Any) -> dict[str, Any]:
    policy = allow(action)
    policy["Statement"][0]["Condition"] = condition
    return policy


def refused(signer: Signer, role_arn: str, **given: Any) -> tuple[str, str]:
    return refusal(signer.client().assume_role, RoleArn=role_arn, RoleSessionName="session", **given)


def test_tags_of_the_session_are_asked_about_by_the_role_s_policies(world: World) -> None:
    ada = user(world)
    reads = where("iam:ListRoles", StringEquals={"aws:PrincipalTag/team": "red"})
    arn = role(world, trusting(ada.arn, *ACTIONS), reads)
    assert ada.assume(arn, Tags=tags(team="red")).client("iam").list_roles()["Roles"]
    assert refusal(ada.assume(arn, Tags=tags(team="blue")).client("iam").list_roles)[0] == "AccessDenied"
    assert refusal(ada.assume(arn).client("iam").list_roles)[0] == "AccessDenied"


def test_a_tag_of_the_session_stands_in_place_of_the_role_s_own(world: World) -> None:
    ada = user(world)
    reads = where("iam:ListRoles", StringEquals={"aws:PrincipalTag/team": "red"})
    arn = role(world, trusting(ada.arn, *ACTIONS), reads, Tags=tags(Team="red"))
    assert ada.assume(arn).client("iam").list_roles()["Roles"]
    assert refusal(ada.assume(arn, Tags=tags(team="blue")).client("iam").list_roles)[0] == "AccessDenied"


def test_tags_need_the_permission_to_tag_of_both_sides(world: World) -> None:
    untagged = user(world)
    without = role(world, trusting(untagged.arn))
    code, sentence = refused(untagged, without, Tags=tags(team="red"))
    assert code == "AccessDenied"
    assert sentence == f"User: {untagged.arn} is not authorized to perform: sts:TagSession on resource: {without}"
    by_account = role(world, trusting(untagged.arn.split(":")[4], *ACTIONS))
    only_assumes = user(world, allow("sts:AssumeRole"))
    code, sentence = refused(only_assumes, by_account, Tags=tags(team="red"))
    assert "sts:TagSession" in sentence
    assert sentence.endswith("because no identity-based policy allows the sts:TagSession action")


def test_a_role_says_which_tags_may_be_passed(world: World) -> None:
    ada = user(world)
    conditions = {
        "StringLike": {"aws:RequestTag/Project": "*"},
        "StringEquals": {"aws:RequestTag/Department": ["Engineering", "Marketing"]},
        "ForAllValues:StringEquals": {"sts:TransitiveTagKeys": ["Project"]},
    }
    arn = role(world, trusting(ada.arn, *ACTIONS, **conditions))
    good = tags(Project="Automation", Department="Engineering")
    assert ada.assume(arn, Tags=good)
    assert ada.assume(arn, Tags=good, TransitiveTagKeys=["Project"])
    assert refused(ada, arn, Tags=good, TransitiveTagKeys=["Department"])[0] == "AccessDenied"
    assert refused(ada, arn, Tags=tags(Project="Automation", Department="Sales"))[0] == "AccessDenied"
    assert refused(ada, arn, Tags=tags(Department="Engineering"))[0] == "AccessDenied"


def test_tags_that_are_none_are_told_in_aws_s_words(world: World) -> None:
    ada = user(world)
    arn = role(world, trusting(ada.arn, *ACTIONS))
    assert refused(ada, arn, Tags=tags(team="red", Team="blue")) == (
        "InvalidParameterValue",
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    )
    assert refused(ada, arn, Tags=tags(team="red"), TransitiveTagKeys=["floor"]) == (
        "InvalidParameterValue",
        "The specified transitive tag key must be included in the requested tags.",
    )
    assert refused(ada, arn, Tags=[{"Key": "aws:team", "Value": "red"}])[0] == "InvalidParameterValue"


def test_transitive_tags_go_along_a_chain_and_others_do_not(world: World) -> None:
    ada = user(world)
    first = role(world, trusting(ada.arn, *ACTIONS))
    reads = where("iam:ListRoles", StringEquals={"aws:PrincipalTag/star": "1"})
    lists = where("iam:ListUsers", Null={"aws:PrincipalTag/moon": "true"})
    second = role(world, trusting(first, *ACTIONS), reads, lists, Tags=tags(star="3"))
    third = role(world, trusting(second, *ACTIONS), reads)
    session = ada.assume(first, Tags=tags(star="1", moon="2"), TransitiveTagKeys=["star"])
    chained = session.assume(second)
    assert chained.client("iam").list_roles()["Roles"], "the inherited tag counts, and not the role's own"
    assert chained.client("iam").list_users(), "the other tag was not inherited"
    assert chained.assume(third).client("iam").list_roles()["Roles"], "what was inherited is inherited again"
    for key in ("star", "Star"):
        assert refused(session, second, Tags=tags(**{key: "9"})) == (
            "InvalidParameterValue",
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from "
            "the calling session.",
        )
    without = role(world, trusting(first))
    assert "sts:TagSession" in refused(session, without)[1], "inherited tags need the permission too"


def test_tags_of_a_user_are_the_user_s_and_end_with_the_role(world: World) -> None:
    reads = where("iam:ListRoles", StringEquals={"aws:PrincipalTag/team": "red"})
    ada = user(world, reads, tags={"team": "red"})
    assert ada.client("iam").list_roles()["Roles"]
    arn = role(world, trusting(ada.arn), reads)
    assert refusal(ada.assume(arn).client("iam").list_roles)[0] == "AccessDenied"


def test_a_source_identity_stays_through_a_chain(world: World) -> None:
    ada = user(world)
    first = role(world, trusting(ada.arn, *ACTIONS, StringLike={"sts:SourceIdentity": "ada*"}))
    reads = where("iam:ListRoles", StringEquals={"aws:SourceIdentity": "ada-1815"})
    second = role(world, trusting(first, *ACTIONS), reads)
    given = {"RoleArn": first, "RoleSessionName": "session", "SourceIdentity": "ada-1815"}
    assert ada.client().assume_role(**given)["SourceIdentity"] == "ada-1815"
    session = ada.assume(first, SourceIdentity="ada-1815")
    assert session.assume(second).client("iam").list_roles()["Roles"]
    assert refused(session, second, SourceIdentity="grace")[0] == "AccessDenied"
    assert session.assume(second, SourceIdentity="ada-1815")
    assert refused(ada, first)[0] == "AccessDenied", "the role asks for one"
    assert refused(ada, first, SourceIdentity="grace")[0] == "AccessDenied"
    unset = role(world, trusting(first))
    assert "sts:SetSourceIdentity" in refused(session, unset)[1]
