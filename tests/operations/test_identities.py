"""From a user pool's token to an identity and its credentials. Source: facts/identity.md §2 to §8."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from asking import invalid, missing, not_authorized, refusal, unchecked
from federated import Identities, allow, identities
from world import Pool, World

NOWHERE = "us-east-1:00000000-0000-0000-0000-000000000000"
NO_GUESTS = not_authorized("Unauthenticated access is not supported for this identity pool.")
NO_MATCH = not_authorized(
    "Logins don't match. Please include at least one valid login for this identity or identity pool."
)
NOT_SUPPORTED = not_authorized("Token is not from a supported provider of this identity pool.")
CHECK_ROLES = (
    "InvalidIdentityPoolConfigurationException",
    "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
)


@pytest.fixture
def people(world: World) -> Identities:
    return identities(world)


@pytest.fixture
def guests(world: World) -> Identities:
    return identities(world, AllowUnauthenticatedIdentities=True)


def test_a_person_has_one_identity_at_every_sign_in_and_another_person_another(people: Identities) -> None:
    people.pool.user("eve")
    first = people.get_id(people.logins())
    assert first.startswith("us-east-1:")
    assert people.get_id(people.logins()) == first
    assert people.get_id(people.logins("eve")) != first
    described = people.api.describe_identity(IdentityId=first)
    assert described["Logins"] == [people.provider]


def test_a_person_has_another_identity_in_another_identity_pool(people: Identities) -> None:
    shown = people.api.describe_identity_pool(IdentityPoolId=people.identity_pool_id)
    second = people.api.create_identity_pool(
        IdentityPoolName="second",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=shown["CognitoIdentityProviders"],
    )["IdentityPoolId"]
    logins = people.logins()
    there = people.api.get_id(IdentityPoolId=second, Logins=logins)["IdentityId"]
    assert there != people.get_id(logins)


def test_simultaneous_first_sign_ins_end_in_one_identity(people: Identities) -> None:
    logins = people.logins()
    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(lambda _: people.get_id(logins), range(8)))) == 1


def test_guests_are_let_in_each_anew_where_they_are_allowed(people: Identities, guests: Identities) -> None:
    assert refusal(people.get_id) == NO_GUESTS
    one, two = guests.get_id(), guests.get_id()
    assert one != two
    assert "Logins" not in guests.api.describe_identity(IdentityId=one)


def test_an_account_that_is_not_this_one_has_no_such_pool(people: Identities) -> None:
    given = {"IdentityPoolId": people.identity_pool_id, "Logins": people.logins()}
    assert people.api.get_id(**given, AccountId="123456789012")["IdentityId"]
    refused = refusal(people.api.get_id, **given, AccountId="210987654321")
    assert refused == missing(f"IdentityPool '{people.identity_pool_id}' not found.")


def test_an_access_token_is_told_by_its_missing_audience(people: Identities) -> None:
    refused = refusal(people.get_id, logins=people.logins(token="AccessToken"))
    assert refused == not_authorized("Invalid login token. Missing a required claim: aud")


def test_another_client_s_token_is_not_from_a_supported_provider(people: Identities) -> None:
    other = people.pool.client(ClientName="other")
    token = people.pool.tokens(other)["IdToken"]
    assert refusal(people.get_id, logins={people.provider: token}) == NOT_SUPPORTED


def test_providers_that_are_not_the_pool_s_are_not_supported(people: Identities) -> None:
    elsewhere = people.world.pool()
    elsewhere.user()
    token = elsewhere.tokens(elsewhere.client())["IdToken"]
    for provider in (
        f"cognito-idp.us-east-1.amazonaws.com/{elsewhere.pool_id}",
        f"{people.world.origin.removeprefix('http://')}/{elsewhere.pool_id}",
    ):
        assert refusal(people.get_id, logins={provider: token}) == NOT_SUPPORTED
    foreign = jwt.encode({"iss": "https://issuer.example/x", "aud": "a"}, "k" * 32)
    assert refusal(people.get_id, logins={"issuer.example/x": foreign}) == NOT_SUPPORTED


def test_a_login_under_another_name_than_its_issuer_s_does_not_match(people: Identities) -> None:
    """Reported of AWS for a placeholder as key: amazon-cognito-identity-js issues 40 and 162."""
    elsewhere = people.world.pool()
    mine = people.logins()[people.provider]
    foreign = jwt.encode({"iss": "https://issuer.example/x", "aud": "a"}, "k" * 32)
    nameless = jwt.encode({"aud": "a"}, "k" * 32)
    identity_id = people.get_id(people.logins())
    for provider, token in (
        ("loginKey", mine),
        ("accounts.google.com", mine),
        (f"cognito-idp.us-east-1.amazonaws.com/{elsewhere.pool_id}", mine),
        (f"cognito-idp.eu-west-1.amazonaws.com/{people.pool.pool_id}", mine),
        (f"https://{people.provider}", mine),
        (f"evil.example/{people.pool.pool_id}", mine),
        (people.pool.pool_id, mine),
        (people.provider, foreign),
        (people.provider, nameless),
    ):
        sentence = "Invalid login token. Issuer doesn't match providerName"
        assert refusal(people.get_id, logins={provider: token}) == not_authorized(sentence), provider
        for operation in (people.api.get_credentials_for_identity, people.api.get_open_id_token):
            refused = refusal(operation, IdentityId=identity_id, Logins={provider: token})
            assert refused == not_authorized(sentence), (operation, provider)
    garbage = not_authorized("Invalid login token. Not a valid OpenId Connect identity token.")
    assert refusal(people.get_id, logins={"loginKey": "garbage"}) == garbage, "first whether it is a token"


def test_what_is_no_token_or_was_tampered_with_is_refused(people: Identities) -> None:
    sentence = "Invalid login token. Not a valid OpenId Connect identity token."
    assert refusal(people.get_id, logins={people.provider: "garbage"}) == not_authorized(sentence)
    people.pool.user("eve")
    header, _, signature = people.logins()[people.provider].split(".")
    payload = people.logins("eve")[people.provider].split(".")[1]
    code, sentence = refusal(people.get_id, logins={people.provider: f"{header}.{payload}.{signature}"})
    assert code == "NotAuthorizedException"
    assert sentence.startswith("Invalid login token. ")


@pytest.mark.parametrize("issuer", ["local", "aws"])
def test_both_issuers_go_under_the_key_that_aws_knows(world: World, issuer: str) -> None:
    pool = world.pool(UserPoolTags={"_issuer_": issuer})
    pool.user()
    client = pool.client()
    provider = f"cognito-idp.us-east-1.amazonaws.com/{pool.pool_id}"
    api = world.boto3("cognito-identity")
    made = api.create_identity_pool(
        IdentityPoolName="people",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ProviderName": provider, "ClientId": client["ClientId"]}],
    )
    token = pool.tokens(client)["IdToken"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["iss"].startswith("https://cognito-idp" if issuer == "aws" else world.origin)
    given = {"IdentityPoolId": made["IdentityPoolId"]}
    identity_id = api.get_id(**given, Logins={provider: token})["IdentityId"]
    local = f"{world.origin.removeprefix('http://')}/{pool.pool_id}"
    assert api.get_id(**given, Logins={local: token})["IdentityId"] == identity_id


def test_credentials_last_an_hour_and_are_the_role_s(people: Identities) -> None:
    people.set_roles(authenticated=people.role("hourly"))
    credentials = people.credentials(people.logins())
    assert credentials["AccessKeyId"].startswith("ASIA")
    assert set(credentials) == {"AccessKeyId", "SecretKey", "SessionToken", "Expiration"}
    left = credentials["Expiration"] - datetime.now(UTC)
    assert 3590 <= left.total_seconds() <= 3600
    who = people.signed("sts", credentials).get_caller_identity()
    assert who["Arn"] == "arn:aws:sts::123456789012:assumed-role/hourly/CognitoIdentityCredentials"
    assert who["UserId"].endswith(":CognitoIdentityCredentials")


def test_a_role_s_path_is_dropped_from_the_session_s_arn(people: Identities) -> None:
    people.set_roles(authenticated=people.role("deep", Path="/app/people/"))
    who = people.signed("sts", people.credentials(people.logins())).get_caller_identity()
    assert who["Arn"] == "arn:aws:sts::123456789012:assumed-role/deep/CognitoIdentityCredentials"


def test_a_role_that_is_missing_or_does_not_trust_is_a_configuration_to_check(people: Identities) -> None:
    logins = people.logins()
    assert refusal(people.credentials, logins=logins) == CHECK_ROLES, "no role is set"
    people.set_roles(authenticated="arn:aws:iam::123456789012:role/nobody-made-it")
    assert refusal(people.credentials, logins=logins) == CHECK_ROLES
    people.set_roles(authenticated=people.role("for-guests", kind="unauthenticated"))
    assert refusal(people.credentials, logins=logins) == CHECK_ROLES
    other = identities(people.world)
    people.set_roles(authenticated=other.role("for-another-pool"))
    assert refusal(people.credentials, logins=logins) == CHECK_ROLES
    people.role("real", Path="/real/")
    people.set_roles(authenticated="arn:aws:iam::123456789012:role/wrong/path/real")
    assert refusal(people.credentials, logins=logins) == CHECK_ROLES


def test_an_identity_with_a_login_wants_that_login(guests: Identities) -> None:
    guests.pool.user("eve")
    mine = guests.get_id(guests.logins())
    theirs = guests.logins("eve")
    guests.get_id(theirs)
    for operation in (guests.api.get_credentials_for_identity, guests.api.get_open_id_token):
        assert refusal(operation, IdentityId=mine) == NO_MATCH
        assert refusal(operation, IdentityId=mine, Logins=theirs) == NO_MATCH
        gone = missing(f"Identity '{NOWHERE}' not found.")
        assert refusal(operation, IdentityId=NOWHERE, Logins=theirs) == gone
    guests.pool.user("new")
    sentence = f"Access to Identity '{mine}' is forbidden."
    refused = refusal(guests.api.get_credentials_for_identity, IdentityId=mine, Logins=guests.logins("new"))
    assert refused == not_authorized(sentence)


def test_a_guest_who_signs_in_keeps_the_identity_and_somebody_known_gets_theirs_back(guests: Identities) -> None:
    guests.set_roles(authenticated=guests.role("signed-in"))
    guest, logins = guests.get_id(), guests.logins()
    answer = guests.api.get_credentials_for_identity(IdentityId=guest, Logins=logins)
    assert answer["IdentityId"] == guest
    assert guests.get_id(logins) == guest
    second = guests.get_id()
    answer = guests.api.get_credentials_for_identity(IdentityId=second, Logins=logins)
    assert answer["IdentityId"] == guest, "clients must adopt what is answered"


@dataclass
class TwoPools(Identities):
    """An identity pool of two user pools."""

    second: Pool
    second_client: dict[str, Any]

    def second_logins(self, username: str = "ada") -> dict[str, str]:
        provider = f"cognito-idp.us-east-1.amazonaws.com/{self.second.pool_id}"
        return {provider: self.second.tokens(self.second_client, username)["IdToken"]}


@pytest.fixture
def two_pools(guests: Identities) -> TwoPools:
    second = guests.world.pool()
    second.user()
    both = TwoPools(**vars(guests), second=second, second_client=second.client())
    name = f"cognito-idp.us-east-1.amazonaws.com/{second.pool_id}"
    shown = guests.admin.describe_identity_pool(IdentityPoolId=guests.identity_pool_id)["CognitoIdentityProviders"]
    added = {"ProviderName": name, "ClientId": both.second_client["ClientId"]}
    guests.update(CognitoIdentityProviders=[*shown, added])
    return both


def test_no_login_that_is_shown_is_forgotten(two_pools: TwoPools) -> None:
    """facts/identity.md §3; API reference, GetId: several logins make one linked account."""
    here, there = two_pools.logins(), two_pools.second_logins()
    both = two_pools.get_id({**here, **there})
    assert two_pools.get_id(here) == two_pools.get_id(there) == both
    shown = two_pools.admin.describe_identity(IdentityId=both)["Logins"]
    assert set(shown) == {*here, *there}


def test_a_second_login_is_linked_to_the_identity_of_the_first(two_pools: TwoPools) -> None:
    two_pools.set_roles(authenticated=two_pools.role("both"))
    here, there = two_pools.logins(), two_pools.second_logins()
    mine = two_pools.get_id(here)
    answer = two_pools.api.get_credentials_for_identity(IdentityId=mine, Logins={**here, **there})
    assert answer["IdentityId"] == mine
    assert two_pools.get_id(there) == mine


def test_an_identity_has_one_login_of_each_provider(two_pools: TwoPools) -> None:
    """facts/identity.md §3: another login of the same provider is a conflict."""
    two_pools.second.user("eve")
    here, there = two_pools.logins(), two_pools.second_logins()
    mine = two_pools.get_id({**here, **there})
    stranger = {**here, **two_pools.second_logins("eve")}
    for refused in (
        refusal(two_pools.get_id, logins=stranger),
        refusal(two_pools.api.get_credentials_for_identity, IdentityId=mine, Logins=stranger),
    ):
        assert refused[0] == "ResourceConflictException"
    assert two_pools.get_id(two_pools.second_logins("eve")) != mine


def test_who_shows_the_logins_of_two_identities_is_one_person(two_pools: TwoPools) -> None:
    two_pools.set_roles(authenticated=two_pools.role("merged"))
    here, there = two_pools.logins(), two_pools.second_logins()
    first, second = two_pools.get_id(here), two_pools.get_id(there)
    assert first != second
    assert two_pools.get_id({**here, **there}) == first, "the older one stays"
    assert two_pools.get_id(there) == first
    listed = {one["IdentityId"]: one for one in two_pools.identities()}
    assert set(listed[first]["Logins"]) == {*here, *there}
    assert "Logins" not in listed[second]
    assert [one["IdentityId"] for one in two_pools.identities(HideDisabled=True)] == [first]
    answer = two_pools.api.get_credentials_for_identity(IdentityId=second, Logins=there)
    assert answer["IdentityId"] == first, "who kept the other id is told the one that stays"
    refused = refusal(two_pools.api.get_credentials_for_identity, IdentityId=second)
    assert refused == not_authorized(f"Access to Identity '{second}' is forbidden.")


def test_a_guest_who_turns_out_to_be_somebody_is_a_guest_no_more(guests: Identities) -> None:
    """aws-amplify/amplify-js#6616: the guest's identity is disabled by the merge, and forbidden from then on."""
    guests.set_roles(authenticated=guests.role("known"), unauthenticated=guests.role("anon", kind="unauthenticated"))
    logins = guests.logins()
    mine, guest = guests.get_id(logins), guests.get_id()
    assert guests.credentials(identity_id=guest)
    assert guests.api.get_credentials_for_identity(IdentityId=guest, Logins=logins)["IdentityId"] == mine
    refused = refusal(guests.credentials, identity_id=guest)
    assert refused == not_authorized(f"Access to Identity '{guest}' is forbidden.")
    assert guests.credentials(identity_id=guests.get_id()), "another guest is let in"


