"""What a seed file says beside a pool's clients and of IAM: kept, followed at the next start, or refused whole."""

from __future__ import annotations

import base64
import copy
import json
from pathlib import Path
from typing import Any

import pytest

from every_member import CERTIFICATE, PNG
from federated import allow
from halfday.server.seed_file import SeedRefused, check, read
from world import World, running

POOL = "us-east-1_Beside001"
CLIENT, OTHER = "besideclientone", "besideclienttwo"
TERMS_ID = "11111111-2222-4333-8444-555555555555"
SETTINGS = {"categories": {"form": {"displayGraphics": True}}}
LINKS = {"cognito:default": "https://example.com/terms"}
PICTURE = {"category": "form_logo", "mode": "dark", "base64": base64.b64encode(PNG).decode()}
DOCUMENT: dict[str, Any] = {
    "user_pool": [
        {
            "id": POOL,
            "tier": "plus",
            "threat_protection": "audit",
            "domain": "beside",
            "pages": "managed_login",
            "custom_domain": {"name": "auth.beside.example.com", "certificate": CERTIFICATE, "pages": "classic"},
            "sessions": {"tracked": True, "most": 4},
            "client": [{"id": CLIENT, "sso_minutes": 5}, {"id": OTHER}],
            "style": [
                {"client": CLIENT, "pages": "managed_login", "settings_json": json.dumps(SETTINGS), "image": [PICTURE]},
                {"client": OTHER, "pages": "managed_login", "values": "none"},
                {"client": "ALL", "pages": "classic", "logo_base64": PICTURE["base64"]},
            ],
            "terms": [{"client": CLIENT, "name": "terms-of-use", "links": LINKS, "id": TERMS_ID}],
            "risk": [
                {"exceptions": {"BlockedIPRangeList": ["192.0.2.0/24"]}},
                {"client": CLIENT, "compromised_credentials": {"Actions": {"EventAction": "BLOCK"}}},
            ],
            "log_delivery": [{"events": "userAuthEvents", "bucket": "arn:aws:s3:::logs"}],
            "replica": [{"region": "eu-west-1", "active": True}],
        }
    ],
    "managed_policy": [
        {
            "name": "versions",
            "path": "/red/",
            "version": [
                {"number": 2, "document": allow("s3:Get*")},
                {"number": 5, "document": allow("s3:Put*"), "default": True},
            ],
        }
    ],
    "role": [{"name": "pathed", "path": "/red/", "trust": allow("sts:AssumeRole"), "managed_policies": ["versions"]}],
    "iam_user": [{"name": "dev", "path": "/red/"}],
}
DOCUMENT["role"][0]["trust"]["Statement"][0].pop("Resource", None)
DOCUMENT["role"][0]["trust"]["Statement"][0]["Principal"] = {"AWS": "*"}


def changed(*path: Any, **keys: Any) -> dict[str, Any]:
    """The document with these keys in the table at `path`; a key whose value is None is gone."""
    document = copy.deepcopy(DOCUMENT)
    table: Any = document
    for step in path:
        table = table[step]
    for key, value in keys.items():
        table.pop(key, None)
        if value is not None:
            table[key] = value
    return document


def brand(world: World, client_id: str = CLIENT) -> dict[str, Any]:
    asked = {"UserPoolId": POOL, "ClientId": client_id}
    return world.idp.describe_managed_login_branding_by_client(**asked)["ManagedLoginBranding"]


def test_what_is_declared_is_there_and_the_next_start_changes_nothing(tmp_path: Path) -> None:
    shown = []
    for _ in range(2):
        with running(tmp_path, DOCUMENT) as world:
            idp, whose = world.idp, {"UserPoolId": POOL}
            domain = idp.describe_user_pool_domain(Domain="auth.beside.example.com")["DomainDescription"]
            assert domain["CustomDomainConfig"] == {"CertificateArn": CERTIFICATE}
            assert domain["ManagedLoginVersion"] == 1
            assert brand(world)["Settings"] == SETTINGS
            assert brand(world)["Assets"][0]["Bytes"] == PNG
            with pytest.raises(idp.exceptions.ResourceNotFoundException):
                brand(world, OTHER)
            terms = idp.describe_terms(**whose, TermsId=TERMS_ID)["Terms"]
            assert terms["Links"] == LINKS
            risk = idp.describe_risk_configuration(**whose)["RiskConfiguration"]
            assert risk["RiskExceptionConfiguration"] == {"BlockedIPRangeList": ["192.0.2.0/24"]}
            own = idp.describe_risk_configuration(**whose, ClientId=CLIENT)["RiskConfiguration"]
            logs = idp.get_log_delivery_configuration(**whose)["LogDeliveryConfiguration"]["LogConfigurations"]
            assert [(one["LogLevel"], one["S3Configuration"]) for one in logs] == [
                ("INFO", {"BucketArn": "arn:aws:s3:::logs"})
            ]
            asked = {**whose, "ClientId": CLIENT}
            assert "'MaxValidityMinutes': 5" in str(idp.get_user_pool_client_session_configuration(**asked))
            replicas = idp.list_user_pool_replicas(**whose)["UserPoolReplicas"]
            assert [(one["RegionName"], one["Status"]) for one in replicas if one["Role"] != "PRIMARY"] == [
                ("eu-west-1", "ACTIVE")
            ]
            pool = idp.describe_user_pool(**whose)["UserPool"]
            dates = [one["LastModifiedDate"] for one in (pool, brand(world), terms, risk, own)]
            shown.append((dates, brand(world)["ManagedLoginBrandingId"]))
    assert shown[0] == shown[1]


