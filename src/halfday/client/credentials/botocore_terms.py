"""Our credentials and endpoints in botocore's words, for boto3's sessions, aiobotocore's and the process-wide provider.

Nothing of botocore is imported here: aiobotocore comes without boto3.
"""

from __future__ import annotations

from halfday.client.settings import Settings
from halfday.protocol.credentials import Credentials, iso8601

METHOD = "custom-cognito"
"""Providers that botocore does not know have to be called custom-SOMETHING."""


def endpoint_of(settings: Settings) -> str | None:
    """The endpoint of clients that botocore would send to AWS. It reads AWS's own variables itself."""
    return settings.endpoint_url or (None if settings.aws_endpoints.get("") else settings.stand_in)


def endpoint_variable(service_id: str) -> str:
    """AWS_ENDPOINT_URL_DYNAMODB: source AWS SDKs reference guide, Service-specific endpoints."""
    return f"AWS_ENDPOINT_URL_{service_id.replace(' ', '_').replace('-', '_').upper()}"


def metadata(credentials: Credentials) -> dict[str, str]:
    """What botocore's refreshable credentials are made of."""
    return {
        "access_key": credentials.access_key_id,
        "secret_key": credentials.secret_access_key,
        "token": credentials.session_token,
        "expiry_time": iso8601(credentials.expires_at),
    }
