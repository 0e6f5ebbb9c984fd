"""A session's tokens as the authentication of httpx and requests."""
