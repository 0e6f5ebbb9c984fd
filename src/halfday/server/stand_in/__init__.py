"""Stand-ins for external providers: each an issuer of its own, on its own port, with an account chooser, no passwords.

A user pool uses one as it uses the real provider: by redirects, an authorization code, and tokens that it verifies with
published keys. Only the pool's configuration differs: it leads here, not to https://accounts.google.com.
`serving` opens their ports; they and their accounts are declared in the seed file.
"""

from halfday.server.stand_in.accounts import Account
from halfday.server.stand_in.declared import Place, StandIn
from halfday.server.stand_in.google import stand_in_google
from halfday.server.stand_in.kinds import KINDS, Kind

__all__ = ["KINDS", "Account", "Kind", "Place", "StandIn", "stand_in_google"]
