"""Certificates of this server's own making, for names that mean this machine. Nothing here is trusted by itself.

authority   an authority: a root that programs are told to trust, and the one issuer that the root has signed
subtrees    the names that an authority may speak for, and no others
files       an authority in the data folder
leaves      the certificates of servers, made when a name is asked for, and renewed
bundle      the roots in one file with the system's
"""

from halfday.server.certificates.authority import Authority
from halfday.server.certificates.bundle import (
    BUNDLE,
    TRUST_STORE,
    TRUST_STORE_PASSWORD,
    write_bundle,
    write_trust_store,
)
from halfday.server.certificates.files import (
    RootFacts,
    describe_root,
    keep_authority,
    kept_authority,
    key_path,
    root_path,
    trusted_roots,
)
from halfday.server.certificates.leaves import Certificates, Speaker
from halfday.server.certificates.subtrees import AWS_NAMES, LOCALHOST, Subtrees, of_host

__all__ = [
    "AWS_NAMES",
    "BUNDLE",
    "LOCALHOST",
    "TRUST_STORE",
    "TRUST_STORE_PASSWORD",
    "Authority",
    "Certificates",
    "RootFacts",
    "Speaker",
    "Subtrees",
    "describe_root",
    "keep_authority",
    "kept_authority",
    "key_path",
    "of_host",
    "root_path",
    "trusted_roots",
    "write_bundle",
    "write_trust_store",
]
