"""A pool's Lambda triggers in a seed file: which function each of them calls, by its name or its ARN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halfday.protocol.identifiers import function_arn, region_of_pool
from halfday.server.domain.user_pools.triggers import KMS_KEY, Trigger
from halfday.server.outside.functions.functions import name_of
from halfday.server.seed_file import SeedRefused

_KEYS = {trigger.name.lower(): trigger.value for trigger in Trigger}
_STRUCTURES = {Trigger.INBOUND_FEDERATION.value, Trigger.CUSTOM_EMAIL_SENDER.value, Trigger.CUSTOM_SMS_SENDER.value}
_KEY = "kms_key"
_VERSION = "pre_token_generation_version"


def named_functions(table: Mapping[str, Any]) -> dict[str, str]:
    """Trigger's key → the function's name, of [user_pool.triggers]."""
    return {key: name_of(name) or name for key, name in table.items() if key in _KEYS}


def lambda_config(table: Mapping[str, Any], pool_id: str, account: str) -> dict[str, Any]:
    """LambdaConfig's members for [user_pool.triggers]. Raises SeedRefused."""
    names = {key: value for key, value in table.items() if key not in (_VERSION, _KEY)}
    config: dict[str, Any] = {
        _KEYS[key]: name if name.startswith("arn:") else function_arn(region_of_pool(pool_id), account, name)
        for key, name in names.items()
    }
    version = table.get(_VERSION, 1)
    if version not in (1, 2, 3):
        raise SeedRefused(f"[[user_pool]] {pool_id}: triggers.{_VERSION} must be 1, 2 or 3")
    token = Trigger.PRE_TOKEN_GENERATION.value
    if version > 1 and token not in config:
        raise SeedRefused(f"[[user_pool]] {pool_id}: triggers.{_VERSION} needs pre_token_generation")
    for trigger in _STRUCTURES & config.keys():
        config[trigger] = {"LambdaArn": config[trigger], "LambdaVersion": "V1_0"}
    if _KEY in table:
        config[KMS_KEY] = table[_KEY]
    if token in config:
        config["PreTokenGenerationConfig"] = {"LambdaArn": config[token], "LambdaVersion": f"V{version}_0"}
    return config
