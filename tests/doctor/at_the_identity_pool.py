"""Sections 5 and 6 of the table: the identity pool and STS, by the client itself where it can be brought to it."""

from __future__ import annotations

import json
from typing import Any

from doctor.table import Findings, Stage, fails, raised, refused, step, told
from doctor.with_tokens import in_two_parts
from federated import Identities, trust

NOWHERE = "us-east-1:00000000-0000-0000-0000-000000000000"


def with_role(people: Identities, name: str, **given: Any) -> str:
    arn = people.role(f"{name}-{people.identity_pool_id[-12:]}", **given)
    people.set_roles(authenticated=arn)
    return arn


@fails("5.1")
def a_client_that_the_identity_pool_does_not_list(stage: Stage) -> Findings:
    people = stage.identities()
    other = people.pool.client(ClientName="other")
    ids = {"identity_pool_id": people.identity_pool_id, "user_pool_id": people.pool.pool_id}
    cognito = stage.cognito(other, **ids)
    session = cognito.sign_in("ada", "Lovelace-1815", srp=False)
    found = step("identity pool", cognito, session=session).findings
    assert other["ClientId"] in found[0].sentence
    return found


@fails("5.2")
def a_token_under_another_pool_s_key(stage: Stage) -> Findings:
    people = stage.identities()
    token = stage.pool.tokens(stage.client())["IdToken"]
    return refused(people.api.get_id, IdentityPoolId=people.identity_pool_id, Logins={people.provider: token})


@fails("5.3")
def an_access_token_where_the_id_token_belongs(stage: Stage) -> Findings:
    people = stage.identities()
    return refused(people.api.get_id, IdentityPoolId=people.identity_pool_id, Logins=people.logins(token="AccessToken"))


@fails("5.4")
def an_id_token_that_has_ended(stage: Stage) -> Findings:
    people = stage.identities()
    logins = people.logins()
    stage.world.clock.advance(7200)
    return refused(people.api.get_id, IdentityPoolId=people.identity_pool_id, Logins=logins)


@fails("5.5")
def an_id_token_that_was_changed(stage: Stage) -> Findings:
    people = stage.identities()
    people.pool.user("eve")
    token = in_two_parts(*(people.logins(name)[people.provider] for name in ("ada", "eve")))
    return refused(people.api.get_id, IdentityPoolId=people.identity_pool_id, Logins={people.provider: token})


@fails("5.8")
def no_logins(stage: Stage) -> Findings:
    return refused(stage.world.boto3("cognito-identity").get_id, IdentityPoolId=stage.identities().identity_pool_id)


@fails("5.8b")
def a_guest_where_none_is_admitted(stage: Stage) -> Findings:
    cognito = stage.cognito(stage.client(), identity_pool_id=stage.identities().identity_pool_id)
    return raised(lambda: cognito.guest().credentials())


@fails("5.10")
def a_kept_identity_of_somebody_else(stage: Stage) -> Findings:
    people = stage.identities()
    people.pool.user("eve")
    hers, mine = people.get_id(people.logins("eve")), people.logins()
    people.get_id(mine)
    return refused(people.api.get_credentials_for_identity, IdentityId=hers, Logins=mine)


@fails("5.11")
def a_kept_identity_that_is_not_mine(stage: Stage) -> Findings:
    people = stage.identities()
    people.pool.user("eve")
    hers = people.get_id(people.logins("eve"))
    return refused(people.api.get_credentials_for_identity, IdentityId=hers, Logins=people.logins())


@fails("5.12")
def a_kept_identity_that_is_gone(stage: Stage) -> Findings:
    people = stage.identities()
    return refused(people.api.get_credentials_for_identity, IdentityId=NOWHERE, Logins=people.logins())


@fails("5.13")
def an_identity_pool_that_is_not_there(stage: Stage) -> Findings:
    cognito = stage.cognito(stage.client(), identity_pool_id=NOWHERE)
    return step("identity pool", cognito).findings


@fails("5.15")
def a_trust_policy_for_another_pool(stage: Stage) -> Findings:
    people = stage.identities()
    with_role(people, "elsewhere", AssumeRolePolicyDocument=json.dumps(trust(NOWHERE)))
    return raised(stage.person(people).credentials)


@fails("5.15b")
def no_role_for_guests(stage: Stage) -> Findings:
    people = stage.identities(AllowUnauthenticatedIdentities=True)
    cognito = stage.cognito(stage.client(), identity_pool_id=people.identity_pool_id)
    return raised(lambda: cognito.guest().credentials())


@fails("5.14")
def no_provider_at_all(stage: Stage) -> Findings:
    people = stage.identities()
    logins = people.logins()
    people.update(CognitoIdentityProviders=[])
    return refused(people.api.get_id, IdentityPoolId=people.identity_pool_id, Logins=logins)


@fails("5.6")
def an_openid_token_where_an_identity_is_asked_for(stage: Stage) -> Findings:
    people = stage.identities(DeveloperProviderName="login.example.com")
    logins = {"cognito-identity.amazonaws.com": "any"}
    return refused(people.api.get_id, IdentityPoolId=people.identity_pool_id, Logins=logins)