def test_what_the_file_says_anew_is_followed(tmp_path: Path) -> None:
    with running(tmp_path, DOCUMENT):
        pass
    document = changed(
        "user_pool",
        0,
        custom_domain={"name": "login.beside.example.com", "certificate": CERTIFICATE, "security_policy": "TLS_V1"},
        style=[{"client": CLIENT, "pages": "managed_login", "values": "cognito"}],
        terms=[{"client": CLIENT, "name": "terms-of-use", "links": {"cognito:default": "https://example.com/new"}}],
        risk=[{"exceptions": {"SkippedIPRangeList": ["192.0.2.0/24"]}}],
        log_delivery=[],
        replica=[{"region": "eu-west-1"}],
        sessions={"tracked": False},
    )
    with running(tmp_path, document) as world:
        idp, whose = world.idp, {"UserPoolId": POOL}
        assert idp.describe_user_pool(**whose)["UserPool"]["CustomDomain"] == "login.beside.example.com"
        assert idp.describe_user_pool_domain(Domain="auth.beside.example.com")["DomainDescription"] == {}
        assert brand(world)["UseCognitoProvidedValues"]
        assert brand(world, OTHER)["UseCognitoProvidedValues"], "it is a client whose style the file does not say"
        assert idp.describe_terms(**whose, TermsId=TERMS_ID)["Terms"]["Links"]["cognito:default"].endswith("/new")
        risk = idp.describe_risk_configuration(**whose)["RiskConfiguration"]
        assert risk["RiskExceptionConfiguration"] == {"SkippedIPRangeList": ["192.0.2.0/24"]}
        logs = idp.get_log_delivery_configuration(**whose)["LogDeliveryConfiguration"]
        assert logs["LogConfigurations"] == []
        assert idp.list_user_pool_replicas(**whose)["UserPoolReplicas"][1]["Status"] == "INACTIVE"
        sessions = str(idp.get_user_pool_session_configuration(**whose))
        assert "DISABLED" in sessions
        assert "'MaxPerUser': 4" in sessions


def test_a_policy_has_the_versions_of_the_file(tmp_path: Path) -> None:
    arn = "arn:aws:iam::123456789012:policy/red/versions"
    versions = [{"number": number, "document": allow(f"s3:Get{number}")} for number in range(6, 11)]
    versions[2]["default"] = True
    for document, ids, default in (
        (DOCUMENT, ["v5", "v2"], "v5"),
        (changed("managed_policy", 0, version=versions), ["v10", "v9", "v8", "v7", "v6"], "v8"),
        (changed("managed_policy", 0, version=versions[:3]), ["v8", "v7", "v6"], "v8"),
        (DOCUMENT, ["v5", "v2"], "v5"),
    ):
        with running(tmp_path, document) as world:
            iam = world.boto3("iam")
            shown = iam.list_policy_versions(PolicyArn=arn)["Versions"]
            assert [one["VersionId"] for one in shown] == ids
            assert [one["VersionId"] for one in shown if one["IsDefaultVersion"]] == [default]
            assert iam.get_role(RoleName="pathed")["Role"]["Arn"] == "arn:aws:iam::123456789012:role/red/pathed"
            assert iam.get_user(UserName="dev")["User"]["Path"] == "/red/"
    with running(tmp_path, DOCUMENT) as world:
        document = json.dumps(allow("s3:*"))
        made = world.boto3("iam").create_policy_version(PolicyArn=arn, PolicyDocument=document)
        assert made["PolicyVersion"]["VersionId"] == "v11", "no number is given again"


