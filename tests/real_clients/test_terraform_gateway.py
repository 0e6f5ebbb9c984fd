"""Terraform's AWS provider on API Gateway: applied, planned without changes, updated in place, destroyed."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway_apis import invocations
from real_clients.terraform import Terraform, plugins
from world import running

SERVICES = ("iam", "sts", "cognitoidp", "apigateway", "apigatewayv2")
FIRST = {"description": "one", "team": "a", "ttl": 60, "scope": "a/b", "timeout": 1000, "colour": "blue"}
THEN = {"description": "two", "team": "b", "ttl": 30, "scope": "a/c", "timeout": 2000, "colour": "red"}
ORIGINS = ("https://a.example", "https://b.example")

REST = """
resource "aws_api_gateway_rest_api" "shop" {
  name        = "shop"
  description = "%(description)s"
  binary_media_types = ["image/png"]
  endpoint_configuration { types = ["REGIONAL"] }
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "execute-api:Invoke", Resource = "execute-api:/*" }]
  })
  tags = { team = "%(team)s" }
}
resource "aws_api_gateway_resource" "things" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  parent_id   = aws_api_gateway_rest_api.shop.root_resource_id
  path_part   = "things"
}
resource "aws_api_gateway_resource" "proxy" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  parent_id   = aws_api_gateway_resource.things.id
  path_part   = "{proxy+}"
}
resource "aws_cognito_user_pool" "people" { name = "people" }
resource "aws_api_gateway_authorizer" "people" {
  name          = "people"
  rest_api_id   = aws_api_gateway_rest_api.shop.id
  type          = "COGNITO_USER_POOLS"
  provider_arns = [aws_cognito_user_pool.people.arn]
}
resource "aws_api_gateway_authorizer" "token" {
  name           = "token"
  rest_api_id    = aws_api_gateway_rest_api.shop.id
  authorizer_uri = "%(invocations)s"
  authorizer_result_ttl_in_seconds = %(ttl)d
}
resource "aws_api_gateway_method" "get" {
  rest_api_id   = aws_api_gateway_rest_api.shop.id
  resource_id   = aws_api_gateway_resource.things.id
  http_method   = "GET"
  authorization = "COGNITO_USER_POOLS"
  authorizer_id = aws_api_gateway_authorizer.people.id
  authorization_scopes = ["%(scope)s"]
}
resource "aws_api_gateway_integration" "get" {
  rest_api_id             = aws_api_gateway_rest_api.shop.id
  resource_id             = aws_api_gateway_resource.things.id
  http_method             = aws_api_gateway_method.get.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = "%(invocations)s"
  timeout_milliseconds = %(timeout)d
}
resource "aws_api_gateway_method" "any" {
  rest_api_id   = aws_api_gateway_rest_api.shop.id
  resource_id   = aws_api_gateway_resource.proxy.id
  http_method   = "ANY"
  authorization = "NONE"
  request_parameters = { "method.request.path.proxy" = true }
}
resource "aws_api_gateway_integration" "any" {
  rest_api_id             = aws_api_gateway_rest_api.shop.id
  resource_id             = aws_api_gateway_resource.proxy.id
  http_method             = aws_api_gateway_method.any.http_method
  type                    = "HTTP_PROXY"
  integration_http_method = "ANY"
  uri                     = "http://127.0.0.1:1/{proxy}"
  request_parameters      = { "integration.request.path.proxy" = "method.request.path.proxy" }
}
resource "aws_api_gateway_method" "options" {
  rest_api_id   = aws_api_gateway_rest_api.shop.id
  resource_id   = aws_api_gateway_resource.things.id
  http_method   = "OPTIONS"
  authorization = "NONE"
}
resource "aws_api_gateway_integration" "options" {
  rest_api_id       = aws_api_gateway_rest_api.shop.id
  resource_id       = aws_api_gateway_resource.things.id
  http_method       = aws_api_gateway_method.options.http_method
  type              = "MOCK"
  request_templates = { "application/json" = jsonencode({ statusCode = 200 }) }
}
resource "aws_api_gateway_method_response" "options" {
  rest_api_id         = aws_api_gateway_rest_api.shop.id
  resource_id         = aws_api_gateway_resource.things.id
  http_method         = aws_api_gateway_method.options.http_method
  status_code         = "200"
  response_parameters = { "method.response.header.Access-Control-Allow-Origin" = true }
}
resource "aws_api_gateway_integration_response" "options" {
  rest_api_id         = aws_api_gateway_rest_api.shop.id
  resource_id         = aws_api_gateway_resource.things.id
  http_method         = aws_api_gateway_method.options.http_method
  status_code         = aws_api_gateway_method_response.options.status_code
  response_parameters = { "method.response.header.Access-Control-Allow-Origin" = "'%(origin)s'" }
  depends_on          = [aws_api_gateway_integration.options]
}
resource "aws_api_gateway_gateway_response" "unauthorized" {
  rest_api_id         = aws_api_gateway_rest_api.shop.id
  response_type       = "UNAUTHORIZED"
  status_code         = "401"
  response_templates  = { "application/json" = "{\\"message\\":$context.error.messageString}" }
  response_parameters = { "gatewayresponse.header.Access-Control-Allow-Origin" = "'%(origin)s'" }
}
resource "aws_api_gateway_deployment" "first" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  triggers    = { redeployment = "%(origin)s" }
  depends_on = [
    aws_api_gateway_integration.get,
    aws_api_gateway_integration.any,
    aws_api_gateway_integration_response.options,
  ]
  lifecycle { create_before_destroy = true }
}
resource "aws_api_gateway_stage" "prod" {
  rest_api_id   = aws_api_gateway_rest_api.shop.id
  deployment_id = aws_api_gateway_deployment.first.id
  stage_name    = "prod"
  variables     = { colour = "%(colour)s" }
  tags          = { team = "%(team)s" }
}
"""

HTTP = """
resource "aws_apigatewayv2_api" "shop" {
  name          = "shop"
  protocol_type = "HTTP"
  description   = "%(description)s"
  cors_configuration {
    allow_origins = ["%(origin)s"]
    allow_methods = ["GET"]
    max_age       = 60
  }
  tags = { team = "%(team)s" }
}
resource "aws_apigatewayv2_authorizer" "jwt" {
  api_id           = aws_apigatewayv2_api.shop.id
  name             = "jwt"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]
  jwt_configuration {
    audience = ["%(scope)s"]
    issuer   = "https://issuer.example"
  }
}
resource "aws_apigatewayv2_authorizer" "function" {
  api_id                            = aws_apigatewayv2_api.shop.id
  name                              = "function"
  authorizer_type                   = "REQUEST"
  identity_sources                  = ["$request.header.Authorization"]
  authorizer_uri                    = "%(invocations)s"
  authorizer_payload_format_version = "2.0"
  authorizer_result_ttl_in_seconds  = %(ttl)d
  enable_simple_responses           = true
}
resource "aws_apigatewayv2_integration" "function" {
  api_id                 = aws_apigatewayv2_api.shop.id
  integration_type       = "AWS_PROXY"
  integration_uri        = "arn:aws:lambda:us-east-1:123456789012:function:f"
  payload_format_version = "2.0"
  timeout_milliseconds   = %(timeout)d
}
resource "aws_apigatewayv2_integration" "backend" {
  api_id             = aws_apigatewayv2_api.shop.id
  integration_type   = "HTTP_PROXY"
  integration_method = "ANY"
  integration_uri    = "http://127.0.0.1:1/{proxy}"
  request_parameters = { "append:header.x-team" = "%(team)s" }
}
resource "aws_apigatewayv2_route" "get" {
  api_id               = aws_apigatewayv2_api.shop.id
  route_key            = "GET /things"
  target               = "integrations/${aws_apigatewayv2_integration.function.id}"
  authorization_type   = "JWT"
  authorizer_id        = aws_apigatewayv2_authorizer.jwt.id
  authorization_scopes = ["%(scope)s"]
}
resource "aws_apigatewayv2_route" "any" {
  api_id    = aws_apigatewayv2_api.shop.id
  route_key = "ANY /{proxy+}"
  target    = "integrations/${aws_apigatewayv2_integration.backend.id}"
}
resource "aws_apigatewayv2_stage" "default" {
  api_id          = aws_apigatewayv2_api.shop.id
  name            = "$default"
  auto_deploy     = true
  stage_variables = { colour = "%(colour)s" }
  tags            = { team = "%(team)s" }
}
"""


def filled(configuration: str, values: dict[str, object], origin: str) -> str:
    return configuration % {**values, "origin": origin, "invocations": invocations("f")}


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("configuration", "anew"), [(REST, {"aws_api_gateway_deployment.first"}), (HTTP, set())])
def test_applied_planned_updated_and_destroyed(tmp_path: Path, configuration: str, anew: set[str]) -> None:
    """Of a REST API only the deployment is made anew: what is deployed is never changed."""
    folder = tmp_path / "terraform"
    folder.mkdir()
    plugin_folder = plugins()
    with running(tmp_path / "data", upstream="none") as world:
        terraform = Terraform(folder, world.origin, plugin_folder)
        terraform.begin(SERVICES)
        terraform.write(filled(configuration, FIRST, ORIGINS[0]))
        terraform.apply()
        terraform.check_no_changes()
        terraform.write(filled(configuration, THEN, ORIGINS[1]))
        planned = terraform.planned()
        assert {address for address, actions in planned.items() if actions != ["update"]} == anew
        terraform.apply()
        terraform.check_no_changes()
        terraform.destroy()
