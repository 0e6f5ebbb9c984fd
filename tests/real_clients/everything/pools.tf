# A user pool with every block, and one with none.

resource "aws_cognito_user_pool" "people" {
  name                       = "people"
  alias_attributes           = ["email", "preferred_username"]
  auto_verified_attributes   = var.later ? ["email", "phone_number"] : ["email"]
  deletion_protection        = var.later ? "INACTIVE" : "ACTIVE"
  mfa_configuration          = "OPTIONAL"
  sms_authentication_message = "${local.word}: sign in with {####}"
  user_pool_tier             = "PLUS"
  tags                       = { team = local.word, kept = "yes" }

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = var.later ? 2 : 1
    }
    recovery_mechanism {
      name     = "verified_phone_number"
      priority = var.later ? 1 : 2
    }
  }

  admin_create_user_config {
    allow_admin_create_user_only = var.later

    invite_message_template {
      email_message = "${local.word}: {username}, your password is {####}"
      email_subject = "Come in, ${local.word}"
      sms_message   = "${local.word}: {username} {####}"
    }
  }

  device_configuration {
    challenge_required_on_new_device      = var.later
    device_only_remembered_on_user_prompt = !var.later
  }

  email_configuration {
    configuration_set      = "set-${local.word}"
    email_sending_account  = "DEVELOPER"
    from_email_address     = "People <people@example.com>"
    reply_to_email_address = "${local.word}@example.com"
    source_arn             = "arn:aws:ses:${local.region}:${local.account}:identity/people@example.com"
  }

  email_mfa_configuration {
    message = "${local.word}: {####}"
    subject = "Your ${local.word} code"
  }

  lambda_config {
    create_auth_challenge          = aws_lambda_function.trigger[local.word].arn
    custom_message                 = aws_lambda_function.trigger[local.word].arn
    define_auth_challenge          = aws_lambda_function.trigger[local.word].arn
    kms_key_id                     = var.key
    post_authentication            = aws_lambda_function.trigger[local.word].arn
    post_confirmation              = aws_lambda_function.trigger[local.word].arn
    pre_authentication             = aws_lambda_function.trigger[local.word].arn
    pre_sign_up                    = aws_lambda_function.trigger[local.word].arn
    user_migration                 = aws_lambda_function.trigger[local.word].arn
    verify_auth_challenge_response = aws_lambda_function.trigger[local.word].arn

    custom_email_sender {
      lambda_arn     = aws_lambda_function.trigger[local.word].arn
      lambda_version = "V1_0"
    }
    custom_sms_sender {
      lambda_arn     = aws_lambda_function.trigger[local.word].arn
      lambda_version = "V1_0"
    }
    pre_token_generation_config {
      lambda_arn     = aws_lambda_function.trigger["before"].arn
      lambda_version = var.later ? "V3_0" : "V2_0"
    }
  }

  password_policy {
    minimum_length                   = 10 + local.number
    password_history_size            = local.number
    require_lowercase                = true
    require_numbers                  = !var.later
    require_symbols                  = var.later
    require_uppercase                = true
    temporary_password_validity_days = 6 + local.number
  }

  schema {
    attribute_data_type      = "String"
    developer_only_attribute = false
    mutable                  = true
    name                     = "department"
    required                 = false

    string_attribute_constraints {
      min_length = "1"
      max_length = "32"
    }
  }
  schema {
    attribute_data_type = "Number"
    mutable             = true
    name                = "seats"

    number_attribute_constraints {
      min_value = "1"
      max_value = "99"
    }
  }
  schema {
    attribute_data_type = "Boolean"
    mutable             = false
    name                = "paying"
  }
  schema {
    attribute_data_type = "DateTime"
    mutable             = true
    name                = "since"
  }
  schema {
    attribute_data_type = "String"
    mutable             = true
    name                = "email"
    required            = true

    string_attribute_constraints {
      min_length = "5"
      max_length = "256"
    }
  }
  dynamic "schema" {
    for_each = var.later ? ["added"] : []
    content {
      attribute_data_type = "String"
      mutable             = true
      name                = schema.value

      string_attribute_constraints {}
    }
  }

  sign_in_policy {
    allowed_first_auth_factors = var.later ? ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"] : ["PASSWORD", "EMAIL_OTP"]
  }

  sms_configuration {
    external_id    = local.word
    sns_caller_arn = aws_iam_role.texts.arn
    sns_region     = local.region
  }

  software_token_mfa_configuration {
    enabled = true
  }

  user_attribute_update_settings {
    attributes_require_verification_before_update = var.later ? ["email", "phone_number"] : ["email"]
  }

  user_pool_add_ons {
    advanced_security_mode = var.later ? "ENFORCED" : "AUDIT"

    advanced_security_additional_flows {
      custom_auth_mode = var.later ? "ENFORCED" : "AUDIT"
    }
  }

  username_configuration {
    case_sensitive = false
  }

  verification_message_template {
    default_email_option  = var.later ? "CONFIRM_WITH_LINK" : "CONFIRM_WITH_CODE"
    email_message         = "${local.word}: your code is {####}"
    email_message_by_link = "${local.word}: {##click here##}"
    email_subject         = "Your ${local.word} code"
    email_subject_by_link = "Your ${local.word} link"
    sms_message           = "${local.word}: {####}"
  }

  web_authn_configuration {
    relying_party_id  = "${local.word}.example.com"
    user_verification = var.later ? "required" : "preferred"
  }
}

