# A developer with a key pair.

resource "aws_iam_user" "developer" {
  name                 = "developer"
  path                 = "/${local.word}/"
  permissions_boundary = var.later ? aws_iam_policy.boundary.arn : null
  tags                 = { team = local.word }
}

resource "aws_iam_user_policy" "own" {
  name = "own"
  user = aws_iam_user.developer.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = var.later ? "s3:PutObject" : "s3:GetObject", Resource = "*" }]
  })
}

resource "aws_iam_user_policy_attachment" "lists" {
  user       = aws_iam_user.developer.name
  policy_arn = aws_iam_policy.lists.arn
}

resource "aws_iam_access_key" "developer" {
  user   = aws_iam_user.developer.name
  status = var.later ? "Inactive" : "Active"
}
