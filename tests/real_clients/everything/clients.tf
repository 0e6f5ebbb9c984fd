# App clients with all arguments and with none, a resource server, and providers of every kind.

resource "aws_cognito_user_pool_client" "web" {
  name                                          = "web-${local.word}"
  user_pool_id                                  = aws_cognito_user_pool.people.id
  access_token_validity                         = 10 * local.number
  allowed_oauth_flows                           = var.later ? ["code"] : ["code", "implicit"]
  allowed_oauth_flows_user_pool_client          = true
  allowed_oauth_scopes                          = concat(["openid", "email", "aws.cognito.signin.user.admin"], aws_cognito_resource_server.things.scope_identifiers)
  auth_session_validity                         = 5 + local.number
  callback_urls                                 = ["http://localhost:8080", "https://${local.word}.example.com/back"]
  default_redirect_uri                          = "http://localhost:8080"
  enable_propagate_additional_user_context_data = var.later
  enable_token_revocation                       = !var.later
  explicit_auth_flows                           = concat(["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH"], var.later ? ["ALLOW_USER_AUTH"] : [])
  generate_secret                               = true
  id_token_validity                             = 20 * local.number
  logout_urls                                   = ["https://${local.word}.example.com/out"]
  prevent_user_existence_errors                 = var.later ? "LEGACY" : "ENABLED"
  read_attributes                               = ["email", "email_verified", "name", "custom:department"]
  refresh_token_validity                        = 10 + local.number
  supported_identity_providers                  = concat(["COGNITO", aws_cognito_identity_provider.google.provider_name], var.later ? [aws_cognito_identity_provider.corp.provider_name] : [])
  write_attributes                              = var.later ? ["email", "name", "custom:department"] : ["email", "name"]

  analytics_configuration {
    application_arn  = "arn:aws:mobiletargeting:${local.region}:${local.account}:apps/${local.word}"
    user_data_shared = var.later
  }

  refresh_token_rotation {
    feature                    = "ENABLED"
    retry_grace_period_seconds = 10 * local.number
  }

  token_validity_units {
    access_token  = "minutes"
    id_token      = "minutes"
    refresh_token = var.later ? "hours" : "days"
  }
}

resource "aws_cognito_user_pool_client" "pinpoint" {
  name         = "pinpoint"
  user_pool_id = aws_cognito_user_pool.people.id

  analytics_configuration {
    application_id   = var.later ? "af7e4" : "bef04e"
    external_id      = "id-${local.word}"
    role_arn         = aws_iam_role.texts.arn
    user_data_shared = true
  }
}

resource "aws_cognito_user_pool_client" "plain" {
  name         = "plain"
  user_pool_id = aws_cognito_user_pool.plain.id
}

resource "aws_cognito_user_pool_client" "machine" {
  name                                 = "machine"
  user_pool_id                         = aws_cognito_user_pool.people.id
  generate_secret                      = true
  allowed_oauth_flows                  = ["client_credentials"]
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_scopes                 = aws_cognito_resource_server.things.scope_identifiers
}

resource "aws_cognito_resource_server" "things" {
  identifier   = "https://things.example.com"
  name         = "things ${local.word}"
  user_pool_id = aws_cognito_user_pool.people.id

  scope {
    scope_description = "reads ${local.word}"
    scope_name        = "read"
  }
  dynamic "scope" {
    for_each = var.later ? ["write"] : []
    content {
      scope_description = "writes"
      scope_name        = scope.value
    }
  }
}

resource "aws_cognito_resource_server" "bare" {
  identifier   = "bare"
  name         = "bare"
  user_pool_id = aws_cognito_user_pool.people.id
}

resource "aws_cognito_identity_provider" "google" {
  user_pool_id    = aws_cognito_user_pool.people.id
  provider_name   = "Google"
  provider_type   = "Google"
  idp_identifiers = ["${local.word}.example.com"]

  provider_details = {
    client_id        = "id-${local.word}.apps.googleusercontent.com"
    client_secret    = "secret-${local.word}"
    authorize_scopes = "openid email profile"

    attributes_url                = "https://people.googleapis.com/v1/people/me?personFields="
    attributes_url_add_attributes = "true"
    authorize_url                 = "https://accounts.google.com/o/oauth2/v2/auth"
    oidc_issuer                   = "https://accounts.google.com"
    token_request_method          = "POST"
    token_url                     = "https://www.googleapis.com/oauth2/v4/token"
  }

  attribute_mapping = var.later ? { email = "email", name = "name", username = "sub" } : { email = "email", username = "sub" }
}

