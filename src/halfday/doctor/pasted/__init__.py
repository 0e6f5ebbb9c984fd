"""Reads what people paste: refusals, requests, tokens, lines of any program."""
