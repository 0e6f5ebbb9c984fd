"""Identity pools, roles, policies, and who calls an AWS API."""
