"""AWS credentials: identity pools, STS, and the forms in which SDKs take credentials."""
