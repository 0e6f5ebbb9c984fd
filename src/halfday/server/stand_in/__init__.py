"""A stand-in Google: an OIDC issuer of its own, on its own port, with an account chooser instead of passwords.

A pool deals with it as with the real one, by real redirects, a code, and an ID token that is verified by published
keys. What makes it the stand-in is configuration only: its issuer instead of https://accounts.google.com.
"""

from halfday.server.stand_in.accounts import Account
from halfday.server.stand_in.google import stand_in_google

__all__ = ["Account", "stand_in_google"]
