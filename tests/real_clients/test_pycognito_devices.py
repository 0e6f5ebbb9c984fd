"""pycognito, which is not ours, changes its device's status and forgets it. How it signs in: test_pycognito_factors."""

from __future__ import annotations

import pytest
import requests
from pycognito import AWSSRP

from world import PASSWORD, World


def test_pycognito_changes_its_device_s_status_and_forgets_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It posts what concerns devices to AWS's host, whatever client it is given: that name leads here."""
    post = requests.post
    monkeypatch.setattr("pycognito.aws_srp.requests.post", lambda _, **given: post(world.origin, **given))
    devices = {"ChallengeRequiredOnNewDevice": False, "DeviceOnlyRememberedOnUserPrompt": False}
    pool = world.pool(DeviceConfiguration=devices)
    pool.user()
    srp = AWSSRP("ada", PASSWORD, pool.pool_id, pool.client()["ClientId"], client=world.idp)
    confirmed, srp.device_password = srp.confirm_device(srp.authenticate_user(), "a laptop")
    assert confirmed.json() == {"UserConfirmationNecessary": False}
    access_token, device_key = srp.access_token, srp.device_key
    assert "[200]" in srp.update_device_status(False, access_token, device_key)
    assert world.idp.list_devices(AccessToken=access_token)["Devices"] == []
    assert "[200]" in srp.forget_device(access_token, device_key)
    with pytest.raises(world.idp.exceptions.ResourceNotFoundException, match=r"Device does not exist\."):
        srp.authenticate_user()
