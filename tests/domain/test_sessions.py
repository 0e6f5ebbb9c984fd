"""What a session is known by: its tags and its source identity, as policies may ask of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from halfday.server.domain.aws.sessions import IssuedCredentials, SessionKind, merged_tags, request_tags

MADE = IssuedCredentials(
    access_key_id="ASIA", secret_access_key="b", session_token="c", account="123456789012", role_name="reader",
    role_id="AROA", session_name="ada", issued_at=1.5, expires_at=901, principal_tags={"Team": "red", "floor": "1"},
    transitive_tag_keys=("team",),
)  # fmt: skip


def test_of_two_tags_that_differ_by_case_the_later_stands() -> None:
    assert merged_tags({"Team": "red", "floor": "1"}, {"team": "blue"}) == {"floor": "1", "team": "blue"}


def test_only_transitive_tags_are_inherited_whatever_their_case() -> None:
    assert MADE.inherited_tags == {"Team": "red"}


def test_tags_and_source_identity_are_conditions_of_all_that_is_done() -> None:
    context = replace(MADE, source_identity="ada").context_of({"floor": "9", "cost": "3"})
    assert {key: context[key] for key in sorted(context) if key.startswith("aws:")} == {
        "aws:MultiFactorAuthPresent": "false",
        "aws:PrincipalTag/Team": "red",
        "aws:PrincipalTag/cost": "3",
        "aws:PrincipalTag/floor": "1",
        "aws:SourceIdentity": "ada",
        "aws:TokenIssueTime": "1",
    }
    assert "aws:SourceIdentity" not in MADE.context_of()


def test_tags_that_are_passed_are_named_for_conditions_and_none_where_none_are() -> None:
    assert request_tags({"team": "red"}) == {"aws:RequestTag/team": "red", "aws:TagKeys": ["team"]}
    assert request_tags({}) == {}


def test_a_session_is_named_by_what_it_stands_for() -> None:
    assert (MADE.arn, MADE.user_id) == ("arn:aws:sts::123456789012:assumed-role/reader/ada", "AROA:ada")
    federated = replace(MADE, kind=SessionKind.FEDERATED_USER, role_name="", role_id="")
    assert (federated.arn, federated.user_id) == (
        "arn:aws:sts::123456789012:federated-user/ada",
        "123456789012:ada",
    )
    with pytest.raises(ValueError, match="own session"):
        _ = replace(MADE, kind=SessionKind.OWN_SESSION).arn
