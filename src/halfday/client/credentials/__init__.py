"""AWS credentials: identities, STS, and the forms in which SDKs take them."""
