"""Nobody hands out a role that they may not pass. Source: IAM user guide, Granting permissions to pass a role."""

from __future__ import annotations

from typing import Any

import pytest

from asking import invalid, not_authorized, refusal
from federated import Identities, allow, identities
from halfday.server.operations.framework.model import operation_model
from halfday.server.operations.framework.pass_role import PATHS
from halfday.server.operations.framework.service_models import ListShape, StructureShape
from world import World

POWERFUL = "arn:aws:iam::123456789012:role/powerful"
MINE = "arn:aws:iam::123456789012:role/mine/*"


@pytest.fixture
def people(world: World) -> Identities:
    return identities(world)


def administrator(people: Identities, name: str, *more: dict[str, Any]) -> dict[str, Any]:
    """Credentials that may call everything of Cognito; whether they may pass roles is for `more` to say."""
    people.set_roles(authenticated=people.role(name, allow("cognito-identity:*", "cognito-idp:*"), *more))
    return people.credentials(people.logins())


def by_rule(arn: str) -> dict[str, Any]:
    rule = {"Claim": "sub", "MatchType": "NotEqual", "Value": "x", "RoleARN": arn}
    return {"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": [rule]}}


def test_who_may_set_roles_may_not_set_any_role(people: Identities) -> None:
    issued = administrator(people, "setter", allow("iam:PassRole", resource=MINE))
    api = people.signed("cognito-identity", issued)
    given = {"IdentityPoolId": people.identity_pool_id}
    before = api.get_identity_pool_roles(**given)["Roles"]
    for kind in ("authenticated", "unauthenticated"):
        refused = refusal(api.set_identity_pool_roles, **given, Roles={kind: POWERFUL})
        assert refused == not_authorized(f"Access to Role '{POWERFUL}' is forbidden.")
    assert api.get_identity_pool_roles(**given)["Roles"] == before
    mine = "arn:aws:iam::123456789012:role/mine/x"
    for arn in (POWERFUL, mine):
        mappings = {f"{people.provider}:{people.client['ClientId']}": by_rule(arn)}
        ask = {**given, "Roles": {"authenticated": mine}, "RoleMappings": mappings}
        if arn == mine:
            api.set_identity_pool_roles(**ask)
        else:
            refused = refusal(api.set_identity_pool_roles, **ask)
            assert refused == not_authorized(f"Access to Role '{POWERFUL}' is forbidden."), "of a rule, too"


def test_a_group_s_role_is_passed_too(people: Identities) -> None:
    for_cognito = allow("iam:PassRole")
    for_cognito["Statement"][0]["Condition"] = {
        "StringEquals": {"iam:PassedToService": "cognito-identity.amazonaws.com"}
    }
    idp = people.signed("cognito-idp", administrator(people, "grouper", for_cognito))
    group = {"UserPoolId": people.pool.pool_id, "GroupName": "g"}
    code, sentence = refusal(idp.create_group, **group, RoleArn=POWERFUL)
    assert code == "AccessDeniedException"
    assert f"is not authorized to perform: iam:PassRole on resource: {POWERFUL}" in sentence
    idp.create_group(**group)
    assert refusal(idp.update_group, **group, RoleArn=POWERFUL)[0] == "AccessDeniedException"
    people.world.boto3("cognito-idp").update_group(**group, RoleArn=POWERFUL)
    far = "arn:aws:iam::999999999999:role/r"
    refused = refusal(people.world.idp.update_group, **group, RoleArn=far)
    assert refused == invalid("Cross-account pass role is not allowed."), "the account itself passes its own roles only"


@pytest.mark.parametrize(("service", "name"), list(PATHS))
def test_what_is_looked_at_is_in_the_model(service: str, name: str) -> None:
    model = operation_model(service, name)
    assert model is not None
    for path in PATHS[service, name]:
        shape = model.input_shape
        for member in path.split("."):
            if isinstance(shape, StructureShape):
                shape = shape.members[member]
            else:
                shape = shape.member if isinstance(shape, ListShape) else shape.value
        assert shape.type_name == "string", path
