"""Every failure of an identity pool that is known, two by two: the set-up that fails, with AWS's exception and text,
and the same one mended, which works. Numbers are those of facts/failures.md §5; without one, facts/identity.md §3.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jwt
import pytest

from asking import broken, invalid, missing, not_authorized, refusal, unchecked
from federated import ACCOUNT, Identities, allow, identities, trust
from world import World

KEY, DEVELOPER = "cognito-identity.amazonaws.com", "login.example.com"
NOWHERE = "us-east-1:00000000-0000-0000-0000-000000000000"
NOT_SUPPORTED = "Token is not from a supported provider of this identity pool."
NO_GUESTS = "Unauthenticated access is not supported for this identity pool."
NO_MATCH = "Logins don't match. Please include at least one valid login for this identity or identity pool."
AMBIGUOUS = "The ambiguous role mapping rules denied this request"
CHECK_ROLES = (
    "InvalidIdentityPoolConfigurationException",
    "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
)
CLASSIC = "Basic (classic) flow is not {}, please use enhanced flow."

Ask = Callable[[], Any]
SetUp = Callable[[Identities], Iterator[Ask]]


@dataclass
class Failure:
    """What is asked first is refused with `code` and a sentence that fits `pattern`; what is asked then is answered."""

    set_up: SetUp
    code: str
    pattern: str


FAILURES: dict[str, Failure] = {}


def failure(number: str, said: tuple[str, str], *, pattern: bool = False) -> Callable[[SetUp], SetUp]:
    def register(set_up: SetUp) -> SetUp:
        text = said[1] if pattern else re.escape(said[1])
        FAILURES[f"{number} {set_up.__name__.replace('_', ' ')}"] = Failure(set_up, said[0], text)
        return set_up

    return register


def token_error(sentence: str) -> tuple[str, str]:
    return not_authorized(f"Invalid login token. {sentence}")


def ready(people: Identities, name: str = "role", **given: Any) -> str:
    """With a role for people who are signed in; its ARN."""
    arn = people.role(f"{name}-{people.identity_pool_id[-12:]}", **given)
    people.set_roles(authenticated=arn)
    return arn


@failure("5.1", not_authorized(NOT_SUPPORTED))
def an_app_client_that_is_not_listed(people: Identities) -> Iterator[Ask]:
    other = people.pool.client(ClientName="other")
    token = people.pool.tokens(other)["IdToken"]
    yield lambda: people.get_id({people.provider: token})
    people.update(CognitoIdentityProviders=[{"ProviderName": people.provider, "ClientId": other["ClientId"]}])
    yield lambda: people.get_id({people.provider: token})


@failure("5.1b", not_authorized(NOT_SUPPORTED))
def a_user_pool_that_is_not_listed(people: Identities) -> Iterator[Ask]:
    pool = people.world.pool()
    pool.user()
    client = pool.client()
    provider = f"cognito-idp.us-east-1.amazonaws.com/{pool.pool_id}"
    token = pool.tokens(client)["IdToken"]
    yield lambda: people.get_id({provider: token})
    people.update(CognitoIdentityProviders=[{"ProviderName": provider, "ClientId": client["ClientId"]}])
    yield lambda: people.get_id({provider: token})


@failure("5.1c", not_authorized(NOT_SUPPORTED))
def a_provider_of_access_tokens_that_is_not_listed(people: Identities) -> Iterator[Ask]:
    """aws-amplify/aws-sdk-android#1131."""
    yield lambda: people.get_id({"graph.facebook.com": "EAA"})
    yield lambda: people.get_id(people.logins())


@failure("5.2", token_error("Issuer doesn't match providerName"))
def a_key_that_is_not_the_token_s_issuer(people: Identities) -> Iterator[Ask]:
    token = people.logins()[people.provider]
    yield lambda: people.get_id({people.provider.replace("us-east-1_", "us-east-1:"): token})
    yield lambda: people.get_id({people.provider: token})


@failure("5.3", token_error("Missing a required claim: aud"))
def an_access_token(people: Identities) -> Iterator[Ask]:
    yield lambda: people.get_id(people.logins(token="AccessToken"))
    yield lambda: people.get_id(people.logins())