def test_a_provider_is_shown_under_one_of_its_names(people: Identities) -> None:
    local = f"{people.world.origin.removeprefix('http://')}/{people.pool.pool_id}"
    people.pool.user("eve")
    both = {**people.logins(), local: people.logins("eve")[people.provider]}
    assert refusal(people.get_id, logins=both) == invalid(f"Logins names {people.provider} twice.")


def test_guests_have_the_guests_role_and_lose_the_way_in_when_it_closes(guests: Identities) -> None:
    guests.set_roles(unauthenticated=guests.role("guests", kind="unauthenticated"))
    guest = guests.get_id()
    who = guests.signed("sts", guests.credentials(identity_id=guest)).get_caller_identity()
    assert "/guests/" in who["Arn"]
    guests.update(AllowUnauthenticatedIdentities=False)
    assert refusal(guests.credentials, identity_id=guest) == NO_GUESTS


def test_a_guest_s_permissions_are_cut_to_what_guests_may_ever_do(guests: Identities) -> None:
    """facts/identity.md §8: the enhanced flow intersects a guest's role with a list of services; IAM is not among."""
    policy = allow("iam:GetRole", "cognito-idp:ListUserPools")
    guests.set_roles(unauthenticated=guests.role("wide", policy, kind="unauthenticated"))
    credentials = guests.credentials()
    assert guests.signed("cognito-idp", credentials).list_user_pools(MaxResults=1)
    code, sentence = refusal(guests.signed("iam", credentials).get_role, RoleName="wide")
    assert code == "AccessDenied"
    assert sentence.endswith("because no session policy allows the iam:GetRole action")


