# What is no Cognito, by the front door.

resource "aws_s3_bucket" "files" {
  bucket        = "our-files"
  force_destroy = true
  tags          = { team = local.word }
}
