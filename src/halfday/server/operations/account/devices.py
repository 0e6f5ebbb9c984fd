"""Remembered devices: ConfirmDevice, ListDevices, ForgetDevice, UpdateDeviceStatus …, and the Admin… ones.

People see the devices that are remembered, administrators all that were confirmed (Amplify documentation, device
features). What a device is shown with follows the API reference's samples, AdminListDevices and GetDevice.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from halfday.protocol import srp
from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.pools import DevicePolicy, Pool
from halfday.server.domain.users.factors import Device
from halfday.server.domain.users.users import User
from halfday.server.flows.factors.devices import group_key_of
from halfday.server.flows.users import find_user
from halfday.server.operations.framework import paging
from halfday.server.operations.framework.lookups import invalid, the_caller, the_pool, the_user
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.storage.errors import Missing, Taken


@operation("cognito-idp", "ConfirmDevice", honours="AccessToken DeviceKey DeviceSecretVerifierConfig DeviceName")
async def confirm_device(call: Call) -> Output:
    """The device is one whose key was handed out to this person, at this sign-in or at another that still lasts.

    Source: cognito-srp-helper's integration tests sign in twice and confirm the second device with the first token.
    """
    me, given = the_caller(call), call.input
    policy = _policy(me.pool)
    key = (me.pool.pool_id, me.user.username, given["DeviceKey"])
    verifier = _verifier_in(given.get("DeviceSecretVerifierConfig", {}))
    device = Device(
        *key,
        group_key=group_key_of(given["DeviceKey"]),
        created_at=call.now,
        modified_at=call.now,
        authenticated_at=call.now,
        name=given.get("DeviceName"),
        remembered=not policy.remembered_on_prompt_only,
        srp_salt=verifier.salt_hex,
        srp_verifier=verifier.verifier_hex,
    )
    try:
        async with call.services.store.unit(me.pool.pool_id):
            if not await call.services.store.devices.is_handed_out(*key):
                raise invalid("Invalid device key given.")
            await call.services.store.devices.insert(device)
    except Taken as problem:
        raise Refused("DeviceKeyExistsException", "Device already exists.") from problem
    return {"UserConfirmationNecessary": policy.remembered_on_prompt_only}


@operation("cognito-idp", "GetDevice", honours="DeviceKey AccessToken")
async def get_device(call: Call) -> Output:
    me = the_caller(call)
    return {"Device": _shape(call, await _the_device(call, me.pool, me.user))}


@operation("cognito-idp", "AdminGetDevice", honours="DeviceKey UserPoolId Username")
async def admin_get_device(call: Call) -> Output:
    pool, user = await _a_declared_user(call)
    return {"Device": _shape(call, await _the_device(call, pool, user))}


@operation("cognito-idp", "ListDevices", honours="AccessToken Limit PaginationToken")
async def list_devices(call: Call) -> Output:
    me = the_caller(call)
    return await _list(call, me.pool, me.user, of_the_person=True)


@operation("cognito-idp", "AdminListDevices", honours="UserPoolId Username Limit PaginationToken")
async def admin_list_devices(call: Call) -> Output:
    return await _list(call, *await _a_declared_user(call), of_the_person=False)


@operation("cognito-idp", "ForgetDevice", honours="AccessToken DeviceKey")
async def forget_device(call: Call) -> Output:
    """The device's refresh tokens are refused from now on. Access tokens are good until they expire (AWS, blog on
    tracking devices).
    """
    me = the_caller(call)
    return await _forget(call, me.pool, me.user)


@operation("cognito-idp", "AdminForgetDevice", honours="UserPoolId Username DeviceKey")
async def admin_forget_device(call: Call) -> Output:
    pool = await the_pool(call)
    return await _forget(call, pool, await the_user(call, pool))


@operation("cognito-idp", "UpdateDeviceStatus", honours="AccessToken DeviceKey DeviceRememberedStatus")
async def update_device_status(call: Call) -> Output:
    me = the_caller(call)
    return await _update(call, me.pool, me.user)


@operation("cognito-idp", "AdminUpdateDeviceStatus", honours="UserPoolId Username DeviceKey DeviceRememberedStatus")
async def admin_update_device_status(call: Call) -> Output:
    pool = await the_pool(call)
    return await _update(call, pool, await the_user(call, pool))


async def _a_declared_user(call: Call) -> tuple[Pool, User]:
    """AdminGetDevice and AdminListDevices do not declare UserNotFoundException; what stands for it is [inferred]."""
    pool = await the_pool(call)
    user = await find_user(call.services, pool, call.input["Username"])
    if user is None:
        raise Refused("ResourceNotFoundException", "User does not exist.")
    return pool, user


async def _the_device(call: Call, pool: Pool, user: User) -> Device:
    _policy(pool)
    device = await call.services.store.devices.find(pool.pool_id, user.username, call.input["DeviceKey"])
    if device is None:
        raise _no_such_device()
    return device


async def _list(call: Call, pool: Pool, user: User, *, of_the_person: bool) -> Output:
    _policy(pool)
    fetch = partial(call.services.store.devices.page, pool.pool_id, user.username, remembered_only=of_the_person)
    return await paging.listing(
        call,
        "Devices",
        fetch,
        key=lambda device: device.device_key,
        shape=partial(_shape, call, in_full=not of_the_person),
        token="PaginationToken",
    )


async def _forget(call: Call, pool: Pool, user: User) -> Output:
    _policy(pool)
    try:
        await call.services.store.devices.delete(pool.pool_id, user.username, call.input["DeviceKey"])
    except Missing as problem:
        raise _no_such_device() from problem
    return {}


async def _update(call: Call, pool: Pool, user: User) -> Output:
    """Without a status nothing is changed [inferred]: the model does not require one."""
    device = await _the_device(call, pool, user)
    status = call.input.get("DeviceRememberedStatus")
    if status is not None:
        key = (pool.pool_id, user.username, device.device_key)
        await call.services.store.devices.set_remembered(*key, status == "remembered", now=call.now)
    return {}


def _policy(pool: Pool) -> DevicePolicy:
    """Raises Refused; its code is AWS's (amplify-flutter, fetchDevices), its sentence is [inferred]."""
    if pool.devices is None:
        message = "Device tracking is not enabled for this user pool."
        raise Refused("InvalidUserPoolConfigurationException", message)
    return pool.devices


