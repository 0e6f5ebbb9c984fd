"""Which role somebody gets, and which tags their session has, seen by what the credentials may do.

Source: facts/identity.md §4, §5; developer guide, Using role-based access control, Using attributes for access control.
"""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest

from asking import invalid, not_authorized, refusal
from federated import Identities, allow, identities, trust
from functions import set_triggers
from world import World

DENIED = not_authorized("The ambiguous role mapping rules denied this request")
TOKEN = {"Type": "Token", "AmbiguousRoleResolution": "AuthenticatedRole"}
GOOGLE = "accounts.google.com"


@pytest.fixture
def people(world: World) -> Identities:
    return identities(world)


class Groups:
    """Roles that are named alike and belong to groups of the user pool."""

    def __init__(self, people: Identities) -> None:
        self.people = people

    def name(self, short: str) -> str:
        return f"{short}-{self.people.identity_pool_id[-12:]}"

    def role(self, short: str, **given: Any) -> str:
        return self.people.role(self.name(short), **given)

    def group(self, short: str, precedence: int | None = None, member: str = "ada") -> str:
        """The ARN of the role of a new group."""
        pool_id, arn = self.people.pool.pool_id, self.role(short)
        given = {"Precedence": precedence} if precedence is not None else {}
        self.people.world.idp.create_group(UserPoolId=pool_id, GroupName=short, RoleArn=arn, **given)
        self.people.world.idp.admin_add_user_to_group(UserPoolId=pool_id, GroupName=short, Username=member)
        return arn

    def got(self, **given: Any) -> str:
        """The short name of the role that ada gets."""
        logins = self.people.logins()
        ask = {"IdentityId": self.people.get_id(logins), "Logins": logins, **given}
        issued = self.people.api.get_credentials_for_identity(**ask)["Credentials"]
        return self.people.role_of(issued).partition("-")[0]


@pytest.fixture
def groups(people: Identities) -> Groups:
    return Groups(people)


def by_rules(*rules: tuple[str, str, str, str], resolution: str = "Deny") -> dict[str, Any]:
    listed = [dict(zip(("Claim", "MatchType", "Value", "RoleARN"), rule, strict=True)) for rule in rules]
    return {"Type": "Rules", "AmbiguousRoleResolution": resolution, "RulesConfiguration": {"Rules": listed}}


def test_without_a_mapping_everybody_gets_the_pool_s_role(people: Identities, groups: Groups) -> None:
    groups.group("admins")
    people.set_roles(authenticated=groups.role("usual"))
    assert groups.got() == "usual"


def test_the_role_of_the_only_group_and_of_the_preferred_one(people: Identities, groups: Groups) -> None:
    people.map_roles(TOKEN, authenticated=groups.role("usual"))
    assert groups.got() == "usual", "who has no group gets what the pool says"
    groups.group("readers", 10)
    assert groups.got() == "readers"
    groups.group("admins", 1)
    assert groups.got() == "admins"
    groups.group("owners", 1)
    assert groups.got() == "usual", "two of one rank are not preferred"


def test_the_token_s_roles_may_be_chosen_from(people: Identities, groups: Groups) -> None:
    people.map_roles(TOKEN, authenticated=groups.role("usual"))
    readers, _ = groups.group("readers", 10), groups.group("admins", 1)
    assert groups.got(CustomRoleArn=readers) == "readers"
    usual = f"arn:aws:iam::123456789012:role/{groups.name('usual')}"
    refused = refusal(groups.got, CustomRoleArn=usual)
    assert refused == not_authorized(f"Access to Role '{usual}' is forbidden.")


def test_without_a_mapping_only_the_pool_s_own_role_may_be_asked_for(people: Identities, groups: Groups) -> None:
    usual, other = groups.role("usual"), groups.role("other")
    people.set_roles(authenticated=usual)
    assert groups.got(CustomRoleArn=usual) == "usual"
    refused = refusal(groups.got, CustomRoleArn=other)
    assert refused == not_authorized(f"Access to Role '{other}' is forbidden.")


def test_what_a_function_says_of_groups_reaches_the_role(people: Identities, groups: Groups) -> None:
    """claimsOverrideDetails.groupOverrideDetails of pre token generation (facts/triggers.md)."""
    admins, _ = groups.role("admins"), groups.group("readers")
    people.map_roles({**TOKEN, "AmbiguousRoleResolution": "Deny"})
    told: dict[str, Any] = {"groupsToOverride": ["admins"], "iamRolesToOverride": [admins], "preferredRole": admins}

    def function(event: dict[str, Any]) -> dict[str, Any]:
        event["response"] = {"claimsOverrideDetails": {"groupOverrideDetails": told}}
        return event

    set_triggers(people.pool, PreTokenGeneration=function)
    assert groups.got() == "admins"
    told.update(iamRolesToOverride=[], preferredRole=None, groupsToOverride=[])
    assert refusal(groups.got) == DENIED


