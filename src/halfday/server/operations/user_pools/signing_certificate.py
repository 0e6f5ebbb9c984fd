"""GetSigningCertificate: the certificate with which a pool's SAML requests would be signed."""

from __future__ import annotations

from halfday.server.flows.tokens.keys import signing_certificate
from halfday.server.operations.framework.lookups import the_pool
from halfday.server.operations.framework.registry import Call, Output, operation


@operation("cognito-idp", "GetSigningCertificate", honours="UserPoolId")
async def get_signing_certificate(call: Call) -> Output:
    """Base64 of its DER, without PEM's first and last line; always the same, for ten years (API reference)."""
    return {"Certificate": await signing_certificate(call.services, await the_pool(call))}
