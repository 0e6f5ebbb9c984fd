"""Assertions for AWS itself: what an IAM SAML provider's people show to identity pools and to STS.

They are sent to the app, or to AWS's sign-in page, and brought here by the app: who receives them is not looked at. A
role's trust policy may ask for it (saml:aud).
One may be shown more than once while it is fresh: GetId and GetCredentialsForIdentity are sent the same.
Source: IAM user guide, Configure SAML assertions for the authentication response; facts/identity.md §2.
"""

from __future__ import annotations

from halfday.server.outside.saml.assertions import UNSOLICITED_WITHIN_S, Expected, Proven, Unacceptable
from halfday.server.outside.saml.documents import Unreadable
from halfday.server.outside.saml.metadata import parse_metadata
from halfday.server.outside.saml.responses import Keys, prove

SIGN_IN = "https://signin.aws.amazon.com/saml"
ENTITY = "urn:amazon:webservices"


def proven_to_aws(
    text: str,
    metadata_document: str,
    *,
    now: float,
    within_s: int = UNSOLICITED_WITHIN_S,
    audiences: tuple[str, ...] = (),
) -> Proven:
    """Who the posted SAMLResponse is about, by the metadata of the IAM SAML provider. Raises Unacceptable.

    `audiences` are further ones beside AWS's entity and its sign-in page; it has to be shown `within_s` of its issue.

    Canonical XML of an unknown sender takes its time: call it in a thread.
    """
    try:
        metadata = parse_metadata(metadata_document.encode())
    except Unreadable as problem:
        raise Unacceptable("Metadata is invalid", str(problem)) from None
    if metadata.is_over(now):
        raise Unacceptable("Metadata is expired", "validUntil of the provider's metadata has passed")
    expected = Expected(
        (ENTITY, SIGN_IN, *audiences), (), metadata.entity_id, now, within_s=within_s, of_any_request=True
    )
    return prove(text, expected, Keys(metadata.certificates))
