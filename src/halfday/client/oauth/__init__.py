"""Cognito's OAuth endpoints without I/O: authorization requests, callbacks, the code grant, sign-out."""
