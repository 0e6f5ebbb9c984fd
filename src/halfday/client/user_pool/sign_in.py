"""A sign-in over the JSON API, from the first proof to tokens, without a browser and without I/O.

It is a `Dialogue`: it yields requests for Cognito and questions for the person. `challenge_answers` answers each
challenge. Sources: facts/api.md §3, §4; API reference, InitiateAuth; facts/failures.md §3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from halfday.client.errors import ApiRefused, ChallengeRefused, SettingsError
from halfday.client.oauth.authorization import TokenAnswer
from halfday.client.settings import Settings
from halfday.client.transport import wire
from halfday.client.user_pool import api as user_pool
from halfday.client.user_pool import devices
from halfday.client.user_pool.challenge_answers import ChallengeAnswers, no_passkeys
from halfday.client.user_pool.devices import Device
from halfday.client.user_pool.dialogue import Dialogue
from halfday.client.user_pool.sign_in_requests import (
    CUSTOM,
    FLOWS,
    PASSWORD,
    SRP,
    DeviceForgotten,
    Reply,
    SignInOptions,
)

MOST_STEPS = 20
"""The end of a sign-in whose custom challenges never end."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`device`: the tokens' device, where the pool tracks devices. `old_device_is_gone`: the kept one is of no use."""

    tokens: TokenAnswer
    device: Device | None = None
    old_device_is_gone: bool = False


def sign_in(
    settings: Settings, given: SignInOptions, *, random: Callable[[int], bytes], clock: Callable[[], float]
) -> Dialogue[SignedIn]:
    """Tokens. Raises ApiRefused, ChallengeRefused, LoginAbandoned, SettingsError.

    When the pool has forgotten the device, or does not take its password, the sign-in begins anew without it.
    """
    if given.flow not in FLOWS:
        raise SettingsError(f"flow {given.flow!r} signs nobody in", hint=f"take one of {', '.join(FLOWS)}")
    if given.preferred == "WEB_AUTHN":
        raise no_passkeys()
    first = ChallengeAnswers(settings, given, random, clock)
    try:
        return (yield from _run(first, random))
    except DeviceForgotten:
        anew = ChallengeAnswers(settings, replace(given, device=None, password=first.password), random, clock)
        return replace((yield from _run(anew, random)), old_device_is_gone=True)


def _run(answers: ChallengeAnswers, random: Callable[[int], bytes]) -> Dialogue[SignedIn]:
    reply = yield from answers.initiate((yield from _first_proof(answers)))
    name = ""
    for _ in range(MOST_STEPS):
        if not reply.get("ChallengeName"):
            return (yield from _signed_in(answers, reply, random))
        name = wire.text_of(reply, "ChallengeName", user_pool.endpoint(answers.settings))
        reply = yield from answers.answer(name, reply)
    raise ChallengeRefused(name, f"the sign-in still asks for {name} after {MOST_STEPS} steps")


def _first_proof(answers: ChallengeAnswers) -> Dialogue[dict[str, str]]:
    """The flow's AuthParameters but for the name. A password that was given is used first wherever that is possible."""
    given = answers.given
    if given.flow == SRP:
        return (yield from answers.inputs_of("PASSWORD_SRP"))
    if given.flow == PASSWORD:
        return (yield from answers.inputs_of("PASSWORD"))
    if given.flow == CUSTOM and given.password is not None:
        return {"CHALLENGE_NAME": "SRP_A", **(yield from answers.srp_a())}
    preferred = given.preferred
    if preferred is None and given.password is not None:
        preferred = "PASSWORD_SRP" if answers.settings.user_pool_id else "PASSWORD"
    if given.flow == CUSTOM or preferred is None:
        return {}
    return {"PREFERRED_CHALLENGE": preferred, **(yield from answers.inputs_of(preferred))}


def _signed_in(answers: ChallengeAnswers, reply: Reply, random: Callable[[int], bytes]) -> Dialogue[SignedIn]:
    """A new device is confirmed: without that its tokens are not renewed (facts/failures.md 3.5)."""
    settings, given = answers.settings, answers.given
    tokens = user_pool.tokens_of(settings, reply)
    metadata = reply["AuthenticationResult"].get("NewDeviceMetadata")
    if not metadata:
        return SignedIn(tokens, given.device)
    device, salt = devices.new_device(settings, metadata, random(devices.RANDOM_BYTES))
    try:
        yield from devices.confirm(settings, tokens.access_token, device, salt=salt, remember=given.remember)
    except ApiRefused:
        if given.remember:
            raise
        return SignedIn(tokens)  # signed in all the same, for as long as these tokens last
    return SignedIn(tokens, device)