resource "aws_cognito_user_pool" "plain" {
  name                     = "plain"
  username_attributes      = ["email"]
  auto_verified_attributes = ["email"]

  dynamic "user_attribute_update_settings" {
    for_each = var.later ? [] : ["email"]
    content {
      attributes_require_verification_before_update = [user_attribute_update_settings.value]
    }
  }
}

# The older ways to write the same messages, and a trigger without a version.
resource "aws_cognito_user_pool" "older" {
  name                       = "older"
  email_verification_message = "${local.word}: {####}"
  email_verification_subject = "Verify ${local.word}"
  sms_verification_message   = "${local.word}: {####}"
  mfa_configuration          = var.later ? "ON" : "OFF"
  user_pool_tier             = var.later ? "LITE" : "ESSENTIALS"

  lambda_config {
    pre_token_generation = aws_lambda_function.trigger[local.word].arn
  }

  dynamic "software_token_mfa_configuration" {
    for_each = var.later ? [true] : []
    content {
      enabled = software_token_mfa_configuration.value
    }
  }
}

resource "aws_cognito_user_pool_domain" "people" {
  domain                = "people-of-ours"
  managed_login_version = local.number
  user_pool_id          = aws_cognito_user_pool.people.id
}

resource "aws_cognito_user_pool_domain" "custom" {
  certificate_arn       = "arn:aws:acm:us-east-1:${local.account}:certificate/${local.word}"
  domain                = "auth.people.example.com"
  managed_login_version = 2
  user_pool_id          = aws_cognito_user_pool.people.id
}

resource "aws_cognito_risk_configuration" "pool" {
  user_pool_id = aws_cognito_user_pool.people.id

  account_takeover_risk_configuration {
    actions {
      high_action {
        event_action = var.later ? "BLOCK" : "MFA_REQUIRED"
        notify       = true
      }
      medium_action {
        event_action = "MFA_IF_CONFIGURED"
        notify       = var.later
      }
      low_action {
        event_action = "NO_ACTION"
        notify       = false
      }
    }
    notify_configuration {
      from       = "people@example.com"
      reply_to   = "${local.word}@example.com"
      source_arn = "arn:aws:ses:${local.region}:${local.account}:identity/people@example.com"

      block_email {
        html_body = "<p>${local.word}</p>"
        subject   = "Blocked"
        text_body = "It was ${local.word}"
      }
      mfa_email {
        html_body = "<p>${local.word}</p>"
        subject   = "Second factor"
        text_body = "It was ${local.word}"
      }
      no_action_email {
        html_body = "<p>${local.word}</p>"
        subject   = "A sign-in"
        text_body = "It was ${local.word}"
      }
    }
  }
}

resource "aws_cognito_risk_configuration" "client" {
  user_pool_id = aws_cognito_user_pool.people.id
  client_id    = aws_cognito_user_pool_client.web.id

  compromised_credentials_risk_configuration {
    event_filter = var.later ? ["SIGN_IN", "SIGN_UP"] : ["SIGN_IN"]
    actions {
      event_action = var.later ? "BLOCK" : "NO_ACTION"
    }
  }
  risk_exception_configuration {
    blocked_ip_range_list = ["10.${local.number}.0.0/16"]
    skipped_ip_range_list = ["192.168.0.0/16"]
  }
}

resource "aws_cognito_user_pool_ui_customization" "pool" {
  user_pool_id = aws_cognito_user_pool_domain.people.user_pool_id
  css          = ".label-customizable {font-weight: ${300 + 100 * local.number};}"
  image_file   = filebase64("${path.module}/${local.word}.png")
}

resource "aws_cognito_user_pool_ui_customization" "client" {
  user_pool_id = aws_cognito_user_pool_domain.people.user_pool_id
  client_id    = aws_cognito_user_pool_client.web.id
  css          = ".label-customizable {font-weight: ${400 + 100 * local.number};}"
}
