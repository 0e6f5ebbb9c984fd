"""fromCognitoIdentityPool of AWS's SDK for JavaScript: guests, people of a user pool, people whom a backend knows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from federated import Identities, identities, trust
from real_clients.javascript import Node, Opened, Refused
from world import World

KEY, DEVELOPER = "cognito-identity.amazonaws.com", "login.example.com"


@pytest.fixture
def people(world: World) -> Identities:
    people = identities(world, AllowUnauthenticatedIdentities=True, DeveloperProviderName=DEVELOPER)
    signed_in, guests = people.role(name(people, "in")), people.role(name(people, "guest"), kind="unauthenticated")
    people.set_roles(authenticated=signed_in, unauthenticated=guests)
    return people


def name(people: Identities, short: str) -> str:
    return f"{short}-{people.identity_pool_id[-12:]}"


@pytest.fixture
def sdk(world: World, node: Node) -> Opened:
    return node.open("identity_pool", endpoint=world.origin)


def pool(people: Identities, **given: Any) -> dict[str, Any]:
    return {"identityPoolId": people.identity_pool_id, **given}


def vouched(people: Identities, **given: Any) -> dict[str, Any]:
    ask = {"IdentityPoolId": people.identity_pool_id, "Logins": {DEVELOPER: "ada"}, **given}
    answer: dict[str, Any] = people.admin.get_open_id_token_for_developer_identity(**ask)
    return answer


def test_a_guest_stays_the_same_by_the_cache(sdk: Opened, people: Identities) -> None:
    first, again = sdk.pool(pool(people)), sdk.pool(pool(people))
    assert first["identityId"] == again["identityId"]
    assert f"/{name(people, 'guest')}/CognitoIdentityCredentials" in first["arn"]
    assert first["expires"]


def test_somebody_of_the_user_pool(sdk: Opened, people: Identities) -> None:
    found = sdk.pool(pool(people, logins=people.logins()))
    assert found["identityId"] == people.get_id(people.logins())
    assert f"/{name(people, 'in')}/" in found["arn"]


def test_somebody_whom_the_backend_knows(sdk: Opened, people: Identities) -> None:
    answer = vouched(people)
    found = sdk.identity({"identityId": answer["IdentityId"], "logins": {KEY: answer["Token"]}})
    assert (found["identityId"], f"/{name(people, 'in')}/" in found["arn"]) == (answer["IdentityId"], True)
    with pytest.raises(
        Refused, match=r"^NotAuthorizedException: Invalid login token\. Can't pass in a Cognito token\.$"
    ):
        sdk.pool(pool(people, logins={KEY: answer["Token"]}))


def test_a_role_of_one_s_own_choice(sdk: Opened, people: Identities) -> None:
    arns = {}
    for short in ("readers", "admins"):
        arns[short] = people.role(name(people, short))
        given = {"UserPoolId": people.pool.pool_id, "GroupName": short}
        people.world.idp.create_group(**given, RoleArn=arns[short])
        people.world.idp.admin_add_user_to_group(**given, Username="ada")
    people.map_roles({"Type": "Token", "AmbiguousRoleResolution": "Deny"})
    logins = people.logins()
    with pytest.raises(
        Refused, match=r"^NotAuthorizedException: The ambiguous role mapping rules denied this request$"
    ):
        sdk.pool(pool(people, logins=logins))
    for short, arn in arns.items():
        assert f"/{name(people, short)}/" in sdk.pool(pool(people, logins=logins, customRoleArn=arn))["arn"]


def test_tags_without_permission_to_tag(sdk: Opened, people: Identities) -> None:
    people.tag(who="sub")
    given = pool(people, logins=people.logins())
    with pytest.raises(
        Refused, match=r"^InvalidIdentityPoolConfigurationException: Invalid identity pool configuration"
    ):
        sdk.pool(given)
    tagging = trust(people.identity_pool_id)
    tagging["Statement"][0]["Action"] = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
    arn = people.role(name(people, "tagging"), AssumeRolePolicyDocument=json.dumps(tagging))
    people.set_roles(authenticated=arn)
    assert f"/{name(people, 'tagging')}/" in sdk.pool(given)["arn"]
