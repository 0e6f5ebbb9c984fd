"""Environment variables by which every AWS SDK asks a server here, and no AWS account."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_SERVICES = ("COGNITO_IDENTITY_PROVIDER", "COGNITO_IDENTITY", "STS", "IAM")
_IN_THE_WAY = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_ENDPOINT_URL",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
)
_BY_NO_PROXY = ("NO_PROXY", "no_proxy")


def environment_of(origin: str, region: str) -> dict[str, str]:
    """The endpoints of Cognito, STS and IAM, dummy keys, and the Region. Other services stay with AWS, or with moto."""
    endpoints = {f"AWS_ENDPOINT_URL_{service}": origin for service in _SERVICES}
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    return {
        **endpoints,
        **keys,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextmanager
def aws_environment(variables: Mapping[str, str]) -> Iterator[None]:
    """They are set within the block, and put back after it, with what would stand in their way: a proxy too."""
    before = {name: os.environ.get(name) for name in (*variables, *_IN_THE_WAY, *_BY_NO_PROXY)}
    for name in _IN_THE_WAY:
        os.environ.pop(name, None)
    not_by_proxy = next((known for name in _BY_NO_PROXY[::-1] if (known := before[name])), "")
    os.environ.update(dict.fromkeys(_BY_NO_PROXY, ",".join(filter(None, (not_by_proxy, "127.0.0.1,localhost")))))
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
