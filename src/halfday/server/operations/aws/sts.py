"""STS: who one is, and whose a key or a message is. Source: facts/identity.md §9; STS API reference."""

from __future__ import annotations

import base64
import binascii

from halfday.server.domain.refusals import Refused
from halfday.server.flows.identity.authorization_messages import read_message
from halfday.server.operations.aws.sts_callers import check_not_own_session, check_permissions, signed
from halfday.server.operations.framework.registry import Call, Output, operation

_ACCOUNT_BITS, _ACCOUNT_SHIFT = 0x7FFFFFFFFF80, 7


@operation("sts", "GetCallerIdentity", authorizes_itself=True)
async def get_caller_identity(call: Call) -> Output:
    caller = signed(call)
    return {"UserId": caller.user_id, "Account": caller.account, "Arn": caller.arn}


@operation("sts", "GetAccessKeyInfo", honours="AccessKeyId", authorizes_itself=True)
async def get_access_key_info(call: Call) -> Output:
    """Of a key that was not made here the account is read from its id, as AWS reads it: it need not exist there."""
    _check(call, "sts:GetAccessKeyInfo")
    return {"Account": await _account_of(call, call.input["AccessKeyId"])}


@operation("sts", "DecodeAuthorizationMessage", honours="EncodedMessage", authorizes_itself=True)
async def decode_authorization_message(call: Call) -> Output:
    _check(call, "sts:DecodeAuthorizationMessage")
    message = read_message(call.services, call.input["EncodedMessage"])
    if message is None:
        raise Refused("InvalidAuthorizationMessageException", "Message is not valid")
    return {"DecodedMessage": message}


def _check(call: Call, action: str) -> None:
    caller = signed(call)
    check_not_own_session(caller, action.partition(":")[2])
    check_permissions(call, caller, action)


async def _account_of(call: Call, access_key_id: str) -> str:
    store, settings = call.services.store, call.services.settings
    access_key = await store.access_keys.find(access_key_id)
    issued = await store.credentials.find(access_key_id)
    if access_key is not None or issued is not None:
        return (access_key or issued).account  # type: ignore[union-attr]
    if access_key_id == settings.root_access_key_id or await store.retired_access_keys.has(access_key_id):
        return settings.account_id
    return _account_in(access_key_id)


def _account_in(access_key_id: str) -> str:
    """The account that stands in the id: [inferred], read so by many (github.com/trufflesecurity and others)."""
    try:
        decoded = base64.b32decode(access_key_id[4:20])
    except (binascii.Error, ValueError):
        raise Refused("ValidationError", f"{access_key_id} is not a valid access key ID") from None
    return f"{(int.from_bytes(decoded[:6], 'big') & _ACCOUNT_BITS) >> _ACCOUNT_SHIFT:012d}"