@failure("5.4", token_error(r"Token expired: \d{10} >= \d{10}"), pattern=True)
def a_token_that_has_ended(people: Identities) -> Iterator[Ask]:
    logins = people.logins()
    people.world.clock.advance(3600 + 310)
    yield lambda: people.get_id(logins)
    yield lambda: people.get_id(people.logins())


@failure("5.5", token_error("Couldn't verify signed token."))
def a_token_that_was_changed(people: Identities) -> Iterator[Ask]:
    people.pool.user("eve")
    header, payload, signature = people.logins()[people.provider].split(".")
    theirs = people.logins("eve")[people.provider].split(".")[1]
    yield lambda: people.get_id({people.provider: f"{header}.{theirs}.{signature}"})
    yield lambda: people.get_id({people.provider: f"{header}.{payload}.{signature}"})


@failure("5.5b", token_error("Not a valid OpenId Connect identity token."))
def what_is_no_token(people: Identities) -> Iterator[Ask]:
    """scientifichackers/flutter_cognito_plugin#13: an opaque token under a name that is no provider's."""
    yield lambda: people.get_id({"Facebook": "EAA"})
    yield lambda: people.get_id(people.logins())


@failure("5.6", token_error("Can't pass in a Cognito token."))
def an_openid_token_where_an_identity_is_asked_for(people: Identities) -> Iterator[Ask]:
    people.update(DeveloperProviderName=DEVELOPER)
    ready(people)
    given = {"IdentityPoolId": people.identity_pool_id, "Logins": {DEVELOPER: "ada"}}
    answer = people.admin.get_open_id_token_for_developer_identity(**given)
    yield lambda: people.get_id({KEY: answer["Token"]})
    yield lambda: people.credentials({KEY: answer["Token"]}, answer["IdentityId"])


@failure("5.7", token_error("Not a Cognito token."))
def a_user_pool_s_token_under_the_identity_service_s_key(people: Identities) -> Iterator[Ask]:
    ready(people)
    logins = people.logins()
    identity_id = people.get_id(logins)
    yield lambda: people.credentials({KEY: logins[people.provider]}, identity_id)
    yield lambda: people.credentials(logins, identity_id)


@failure("5.8", not_authorized(NO_GUESTS))
def no_logins_where_guests_are_not_let_in(people: Identities) -> Iterator[Ask]:
    yield people.get_id
    people.update(AllowUnauthenticatedIdentities=True)
    yield people.get_id


@failure(
    "5.9",
    broken(
        r"1 validation error detected: Value at 'logins' failed to satisfy constraint: Map value must satisfy "
        r"constraint: \[.*Member must have length greater than or equal to 1\]"
    ),
    pattern=True,
)
def an_empty_token(people: Identities) -> Iterator[Ask]:
    ready(people)
    logins = people.logins()
    ask = unchecked(people.world, "cognito-identity").get_credentials_for_identity
    identity_id = people.get_id(logins)
    yield lambda: ask(IdentityId=identity_id, Logins={people.provider: ""})
    yield lambda: ask(IdentityId=identity_id, Logins=logins)


@failure("5.10", not_authorized(NO_MATCH))
def a_kept_identity_of_somebody_else(people: Identities) -> Iterator[Ask]:
    ready(people)
    people.pool.user("eve")
    hers, mine = people.get_id(people.logins("eve")), people.get_id(people.logins())
    yield lambda: people.credentials(people.logins(), hers)
    yield lambda: people.credentials(people.logins(), mine)


@failure("5.10b", not_authorized(NO_MATCH))
def a_signed_in_identity_without_logins(people: Identities) -> Iterator[Ask]:
    ready(people)
    mine = people.get_id(people.logins())
    yield lambda: people.credentials(None, mine)
    yield lambda: people.credentials(people.logins(), mine)