def _verifier_in(config: dict[str, str]) -> srp.Verifier:
    """The sentences are [inferred]. Without a verifier the device could never prove itself."""
    try:
        return srp.parse_device_verifier_config(config["PasswordVerifier"], config["Salt"])
    except KeyError as problem:
        raise invalid("Missing required parameter DeviceSecretVerifierConfig") from problem
    except srp.SrpError as problem:
        raise invalid("Invalid device secret verifier config given.") from problem


def _no_such_device() -> Refused:
    return Refused("ResourceNotFoundException", "Device does not exist.")


def _shape(call: Call, device: Device, *, in_full: bool = True) -> dict[str, Any]:
    """DeviceType. ListDevices alone shows what is not `dev:` (aws-amplify/amplify-js#12171).

    The last authentication is told in whole seconds, as in every recorded answer.
    """
    owner = f"{device.username}.{device.pool_id}"
    arn = f"arn:aws:cognito-idp:{call.region}:{call.account}:owner/{owner}/device/{device.device_key}"
    known = {
        "device_status": "valid",
        "device_name": device.name,
        "dev:device_arn": arn if in_full else None,
        "dev:device_owner": owner if in_full else None,
        "last_ip_used": device.last_ip,
        "dev:device_remembered_status": _remembered_status(device) if in_full else None,
        "dev:device_sdk": "aws-sdk-unknown-unknown" if in_full else None,
    }
    return {
        "DeviceKey": device.device_key,
        "DeviceAttributes": [{"Name": name, "Value": value} for name, value in known.items() if value is not None],
        "DeviceCreateDate": device.created_at,
        "DeviceLastModifiedDate": device.modified_at,
        "DeviceLastAuthenticatedDate": float(int(device.authenticated_at)),
    }


def _remembered_status(device: Device) -> str:
    return "remembered" if device.remembered else "not_remembered"
