"""Terraform makes identity pools, roles and tags, finds nothing to change, changes them and takes them away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from real_clients.terraform import Terraform, plugins
from world import World

BASE = """
resource "aws_cognito_user_pool" "people" { name = "people" }
resource "aws_cognito_user_pool_client" "web" {
  name         = "web"
  user_pool_id = aws_cognito_user_pool.people.id
}
data "aws_iam_policy_document" "trust" {
  for_each = toset(["authenticated", "unauthenticated"])
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
    principals {
      type        = "Federated"
      identifiers = ["cognito-identity.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "cognito-identity.amazonaws.com:aud"
      values   = [aws_cognito_identity_pool.main.id]
    }
    condition {
      test     = "ForAnyValue:StringLike"
      variable = "cognito-identity.amazonaws.com:amr"
      values   = [each.key]
    }
  }
}
resource "aws_iam_role" "of" {
  for_each           = data.aws_iam_policy_document.trust
  name               = "terraform-${each.key}"
  assume_role_policy = each.value.json
}
resource "aws_iam_openid_connect_provider" "acme" {
  url             = "https://accounts.example.com"
  client_id_list  = ["app"]
  thumbprint_list = ["990f4193972f2becf12ddeda5237f9c952f20d9e"]
}
"""
POOL = """
resource "aws_cognito_identity_pool" "main" {
  identity_pool_name               = "main"
  allow_unauthenticated_identities = %(guests)s
  allow_classic_flow               = %(classic)s
  developer_provider_name          = "login.example.com"
  supported_login_providers = {
    "accounts.google.com" = "%(google)s"
    "graph.facebook.com"  = "7346241598935552"
  }
  openid_connect_provider_arns = [aws_iam_openid_connect_provider.acme.arn]
  cognito_identity_providers {
    client_id               = aws_cognito_user_pool_client.web.id
    provider_name           = aws_cognito_user_pool.people.endpoint
    server_side_token_check = true
  }
  tags = { team = "%(google)s" }
}
"""
ROLES = """
resource "aws_cognito_identity_pool_roles_attachment" "main" {
  identity_pool_id = aws_cognito_identity_pool.main.id
  roles = {
    authenticated   = aws_iam_role.of["authenticated"].arn
    unauthenticated = aws_iam_role.of["unauthenticated"].arn
  }
  %(mappings)s
}
"""
BY_TOKEN = """
  role_mapping {
    identity_provider         = "${aws_cognito_user_pool.people.endpoint}:${aws_cognito_user_pool_client.web.id}"
    ambiguous_role_resolution = "Deny"
    type                      = "Token"
  }
"""
BY_RULES = """
  role_mapping {
    identity_provider         = "graph.facebook.com"
    ambiguous_role_resolution = "AuthenticatedRole"
    type                      = "Rules"
    mapping_rule {
      claim      = "isAdmin"
      match_type = "Equals"
      role_arn   = aws_iam_role.of["authenticated"].arn
      value      = "paid"
    }
    mapping_rule {
      claim      = "isFoo"
      match_type = "NotEqual"
      role_arn   = aws_iam_role.of["authenticated"].arn
      value      = "bar"
    }
  }
"""
TAGS = """
resource "aws_cognito_identity_pool_provider_principal_tag" "people" {
  identity_pool_id       = aws_cognito_identity_pool.main.id
  identity_provider_name = aws_cognito_user_pool.people.endpoint
  use_defaults           = false
  principal_tags         = %(tags)s
}
resource "aws_cognito_identity_pool_provider_principal_tag" "acme" {
  identity_pool_id       = aws_cognito_identity_pool.main.id
  identity_provider_name = aws_iam_openid_connect_provider.acme.arn
  use_defaults           = true
}
"""
FIRST = BASE + POOL % {"guests": "false", "classic": "false", "google": "one"} + ROLES % {"mappings": ""}
FIRST += TAGS % {"tags": '{ department = "custom:department" }'}
OPEN = BASE + POOL % {"guests": "true", "classic": "true", "google": "two"}
SECOND = OPEN + ROLES % {"mappings": BY_TOKEN + BY_RULES}
SECOND += TAGS % {"tags": '{ department = "custom:department", who = "sub" }'}


@pytest.fixture
def terraform(world: World, tmp_path: Path) -> Terraform:
    made = Terraform(tmp_path, world.origin, plugins())
    made.begin()
    return made


@pytest.mark.timeout(900)
def test_pools_roles_and_tags_are_applied_changed_and_destroyed(world: World, terraform: Terraform) -> None:
    api = world.boto3("cognito-identity")
    terraform.write(FIRST)
    terraform.apply()
    terraform.check_no_changes()
    pool_id = the_pool(api)["IdentityPoolId"]
    terraform.write(SECOND)
    terraform.apply()
    assert the_pool(api)["IdentityPoolId"] == pool_id, "changed in its place"
    shown = api.get_identity_pool_roles(IdentityPoolId=pool_id)
    assert sorted(mapping["Type"] for mapping in shown["RoleMappings"].values()) == ["Rules", "Token"]
    guest = api.get_id(IdentityPoolId=pool_id)["IdentityId"]
    assert api.get_credentials_for_identity(IdentityId=guest)["Credentials"]
    terraform.check_no_changes()
    terraform.write(OPEN)
    terraform.apply()
    assert api.get_identity_pool_roles(IdentityPoolId=pool_id)["Roles"] == {}, "the attachment alone was taken away"
    terraform.destroy()
    assert api.list_identity_pools(MaxResults=60)["IdentityPools"] == []


def the_pool(api: Any) -> dict[str, Any]:
    (found,) = api.list_identity_pools(MaxResults=60)["IdentityPools"]
    described: dict[str, Any] = api.describe_identity_pool(IdentityPoolId=found["IdentityPoolId"])
    assert json.dumps(described["IdentityPoolTags"])
    return described
