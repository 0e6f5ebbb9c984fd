"""What an app asks of the sign-in itself: how strong (`acr_values`), how recent (`max_age`), whether seen (`prompt`).

Source: OpenID Connect Core §3.1.2.1; Developer guide, Login endpoint, Step-up authentication request. The sentences are
[inferred], and so is `unmet_authentication_requirements` (RFC 9470 §5) for somebody who has no factor for a level.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from halfday.protocol.errors import OAuthError
from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.next_step import Refusal
from halfday.server.domain.user_pools.acr_names import effective_names, levels_named, may_be_asked_for
from halfday.server.domain.user_pools.pools import Pool

_SECONDS = re.compile(r"[0-9]{1,10}")


def check_max_age(given: str | None) -> int | None:
    """In seconds. Raises OAuthError, which may travel to the app."""
    if given is None:
        return None
    if not _SECONDS.fullmatch(given):
        raise _invalid("max_age must be a non-negative integer", "max_age is no number of seconds")
    return int(given)


def check_prompt(given: str | None) -> None:
    """`none` goes with no other value (OpenID Connect Core §3.1.2.1). Raises OAuthError, which may travel to the app.

    Values that nothing here depends on are for a provider.
    """
    prompts = (given or "").split()
    if "none" in prompts and len(prompts) > 1:
        raise _invalid("Invalid prompt", "prompt=none stands beside another value")


def check_levels(pool: Pool, parameters: Mapping[str, str]) -> tuple[int, ...] | None:
    """The levels that are asked for, in the app's order; () where only `max_age` is; None where tokens tell no level.

    A pool of the tier LITE ignores acr_values, as AWS's does. Raises OAuthError, which may travel to the app.
    """
    if not may_be_asked_for(pool.tier):
        return None
    asked = parameters.get("acr_values")
    if asked is None:
        return () if "max_age" in parameters else None
    levels = levels_named(pool.acr_names, asked)
    if not levels:
        known = " ".join(effective_names(pool.acr_names).values())
        raise _invalid("Invalid acr_values", f"acr_values names no level of the pool, which are: {known}")
    return levels


def unmet(refused: Refused) -> OAuthError | None:
    """What the app is told of somebody who cannot reach a level that it asked for; None for any other refusal."""
    return unreachable(detail=refused.detail) if refused.is_one_of(Refusal.OUT_OF_REACH) else None


def unreachable(*, detail: str | None) -> OAuthError:
    sentence = Refusal.OUT_OF_REACH.sentence
    error = "unmet_authentication_requirements"
    return OAuthError(error, description=sentence, may_redirect=True, detail=detail)


def _invalid(sentence: str, detail: str) -> OAuthError:
    return OAuthError("invalid_request", description=sentence, may_redirect=True, detail=detail)
