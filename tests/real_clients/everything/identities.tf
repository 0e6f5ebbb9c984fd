# Identity pool, roles by token and by rules, principal tags; roles, policies and providers of IAM; functions.

resource "aws_cognito_identity_pool" "people" {
  identity_pool_name               = "people"
  allow_unauthenticated_identities = var.later
  allow_classic_flow               = var.later
  developer_provider_name          = "login.example.com"
  openid_connect_provider_arns     = [aws_iam_openid_connect_provider.acme.arn]
  saml_provider_arns               = [aws_iam_saml_provider.corp.arn]
  supported_login_providers        = { "accounts.google.com" = "${local.word}.apps.googleusercontent.com" }
  tags                             = { team = local.word }

  cognito_identity_providers {
    client_id               = aws_cognito_user_pool_client.web.id
    provider_name           = aws_cognito_user_pool.people.endpoint
    server_side_token_check = var.later
  }
}

resource "aws_cognito_identity_pool_roles_attachment" "people" {
  identity_pool_id = aws_cognito_identity_pool.people.id

  roles = {
    authenticated   = aws_iam_role.of["authenticated"].arn
    unauthenticated = aws_iam_role.of["unauthenticated"].arn
  }

  role_mapping {
    identity_provider         = "${aws_cognito_user_pool.people.endpoint}:${aws_cognito_user_pool_client.web.id}"
    ambiguous_role_resolution = var.later ? "Deny" : "AuthenticatedRole"
    type                      = "Token"
  }
  role_mapping {
    identity_provider         = "accounts.google.com"
    ambiguous_role_resolution = "Deny"
    type                      = "Rules"

    mapping_rule {
      claim      = "hd"
      match_type = "Equals"
      role_arn   = aws_iam_role.of["editors"].arn
      value      = "${local.word}.example.com"
    }
    mapping_rule {
      claim      = "email"
      match_type = "StartsWith"
      role_arn   = aws_iam_role.of["authenticated"].arn
      value      = "a"
    }
  }
}

resource "aws_cognito_identity_pool_provider_principal_tag" "people" {
  identity_pool_id       = aws_cognito_identity_pool.people.id
  identity_provider_name = aws_cognito_user_pool.people.endpoint
  use_defaults           = false
  principal_tags         = var.later ? { department = "custom:department", who = "sub" } : { department = "custom:department" }
}

resource "aws_cognito_identity_pool_provider_principal_tag" "acme" {
  identity_pool_id       = aws_cognito_identity_pool.people.id
  identity_provider_name = aws_iam_openid_connect_provider.acme.arn
  use_defaults           = true
}

data "aws_iam_policy_document" "trust" {
  for_each = { authenticated = "authenticated", unauthenticated = "unauthenticated", editors = "authenticated" }

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
    principals {
      type        = "Federated"
      identifiers = ["cognito-identity.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "cognito-identity.amazonaws.com:aud"
      values   = [aws_cognito_identity_pool.people.id]
    }
    condition {
      test     = "ForAnyValue:StringLike"
      variable = "cognito-identity.amazonaws.com:amr"
      values   = [each.value]
    }
  }
}

resource "aws_iam_role" "of" {
  for_each             = data.aws_iam_policy_document.trust
  name                 = "people-${each.key}"
  path                 = "/people/"
  description          = "${each.key}, ${local.word}"
  assume_role_policy   = each.value.json
  max_session_duration = 3600 * local.number
  permissions_boundary = var.later ? aws_iam_policy.boundary.arn : null
  tags                 = { team = local.word }
}

resource "aws_iam_policy" "boundary" {
  name   = "boundary"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
}

resource "aws_iam_role_policy" "own_folder" {
  name = "own-folder"
  role = aws_iam_role.of["editors"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = var.later ? ["s3:GetObject", "s3:PutObject"] : ["s3:PutObject"]
      Resource = "${aws_s3_bucket.files.arn}/$${cognito-identity.amazonaws.com:sub}/*"
    }]
  })
}

resource "aws_iam_policy" "lists" {
  name        = "lists"
  path        = "/people/"
  description = "lists user pools"
  policy      = data.aws_iam_policy_document.lists.json
  tags        = { team = local.word }
}

data "aws_iam_policy_document" "lists" {
  statement {
    actions   = concat(["cognito-idp:ListUserPools"], var.later ? ["cognito-idp:ListUsers"] : [])
    resources = ["*"]
  }
}

resource "aws_iam_role_policy_attachment" "lists" {
  for_each   = toset(["authenticated", "editors"])
  role       = aws_iam_role.of[each.key].name
  policy_arn = aws_iam_policy.lists.arn
}

resource "aws_iam_role_policy_attachment" "aws" {
  role       = aws_iam_role.of["editors"].name
  policy_arn = "arn:aws:iam::aws:policy/AmazonCognitoReadOnly"
}

resource "aws_iam_openid_connect_provider" "acme" {
  url             = "https://accounts.example.com"
  client_id_list  = var.later ? ["app", "other"] : ["app"]
  thumbprint_list = ["990f4193972f2becf12ddeda5237f9c952f20d9e"]
  tags            = { team = local.word }
}

resource "aws_iam_saml_provider" "corp" {
  name                   = "corp"
  saml_metadata_document = file("${path.module}/${local.word}.xml")
}

data "aws_iam_policy_document" "service" {
  for_each = { lambda = "lambda.amazonaws.com", texts = "cognito-idp.amazonaws.com" }

  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = [each.value]
    }
  }
}

resource "aws_iam_role" "texts" {
  name               = "texts"
  assume_role_policy = data.aws_iam_policy_document.service["texts"].json

  inline_policy {
    name   = "publish"
    policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sns:publish", Resource = "*" }] })
  }
}

resource "aws_iam_role" "functions" {
  name                = "functions"
  assume_role_policy  = data.aws_iam_policy_document.service["lambda"].json
  managed_policy_arns = ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]
}

resource "aws_lambda_function" "trigger" {
  for_each         = toset(["before", "after"])
  function_name    = "trigger-${each.key}"
  description      = "a pool's trigger, ${local.word}"
  filename         = "${abspath(path.module)}/${local.word}.zip"
  source_code_hash = filebase64sha256("${path.module}/${local.word}.zip")
  handler          = "app.handler"
  runtime          = "python3.12"
  role             = aws_iam_role.functions.arn
  memory_size      = 128 * local.number
  timeout          = 5 + local.number
  tags             = { team = local.word }

  environment {
    variables = { WORD = local.word }
  }
}

# Named by the account, so that it may be there before the pool is.
resource "aws_lambda_permission" "trigger" {
  for_each       = aws_lambda_function.trigger
  statement_id   = "people"
  action         = "lambda:InvokeFunction"
  function_name  = each.value.function_name
  principal      = "cognito-idp.amazonaws.com"
  source_account = local.account
  source_arn     = "arn:aws:cognito-idp:${local.region}:${local.account}:userpool/*"
}
