"""A stand-in Google: an OIDC issuer of its own, on its own port, with an account chooser instead of passwords.

A user pool uses it as it uses the real Google: by redirects, an authorization code, and an ID token that it verifies
with published keys. Only the pool's configuration differs: the issuer is this one, not https://accounts.google.com.
"""

from halfday.server.stand_in.accounts import Account
from halfday.server.stand_in.google import stand_in_google

__all__ = ["Account", "stand_in_google"]
