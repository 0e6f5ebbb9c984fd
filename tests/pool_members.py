"""Settings of pools that several tests need, and the pool as it is shown."""

from __future__ import annotations

from typing import Any

from world import Pool

ROLE = "arn:aws:iam::123456789012:role/texts"
SMS = {"SnsCallerArn": ROLE}
"""What a pool needs to send texts, as SmsConfiguration."""

SES = {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/ada@example.com"}
"""EmailConfiguration of a pool that may ask for codes sent by e-mail as a second factor."""


def first_factors(*names: str) -> dict[str, Any]:
    return {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": list(names)}}}


def recovery(*mechanisms: tuple[str, int]) -> dict[str, Any]:
    listed = [{"Name": name, "Priority": priority} for name, priority in mechanisms]
    return {"AccountRecoverySetting": {"RecoveryMechanisms": listed}}


def described(pool: Pool) -> dict[str, Any]:
    shown: dict[str, Any] = pool.world.idp.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]
    return shown
