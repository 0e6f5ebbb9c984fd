"""Access keys of users, two at most. The secret is shown once, to who makes it."""

from __future__ import annotations

import base64
from dataclasses import replace

from halfday.protocol.identifiers import USER_KEY_BYTES, make_user_key_id
from halfday.server.domain.aws.iam_users import AccessKey
from halfday.server.domain.refusals import Refused
from halfday.server.operations.aws.iam.answers import access_key
from halfday.server.operations.aws.iam.callers import check_not_root, user_of_call
from halfday.server.operations.aws.iam.pages import page
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.storage.errors import Missing

MOST_KEYS = 2
SECRET_BYTES = 30


@operation("iam", "CreateAccessKey", honours="UserName")
async def create_access_key(call: Call) -> Output:
    check_not_root(call, "CreateAccessKey")
    store, random = call.services.store, call.services.random
    async with store.unit(call.account):
        user = await user_of_call(call)
        if len(await store.access_keys.of_user(call.account, user.name)) >= MOST_KEYS:
            raise Refused("LimitExceeded", f"Cannot exceed quota for AccessKeysPerUser: {MOST_KEYS}")
        key = AccessKey(
            access_key_id=make_user_key_id(call.account, random(USER_KEY_BYTES)),
            secret_access_key=base64.b64encode(random(SECRET_BYTES)).decode(),
            account=call.account,
            user_name=user.name,
            created_at=call.now,
        )
        await store.access_keys.insert(key)
    return {"AccessKey": {**access_key(key), "SecretAccessKey": key.secret_access_key}}


@operation("iam", "ListAccessKeys", honours="UserName Marker MaxItems")
async def list_access_keys(call: Call) -> Output:
    check_not_root(call, "ListAccessKeys")
    user = await user_of_call(call)
    keys = await call.services.store.access_keys.of_user(call.account, user.name)
    return page(call, "AccessKeyMetadata", keys, key=lambda key: key.access_key_id, shape=access_key)


@operation("iam", "UpdateAccessKey", honours="UserName AccessKeyId Status")
async def update_access_key(call: Call) -> Output:
    if call.input["Status"] == "Expired":  # the sentence is [inferred]
        raise Refused("InvalidInput", "The status Expired is set by AWS alone.")
    key = await _the_key(call, "UpdateAccessKey")
    active = call.input["Status"] == "Active"
    try:
        await call.services.store.access_keys.change(key.access_key_id, lambda known: replace(known, active=active))
    except Missing as problem:
        raise _no_such_key(key.access_key_id) from problem
    return {}


@operation("iam", "DeleteAccessKey", honours="UserName AccessKeyId")
async def delete_access_key(call: Call) -> Output:
    key, store = await _the_key(call, "DeleteAccessKey"), call.services.store
    try:
        async with store.unit(call.account):
            await store.access_keys.delete(key.access_key_id)
            await store.last_uses.delete(key.access_key_id)
    except Missing as problem:
        raise _no_such_key(key.access_key_id) from problem
    return {}


@operation("iam", "GetAccessKeyLastUsed", honours="AccessKeyId")
async def get_access_key_last_used(call: Call) -> Output:
    """A key that is nobody's is one that the caller may not ask about."""
    key_id, store = call.input["AccessKeyId"], call.services.store
    key = await store.access_keys.find(key_id)
    if key is None:
        who = getattr(call.caller, "arn", "")
        action = "iam:GetAccessKeyLastUsed"
        sentence = f"User: {who} is not authorized to perform {action} on resource: access key {key_id}"
        raise Refused("AccessDenied", sentence, f"there is no access key {key_id}")
    use = await store.last_uses.find(key_id)
    last = {"LastUsedDate": use.used_at, "Region": use.region, "ServiceName": use.service} if use else {}
    return {"UserName": key.user_name, "AccessKeyLastUsed": last or {"Region": "N/A", "ServiceName": "N/A"}}


async def _the_key(call: Call, operation_name: str) -> AccessKey:
    check_not_root(call, operation_name)
    user = await user_of_call(call)
    key = await call.services.store.access_keys.find(call.input["AccessKeyId"])
    if key is None or key.user_name != user.name:
        raise _no_such_key(call.input["AccessKeyId"])
    return key


def _no_such_key(access_key_id: str) -> Refused:
    return Refused("NoSuchEntity", f"The Access Key with id {access_key_id} cannot be found.")