@fails("5.7")
def a_user_pool_s_token_under_the_identity_service_s_key(stage: Stage) -> Findings:
    people = stage.identities()
    logins = people.logins()
    given = {"IdentityId": people.get_id(logins), "Logins": {"cognito-identity.amazonaws.com": logins[people.provider]}}
    return refused(people.api.get_credentials_for_identity, **given)


@fails("5.17")
def groups_that_lead_to_no_role(stage: Stage) -> Findings:
    people = stage.identities()
    people.map_roles({"Type": "Token", "AmbiguousRoleResolution": "Deny"})
    return raised(stage.person(people).credentials)


@fails("5.23")
def a_key_that_is_no_provider_s(stage: Stage) -> Findings:
    people = stage.identities(DeveloperProviderName="login.example.com")
    given = {"IdentityPoolId": people.identity_pool_id, "Logins": {"login.example.org": "ada"}}
    return refused(people.admin.get_open_id_token_for_developer_identity, **given)


@fails("5.25")
def a_role_that_is_not_offered(stage: Stage) -> Findings:
    people = stage.identities()
    with_role(people, "offered")
    logins = people.logins()
    given = {"IdentityId": people.get_id(logins), "Logins": logins}
    role = "arn:aws:iam::123456789012:role/other"
    return refused(people.api.get_credentials_for_identity, **given, CustomRoleArn=role)


@fails("5.26")
def a_role_mapping_for_an_address(stage: Stage) -> Findings:
    people = stage.identities()
    mapping = {"Type": "Token", "AmbiguousRoleResolution": "Deny"}
    given = {"IdentityPoolId": people.identity_pool_id, "Roles": {}}
    return refused(people.admin.set_identity_pool_roles, **given, RoleMappings={f"https://{people.provider}": mapping})


@fails("5.27")
def a_developer_provider_that_the_pool_has_not(stage: Stage) -> Findings:
    people = stage.identities()
    given = {"IdentityPoolId": people.identity_pool_id, "Logins": {"login.example.com": "ada"}}
    return refused(people.admin.get_open_id_token_for_developer_identity, **given)


@fails("5.28")
def a_user_of_another_identity(stage: Stage) -> Findings:
    people = stage.identities(DeveloperProviderName="login.example.com", AllowUnauthenticatedIdentities=True)
    given = {"IdentityPoolId": people.identity_pool_id, "Logins": {"login.example.com": "ada"}}
    people.admin.get_open_id_token_for_developer_identity(**given)
    return refused(people.admin.get_open_id_token_for_developer_identity, **given, IdentityId=people.get_id())


@fails("5.18")
def the_basic_flow_where_it_is_off(stage: Stage) -> Findings:
    people = stage.identities()
    arn = with_role(people, "basic")
    return raised(stage.person(people, credentials_flow="basic", role_arn=arn).credentials)


@fails("5.20")
def somebody_signed_out_everywhere(stage: Stage) -> Findings:
    people = stage.identities(ServerSideTokenCheck=True)
    signed_in = people.pool.tokens(people.client)
    stage.world.idp.global_sign_out(AccessToken=signed_in["AccessToken"])
    logins = {people.provider: signed_in["IdToken"]}
    return refused(people.api.get_id, IdentityPoolId=people.identity_pool_id, Logins=logins)


@fails("5.22")
def the_key_called_as_in_sts(stage: Stage) -> Findings:
    people = stage.identities()
    with_role(people, "keys")
    try:
        people.credentials(people.logins())["SecretAccessKey"]
    except KeyError as problem:
        return told(f'Traceback (most recent call last):\n  File "app.py", line 3\nKeyError: {problem}')
    raise AssertionError("it is called so after all")


@fails("6.1")
def a_role_that_does_not_trust_the_pool(stage: Stage) -> Findings:
    people = stage.identities(AllowClassicFlow=True)
    arn = with_role(people, "untrusting", AssumeRolePolicyDocument=json.dumps(trust(NOWHERE)))
    return raised(stage.person(people, credentials_flow="basic", role_arn=arn).credentials)


def assume(stage: Stage, **given: Any) -> Findings:
    known = {"RoleArn": "arn:aws:iam::123456789012:role/any", "RoleSessionName": "me"}
    return refused(stage.world.boto3("sts").assume_role_with_web_identity, **{**known, **given})


@fails("6.3")
def no_token_at_all_for_sts(stage: Stage) -> Findings:
    return assume(stage, WebIdentityToken="undefined")


@fails("6.6")
def an_openid_token_that_has_ended(stage: Stage) -> Findings:
    people = stage.identities(AllowClassicFlow=True)
    arn, logins = with_role(people, "late"), people.logins()
    token = people.api.get_open_id_token(IdentityId=people.get_id(logins), Logins=logins)["Token"]
    stage.world.clock.advance(3600)
    return assume(stage, RoleArn=arn, WebIdentityToken=token)


@fails("6.7")
def a_duration_longer_than_the_role_allows(stage: Stage) -> Findings:
    people = stage.identities(AllowClassicFlow=True)
    arn = with_role(people, "short")
    session = stage.person(people, credentials_flow="basic", role_arn=arn, duration_s="43200")
    return raised(session.credentials)
