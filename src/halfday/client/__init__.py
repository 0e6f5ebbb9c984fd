"""The client half: from a code, a browser or a password to tokens, verified claims and AWS credentials.

Depends on `protocol`, cryptography and urllib3 only. What is loaded for kept credentials (`setting_sources`,
`cache_files`) imports nothing but os and time.
"""
