"""Functions: which one an ARN means, whether Cognito may invoke it, and where its code comes from and lies."""
