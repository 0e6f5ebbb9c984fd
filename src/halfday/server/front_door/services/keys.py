"""KMS: a key by its id, its ARN or an alias is asked for by the key's ARN; what decrypts says itself which key it was.

Source: Service authorization reference, AWS KMS; KMS developer guide, Condition keys for AWS KMS, and Decrypt: "the
KMS key that was used to encrypt is in the ciphertext". The key's own policy is read by `policies`.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from halfday.server.domain.aws.policies import known_keys
from halfday.server.domain.calls.arns import is_arn
from halfday.server.domain.calls.refusals import CallRefused, not_built
from halfday.server.domain.s3.actions import Need
from halfday.server.front_door.services.calls import Ask, Plan, ServiceCall
from halfday.server.outside.upstreams import Answer

KNOWN = known_keys(
    ("kms:EncryptionContextKeys", "kms:RequestAlias", "kms:CallerAccount", "kms:EncryptionAlgorithm", "kms:ViaService"),
    prefixes=("kms:EncryptionContext:",),
)
_OF_THE_ACCOUNT = frozenset(
    {"ConnectCustomKeyStore", "CreateCustomKeyStore", "CreateKey", "DeleteCustomKeyStore", "DescribeCustomKeyStores"}
    | {"DisconnectCustomKeyStore", "GenerateRandom", "ListAliases", "ListKeys", "ListRetirableGrants"}
    | {"UpdateCustomKeyStore"}
)
_ALIAS = re.compile(r"alias/[a-zA-Z0-9/_-]{1,250}")
_KEY = re.compile(r"[a-zA-Z0-9-]{1,128}")


async def plan(call: ServiceCall, ask: Ask) -> Plan:
    context = _context(call)
    if call.operation in _OF_THE_ACCOUNT and not (call.operation == "ListAliases" and call.text("KeyId")):
        return Plan(call, (Need(call.action, "*", context),), KNOWN)
    if call.operation in ("CreateAlias", "UpdateAlias", "DeleteAlias"):
        return await _alias(call, ask, context)
    if call.operation == "ReEncrypt":
        return await _reencrypt(call, ask, context)
    if call.operation in ("RetireGrant", "Encapsulate", "Decapsulate"):
        raise not_built(f"{call.operation} of KMS")
    if call.operation == "Decrypt" and not call.text("KeyId"):
        return Plan(call, (), KNOWN, after=lambda answer: (_used(call, answer, "KeyId", "kms:Decrypt", context),))
    arn, alias = await key_arn(call, call.text("KeyId"), ask)
    return Plan(call.changed(KeyId=arn), (Need(call.action, arn, context | alias),), KNOWN)


async def key_arn(call: ServiceCall, key_id: str, ask: Ask) -> tuple[str, dict[str, str]]:
    """The key's ARN, and kms:RequestAlias where it was asked for by an alias."""
    name = call.place.name_in(key_id, "kms") if is_arn(key_id) else key_id
    if name.startswith("alias/"):
        if not _ALIAS.fullmatch(name):
            raise CallRefused("ValidationException", "Invalid alias name.")
        asked = replace(call, operation="DescribeKey", parameters={"KeyId": name})
        found = (await ask(asked) or {}).get("KeyMetadata", {}).get("KeyId")
        if not isinstance(found, str):
            raise CallRefused("NotFoundException", f"Alias {call.arn(name)} is not found.")
        return call.arn(f"key/{found}"), {"kms:RequestAlias": name}
    plain = name.removeprefix("key/")
    if not _KEY.fullmatch(plain):
        raise CallRefused("NotFoundException", f"Invalid keyId {plain[:128]!r}")
    return call.arn(f"key/{plain}"), {}


async def _alias(call: ServiceCall, ask: Ask, context: dict[str, Any]) -> Plan:
    """The permission is needed on the alias and on the key; on both keys where the alias moves."""
    name = call.text("AliasName")
    if not _ALIAS.fullmatch(name):
        raise CallRefused("InvalidAliasNameException", "Invalid identifier")
    needs, changed = [Need(call.action, call.arn(name), context)], call
    if target := call.text("TargetKeyId"):
        arn, _ = await key_arn(call, target, ask)
        needs.append(Need(call.action, arn, context))
        changed = call.changed(TargetKeyId=arn.rpartition("/")[2])
    if call.operation != "CreateAlias":
        arn, _ = await key_arn(call, name, ask)
        needs.append(Need(call.action, arn, context))
    return Plan(changed, tuple(needs), KNOWN)


async def _reencrypt(call: ServiceCall, ask: Ask, context: dict[str, Any]) -> Plan:
    """Nothing is changed by it: which key it was encrypted under is known when it is done."""
    to, alias = await key_arn(call, call.text("DestinationKeyId"), ask)
    source = _encryption(call.members("SourceEncryptionContext"))
    destination = _encryption(call.members("DestinationEncryptionContext")) | alias
    changed, given = call.changed(DestinationKeyId=to), {"kms:CallerAccount": call.place.account}
    if key := call.text("SourceKeyId"):
        changed = changed.changed(SourceKeyId=(await key_arn(call, key, ask))[0])
    return Plan(
        changed,
        (Need("kms:ReEncryptTo", to, given | destination),),
        KNOWN,
        after=lambda answer: (_used(call, answer, "SourceKeyId", "kms:ReEncryptFrom", given | source),),
    )


def _used(call: ServiceCall, answer: Answer, member: str, action: str, context: dict[str, Any]) -> Need:
    """The key that the answer names."""
    key = json.loads(answer.body).get(member) if answer.status == 200 else None
    if not isinstance(key, str) or not _KEY.fullmatch(plain := key.rpartition("/")[2]):
        raise CallRefused("AccessDeniedException", "It is not known under which key this was encrypted.")
    return Need(action, call.arn(f"key/{plain}"), context)


def _context(call: ServiceCall) -> dict[str, Any]:
    algorithm = {"kms:EncryptionAlgorithm": call.text("EncryptionAlgorithm") or "SYMMETRIC_DEFAULT"}
    sealed = call.operation in ("Encrypt", "Decrypt")
    context = _encryption(call.members("EncryptionContext")) | (algorithm if sealed else {})
    return {"kms:CallerAccount": call.place.account, **context}


def _encryption(given: dict[str, Any]) -> dict[str, Any]:
    if not given:
        return {}
    keys = {f"kms:EncryptionContext:{name}": str(value) for name, value in given.items()}
    return {**keys, "kms:EncryptionContextKeys": list(given)}
