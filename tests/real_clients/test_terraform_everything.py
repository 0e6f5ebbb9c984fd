"""Terraform's AWS provider on all that it has of this server: one configuration, applied, used, updated, destroyed.

After each of these a plan finds nothing to change. What the provider asked meanwhile is recorded, and asked again where
there is no Terraform.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from real_clients import terraform_everything as everything
from real_clients.terraform import Terraform, plugins
from real_clients.terraform_calls import ONE_BY_ONE, RECORDING, ask_again, recorded
from real_clients.terraform_day import Day
from world import World, running

NAME = "terraform_everything"
MADE_ANEW = {
    "aws_api_gateway_deployment.first": "what is deployed is never changed",
    "aws_cognito_resource_server.things": "the provider says so of the name, on AWS it is changed in place",
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """With the KMS of the custom senders, and tokens of AWS's own issuers."""
    kms = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    kms.start()
    host, port = kms.get_host_and_port()
    with running(tmp_path / "data", kms_url=f"http://{host}:{port}", issuer="aws") as up:
        keys = up.boto3("kms", endpoint_url=f"http://{host}:{port}")
        keys.create_alias(AliasName=everything.KEY_ALIAS, TargetKeyId=keys.create_key()["KeyMetadata"]["KeyId"])
        yield up
    kms.stop()


@pytest.mark.long
@pytest.mark.timeout(900)
def test_everything_is_applied_used_updated_and_destroyed(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = left(world.boto3)  # moto's buckets and tables are those of the whole process
    options = ONE_BY_ONE if RECORDING else {}
    terraform = Terraform(tmp_path, world.origin, plugins(), options=options)
    everything.write(terraform)
    terraform.begin(everything.SERVICES, s3_use_path_style="true")
    with recorded(monkeypatch, NAME) as calls:
        calls.phase = "plan"
        plan = terraform.plan()
        assert everything.missing_arguments(terraform, plan) == set()
        calls.phase = "apply"
        terraform.apply_plan()
        calls.phase = ""
        day = Day(world, terraform.outputs()["there"], terraform.outputs()["secrets"])
        use(day)
        calls.phase = "plan after use"
        terraform.check_no_changes()
        calls.phase = "update"
        terraform.options = {**options, **everything.LATER}
        planned = terraform.planned()
        assert {address for address, actions in planned.items() if actions != ["update"]} == set(MADE_ANEW)
        terraform.apply_plan()
        assert terraform.outputs()["there"] == day.there, "nobody and nothing has another id"
        calls.phase = ""
        day.what_the_provider_does_not_know()
        day.check_what_was_set_beside()
        calls.phase = "plan after the update"
        terraform.check_no_changes()
        calls.phase = "destroy"
        terraform.destroy()
        calls.phase = ""
    assert left(world.boto3) == before


def use(day: Day) -> None:
    claims = day.people_sign_in()
    assert claims["cognito:groups"] == ["editors"]
    assert claims["custom:department"] == "before"
    day.credentials_are_the_group_s()
    day.machines_and_apis_are_served()
    day.a_developer_has_a_key()


def test_what_terraform_asks_is_answered_where_there_is_no_terraform(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recording of the test above, on a server of its own: each answer is what it was."""
    before = left(world.boto3)  # moto's buckets and tables are those of the whole process
    assert ask_again(monkeypatch, NAME, world.boto3) > 200
    assert left(world.boto3) == before


def left(client: Any) -> dict[str, Any]:
    """What is there of all that the configuration makes."""
    found = {
        "pools": client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"],
        "identity pools": client("cognito-identity").list_identity_pools(MaxResults=60)["IdentityPools"],
        "roles": client("iam").list_roles()["Roles"],
        "policies": client("iam").list_policies(Scope="Local")["Policies"],
        "users": client("iam").list_users()["Users"],
        "oidc": client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"],
        "saml": client("iam").list_saml_providers()["SAMLProviderList"],
        "functions": client("lambda").list_functions()["Functions"],
        "rest": client("apigateway").get_rest_apis()["items"],
        "http": client("apigatewayv2").get_apis()["Items"],
        "buckets": client("s3").list_buckets()["Buckets"],
        "tables": client("dynamodb").list_tables()["TableNames"],
    }
    return {name: things for name, things in found.items() if things}
