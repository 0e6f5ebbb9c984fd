"""Tokens verified: the key sets of user pools, and what a token must say."""