@failure("5.11", not_authorized(r"Access to Identity 'us-east-1:[0-9a-f-]{36}' is forbidden\."), pattern=True)
def a_kept_identity_that_is_not_mine(people: Identities) -> Iterator[Ask]:
    ready(people)
    people.pool.user("eve")
    hers = people.get_id(people.logins("eve"))
    yield lambda: people.credentials(people.logins(), hers)
    yield lambda: people.credentials(people.logins(), people.get_id(people.logins()))


@failure("5.11b", not_authorized(r"Access to Identity 'us-east-1:[0-9a-f-]{36}' is forbidden\."), pattern=True)
def a_guest_who_became_somebody(people: Identities) -> Iterator[Ask]:
    """aws-amplify/amplify-js#6616."""
    people.update(AllowUnauthenticatedIdentities=True)
    signed_in = ready(people)
    guests = people.role(f"guest-{people.identity_pool_id[-12:]}", kind="unauthenticated")
    people.set_roles(authenticated=signed_in, unauthenticated=guests)
    people.get_id(people.logins())
    guest = people.get_id()
    people.credentials(people.logins(), guest)
    yield lambda: people.credentials(None, guest)
    yield lambda: people.credentials(None, people.get_id())


@failure("5.12", missing(r"Identity 'us-east-1:[0-9a-f-]{36}' not found\."), pattern=True)
def a_kept_identity_that_was_deleted(people: Identities) -> Iterator[Ask]:
    ready(people)
    old = people.get_id(people.logins())
    people.admin.delete_identities(IdentityIdsToDelete=[old])
    yield lambda: people.credentials(people.logins(), old)
    yield lambda: people.credentials(people.logins())


@failure("5.13", missing(f"IdentityPool '{NOWHERE}' not found."))
def an_identity_pool_that_is_not_there(people: Identities) -> Iterator[Ask]:
    yield lambda: people.api.get_id(IdentityPoolId=NOWHERE, Logins=people.logins())
    yield lambda: people.api.get_id(IdentityPoolId=people.identity_pool_id, Logins=people.logins())


@failure("5.14", not_authorized(r"Identity pool - \S+ does not have identity providers configured\."), pattern=True)
def no_provider_at_all(people: Identities) -> Iterator[Ask]:
    shown = people.admin.describe_identity_pool(IdentityPoolId=people.identity_pool_id)["CognitoIdentityProviders"]
    people.update(CognitoIdentityProviders=[])
    yield lambda: people.get_id(people.logins())
    people.update(CognitoIdentityProviders=shown)
    yield lambda: people.get_id(people.logins())


def distrusting(number: str, name: str, change: Callable[[dict[str, Any]], Any]) -> None:
    """A trust policy that is nearly right, and the right one."""

    def set_up(people: Identities) -> Iterator[Ask]:
        wrong = trust(people.identity_pool_id)
        change(wrong["Statement"][0])
        role = f"{number.replace('.', '-')}-{people.identity_pool_id[-12:]}"
        people.set_roles(authenticated=people.role(role, AssumeRolePolicyDocument=json.dumps(wrong)))
        yield lambda: people.credentials(people.logins())
        people.set_roles(authenticated=people.role(f"{role}-mended"))
        yield lambda: people.credentials(people.logins())

    set_up.__name__ = name
    failure(number, CHECK_ROLES)(set_up)


CONDITIONS = ("StringEquals", "ForAnyValue:StringLike")
distrusting("5.15", "trust in another principal", lambda one: one.update(Principal={"Federated": "www.amazon.com"}))
distrusting(
    "5.15b", "trust in another pool", lambda one: one["Condition"]["StringEquals"].update({f"{KEY}:aud": NOWHERE})
)
distrusting(
    "5.15c", "trust in guests", lambda one: one["Condition"][CONDITIONS[1]].update({f"{KEY}:amr": "unauthenticated"})
)
distrusting(
    "5.15d",
    "a misspelt condition key",
    lambda one: one["Condition"].update({CONDITIONS[1]: {"cognito-identity.amazon.com:amr": "authenticated"}}),
)
distrusting("5.15e", "trust for another action", lambda one: one.update(Action="sts:AssumeRole"))
distrusting(
    "5.15f",
    "trust in an OIDC provider",
    lambda one: one.update(Principal={"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/test.eu.auth0.com"}),
)


