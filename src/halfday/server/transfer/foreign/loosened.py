"""Pools of servers that let through what AWS refuses, such as moto and cognito-local: made so that they can be kept.

Only what was left unsaid is added, and what cannot be said is left out: each is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Members = dict[str, Any]

_FACTORS = ("SoftwareTokenMfaConfiguration", "SmsMfaConfiguration", "EmailMfaConfiguration")
_MADE_UP_ROLE = "halfday-sends-sms"
"""As a seed file's pools have it."""
_USUAL_ACCOUNT = "123456789012"


def as_aws_takes(document: Mapping[str, Any]) -> tuple[Members, list[str]]:
    """The document, and what was changed: sentences for people."""
    told: list[str] = []
    pools = [_pool(dict(entry), told) for entry in document.get("UserPools", ())]
    return {**document, "UserPools": pools}, told


def _pool(entry: Members, told: list[str]) -> Members:
    pool, mfa = dict(entry["UserPool"]), dict(entry.get("MfaConfig", {}))
    place = f"user pool {pool['Id']}"
    if "phone_number" in (pool.get("AutoVerifiedAttributes") or ()) and not pool.get("SmsConfiguration"):
        pool["SmsConfiguration"] = {"SnsCallerArn": f"arn:aws:iam::{_account(pool)}:role/{_MADE_UP_ROLE}"}
        told.append(f"{place}: it sends SMS and names no role for it: the made-up role {_MADE_UP_ROLE} stands for it")
    mode = mfa.get("MfaConfiguration") or pool.get("MfaConfiguration") or "OFF"
    if mode != "OFF" and not any(mfa.get(one) and mfa[one] != {"Enabled": False} for one in _FACTORS):
        mfa |= {"MfaConfiguration": mode, "SoftwareTokenMfaConfiguration": {"Enabled": True}}
        told.append(f"{place}: its MFA names no factor: an authenticator app is one now")
    domains = []
    for one in entry.get("Domains", ()):
        if "." in str(one.get("Domain", "")) and not one.get("CustomDomainConfig"):
            told.append(f"{place}: domain {one['Domain']}: a custom domain without a certificate is left out")
        else:
            domains.append(one)
    return {**entry, "UserPool": pool, "MfaConfig": mfa, "Domains": domains}


def _account(pool: Mapping[str, Any]) -> str:
    parts = str(pool.get("Arn", "")).split(":")
    return parts[4] if len(parts) > 4 and parts[4].isdigit() else _USUAL_ACCOUNT
