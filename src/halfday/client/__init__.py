"""The client half: from a code, a browser or a password to tokens, verified claims and AWS credentials.

Depends on `protocol`, cryptography and urllib3 only. What is loaded on the way to kept credentials (`sources`,
`token_cache`) imports nothing but os, sys and time.
"""
