"""This machine as a device that a user pool remembers: what is kept of it, and how it is confirmed.

    CACHE/devices/NAME.json     the device of one user at one app client: its key, its group key and its password; 0600

A pool that tracks devices issues a new one with the tokens of each sign-in that names none. Its tokens cannot be
renewed before it is confirmed (facts/failures.md 3.5), so it is confirmed in any case. Its password is made here and
known nowhere else: the pool has a verifier. Source: facts/api.md §4, §4.1.
"""

from __future__ import annotations

import base64
import os
from dataclasses import asdict, dataclass, field

from halfday.client.errors import HalfdayError, SettingsError
from halfday.client.settings import Settings
from halfday.client.token_store.cache_files import cache_dir
from halfday.client.token_store.records import read_dataclass
from halfday.client.token_store.token_cache import TokenCache
from halfday.client.transport import wire
from halfday.client.user_pool import api as user_pool
from halfday.protocol import srp

PASSWORD_BYTES = 40
RANDOM_BYTES = PASSWORD_BYTES + srp.SALT_BYTES
NAME = "halfday"


@dataclass(frozen=True, slots=True)
class Device:
    device_key: str
    group_key: str
    password: str = field(repr=False)


def name_of_device(remember: bool | str) -> str:
    """What a device that is to be remembered is called; empty when it is not to be."""
    return remember if isinstance(remember, str) else NAME if remember else ""


class KeptDevice:
    """One user's device as this machine keeps it. A log-out does not remove it: it belongs to the machine."""

    def __init__(self, settings: Settings, username: str) -> None:
        directory = os.path.join(cache_dir(), "devices")
        self._cache = TokenCache(
            f"{settings.key} {username}", directory=directory, store=settings.token_store, what="device"
        )
        self._keeps = settings.token_store != "none"

    def check(self) -> None:
        """Raises SettingsError when what is saved could not be kept."""
        if not self._keeps:
            hint = "set token_store to disk or keyring, or leave remember_device out"
            raise SettingsError("a device cannot be remembered: token_store is none", hint=hint)
        self._cache.check()

    def load(self) -> Device | None:
        """None also when it cannot be read: the pool issues a new one then, as on another machine."""
        try:
            record = (self._cache.load() if self._keeps else None) or {}
            return read_dataclass(Device, {name: record[name] for name in Device.__slots__})
        except (KeyError, TypeError, HalfdayError):
            return None

    def save(self, device: Device) -> None:
        """Raises HalfdayError when it cannot be kept."""
        self._cache.save(asdict(device))

    def forget(self) -> None:
        self._cache.forget()


def new_device(settings: Settings, metadata: object, random: bytes) -> tuple[Device, bytes]:
    """The device of a NewDeviceMetadata, with a password of its own; and the salt. `random`: RANDOM_BYTES."""
    url = user_pool.endpoint(settings)
    device_key, group_key = (wire.text_of(metadata, name, url) for name in ("DeviceKey", "DeviceGroupKey"))
    password = base64.b64encode(random[:PASSWORD_BYTES]).decode()
    return Device(device_key, group_key, password), random[PASSWORD_BYTES:]


def confirm(settings: Settings, access_token: str, device: Device, *, salt: bytes, remember: str) -> wire.Flow[None]:
    """Confirms the device. Where the person may choose, it is remembered if `remember` gives it a name."""
    config = srp.device_verifier_config(device.group_key, device.device_key, device.password, salt)
    named = {"AccessToken": access_token, "DeviceKey": device.device_key}
    members = {**named, "DeviceSecretVerifierConfig": config, "DeviceName": remember or NAME}
    answer = yield from user_pool.call(settings, "ConfirmDevice", members)
    if remember and answer.get("UserConfirmationNecessary"):
        yield from user_pool.call(settings, "UpdateDeviceStatus", {**named, "DeviceRememberedStatus": "remembered"})