@failure("5.15g", CHECK_ROLES)
def no_role_at_all(people: Identities) -> Iterator[Ask]:
    yield lambda: people.credentials(people.logins())
    ready(people)
    yield lambda: people.credentials(people.logins())


@failure("5.15h", CHECK_ROLES)
def a_role_that_is_not_there(people: Identities) -> Iterator[Ask]:
    name = f"late-{people.identity_pool_id[-12:]}"
    people.set_roles(authenticated=f"arn:aws:iam::{ACCOUNT}:role/{name}")
    yield lambda: people.credentials(people.logins())
    people.role(name)
    yield lambda: people.credentials(people.logins())


@failure("5.15i", CHECK_ROLES)
def no_role_for_guests(people: Identities) -> Iterator[Ask]:
    people.update(AllowUnauthenticatedIdentities=True)
    ready(people)
    yield lambda: people.credentials()
    people.set_roles(unauthenticated=people.role(f"g-{people.identity_pool_id[-12:]}", kind="unauthenticated"))
    yield lambda: people.credentials()


@failure("5.16", CHECK_ROLES)
def principal_tags_without_tag_session(people: Identities) -> Iterator[Ask]:
    ready(people)
    people.tag(department="email")
    yield lambda: people.credentials(people.logins())
    tagging = trust(people.identity_pool_id)
    tagging["Statement"][0]["Action"] = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
    ready(people, "tagging", AssumeRolePolicyDocument=json.dumps(tagging))
    yield lambda: people.credentials(people.logins())


@failure("5.17", not_authorized(AMBIGUOUS))
def groups_that_lead_to_no_role(people: Identities) -> Iterator[Ask]:
    arn = ready(people)
    people.map_roles({"Type": "Token", "AmbiguousRoleResolution": "Deny"}, authenticated=arn)
    yield lambda: people.credentials(people.logins())
    people.pool.world.idp.create_group(UserPoolId=people.pool.pool_id, GroupName="a", RoleArn=arn)
    people.pool.world.idp.admin_add_user_to_group(UserPoolId=people.pool.pool_id, GroupName="a", Username="ada")
    yield lambda: people.credentials(people.logins())


@failure("5.17b", not_authorized(AMBIGUOUS))
def groups_of_one_rank_that_lead_to_two_roles(people: Identities) -> Iterator[Ask]:
    """aws/aws-sdk-net#943: with CustomRoleArn it is one of them."""
    one, two = ready(people, "one"), ready(people, "two")
    for name, arn in (("a", one), ("b", two)):
        people.world.idp.create_group(UserPoolId=people.pool.pool_id, GroupName=name, RoleArn=arn)
        people.world.idp.admin_add_user_to_group(UserPoolId=people.pool.pool_id, GroupName=name, Username="ada")
    people.map_roles({"Type": "Token", "AmbiguousRoleResolution": "Deny"}, authenticated=one)
    logins = people.logins()
    given = {"IdentityId": people.get_id(logins), "Logins": logins}
    yield lambda: people.api.get_credentials_for_identity(**given)
    yield lambda: people.api.get_credentials_for_identity(**given, CustomRoleArn=two)


@failure("5.17c", not_authorized(AMBIGUOUS))
def rules_of_which_none_fits(people: Identities) -> Iterator[Ask]:
    arn = ready(people)
    for value in ("eve", "ada"):
        rule = {"Claim": "cognito:username", "MatchType": "Equals", "Value": value, "RoleARN": arn}
        mapping = {"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": [rule]}}
        people.map_roles(mapping, authenticated=arn)
        yield lambda: people.credentials(people.logins())


@failure("5.18", invalid(CLASSIC.format("enabled")))
def the_basic_flow_where_it_is_off(people: Identities) -> Iterator[Ask]:
    logins = people.logins()
    given = {"IdentityId": people.get_id(logins), "Logins": logins}
    yield lambda: people.api.get_open_id_token(**given)
    people.update(AllowClassicFlow=True)
    yield lambda: people.api.get_open_id_token(**given)


