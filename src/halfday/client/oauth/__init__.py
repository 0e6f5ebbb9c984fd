"""The OAuth half of Cognito without I/O: authorization requests, their callbacks, grants, sign-out."""
