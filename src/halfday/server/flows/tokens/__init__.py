"""Tokens: keys, issue, renewal, exchange, single sign-on."""