def test_files_are_taken_from_the_folder_of_the_seed_file(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(PNG)
    (tmp_path / "style.json").write_text(json.dumps(SETTINGS))
    path = tmp_path / "halfday.toml"
    path.write_text(
        f'[[user_pool]]\nid = "{POOL}"\ndomain = "beside"\n[[user_pool.client]]\nid = "{CLIENT}"\n'
        f'[[user_pool.style]]\nclient = "{CLIENT}"\npages = "managed_login"\nsettings = "style.json"\n'
        '[[user_pool.style.image]]\ncategory = "form_logo"\nfile = "logo.png"\n'
        f'[[user_pool.style]]\nclient = "{CLIENT}"\npages = "classic"\nlogo = "logo.png"\n'
    )
    with running(tmp_path / "data", read(path)) as world:
        assert brand(world)["Settings"] == SETTINGS
        assert brand(world)["Assets"][0]["ColorMode"] == "DYNAMIC"
        style = world.idp.get_ui_customization(UserPoolId=POOL, ClientId=CLIENT)["UICustomization"]
        assert "ImageUrl" in style


STYLE = {"client": CLIENT, "pages": "managed_login"}


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (changed("user_pool", 0, style=[{**STYLE, "pages": "modern"}]), "pages must be one of classic, managed_login"),
        (changed("user_pool", 0, style=[{**STYLE, "css": "a"}]), "css styles no pages of the kind 'managed_login'"),
        (changed("user_pool", 0, style=[{**STYLE, "values": "all"}]), "values must be one of own, cognito, none"),
        (changed("user_pool", 0, style=[{**STYLE, "settings_json": "{"}]), "settings_json: it is not JSON"),
        (
            changed("user_pool", 0, style=[{**STYLE, "values": "none", "settings_json": "{}"}]),
            'values = "none" goes with no settings',
        ),
        (changed("user_pool", 0, style=[{**STYLE, "settings_json": "{}", "settings": "s"}]), "not both"),
        (
            changed("user_pool", 0, style=[{**STYLE, "image": [{"category": "form_logo"}]}]),
            "it needs file or base64, or else resource",
        ),
        (
            changed("user_pool", 0, style=[{**STYLE, "image": [{**PICTURE, "base64": "?"}]}]),
            "base64 is not Base64",
        ),
        (changed("user_pool", 0, style=[{**STYLE, "id": "no"}]), "id must be a UUID, not 'no'"),
        *(
            (changed("user_pool", 0, key, 0, client="nobody"), f"[[user_pool.{key}]] of {POOL}: there is no app client")
            for key in ("style", "terms", "risk")
        ),
        (changed("user_pool", 0, risk=[{"exceptions": {"Blocked": []}}]), "RiskExceptionConfiguration.Blocked"),
        (changed("user_pool", 0, threat_protection="off"), "User pool add-ons are not enabled"),
        (changed("user_pool", 0, terms=[{"client": CLIENT, "name": "t", "links": {}}]), "CreateTerms"),
        (changed("user_pool", 0, log_delivery=[{"events": "userNotification", "bucket": "b"}]), "SetLogDelivery"),
        (changed("user_pool", 0, custom_domain={"name": "a", "certificate": CERTIFICATE}), "not a valid subdomain"),
        (changed("user_pool", 0, custom_domain={"name": "a.b.example.com", "certificate": "c"}), "Domain"),
        (changed("user_pool", 0, unsaid=["Nothing"]), "has no Nothing"),
        (changed("user_pool", 0, "client", 0, unsaid=["Nothing"]), "unsaid: no key says Nothing"),
        (changed("managed_policy", 0, version=None), "it needs a document, or a [[managed_policy.version]]"),
        (changed("managed_policy", 0, document=allow("s3:*")), "it needs a document, or a"),
        (changed("managed_policy", 0, "version", 1, default=None), "default = true stands at one version"),
        (changed("managed_policy", 0, "version", 1, number=2), "each version has a number of its own"),
        (changed("role", 0, path="/aws-service-role/"), "reserved for AWS Service Linked Roles"),
    ],
)
def test_what_cannot_be_stops_the_start(tmp_path: Path, document: dict[str, Any], told: str) -> None:
    check(document)
    with pytest.raises(SeedRefused) as refused, running(tmp_path, document):
        pass
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (changed("managed_policy", 0, path="/blue/"), "path is fixed once it is made"),
        (changed("role", 0, path="/blue/"), "path is fixed once it is made"),
        (changed("managed_policy", 0, "version", 0, document=allow("s3:*")), "give it another number"),
        (changed("user_pool", 0, "terms", 0, id=TERMS_ID.replace("1", "2")), "id is fixed once it is made"),
        (changed("user_pool", 0, "style", 0, id=TERMS_ID), "id is fixed once it is made"),
    ],
)
def test_what_is_fixed_stops_the_next_start(tmp_path: Path, document: dict[str, Any], told: str) -> None:
    with running(tmp_path, DOCUMENT):
        pass
    with pytest.raises(SeedRefused) as refused, running(tmp_path, document):
        pass
    assert told in str(refused.value)
