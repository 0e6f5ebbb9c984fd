"""What the pages say of passwords: the pool's policy as a list, and what is wrong with the one that was typed."""

from __future__ import annotations

from halfday.server.domain.user_pools.password_policy import PasswordPolicy
from halfday.server.pages import Sentence


def rules_of(policy: PasswordPolicy) -> list[str]:
    rules = [
        (True, Sentence("at least {count} characters", count=policy.minimum_length)),
        (policy.require_uppercase, "an upper-case letter"),
        (policy.require_lowercase, "a lower-case letter"),
        (policy.require_numbers, "a number"),
        (policy.require_symbols, "a symbol"),
    ]
    return [text for holds, text in rules if holds]


def objection_to(policy: PasswordPolicy, password: str, again: str) -> str | None:
    if password != again:
        return "The two passwords differ."
    reason = policy.objection_to(password)
    return Sentence("Password does not conform to policy: {reason}", reason=Sentence(reason)) if reason else None