def test_the_first_rule_that_fits_decides(people: Identities, groups: Groups) -> None:
    first, second, usual = groups.role("first"), groups.role("second"), groups.role("usual")
    email = "email"
    rules = [(email, "Equals", "ada@example.com", first), (email, "StartsWith", "ada", second)]
    people.map_roles(by_rules(*rules), authenticated=usual)
    assert groups.got() == "first"
    people.map_roles(by_rules(*reversed(rules)), authenticated=usual)
    assert groups.got() == "second"
    assert groups.got(CustomRoleArn=first) == "first", "another rule that fits has it"
    people.map_roles(
        by_rules((email, "Equals", "eve@example.com", first), resolution="AuthenticatedRole"), authenticated=usual
    )
    assert groups.got() == "usual"
    assert refusal(groups.got, CustomRoleArn=first) == not_authorized(f"Access to Role '{first}' is forbidden.")


@pytest.mark.parametrize(
    ("claim", "match", "value", "fits"),
    [
        ("email", "Equals", "ada@example.com", True),
        ("email", "Equals", "ADA@example.com", False),
        ("email", "StartsWith", "ada@", True),
        ("email", "StartsWith", "example", False),
        ("email", "Contains", "@example", True),
        ("email", "NotEqual", "eve@example.com", True),
        ("email", "NotEqual", "ada@example.com", False),
        ("custom:missing", "NotEqual", "x", False),
        ("email_verified", "Equals", "true", True),
        ("cognito:groups", "Contains", "readers", True),
        ("cognito:groups", "Contains", "admins", False),
        ("cognito:username", "Equals", "ada", True),
    ],
)
def test_a_rule_compares_the_claim_as_text(
    people: Identities, groups: Groups, claim: str, match: str, value: str, fits: bool
) -> None:
    groups.group("readers")
    arn = groups.role("ruled")
    people.map_roles(by_rules((claim, match, value, arn)))
    if fits:
        assert groups.got() == "ruled"
    else:
        assert refusal(groups.got) == DENIED


def test_roles_are_shown_as_they_were_set_and_gone_with_two_empty_maps(people: Identities) -> None:
    arn, key = "arn:aws:iam::123456789012:role/r", f"{people.provider}:{people.client['ClientId']}"
    people.update(SupportedLoginProviders={GOOGLE: "app"}, DeveloperProviderName="login.example.com")
    given = {
        "IdentityPoolId": people.identity_pool_id,
        "Roles": {"authenticated": arn, "unauthenticated": arn},
        "RoleMappings": {
            key: TOKEN,
            GOOGLE: by_rules(("email", "Equals", "a", arn)),
            "login.example.com": by_rules(("sub", "Equals", "a", arn)),
        },
    }
    people.admin.set_identity_pool_roles(**given)
    shown = people.admin.get_identity_pool_roles(IdentityPoolId=people.identity_pool_id)
    assert {name: shown[name] for name in given} == given
    people.update(IdentityPoolName="renamed")
    shown = people.admin.get_identity_pool_roles(IdentityPoolId=people.identity_pool_id)
    assert {name: shown[name] for name in given} == given, "an update of the pool leaves its roles"
    people.admin.set_identity_pool_roles(IdentityPoolId=people.identity_pool_id, Roles={}, RoleMappings={})
    shown = people.admin.get_identity_pool_roles(IdentityPoolId=people.identity_pool_id)
    assert (shown["Roles"], "RoleMappings" in shown) == ({}, False)


def tagging(people: Identities, **condition: Any) -> str:
    policy = trust(people.identity_pool_id)
    policy["Statement"][0]["Action"] = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
    policy["Statement"][0]["Condition"].update(condition)
    return json.dumps(policy)


def own_department(action: str = "cognito-idp:ListUserPools") -> dict[str, Any]:
    policy = allow(action)
    policy["Statement"][0]["Condition"] = {"StringEquals": {"aws:PrincipalTag/department": "engines"}}
    return policy


def test_claims_become_tags_that_policies_ask_for(people: Identities, groups: Groups) -> None:
    people.tag(department="given_name", who="cognito:username", missing="custom:none")
    role = people.role(groups.name("tagged"), own_department(), AssumeRolePolicyDocument=tagging(people))
    people.set_roles(authenticated=role)
    for given_name, may in (("engines", True), ("sales", False)):
        attributes = [{"Name": "given_name", "Value": given_name}]
        people.world.idp.admin_update_user_attributes(
            UserPoolId=people.pool.pool_id, Username="ada", UserAttributes=attributes
        )
        idp = people.signed("cognito-idp", people.credentials(people.logins()))
        if may:
            assert idp.list_user_pools(MaxResults=1)
        else:
            assert refusal(idp.list_user_pools, MaxResults=1)[0] == "AccessDeniedException"


