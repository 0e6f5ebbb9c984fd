"""What IAM has as tables of the seed file: policies with their versions, roles, users, trusted providers."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from typing import Any

from halfday.server.domain.aws.policies.pins import named_by, pins_in
from halfday.server.operations.aws.iam.access_keys import SECRET_BYTES
from halfday.server.transfer.accounts import accounts_of
from halfday.server.transfer.reading_iam import issuer_url
from halfday.server.transfer.writing_iam import without_the_gone

Members = dict[str, Any]
Document = Mapping[str, Any]


def role_names(document: Document) -> dict[str, str]:
    """ARN → name of the roles that the file declares. Any other role is named by its ARN."""
    return {one["Role"]["Arn"]: one["Role"]["RoleName"] for one in document.get("Roles", ()) if "Arn" in one["Role"]}


def managed_policy(entry: Document) -> Members:
    policy, others = entry["Policy"], entry.get("Versions", ())
    table = {"name": policy["PolicyName"], **_path(policy), "description": policy.get("Description")}
    table = _said({**table, "tags": _tags(policy)})
    if not others and policy.get("DefaultVersionId", "v1") == "v1":
        return {**table, "document": json.dumps(entry["Document"])}
    default = {"VersionId": policy["DefaultVersionId"], "Document": entry["Document"]}
    return {**table, "version": [_version(one, one is default) for one in sorted((default, *others), key=_number)]}


def _number(version: Document) -> int:
    return int(version["VersionId"].removeprefix("v"))


def _version(version: Document, default: bool) -> Members:
    table = {"number": _number(version), "document": json.dumps(version["Document"])}
    return {**table, "default": True} if default else table


def role(entry: Document, document: Document, notes: list[str]) -> Members:
    shown = entry["Role"]
    trust, gone = shown["AssumeRolePolicyDocument"], _gone(shown["AssumeRolePolicyDocument"], document)
    notes.extend(f"role {shown['RoleName']}: it trusts {one}, who is not in the file" for one in gone)
    table = {
        "name": shown["RoleName"],
        **_path(shown),
        "description": shown.get("Description"),
        "trust": json.dumps(without_the_gone(trust, gone) if gone else trust),
        "max_session_s": shown.get("MaxSessionDuration"),
    }
    return _said({**table, **_permissions(entry, shown)})


def _gone(trust: Document, document: Document) -> list[str]:
    """The roles and users of the account whom the file does not make: a start would refuse a policy that names them."""
    roles = {one["Role"]["RoleName"] for one in document.get("Roles", ())}
    users = {one["User"]["UserName"] for one in document.get("IamUsers", ())}
    own = accounts_of(document)
    named = named_by(trust).items()
    missing = [arn for arn, one in named if one.account in own and one.name not in (users if one.is_user else roles)]
    return [*pins_in(trust), *missing]


def user(entry: Document, notes: list[str]) -> Members:
    shown = entry["User"]
    keys = [_access_key(one, shown["UserName"], notes) for one in entry.get("AccessKeys", ())]
    return _said({"name": shown["UserName"], **_path(shown), **_permissions(entry, shown), "access_key": keys})


def _access_key(key: Document, user_name: str, notes: list[str]) -> Members:
    """Without its secret it has a new one, which is in the file to be read."""
    secret = key.get("SecretAccessKey")
    if secret is None:
        secret = base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
        notes.append(f"IAM user {user_name}: the secret of {key['AccessKeyId']} was left out: the file has a new one")
    table = {"id": key["AccessKeyId"], "secret": secret}
    return {**table, "active": False} if key.get("Status") == "Inactive" else table


def oidc_provider(entry: Document) -> Members:
    url, clients, prints = issuer_url(entry["Url"]), entry.get("ClientIDList", []), entry.get("ThumbprintList", [])
    return _said({"url": url, "client_ids": clients, "thumbprints": prints, "tags": _tags(entry)})


def saml_provider(entry: Document) -> Members:
    name = entry["Arn"].rpartition("/")[2]
    return _said({"name": name, "metadata_document": entry["SAMLMetadataDocument"], "tags": _tags(entry)})


def _permissions(entry: Document, shown: Document) -> Members:
    """What a role or user may do."""
    boundary = shown.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return {
        "managed_policies": [_policy_name(arn) for arn in entry.get("Attached", ())],
        "permissions_boundary": boundary and _policy_name(boundary),
        "policies": {name: json.dumps(one) for name, one in entry.get("Policies", {}).items()},
        "tags": _tags(shown),
    }


def _policy_name(arn: str) -> str:
    return arn if arn.startswith("arn:aws:iam::aws:") else arn.rpartition("/")[2]


def _path(shown: Document) -> Members:
    return {"path": shown["Path"]} if shown.get("Path", "/") != "/" else {}


def _tags(entry: Document) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in entry.get("Tags", ())}


def _said(table: Members) -> Members:
    return {name: value for name, value in table.items() if value}