resource "aws_cognito_identity_provider" "acme" {
  user_pool_id  = aws_cognito_user_pool.people.id
  provider_name = "acme"
  provider_type = "OIDC"

  provider_details = {
    client_id                     = "client-${local.word}"
    client_secret                 = "secret-${local.word}"
    authorize_scopes              = "openid email"
    attributes_request_method     = var.later ? "POST" : "GET"
    oidc_issuer                   = local.issuer
    authorize_url                 = "${local.issuer}/authorize"
    token_url                     = "${local.issuer}/token"
    attributes_url                = "${local.issuer}/userinfo"
    jwks_uri                      = "${local.issuer}/jwks"
    attributes_url_add_attributes = "false"
  }

  attribute_mapping = { email = "email", username = "sub", "custom:department" = local.word }
}

# By its metadata: what Cognito reads there and makes itself is told beside, so that it is no change.
resource "aws_cognito_identity_provider" "corp" {
  user_pool_id    = aws_cognito_user_pool.people.id
  provider_name   = "corp"
  provider_type   = "SAML"
  idp_identifiers = ["corp.example.com"]

  provider_details = {
    MetadataFile            = file("${path.module}/${local.word}.xml")
    IDPSignout              = tostring(var.later)
    EncryptedResponses      = tostring(var.later)
    RequestSigningAlgorithm = "rsa-sha256"
    SSORedirectBindingURI   = "https://${local.word}.example.com/sso"
    SLORedirectBindingURI   = "https://${local.word}.example.com/slo"
  }

  attribute_mapping = { email = "mail" }

  lifecycle {
    ignore_changes = [provider_details["ActiveEncryptionCertificate"]]
  }
}

resource "aws_cognito_identity_provider" "social" {
  for_each = {
    Facebook = {
      client_id        = "1234"
      client_secret    = local.word
      authorize_scopes = "public_profile,email"

      api_version                   = "v17.0"
      attributes_url                = "https://graph.facebook.com/v17.0/me?fields="
      attributes_url_add_attributes = "true"
      authorize_url                 = "https://www.facebook.com/v17.0/dialog/oauth"
      token_request_method          = "GET"
      token_url                     = "https://graph.facebook.com/v17.0/oauth/access_token"
    }
    LoginWithAmazon = {
      client_id        = "amzn1.application-oa2-client.1"
      client_secret    = local.word
      authorize_scopes = "profile"

      attributes_url                = "https://api.amazon.com/user/profile"
      attributes_url_add_attributes = "false"
      authorize_url                 = "https://www.amazon.com/ap/oa"
      token_request_method          = "POST"
      token_url                     = "https://api.amazon.com/auth/o2/token"
    }
  }

  user_pool_id      = aws_cognito_user_pool.people.id
  provider_name     = each.key
  provider_type     = each.key
  provider_details  = each.value
  attribute_mapping = { email = "email", username = each.key == "Facebook" ? "id" : "user_id" }
}

resource "aws_cognito_user_group" "editors" {
  name         = "editors"
  user_pool_id = aws_cognito_user_pool.people.id
  description  = "who edits, ${local.word}"
  precedence   = local.number
  role_arn     = aws_iam_role.of["editors"].arn
}

resource "aws_cognito_user_group" "bare" {
  name         = "bare"
  user_pool_id = aws_cognito_user_pool.people.id
}

resource "aws_cognito_user" "ada" {
  user_pool_id         = aws_cognito_user_pool.people.id
  username             = "ada"
  password             = var.password
  message_action       = "SUPPRESS"
  enabled              = true
  force_alias_creation = false
  client_metadata      = { from = "terraform" }
  validation_data      = { checked = "yes" }

  attributes = {
    email          = "ada@example.com"
    email_verified = true
    department     = local.word
    seats          = local.number
  }
}

resource "aws_cognito_user" "grace" {
  user_pool_id             = aws_cognito_user_pool.people.id
  username                 = "grace"
  temporary_password       = var.password
  desired_delivery_mediums = ["EMAIL"]
  enabled                  = !var.later

  attributes = {
    email = "grace@example.com"
  }
}

resource "aws_cognito_user_in_group" "ada" {
  user_pool_id = aws_cognito_user_pool.people.id
  group_name   = aws_cognito_user_group.editors.name
  username     = aws_cognito_user.ada.username
}