def test_a_trust_policy_may_say_which_tags_it_takes(people: Identities, groups: Groups) -> None:
    people.tag(department="cognito:username")
    for value, may in (("ada", True), ("eve", False)):
        condition = {
            "StringEquals": {
                "cognito-identity.amazonaws.com:aud": people.identity_pool_id,
                "aws:RequestTag/department": value,
            }
        }
        role = people.role(groups.name(value), AssumeRolePolicyDocument=tagging(people, **condition))
        people.set_roles(authenticated=role)
        if may:
            assert groups.got() == "ada"
        else:
            assert refusal(groups.got)[0] == "InvalidIdentityPoolConfigurationException"


def test_a_claim_that_no_tag_can_hold_is_a_configuration_to_check(people: Identities, groups: Groups) -> None:
    """aws/aws-sdk-js#4112."""
    people.tag(department="given_name")
    people.set_roles(authenticated=people.role(groups.name("t"), AssumeRolePolicyDocument=tagging(people)))
    for given_name, may in (("a b/c_1.:=+-@ä", True), ("a,b", False), ("x" * 257, False)):
        attributes = [{"Name": "given_name", "Value": given_name}]
        people.world.idp.admin_update_user_attributes(
            UserPoolId=people.pool.pool_id, Username="ada", UserAttributes=attributes
        )
        if may:
            assert groups.got() == "t"
        else:
            assert refusal(groups.got)[0] == "InvalidIdentityPoolConfigurationException"


def test_tags_travel_in_the_token_of_the_basic_flow(people: Identities) -> None:
    people.update(AllowClassicFlow=True)
    people.tag(defaults=True)
    logins = people.logins()
    answer = people.api.get_open_id_token(IdentityId=people.get_id(logins), Logins=logins)
    login = jwt.decode(logins[people.provider], options={"verify_signature": False})
    claims = jwt.decode(answer["Token"], options={"verify_signature": False})
    tags = {"client": [login["aud"]], "username": [login["sub"]]}
    assert claims["https://aws.amazon.com/tags"] == {"principal_tags": tags}


def test_a_backend_gives_tags_of_its_own(people: Identities, groups: Groups) -> None:
    people.update(DeveloperProviderName="login.example.com")
    role = people.role(groups.name("vouched"), own_department(), AssumeRolePolicyDocument=tagging(people))
    people.set_roles(authenticated=role)
    given = {"IdentityPoolId": people.identity_pool_id, "Logins": {"login.example.com": "ada"}}
    ask = people.admin.get_open_id_token_for_developer_identity
    for department, may in (("engines", True), ("sales", False)):
        answer = ask(**given, PrincipalTags={"department": department})
        logins = {"cognito-identity.amazonaws.com": answer["Token"]}
        idp = people.signed("cognito-idp", people.credentials(logins, answer["IdentityId"]))
        if may:
            assert idp.list_user_pools(MaxResults=1)
        else:
            assert refusal(idp.list_user_pools, MaxResults=1)[0] == "AccessDeniedException"
    refused = refusal(ask, **given, PrincipalTags={"department": "a,b"})
    assert refused[0] == "InvalidParameterException"


def test_a_map_of_tags_is_shown_as_it_was_set(people: Identities) -> None:
    given = {"IdentityPoolId": people.identity_pool_id, "IdentityProviderName": people.provider}
    set_map, get_map = people.admin.set_principal_tag_attribute_map, people.admin.get_principal_tag_attribute_map
    empty = {**given, "UseDefaults": False, "PrincipalTags": {}}

    def shown(answer: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}

    assert shown(get_map(**given)) == empty
    mine = {**given, "UseDefaults": False, "PrincipalTags": {"b": "sub", "a": "custom:x"}}
    assert shown(set_map(**mine)) == shown(get_map(**given)) == mine
    assert shown(set_map(**empty)) == shown(get_map(**given)) == empty
    usual = {**given, "UseDefaults": True, "PrincipalTags": {}}
    assert shown(set_map(**{**given, "UseDefaults": True})) == shown(get_map(**given)) == usual
    stranger = {**given, "IdentityProviderName": GOOGLE}
    assert refusal(get_map, **stranger) == invalid(f"{GOOGLE} is not a provider of this identity pool.")
    refused = refusal(set_map, **given, PrincipalTags={f"tag{n}": "c" * 100 for n in range(5)})
    assert refused == invalid("PrincipalTags are longer than 460 bytes.")
