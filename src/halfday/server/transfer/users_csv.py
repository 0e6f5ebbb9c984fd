"""A pool's people as CSV: Cognito's own columns, and those that only an import here reads."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

_OWN = ("sub", "groups", "enabled", "status", "password_hash")


def csv_of(pool: Mapping[str, Any], *, secrets: bool) -> tuple[str, list[str]]:
    """The text, and what it cannot say."""
    users = pool.get("Users", [])
    named = {one["Name"] for user in users for one in user.get("Attributes", ())} - {"sub", "identities"}
    own = [name for name in _OWN if name != "password_hash" or secrets]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["cognito:username", *sorted(named), *own])
    unsaid = []
    for user in users:
        attributes = {one["Name"]: one.get("Value", "") for one in user.get("Attributes", ())}
        verifier = str(user.get("Halfday", {}).get("SrpVerifier", ""))
        values = {
            "sub": attributes.get("sub", ""),
            "groups": ";".join(user.get("Groups", ())),
            "enabled": str(user.get("Enabled", True)).lower(),
            "status": user.get("UserStatus", ""),
            "password_hash": verifier if verifier.startswith("$") else "",
        }
        if secrets and verifier and not values["password_hash"]:
            unsaid.append(f"{user['Username']}: the password: its SRP verifier (an export as JSON has it)")
        if any(";" in group for group in user.get("Groups", ())):
            unsaid.append(f"{user['Username']}: a group with a semicolon in its name")
        if "identities" in attributes or user.get("UserMFASettingList"):
            unsaid.append(f"{user['Username']}: linked identities and second factors")
        writer.writerow([user["Username"], *(attributes.get(n, "") for n in sorted(named)), *(values[n] for n in own)])
    return text.getvalue(), unsaid