def test_the_server_side_check_asks_whether_somebody_is_still_signed_in(world: World) -> None:
    checked, unchecked_pool = identities(world, ServerSideTokenCheck=True), identities(world)
    for people in (checked, unchecked_pool):
        people.set_roles(authenticated=people.role(f"role-{people.pool.pool_id[10:]}"))
        logins = people.logins()
        assert people.credentials(logins)
        world.idp.admin_user_global_sign_out(UserPoolId=people.pool.pool_id, Username="ada")
        if people is checked:
            assert refusal(people.credentials, logins=logins)[0] == "NotAuthorizedException"
        else:
            assert people.credentials(logins), "without the check a token is good until it expires"


def test_too_many_logins_are_refused_without_showing_one(people: Identities) -> None:
    get_id = unchecked(people.world, "cognito-identity").get_id
    logins = {f"provider-{n}": "s3cret-token" for n in range(11)}
    code, sentence = refusal(get_id, IdentityPoolId=people.identity_pool_id, Logins=logins)
    assert (code, "s3cret-token" in sentence) == ("ValidationException", False)
    assert "Member must have length less than or equal to 10" in sentence


def test_the_classic_flow_is_off_until_it_is_turned_on(people: Identities) -> None:
    logins = people.logins()
    given = {"IdentityId": people.get_id(logins), "Logins": logins}
    sentence = "Basic (classic) flow is not enabled, please use enhanced flow."
    assert refusal(people.api.get_open_id_token, **given) == invalid(sentence)
    people.update(AllowClassicFlow=True)
    token = people.api.get_open_id_token(**given)["Token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert jwt.get_unverified_header(token)["alg"] == "RS512"
    assert claims["aud"] == people.identity_pool_id
    assert claims["sub"] == given["IdentityId"]
    assert claims["amr"][:2] == ["authenticated", people.provider]
    assert claims["exp"] - claims["iat"] == 600


def test_a_refused_classic_flow_links_no_login(guests: Identities) -> None:
    guest, logins = guests.get_id(), guests.logins()
    refused = refusal(guests.api.get_open_id_token, IdentityId=guest, Logins=logins)
    assert refused[0] == "InvalidParameterException"
    assert "Logins" not in guests.api.describe_identity(IdentityId=guest)


def test_an_identity_is_described_in_its_own_region_only(people: Identities) -> None:
    identity_id = people.get_id(people.logins())
    elsewhere = people.world.boto3("cognito-identity", region_name="eu-west-1")
    refused = refusal(elsewhere.describe_identity, IdentityId=identity_id)
    assert refused == missing(f"Identity '{identity_id}' not found.")


# Time is turned from here on.


def test_an_expired_token_is_told_with_both_times(world: World, people: Identities) -> None:
    logins = people.logins()
    expires_at = jwt.decode(logins[people.provider], options={"verify_signature": False})["exp"]
    world.clock.advance(3600 + 290)
    assert people.get_id(logins), "five minutes of leeway"
    world.clock.advance(20)
    code, sentence = refusal(people.get_id, logins=logins)
    assert code == "NotAuthorizedException"
    head, _, tail = sentence.partition(" >= ")
    assert tail == str(expires_at)
    assert head.startswith("Invalid login token. Token expired: ")
    assert abs(int(head.split()[-1]) - time.time() - world.clock.ahead_s) < 5
