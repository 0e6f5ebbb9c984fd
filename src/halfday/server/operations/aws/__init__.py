"""STS and IAM, as far as roles need them."""
