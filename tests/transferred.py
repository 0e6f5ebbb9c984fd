"""Exports and imports over management, and every answer that a server gives about what it holds."""

from __future__ import annotations

import json
from typing import Any

import requests

from world import World

DATES = {
    "CreationDate",
    "LastModifiedDate",
    "CreateDate",
    "ValidUntil",
    "SAMLProviderUUID",
    "UpdateDate",
    "ClientSecretCreateDate",
    "CSSVersion",
    "Version",
    "RoleId",
    "PolicyId",
    "UserId",
    "ClientSecretId",
    "CloudFrontDistribution",
    "RoleLastUsed",
    "ImageUrl",
}
SECRETS = {"ClientSecret", "client_secret", "private_key", "SSORedirectBindingURI"}


def exported(world: World, **query: Any) -> dict[str, Any]:
    asked = {name: str(value).lower() if isinstance(value, bool) else value for name, value in query.items()}
    answer = requests.get(f"{world.running.management}/export", params=asked, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def bring_into(world: World, document: Any, **members: Any) -> dict[str, Any]:
    body = {"document": document, **members}
    answer = requests.post(f"{world.running.management}/import", json=body, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def answers(world: World, *, secrets: bool = True) -> dict[str, Any]:
    """What every Describe*, List* and Get* of the three services answers, but for dates and made-up ids."""
    left_out = DATES if secrets else DATES | SECRETS
    found: dict[str, Any] = {}
    idp, identity, iam = (world.boto3(name) for name in ("cognito-idp", "cognito-identity", "iam"))

    def note(key: str, client: Any, operation: str, **given: Any) -> dict[str, Any]:
        try:
            answer = getattr(client, operation)(**given)
        except client.exceptions.ClientError as error:
            answer = {"Error": error.response["Error"]}
        answer.pop("ResponseMetadata", None)
        found[f"{operation} {key}"] = _cleaned(answer, left_out)
        return answer

    for pool in note("", idp, "list_user_pools", MaxResults=60)["UserPools"]:
        _user_pool(note, idp, pool["Id"])
    for pool in note("", identity, "list_identity_pools", MaxResults=60)["IdentityPools"]:
        given = {"IdentityPoolId": pool["IdentityPoolId"]}
        described = note(pool["IdentityPoolId"], identity, "describe_identity_pool", **given)
        note(pool["IdentityPoolId"], identity, "get_identity_pool_roles", **given)
        listed = note(pool["IdentityPoolId"], identity, "list_identities", MaxResults=60, **given)
        for one in listed["Identities"]:
            note(one["IdentityId"], identity, "describe_identity", IdentityId=one["IdentityId"])
        for one in described.get("CognitoIdentityProviders", ()):
            asked = {**given, "IdentityProviderName": one["ProviderName"]}
            note(pool["IdentityPoolId"], identity, "get_principal_tag_attribute_map", **asked)
        account = world.running.services.settings.account_id
        arn = f"arn:aws:cognito-identity:{pool['IdentityPoolId'].split(':')[0]}:{account}:identitypool/"
        note(pool["IdentityPoolId"], identity, "list_tags_for_resource", ResourceArn=arn + pool["IdentityPoolId"])
    for role in note("", iam, "list_roles")["Roles"]:
        name = role["RoleName"]
        note(name, iam, "get_role", RoleName=name)
        note(name, iam, "list_role_tags", RoleName=name)
        note(name, iam, "list_attached_role_policies", RoleName=name)
        for policy in note(name, iam, "list_role_policies", RoleName=name)["PolicyNames"]:
            note(f"{name} {policy}", iam, "get_role_policy", RoleName=name, PolicyName=policy)
    for policy in note("", iam, "list_policies", Scope="Local")["Policies"]:
        asked = {"PolicyArn": policy["Arn"]}
        note(policy["Arn"], iam, "get_policy", **asked)
        for one in note(policy["Arn"], iam, "list_policy_versions", **asked)["Versions"]:
            note(f"{policy['Arn']} {one['VersionId']}", iam, "get_policy_version", VersionId=one["VersionId"], **asked)
    for user in note("", iam, "list_users")["Users"]:
        _iam_user(note, iam, user["UserName"], secrets=secrets)
    for one in note("", iam, "list_open_id_connect_providers")["OpenIDConnectProviderList"]:
        note(one["Arn"], iam, "get_open_id_connect_provider", OpenIDConnectProviderArn=one["Arn"])
    note("", iam, "list_saml_providers")
    return found


def _iam_user(note: Any, iam: Any, name: str, *, secrets: bool) -> None:
    given = {"UserName": name}
    for operation in ("get_user", "list_user_tags", "list_attached_user_policies", "list_groups_for_user"):
        note(name, iam, operation, **given)
    if secrets:
        note(name, iam, "list_access_keys", **given)
    for policy in note(name, iam, "list_user_policies", **given)["PolicyNames"]:
        note(f"{name} {policy}", iam, "get_user_policy", PolicyName=policy, **given)


def _user_pool(note: Any, idp: Any, pool_id: str) -> None:
    given = {"UserPoolId": pool_id}
    pool = note(pool_id, idp, "describe_user_pool", **given)["UserPool"]
    for operation in (
        "get_user_pool_mfa_config",
        "get_log_delivery_configuration",
        "describe_risk_configuration",
        "get_csv_header",
        "list_user_pool_replicas",
        "get_user_pool_session_configuration",
    ):
        if hasattr(idp, operation):
            note(pool_id, idp, operation, **given)
    note(pool_id, idp, "list_tags_for_resource", ResourceArn=pool["Arn"])
    for key in ("Domain", "CustomDomain"):
        if pool.get(key):
            note(pool_id, idp, "describe_user_pool_domain", Domain=pool[key])
    for one in note(pool_id, idp, "list_resource_servers", MaxResults=50, **given)["ResourceServers"]:
        note(pool_id, idp, "describe_resource_server", Identifier=one["Identifier"], **given)
    for one in note(pool_id, idp, "list_identity_providers", MaxResults=60, **given)["Providers"]:
        note(
            f"{pool_id} {one['ProviderName']}",
            idp,
            "describe_identity_provider",
            ProviderName=one["ProviderName"],
            **given,
        )
    if hasattr(idp, "list_terms"):
        for one in note(pool_id, idp, "list_terms", MaxResults=60, **given)["Terms"]:
            note(one["TermsId"], idp, "describe_terms", TermsId=one["TermsId"], **given)
    note(f"{pool_id} ALL", idp, "get_ui_customization", ClientId="ALL", **given)
    for one in note(pool_id, idp, "list_user_pool_clients", MaxResults=60, **given)["UserPoolClients"]:
        asked = {**given, "ClientId": one["ClientId"]}
        for operation in (
            "describe_user_pool_client",
            "get_ui_customization",
            "describe_managed_login_branding_by_client",
            "describe_risk_configuration",
            "list_user_pool_client_secrets",
            "get_user_pool_client_session_configuration",
        ):
            if hasattr(idp, operation):
                note(f"{pool_id} {one['ClientId']}", idp, operation, **asked)
    for one in note(pool_id, idp, "list_groups", **given)["Groups"]:
        asked = {**given, "GroupName": one["GroupName"]}
        note(f"{pool_id} {one['GroupName']}", idp, "get_group", **asked)
        note(f"{pool_id} {one['GroupName']}", idp, "list_users_in_group", **asked)
    for one in note(pool_id, idp, "list_users", **given)["Users"]:
        asked = {**given, "Username": one["Username"]}
        note(f"{pool_id} {one['Username']}", idp, "admin_get_user", **asked)
        note(f"{pool_id} {one['Username']}", idp, "admin_list_groups_for_user", **asked)


def _cleaned(value: Any, left_out: set[str]) -> Any:
    if isinstance(value, dict):
        return {name: _cleaned(each, left_out) for name, each in value.items() if name not in left_out}
    if isinstance(value, list):
        return [_cleaned(each, left_out) for each in value]
    return value if isinstance(value, (str, int, float, bool, bytes, type(None))) else str(value)


def undated(document: dict[str, Any]) -> str:
    """The bytes of an export, but for dates and ids that are the server's own."""
    return json.dumps(_cleaned(document, DATES), indent=2)


def as_text(document: Any) -> str:
    return json.dumps(document)
