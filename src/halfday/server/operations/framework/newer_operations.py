"""Operations that AWS has added since the model that is installed here: known by name, so that they are not built
rather than misspelt.

Source: botocore 1.44.8, held against the oldest botocore that is taken here.
"""

from __future__ import annotations

from halfday.server.operations.framework.model import operation_model

NEWER: dict[str, frozenset[str]] = {
    "cognito-idp": frozenset(
        (
            "CancelPointInTimeRecovery CreateCIMDPolicy DeleteCIMDPolicy DescribeCIMDPolicy "
            "DescribePointInTimeRecovery InitiatePointInTimeRecovery ListCIMDPolicies ListClientMetadataURLs "
            "ListPointInTimeRecoveries StartPointInTimeRecovery UpdateCIMDPolicy UpdateClientMetadataURLState"
        ).split()
    ),
    "sts": frozenset({"GetScopedCredentials"}),
    "iam": frozenset({"UpdateOpenIDConnectProvider"}),
}


def is_operation(service: str, name: str) -> bool:
    """Whether AWS has an operation of this name, here or not."""
    return operation_model(service, name) is not None or name in NEWER.get(service, ())