@failure("5.18b", invalid(CLASSIC.format("supported with RoleMappings")))
def the_basic_flow_with_role_mappings(people: Identities) -> Iterator[Ask]:
    """aws-observability/aws-rum-web#172; amazon-quicksight-embedding-sample#12: though the flow is allowed."""
    arn = ready(people)
    people.update(AllowClassicFlow=True)
    people.map_roles({"Type": "Token", "AmbiguousRoleResolution": "AuthenticatedRole"}, authenticated=arn)
    logins = people.logins()
    given = {"IdentityId": people.get_id(logins), "Logins": logins}
    yield lambda: people.api.get_open_id_token(**given)
    people.set_roles(authenticated=arn)
    yield lambda: people.api.get_open_id_token(**given)


@failure("5.19", ("ResourceConflictException", ".*"), pattern=True)
def a_second_person_of_a_provider(people: Identities) -> Iterator[Ask]:
    second = people.world.pool()
    client, name = second.client(), f"cognito-idp.us-east-1.amazonaws.com/{second.pool_id}"
    for username in ("ada", "eve"):
        second.user(username)
    known = people.admin.describe_identity_pool(IdentityPoolId=people.identity_pool_id)["CognitoIdentityProviders"]
    people.update(CognitoIdentityProviders=[*known, {"ProviderName": name, "ClientId": client["ClientId"]}])
    here = people.logins()
    hers = {name: second.tokens(client, "eve")["IdToken"]}
    mine = people.get_id({**here, name: second.tokens(client)["IdToken"]})
    yield lambda: people.get_id({**here, **hers})
    people.api.unlink_identity(IdentityId=mine, Logins=here, LoginsToRemove=[name])
    yield lambda: people.get_id({**here, **hers})


@failure("5.20", not_authorized("Token is inactive"))
def somebody_who_was_signed_out_everywhere(people: Identities) -> Iterator[Ask]:
    shown = people.admin.describe_identity_pool(IdentityPoolId=people.identity_pool_id)["CognitoIdentityProviders"]
    people.update(CognitoIdentityProviders=[{**shown[0], "ServerSideTokenCheck": True}])
    logins = people.logins()
    people.world.idp.admin_user_global_sign_out(UserPoolId=people.pool.pool_id, Username="ada")
    yield lambda: people.get_id(logins)
    yield lambda: people.get_id(people.logins())


@failure("5.23", not_authorized("Please provide a valid public provider"))
def a_key_that_is_neither_the_developer_s_nor_a_provider_s(people: Identities) -> Iterator[Ask]:
    people.update(DeveloperProviderName=DEVELOPER)
    ask = people.admin.get_open_id_token_for_developer_identity
    given = {"IdentityPoolId": people.identity_pool_id}
    yield lambda: ask(**given, Logins={"login.example.org": "ada"})
    yield lambda: ask(**given, Logins={DEVELOPER: "ada"})


@failure("5.24", not_authorized(r"Access to Role '\S+' is forbidden\."), pattern=True)
def a_role_that_the_token_does_not_offer(people: Identities) -> Iterator[Ask]:
    offered, other = ready(people, "offered"), ready(people, "other")
    people.world.idp.create_group(UserPoolId=people.pool.pool_id, GroupName="a", RoleArn=offered)
    people.world.idp.admin_add_user_to_group(UserPoolId=people.pool.pool_id, GroupName="a", Username="ada")
    people.map_roles({"Type": "Token", "AmbiguousRoleResolution": "Deny"}, authenticated=other)
    logins = people.logins()
    ask = people.api.get_credentials_for_identity
    given = {"IdentityId": people.get_id(logins), "Logins": logins}
    yield lambda: ask(**given, CustomRoleArn=other)
    yield lambda: ask(**given, CustomRoleArn=offered)


@failure("", not_authorized(r"Access to Role '\S+' is forbidden\."), pattern=True)
def a_role_of_another_account(people: Identities) -> Iterator[Ask]:
    yield lambda: people.set_roles(authenticated="arn:aws:iam::999999999999:role/r")
    yield lambda: people.set_roles(authenticated=f"arn:aws:iam::{ACCOUNT}:role/r")


