# An HTTP API: JWT and function authorizers, integrations, routes, a stage that is deployed by itself.

resource "aws_apigatewayv2_api" "shop" {
  name          = "shop"
  protocol_type = "HTTP"
  description   = local.word
  cors_configuration {
    allow_origins = ["https://${local.word}.example.com"]
    allow_methods = ["GET"]
    max_age       = 60
  }
  tags = { team = local.word }
}

resource "aws_apigatewayv2_authorizer" "jwt" {
  api_id           = aws_apigatewayv2_api.shop.id
  name             = "jwt"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]
  jwt_configuration {
    audience = ["things/${local.word}"]
    issuer   = "https://issuer.example"
  }
}

resource "aws_apigatewayv2_authorizer" "function" {
  api_id                            = aws_apigatewayv2_api.shop.id
  name                              = "function"
  authorizer_type                   = "REQUEST"
  identity_sources                  = ["$request.header.Authorization"]
  authorizer_uri                    = aws_lambda_function.trigger["before"].invoke_arn
  authorizer_payload_format_version = "2.0"
  authorizer_result_ttl_in_seconds  = 30 * local.number
  enable_simple_responses           = true
}

resource "aws_apigatewayv2_integration" "function" {
  api_id                 = aws_apigatewayv2_api.shop.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.trigger["before"].arn
  payload_format_version = "2.0"
  timeout_milliseconds   = 1000 * local.number
}

resource "aws_apigatewayv2_integration" "backend" {
  api_id             = aws_apigatewayv2_api.shop.id
  integration_type   = "HTTP_PROXY"
  integration_method = "ANY"
  integration_uri    = "http://127.0.0.1:1/{proxy}"
  request_parameters = { "append:header.x-team" = local.word }
}

resource "aws_apigatewayv2_route" "get" {
  api_id               = aws_apigatewayv2_api.shop.id
  route_key            = "GET /things"
  target               = "integrations/${aws_apigatewayv2_integration.function.id}"
  authorization_type   = "JWT"
  authorizer_id        = aws_apigatewayv2_authorizer.jwt.id
  authorization_scopes = ["things/${local.word}"]
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
  stage_variables = { colour = local.word }
  tags            = { team = local.word }
}
