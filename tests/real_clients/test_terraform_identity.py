"""Terraform's AWS provider on what stands between a sign-in and AWS: user pool, identity pool, roles."""

from __future__ import annotations

from pathlib import Path

import pytest

from federated import Identities
from real_clients.terraform import Terraform, plugins
from world import Pool, World

CONFIGURATION = """
resource "aws_cognito_user_pool" "people" {
  name = "people"
}

resource "aws_cognito_user_pool_client" "web" {
  name                = "web"
  user_pool_id        = aws_cognito_user_pool.people.id
  explicit_auth_flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
}

resource "aws_cognito_identity_pool" "people" {
  identity_pool_name               = "people"
  allow_unauthenticated_identities = %(guests)s
  cognito_identity_providers {
    client_id               = aws_cognito_user_pool_client.web.id
    provider_name           = aws_cognito_user_pool.people.endpoint
    server_side_token_check = %(check)s
  }
}

resource "aws_iam_role" "of" {
  for_each = toset(["authenticated", "unauthenticated"])
  name     = each.key
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = "cognito-identity.amazonaws.com" }
      Condition = {
        StringEquals             = { "cognito-identity.amazonaws.com:aud" = aws_cognito_identity_pool.people.id }
        "ForAnyValue:StringLike" = { "cognito-identity.amazonaws.com:amr" = each.key }
      }
    }]
  })
}

data "aws_iam_policy_document" "lists" {
  statement {
    actions   = ["cognito-idp:ListUserPools"]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "lists" {
  name   = "lists"
  policy = data.aws_iam_policy_document.lists.json
}

resource "aws_iam_role_policy_attachment" "lists" {
  role       = aws_iam_role.of["authenticated"].name
  policy_arn = aws_iam_policy.lists.arn
}

resource "aws_cognito_identity_pool_roles_attachment" "people" {
  identity_pool_id = aws_cognito_identity_pool.people.id
  roles            = { for kind in %(kinds)s : kind => aws_iam_role.of[kind].arn }
}

data "aws_caller_identity" "me" {}

output "there" {
  value = {
    account       = data.aws_caller_identity.me.account_id
    user_pool     = aws_cognito_user_pool.people.id
    client        = aws_cognito_user_pool_client.web.id
    identity_pool = aws_cognito_identity_pool.people.id
  }
}
"""
BEFORE = {"guests": "false", "check": "false", "kinds": '["authenticated"]'}
AFTER = {"guests": "true", "check": "true", "kinds": '["authenticated", "unauthenticated"]'}
CHANGED = {
    "aws_cognito_identity_pool.people": ["update"],
    "aws_cognito_identity_pool_roles_attachment.people": ["delete", "create"],
}
"""Of the attachment the provider changes nothing in place: it takes all roles away, and sets them again."""


@pytest.mark.timeout(600)
def test_whoever_signs_in_has_the_role_that_terraform_made(world: World, tmp_path: Path) -> None:
    terraform = Terraform(tmp_path, world.origin, plugins())
    terraform.begin()
    terraform.write(CONFIGURATION % BEFORE)
    terraform.apply()
    there = terraform.outputs()["there"]
    assert there["account"] == "123456789012"
    pool = Pool(world, there["user_pool"])
    pool.user()
    people = Identities(world, pool, {"ClientId": there["client"]}, there["identity_pool"], {})
    people.signed("cognito-idp", people.credentials(people.logins())).list_user_pools(MaxResults=1)
    terraform.check_no_changes()

    terraform.write(CONFIGURATION % AFTER)
    assert terraform.planned() == CHANGED
    terraform.apply()
    terraform.check_no_changes()
    assert people.credentials()["AccessKeyId"], "guests are let in"

    terraform.destroy()
    assert world.boto3("iam").list_roles()["Roles"] == []
    assert world.boto3("cognito-identity").list_identity_pools(MaxResults=60)["IdentityPools"] == []
