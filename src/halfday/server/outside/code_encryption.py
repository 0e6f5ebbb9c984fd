"""Codes for custom senders, encrypted as the AWS Encryption SDK does, by its own library, under a key of a KMS.

The library is optional (`halfday[custom-senders]`) and is loaded at the first code.
Source: developer guide, Custom email sender Lambda trigger; docs/decisions/0062.
"""

from __future__ import annotations

import asyncio
import base64
import importlib.util
import threading
from typing import Any

from halfday.server.domain.failures import kind_of

KMS_TIMEOUT_S = 5


class NotEncrypted(Exception):
    """The KMS cannot be reached, or has no such key for us. The text names the kind of failure."""


def is_installed() -> bool:
    return importlib.util.find_spec("aws_encryption_sdk") is not None


class CodeEncryption:
    """Encrypts under keys of the KMS at `url`, with keys that a KMS on this machine takes."""

    def __init__(self, url: str, *, region: str, access_key_id: str, secret_access_key: str) -> None:
        self._url, self._region = url, region
        self._keys = {"aws_access_key_id": access_key_id, "aws_secret_access_key": secret_access_key}
        self._made: Any = None
        self._making = threading.Lock()

    async def encrypt(self, code: str, key_id: str) -> str:
        """The ciphertext in Base64. Raises NotEncrypted."""
        return await asyncio.to_thread(self._encrypt, code, key_id)

    def _encrypt(self, code: str, key_id: str) -> str:
        """Without key commitment: functions decrypt that with every version of the SDK [inferred of AWS]."""
        from aws_encryption_sdk import CommitmentPolicy, EncryptionSDKClient
        from aws_encryption_sdk.key_providers.kms import KMSMasterKey, KMSMasterKeyConfig

        try:
            key = KMSMasterKey(config=KMSMasterKeyConfig(key_id=key_id, client=self._client()))
            sdk = EncryptionSDKClient(commitment_policy=CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT)
            sealed, _ = sdk.encrypt(source=code.encode(), key_provider=key)
        except Exception as problem:  # the library's own tree, and botocore's beneath it
            raise NotEncrypted(kind_of(problem)) from problem
        return base64.b64encode(sealed).decode()

    def _client(self) -> Any:
        from botocore.config import Config
        from botocore.session import Session

        with self._making:
            if self._made is None:
                brief = Config(
                    connect_timeout=KMS_TIMEOUT_S, read_timeout=KMS_TIMEOUT_S, retries={"total_max_attempts": 2}
                )
                where = {"endpoint_url": self._url, "region_name": self._region}
                self._made = Session().create_client("kms", **where, **self._keys, config=brief)
            return self._made
