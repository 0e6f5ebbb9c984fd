"""People whom the developer's own backend vouches for. Source: API reference; facts/identity.md §3."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest

from asking import invalid, missing, not_authorized, refusal
from federated import Identities, identities
from world import World

PROVIDER, KEY = "login.example.com", "cognito-identity.amazonaws.com"
NOWHERE = "us-east-1:00000000-0000-0000-0000-000000000000"
NO_USER = missing("DeveloperUserIdentifier not found.")
NO_MATCH = not_authorized(
    "Logins don't match. Please include at least one valid login for this identity or identity pool."
)


@pytest.fixture
def people(world: World) -> Identities:
    return identities(world, DeveloperProviderName=PROVIDER, AllowUnauthenticatedIdentities=True)


def vouch(people: Identities, user: str = "ada", **given: Any) -> dict[str, Any]:
    given = {"IdentityPoolId": people.identity_pool_id, "Logins": {PROVIDER: user}, **given}
    answer: dict[str, Any] = people.admin.get_open_id_token_for_developer_identity(**given)
    return answer


def claims_of(answer: dict[str, Any]) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(answer["Token"], options={"verify_signature": False})
    return claims


def users_of(people: Identities, identity_id: str) -> list[str]:
    given = {"IdentityPoolId": people.identity_pool_id, "IdentityId": identity_id}
    return list(people.admin.lookup_developer_identity(**given)["DeveloperUserIdentifierList"])


def test_a_user_of_the_backend_has_one_identity_and_a_token_of_a_quarter_of_an_hour(people: Identities) -> None:
    first, again = vouch(people), vouch(people)
    assert first["IdentityId"] == again["IdentityId"] != vouch(people, "eve")["IdentityId"]
    claims = claims_of(first)
    assert claims["sub"] == first["IdentityId"]
    assert claims["aud"] == people.identity_pool_id
    assert claims["amr"] == ["authenticated", PROVIDER, f"{PROVIDER}:{people.identity_pool_id}:ada"]
    assert claims["exp"] - claims["iat"] == 900
    assert jwt.get_unverified_header(first["Token"])["alg"] == "RS512"
    longer = claims_of(vouch(people, TokenDuration=86_400))
    assert longer["exp"] - longer["iat"] == 86_400
    assert people.api.describe_identity(IdentityId=first["IdentityId"])["Logins"] == [PROVIDER]


def test_the_token_is_taken_for_credentials_until_it_ends(people: Identities) -> None:
    people.set_roles(authenticated=people.role("vouched"))
    answer = vouch(people)
    issued = people.credentials({KEY: answer["Token"]}, answer["IdentityId"])
    assert people.role_of(issued) == "vouched"
    people.world.clock.advance(900 + 10)
    code, sentence = refusal(people.credentials, logins={KEY: answer["Token"]}, identity_id=answer["IdentityId"])
    assert code == "NotAuthorizedException"
    assert sentence.startswith("Invalid login token. Token expired: ")
    people.world.clock.ahead_s = 0


def test_the_token_is_for_its_identity_only(people: Identities) -> None:
    ada, eve = vouch(people), vouch(people, "eve")
    assert refusal(people.credentials, logins={KEY: ada["Token"]}, identity_id=eve["IdentityId"]) == NO_MATCH
    other = identities(people.world, DeveloperProviderName=PROVIDER)
    elsewhere = vouch(other)
    refused = refusal(people.credentials, logins={KEY: elsewhere["Token"]}, identity_id=ada["IdentityId"])
    assert refused == not_authorized("Token is not from a supported provider of this identity pool.")


def test_a_cognito_token_is_no_login_where_an_identity_is_asked_for(people: Identities) -> None:
    """aws/aws-sdk-net#420, soto-project/soto#452."""
    token = vouch(people)["Token"]
    refused = refusal(people.get_id, logins={KEY: token})
    assert refused == not_authorized("Invalid login token. Can't pass in a Cognito token.")
    people.update(AllowClassicFlow=True)
    given = {"IdentityId": vouch(people)["IdentityId"], "Logins": {KEY: token}}
    assert refusal(people.api.get_open_id_token, **given) == refused
    refused = refusal(people.get_id, logins={PROVIDER: token})
    assert refused == not_authorized("Invalid login token. Issuer doesn't match providerName"), "aws/aws-sdk-net#1251"


def test_what_is_no_cognito_token_is_told_so(people: Identities) -> None:
    identity_id = vouch(people)["IdentityId"]
    for token in ("garbage", people.logins()[people.provider]):
        refused = refusal(people.credentials, logins={KEY: token}, identity_id=identity_id)
        assert refused == not_authorized("Invalid login token. Not a Cognito token.")


def test_a_guest_becomes_the_user_of_the_backend(people: Identities) -> None:
    guest = people.get_id()
    assert vouch(people, IdentityId=guest)["IdentityId"] == guest
    assert vouch(people)["IdentityId"] == guest
    assert users_of(people, guest) == ["ada"]