@failure(
    "",
    invalid(r"\(https://\S+\) is not a valid RoleMapping ProviderName or is not a configured provider\."),
    pattern=True,
)
def a_role_mapping_for_an_address(people: Identities) -> Iterator[Ask]:
    """aws/aws-cdk#22951."""
    mapping = {"Type": "Token", "AmbiguousRoleResolution": "Deny"}
    yield lambda: people.map_roles(mapping, f"https://{people.provider}")
    yield lambda: people.map_roles(mapping)


@failure("", invalid("The number of rules in the request exceeded 25."))
def more_rules_than_there_may_be(people: Identities) -> Iterator[Ask]:
    rule = {"Claim": "a", "MatchType": "Equals", "Value": "b", "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/r"}
    for count in (26, 25):
        rules = {"Rules": [rule] * count}
        mapping = {"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": rules}
        yield lambda mapping=mapping: people.map_roles(mapping)  # type: ignore[misc]


def mapping_objection(number: str, name: str, wrong: dict[str, Any], right: dict[str, Any]) -> None:
    def set_up(people: Identities) -> Iterator[Ask]:
        yield lambda: people.map_roles(wrong)
        yield lambda: people.map_roles(right)

    set_up.__name__ = name
    failure(number, invalid(".*"), pattern=True)(set_up)


RULES = {"Rules": [{"Claim": "a", "MatchType": "Equals", "Value": "b", "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/r"}]}
DENY = {"AmbiguousRoleResolution": "Deny"}
mapping_objection("", "no resolution", {"Type": "Token"}, {"Type": "Token", **DENY})
mapping_objection("", "no rules", {"Type": "Rules", **DENY}, {"Type": "Rules", "RulesConfiguration": RULES, **DENY})
mapping_objection(
    "", "rules of a token", {"Type": "Token", "RulesConfiguration": RULES, **DENY}, {"Type": "Token", **DENY}
)


@failure("7.4", ("AccessDenied", ".* because no session policy allows the iam:GetRole action"), pattern=True)
def a_guest_at_a_service_that_is_not_for_guests(people: Identities) -> Iterator[Ask]:
    people.update(AllowUnauthenticatedIdentities=True)
    policy, name = allow("iam:GetRole", "sqs:ListQueues"), f"wide-{people.identity_pool_id[-12:]}"
    people.set_roles(unauthenticated=people.role(name, policy, kind="unauthenticated"))
    yield lambda: people.signed("iam", people.credentials()).get_role(RoleName=name)
    people.set_roles(authenticated=people.role(f"{name}-in", policy))
    yield lambda: people.signed("iam", people.credentials(people.logins())).get_role(RoleName=name)


@pytest.mark.parametrize("what", FAILURES)
def test_what_fails_is_told_in_aws_s_words_and_works_once_it_is_mended(world: World, what: str) -> None:
    known = FAILURES[what]
    world.clock.ahead_s = 0
    steps = known.set_up(identities(world))
    code, sentence = refusal(next(steps))
    assert (code, bool(re.fullmatch(known.pattern, sentence))) == (known.code, True), sentence
    assert next(steps)() is not Ellipsis
    assert next(steps, None) is None
    world.clock.ahead_s = 0


def test_every_failure_of_the_sheet_that_a_server_can_show_is_here() -> None:
    """Two are left: how many may ask in a second, and what a program's own code calls the secret key (5.21, 5.22)."""
    numbers = {re.match(r"5\.\d+", name)[0] for name in FAILURES if name.startswith("5.")}  # type: ignore[index]
    assert numbers == {f"5.{n}" for n in range(1, 25)} - {"5.21", "5.22"}


def test_a_token_of_an_issuer_that_nobody_knows_is_looked_up_nowhere(world: World) -> None:
    people = identities(world)
    foreign = jwt.encode({"iss": "https://issuer.example/x", "aud": "a", "sub": "s"}, "k" * 32)
    assert refusal(people.get_id, logins={"issuer.example/x": foreign}) == not_authorized(NOT_SUPPORTED)
