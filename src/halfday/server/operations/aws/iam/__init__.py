"""IAM: roles, managed policies, providers, users and their access keys. One file a family."""