def test_a_user_of_one_identity_is_not_of_another(people: Identities) -> None:
    vouch(people)
    refused = refusal(vouch, people=people, IdentityId=people.get_id())
    assert refused == (
        "DeveloperUserAlreadyRegisteredException",
        "The provided developer user identifier is already registered with Cognito under a different identity ID.",
    )


def test_an_identity_with_logins_is_joined_by_who_shows_one(people: Identities) -> None:
    """aws/aws-sdk-js#2327: without one the logins don't match."""
    logins = people.logins()
    mine = people.get_id(logins)
    assert refusal(vouch, people=people, IdentityId=mine) == NO_MATCH
    both = {PROVIDER: "ada", **logins}
    answer = vouch(people, IdentityId=mine, Logins=both)
    assert answer["IdentityId"] == mine == vouch(people)["IdentityId"]
    assert people.provider in claims_of(answer)["amr"]
    assert refusal(vouch, people=people, IdentityId=NOWHERE) == missing(f"Identity '{NOWHERE}' not found.")


def test_two_logins_that_are_vouched_for_make_one_identity(people: Identities) -> None:
    vouched, mine = vouch(people)["IdentityId"], people.get_id(people.logins())
    assert vouched != mine
    joined = vouch(people, Logins={PROVIDER: "ada", **people.logins()})["IdentityId"]
    assert joined == vouched == people.get_id(people.logins())


def test_two_users_are_merged_into_the_destination_s_identity(people: Identities) -> None:
    source, destination = vouch(people, "phone")["IdentityId"], vouch(people, "web")["IdentityId"]
    given = {"IdentityPoolId": people.identity_pool_id, "DeveloperProviderName": PROVIDER}
    merge = people.admin.merge_developer_identities
    answer = merge(**given, SourceUserIdentifier="phone", DestinationUserIdentifier="web")
    assert answer["IdentityId"] == destination
    assert vouch(people, "phone")["IdentityId"] == vouch(people, "web")["IdentityId"] == destination
    assert users_of(people, destination) == ["phone", "web"]
    assert [one["IdentityId"] for one in people.identities(HideDisabled=True)] == [destination]
    again = refusal(merge, **given, SourceUserIdentifier="phone", DestinationUserIdentifier="web")
    assert again == invalid("The source and the destination user have the same identity.")
    assert refusal(merge, **given, SourceUserIdentifier="no", DestinationUserIdentifier="web") == NO_USER
    refused = refusal(vouch, people=people, user="third", IdentityId=source)
    assert refused == not_authorized(f"Access to Identity '{source}' is forbidden.")


def test_two_people_of_one_public_provider_are_not_merged(people: Identities) -> None:
    """API reference, MergeDeveloperIdentities: an exception will be thrown."""
    people.pool.user("eve")
    vouch(people, "one", Logins={PROVIDER: "one", **people.logins()})
    vouch(people, "two", Logins={PROVIDER: "two", **people.logins("eve")})
    before = people.identities()
    refused = refusal(
        people.admin.merge_developer_identities,
        IdentityPoolId=people.identity_pool_id,
        DeveloperProviderName=PROVIDER,
        SourceUserIdentifier="one",
        DestinationUserIdentifier="two",
    )
    assert refused[0] == "ResourceConflictException"
    assert people.identities() == before


def test_no_more_than_twenty_logins_are_linked(people: Identities) -> None:
    given = {"IdentityPoolId": people.identity_pool_id, "DeveloperProviderName": PROVIDER}
    for number in range(21):
        vouch(people, f"user-{number}")
    merge = people.admin.merge_developer_identities
    for number in range(1, 20):
        merge(**given, SourceUserIdentifier=f"user-{number}", DestinationUserIdentifier="user-0")
    refused = refusal(merge, **given, SourceUserIdentifier="user-20", DestinationUserIdentifier="user-0")
    assert refused == invalid("An identity cannot have more than 20 linked logins.")


def test_users_are_looked_up_by_their_identity_and_it_by_them(people: Identities) -> None:
    identity_id = vouch(people)["IdentityId"]
    for name in ("b", "c"):
        vouch(people, name)
        people.admin.merge_developer_identities(
            IdentityPoolId=people.identity_pool_id,
            DeveloperProviderName=PROVIDER,
            SourceUserIdentifier=name,
            DestinationUserIdentifier="ada",
        )
    given = {"IdentityPoolId": people.identity_pool_id}
    look_up = people.admin.lookup_developer_identity
    assert look_up(**given, DeveloperUserIdentifier="c")["IdentityId"] == identity_id
    both = look_up(**given, DeveloperUserIdentifier="c", IdentityId=identity_id)
    assert (both["IdentityId"], both["DeveloperUserIdentifierList"]) == (identity_id, ["c"])
    page = look_up(**given, IdentityId=identity_id, MaxResults=2)
    assert page["DeveloperUserIdentifierList"] == ["ada", "b"]
    rest = look_up(**given, IdentityId=identity_id, MaxResults=2, NextToken=page["NextToken"])
    assert (rest["DeveloperUserIdentifierList"], "NextToken" in rest) == (["c"], False)
    refused = refusal(look_up, **given, DeveloperUserIdentifier="c", IdentityId=people.get_id())
    assert refused[0] == "ResourceConflictException"
    assert refusal(look_up, **given, DeveloperUserIdentifier="x") == NO_USER
    assert refusal(look_up, **given, IdentityId=NOWHERE) == missing(f"Identity '{NOWHERE}' not found.")
    assert refusal(look_up, **given)[0] == "InvalidParameterException"


