"""The OAuth endpoints: authorize (an ordered list of checks), token (phases), grants, userInfo, revoke, logout.

No HTTP here: requests come in as mappings, answers go out as values or as OAuthError.
"""
