# What the test fills in, and the two days of this configuration: applied first, and as it is changed later.

variable "later" {
  type    = bool
  default = false
}

variable "password" {
  type      = string
  sensitive = true
}

variable "key" { type = string }

locals {
  account = data.aws_caller_identity.me.account_id
  region  = data.aws_region.here.name
  word    = var.later ? "after" : "before"
  number  = var.later ? 2 : 1
  issuer  = "https://login.acme.example"
}

data "aws_caller_identity" "me" {}
data "aws_region" "here" {}
