# A table, by the front door.

resource "aws_dynamodb_table" "things" {
  name         = "things"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "who"
  range_key    = "what"
  tags         = { team = local.word }

  attribute {
    name = "who"
    type = "S"
  }
  attribute {
    name = "what"
    type = "S"
  }
}
