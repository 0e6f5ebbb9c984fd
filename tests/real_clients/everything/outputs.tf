output "there" {
  value = {
    pool          = aws_cognito_user_pool.people.id
    plain_pool    = aws_cognito_user_pool.plain.id
    client        = aws_cognito_user_pool_client.web.id
    machine       = aws_cognito_user_pool_client.machine.id
    identity_pool = aws_cognito_identity_pool.people.id
    sub           = aws_cognito_user.ada.sub
    rest_api      = aws_api_gateway_rest_api.shop.id
    http_api      = aws_apigatewayv2_api.shop.api_endpoint
    role          = aws_iam_role.of["editors"].unique_id
    key           = aws_iam_access_key.developer.id
  }
}

output "secrets" {
  sensitive = true
  value = {
    web     = aws_cognito_user_pool_client.web.client_secret
    machine = aws_cognito_user_pool_client.machine.client_secret
    key     = aws_iam_access_key.developer.secret
  }
}
