"""Terraform's AWS provider on IAM: applied, planned without changes, updated in place, destroyed."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest

from federation.saml.corp import Corp
from real_clients.terraform import Terraform, plugins
from real_clients.terraform_calls import Calls, ask_again, recorded
from world import World, running

RECORDING = "terraform_iam"

CONFIGURATION = """
resource "aws_iam_role" "app" {
  name                 = "app"
  path                 = "/apps/"
  description          = "%(description)s"
  max_session_duration = %(duration)d
  permissions_boundary = %(boundary)s
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "%(service)s" } }]
  })
  tags = { team = "%(team)s", app = "one" }
}

resource "aws_iam_role_policy" "own" {
  name = "own"
  role = aws_iam_role.app.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "%(action)s", Resource = "*" }]
  })
}

resource "aws_iam_policy" "reads" {
  name        = "reads"
  path        = "/apps/"
  description = "reads objects"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "%(action)s", Resource = "arn:aws:s3:::things/*" }]
  })
  tags = { team = "%(team)s" }
}

resource "aws_iam_policy" "boundary" {
  name   = "boundary"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }] })
}

resource "aws_iam_role_policy_attachment" "reads" {
  role       = aws_iam_role.app.name
  policy_arn = aws_iam_policy.reads.arn
}

resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.app.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_iam_openid_connect_provider" "ci" {
  url             = "https://token.actions.githubusercontent.com"
  client_id_list  = %(client_ids)s
  thumbprint_list = ["%(thumbprint)s"]
  tags            = { team = "%(team)s" }
}

resource "aws_iam_saml_provider" "corp" {
  name                   = "corp"
  saml_metadata_document = file("${path.module}/%(metadata)s.xml")
  tags                   = { team = "%(team)s" }
}

resource "aws_iam_user" "developer" {
  name                 = "developer"
  path                 = "/%(team)s/"
  permissions_boundary = %(boundary)s
  tags                 = { team = "%(team)s" }
}

resource "aws_iam_user_policy" "own" {
  name = "own"
  user = aws_iam_user.developer.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "%(action)s", Resource = "*" }]
  })
}

resource "aws_iam_user_policy_attachment" "reads" {
  user       = aws_iam_user.developer.name
  policy_arn = aws_iam_policy.reads.arn
}

resource "aws_iam_access_key" "developer" {
  user   = aws_iam_user.developer.name
  status = "%(status)s"
}

output "key" {
  value     = { id = aws_iam_access_key.developer.id, secret = aws_iam_access_key.developer.secret }
  sensitive = true
}

output "role_id" {
  value = aws_iam_role.app.unique_id
}
"""
BEFORE = {
    "description": "before",
    "duration": 3600,
    "boundary": "null",
    "service": "lambda.amazonaws.com",
    "team": "blue",
    "action": "s3:GetObject",
    "client_ids": '["sts.amazonaws.com"]',
    "thumbprint": "a" * 40,
    "metadata": "before",
    "status": "Active",
}
AFTER = {
    "description": "after",
    "duration": 7200,
    "boundary": "aws_iam_policy.boundary.arn",
    "service": "apigateway.amazonaws.com",
    "team": "red",
    "action": "s3:PutObject",
    "client_ids": '["sts.amazonaws.com", "other"]',
    "thumbprint": "b" * 40,
    "metadata": "after",
    "status": "Inactive",
}
UPDATED = (
    "aws_iam_access_key.developer",
    "aws_iam_openid_connect_provider.ci",
    "aws_iam_policy.reads",
    "aws_iam_role.app",
    "aws_iam_role_policy.own",
    "aws_iam_saml_provider.corp",
    "aws_iam_user.developer",
    "aws_iam_user_policy.own",
)


@pytest.fixture
def terraform(world: World, tmp_path: Path) -> Terraform:
    made = Terraform(tmp_path, world.origin, plugins())
    for name in ("before", "after"):
        (tmp_path / f"{name}.xml").write_text(Corp(f"https://{name}.example.com", name).metadata())
    made.begin()
    return made


@pytest.mark.timeout(600)
def test_roles_policies_providers_and_users_are_applied_updated_and_destroyed(
    world: World, terraform: Terraform, monkeypatch: pytest.MonkeyPatch
) -> None:
    with recorded(monkeypatch, RECORDING) as calls:
        apply_update_and_destroy(world, terraform, calls)


def test_what_terraform_asks_is_answered_where_there_is_no_terraform(tmp_path: Path) -> None:
    """The recording of the test above, on a server of its own."""
    with running(tmp_path, upstream="none") as world:
        assert ask_again(RECORDING, world.boto3) > 100
        assert world.boto3("iam").list_roles()["Roles"] == []


def apply_update_and_destroy(world: World, terraform: Terraform, calls: Calls) -> None:
    iam = world.boto3("iam")
    calls.phase = "apply"
    terraform.write(CONFIGURATION % BEFORE)
    terraform.apply()
    calls.phase = "plan"
    terraform.check_no_changes()
    calls.phase = ""
    before = terraform.outputs()
    shown = iam.get_role(RoleName="app")["Role"]
    assert (shown["Arn"], shown["Description"]) == ("arn:aws:iam::123456789012:role/apps/app", "before")
    assert len(iam.list_attached_role_policies(RoleName="app")["AttachedPolicies"]) == 2
    assert identity_of(world, before["key"]) == "arn:aws:iam::123456789012:user/blue/developer"

    calls.phase = "update"
    terraform.write(CONFIGURATION % AFTER)
    terraform.check_updates_in_place(*UPDATED)
    terraform.apply()
    terraform.check_no_changes()
    calls.phase = ""
    assert terraform.outputs() == before, "nothing was made anew"
    shown = iam.get_role(RoleName="app")["Role"]
    assert (shown["Description"], shown["MaxSessionDuration"]) == ("after", 7200)
    boundary = "arn:aws:iam::123456789012:policy/boundary"
    assert shown["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    arn = "arn:aws:iam::123456789012:policy/apps/reads"
    assert len(iam.list_policy_versions(PolicyArn=arn)["Versions"]) == 2
    assert json.dumps(shown["AssumeRolePolicyDocument"]).count("apigateway.amazonaws.com") == 1

    calls.phase = "destroy"
    terraform.destroy()
    calls.phase = ""
    assert (iam.list_roles()["Roles"], iam.list_users()["Users"]) == ([], [])
    assert iam.list_policies(Scope="Local")["Policies"] == []
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
    assert iam.list_saml_providers()["SAMLProviderList"] == []


def identity_of(world: World, key: dict[str, str]) -> str:
    sts = boto3.client(
        "sts",
        endpoint_url=world.origin,
        region_name="us-east-1",
        aws_access_key_id=key["id"],
        aws_secret_access_key=key["secret"],
    )
    arn: str = sts.get_caller_identity()["Arn"]
    return arn
