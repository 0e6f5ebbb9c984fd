"""Access keys whose id and secret are known already. CreateAccessKey makes up both, and so no operation takes them."""

from __future__ import annotations

import re
from dataclasses import replace

from halfday.server.domain.aws.iam_users import AccessKey
from halfday.server.operations.aws.iam.access_keys import MOST_KEYS
from halfday.server.services import Services

_KEY_ID = re.compile(r"AKIA[A-Z0-9]{12,124}")
_SECRET = re.compile(r"[\x21-\x7e]{16,128}")


class KeyRefused(ValueError):
    """Why the key cannot be kept, as a clause."""


async def keep_access_key(services: Services, user_name: str, key_id: str, secret: str, *, active: bool) -> None:
    """The user has this key. Raises KeyRefused."""
    if not _KEY_ID.fullmatch(key_id):
        raise KeyRefused("id must be AKIA and 12 or more of A-Z and 0-9")
    if not _SECRET.fullmatch(secret):
        raise KeyRefused("secret must have 16 to 128 characters, without blanks")
    if key_id == services.settings.root_access_key_id:
        raise KeyRefused(f"the key {key_id} is of the account's root")
    keys, account = services.store.access_keys, services.settings.account_id
    async with services.store.unit(account):
        found = await keys.find(key_id)
        if found is not None and found.user_name != user_name:
            raise KeyRefused(f"the key {key_id} is of the user {found.user_name}")
        if found is not None:
            wanted = replace(found, secret_access_key=secret, active=active)
            if wanted != found:
                await keys.change(key_id, lambda _: wanted)
            return
        if len(await keys.of_user(account, user_name)) >= MOST_KEYS:
            raise KeyRefused(f"a user has {MOST_KEYS} access keys at most")
        now = services.clock()
        await keys.insert(AccessKey(key_id, secret, account, user_name, now, active))