def test_an_unlinked_user_is_somebody_new_and_an_identity_without_logins_nobody_s(people: Identities) -> None:
    old = vouch(people)["IdentityId"]
    given = {"IdentityPoolId": people.identity_pool_id, "DeveloperProviderName": PROVIDER, "IdentityId": old}
    unlink = people.admin.unlink_developer_identity
    token = vouch(people)["Token"]
    assert refusal(unlink, **given, DeveloperUserIdentifier="eve") == NO_USER
    unlink(**given, DeveloperUserIdentifier="ada")
    assert vouch(people)["IdentityId"] != old
    refused = refusal(people.credentials, logins={KEY: token}, identity_id=old)
    assert refused == not_authorized(f"Access to Identity '{old}' is forbidden.")


def test_logins_are_unlinked_by_who_shows_one_of_them(people: Identities) -> None:
    logins = people.logins()
    mine = vouch(people, Logins={PROVIDER: "ada", **logins})["IdentityId"]
    people.pool.user("eve")
    unlink = people.api.unlink_identity
    given = {"IdentityId": mine, "LoginsToRemove": [people.provider]}
    refused = refusal(unlink, **given, Logins=people.logins("eve"))
    assert refused == NO_MATCH
    refused = refusal(unlink, IdentityId=mine, Logins=logins, LoginsToRemove=["accounts.google.com"])
    assert refused[0] == "InvalidParameterException"
    unlink(**given, Logins=logins)
    assert people.api.describe_identity(IdentityId=mine)["Logins"] == [PROVIDER]
    assert people.get_id(logins) != mine
    unlink(IdentityId=mine, Logins={KEY: vouch(people)["Token"]}, LoginsToRemove=[PROVIDER])
    assert mine not in [one["IdentityId"] for one in people.identities(HideDisabled=True)]


@pytest.mark.parametrize(
    ("pool_has", "logins", "refused"),
    [
        (None, {PROVIDER: "ada"}, invalid("This identity pool does not support the specified developer provider")),
        (PROVIDER, {"other.example.com": "ada"}, not_authorized("Please provide a valid public provider")),
        (PROVIDER, {}, invalid(f"Logins has no user of the developer provider {PROVIDER}.")),
    ],
)
def test_who_vouches_names_the_developer_provider(
    world: World, pool_has: str | None, logins: dict[str, str], refused: tuple[str, str]
) -> None:
    """danilop/LambdAuth#32; public trackers."""
    given = {} if pool_has is None else {"DeveloperProviderName": pool_has}
    people = identities(world, **given)
    assert refusal(vouch, people=people, Logins=logins) == refused
    given = {"IdentityPoolId": people.identity_pool_id, "DeveloperProviderName": "wrong"}
    wrong = refusal(
        people.admin.merge_developer_identities, **given, SourceUserIdentifier="a", DestinationUserIdentifier="b"
    )
    assert wrong == invalid("This identity pool does not support the specified developer provider")


def test_many_at_once_who_vouch_for_one_user_get_one_identity(people: Identities) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(lambda _: vouch(people)["IdentityId"], range(8)))
    assert len(found) == 1


def test_identities_are_listed_by_pages_and_deleted(people: Identities) -> None:
    made = {vouch(people, f"user-{number}")["IdentityId"] for number in range(5)}
    listed: list[str] = []
    pages = people.admin.get_paginator("list_identities") if people.admin.can_paginate("list_identities") else None
    assert pages is None, "the model has no paginator: pages are asked for"
    token: dict[str, str] = {}
    while True:
        page = people.admin.list_identities(IdentityPoolId=people.identity_pool_id, MaxResults=2, **token)
        listed += [one["IdentityId"] for one in page["Identities"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert (set(listed), len(listed)) == (made, 5)
    gone, *left = listed
    answer = people.admin.delete_identities(IdentityIdsToDelete=[gone, NOWHERE])
    assert answer["UnprocessedIdentityIds"] == [{"IdentityId": NOWHERE, "ErrorCode": "AccessDenied"}]
    assert {one["IdentityId"] for one in people.identities()} == set(left)
    refused = refusal(people.credentials, logins={}, identity_id=gone)
    assert refused == missing(f"Identity '{gone}' not found.")
    elsewhere = people.world.boto3("cognito-identity", region_name="eu-west-1")
    assert elsewhere.delete_identities(IdentityIdsToDelete=left[:1])["UnprocessedIdentityIds"], "of another Region"
    assert vouch(people, "user-0")["IdentityId"], "whose identity was deleted gets a new one"
