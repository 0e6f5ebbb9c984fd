"""How challenges are answered: what each one's ChallengeResponses are called, and which flow takes them.

The names are AWS's (facts/api.md §4); the flows know nothing of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.authentication_levels import Method
from halfday.server.domain.sign_in.challenge_records import (
    DevicePasswordVerifier,
    FirstFactorChoice,
    MfaChoice,
    OneTimeCode,
)
from halfday.server.domain.sign_in.codes_and_sessions import digest
from halfday.server.domain.sign_in.next_step import Challenge, Proof, Refusal
from halfday.server.flows.factors import devices
from halfday.server.flows.factors.srp_server import Signature
from halfday.server.flows.sign_in import challenges, custom_auth, first_factors, mfa_setup, new_password, sign_in, srp
from halfday.server.flows.sign_in.challenges import OpenChallenge, SignIn
from halfday.server.flows.sign_in.sign_in import Challenged, Outcome, advance
from halfday.server.operations.framework.lookups import check_secret_hash, invalid
from halfday.server.operations.framework.registry import Call
from halfday.server.operations.sign_in.outcomes import answer_of
from halfday.server.operations.sign_in.parameters import Parameters, required, required_name
from halfday.server.storage.errors import Taken

Answer = Callable[[Call, SignIn, Parameters], Awaitable[Outcome]]


async def respond(call: Call, under_way: SignIn) -> dict[str, Any]:
    """The answer to the challenge that the call names is taken: the next challenge, or tokens."""
    name, responses = call.input["ChallengeName"], call.input.get("ChallengeResponses", {})
    if name not in _ANSWERS:
        raise invalid(f"{name} is not a challenge that is answered.")
    check_secret_hash(under_way.client, required_name(responses), responses.get("SECRET_HASH"))
    return await answer_of(call, await _ANSWERS[name](call, under_way, responses))


async def _password_verifier(call: Call, under_way: SignIn, responses: Parameters) -> Outcome:
    opened = await srp.finish_srp(
        call.services,
        under_way,
        responses["USERNAME"],
        _signature(responses),
        session=call.input.get("Session"),
        device_key=responses.get("DEVICE_KEY"),
    )
    if custom_auth.belongs_to_triggers(opened):
        await challenges.take(call.services, opened)
        return await custom_auth.after_password(call.services, opened)
    async with challenges.answered(call.services, opened):
        proof, method = Proof.PASSWORD, Method.PASSWORD
        return await advance(call.services, opened.sign_in, opened.the_user, proof=proof, method=method)


async def _new_password(call: Call, under_way: SignIn, responses: Parameters) -> Outcome:
    """The policy is looked at first, so that a password that is too weak can be bettered in the same session."""
    password = required(responses, "NEW_PASSWORD")
    opened = await _open(call, under_way, responses)
    under_way.pool.password_policy.check(password)
    prefix = "userAttributes."
    attributes = {name.removeprefix(prefix): v for name, v in responses.items() if name.startswith(prefix)}
    try:
        return await new_password.take_new_password(call.services, opened, password, attributes)
    except Taken as refused:
        message = "An account with the given email or phone_number already exists."
        raise Refused("AliasExistsException", message) from refused


def _code(challenge: Challenge) -> Answer:
    async def answer(call: Call, under_way: SignIn, responses: Parameters) -> Outcome:
        code = required(responses, f"{challenge}_CODE")
        opened = await _open(call, under_way, responses)
        if isinstance(opened.record, OneTimeCode) and opened.record.first:
            return await first_factors.take_first_code(call.services, opened, code)
        return await sign_in.take_code(call.services, opened, challenge, code)

    return answer


async def _select_mfa_type(call: Call, under_way: SignIn, responses: Parameters) -> Outcome:
    """EMAIL_MFA is what some of AWS's documents call EMAIL_OTP here."""
    chosen = required(responses, "ANSWER").replace("EMAIL_MFA", "EMAIL_OTP")
    opened = await _open(call, under_way, responses)
    started = await sign_in.take_mfa_choice(call.services, opened, chosen)
    if started is None:
        raise invalid(f"{chosen} is not among the offered MFA types: {', '.join(opened.kept(MfaChoice).factors)}.")
    return started


async def _mfa_setup(call: Call, under_way: SignIn, responses: Parameters) -> Outcome:
    opened = await _open(call, under_way, responses)
    return await mfa_setup.take_setup(call.services, opened, email=responses.get("EMAIL"))


async def _select_challenge(call: Call, under_way: SignIn, responses: Parameters) -> Outcome:
    chosen, services = required(responses, "ANSWER"), call.services
    opened = await _open(call, under_way, responses)
    available = opened.kept(FirstFactorChoice).available
    if chosen not in available:
        raise invalid(f"{chosen} is not among the available challenges: {', '.join(available)}.")
    name = _name(opened, responses)
    await first_factors.check_chosen(services, opened, name, chosen)
    if chosen == Challenge.PASSWORD and "PASSWORD" in responses:
        await challenges.take(services, opened)  # before: it is taken by a wrong password too
        return await first_factors.prove_password(services, opened.sign_in, name, responses["PASSWORD"], announced=True)
    async with challenges.answered(services, opened):
        if chosen == Challenge.PASSWORD_SRP and "SRP_A" in responses:
            return await srp.challenge(services, opened.sign_in, name, responses["SRP_A"])
        return await first_factors.start_first(services, opened.sign_in, opened.user, name, Challenge(chosen))


async def _password(call: Call, under_way: SignIn, responses: Parameters) -> Outcome:
    """A wrong password leaves the session for another try, as far as the lock-out lets it."""
    password = required(responses, "PASSWORD")
    opened = await _open(call, under_way, responses)
    return await first_factors.take_password(call.services, opened, _name(opened, responses), password)


async def _password_srp(call: Call, under_way: SignIn, responses: Parameters) -> Outcome:
    srp_a = required(responses, "SRP_A")
    opened = await _open(call, under_way, responses)
    async with challenges.answered(call.services, opened):
        return await srp.challenge(call.services, opened.sign_in, _name(opened, responses), srp_a)


async def _web_authn(call: Call, under_way: SignIn, responses: Parameters) -> Outcome:
    credential = required(responses, "CREDENTIAL")
    opened = await _open(call, under_way, responses)
    return await first_factors.take_passkey(call.services, opened, credential)


async def _custom_challenge(call: Call, under_way: SignIn, responses: Parameters) -> Outcome:
    answer = required(responses, "ANSWER")
    opened = await _open(call, under_way, responses)
    return await custom_auth.take_answer(call.services, opened, answer)


async def _device_srp(call: Call, under_way: SignIn, responses: Parameters) -> Outcome:
    """pycognito, which works on AWS, sends no session: then the person's newest sign-in at this step is meant."""
    device_key, srp_a = required(responses, "DEVICE_KEY"), required(responses, "SRP_A")
    challenge, services = Challenge.DEVICE_PASSWORD_VERIFIER, call.services
    if "Session" in call.input:
        opened = await _open(call, under_way, responses)
    else:
        name = responses["USERNAME"]
        opened = await challenges.open_newest(services, under_way, Challenge.DEVICE_SRP_AUTH, name)
    user = opened.the_user
    token, pool = challenges.new_session(services, under_way.pool), under_way.pool
    parameters, kept = await devices.start_srp(services, pool, user, device_key, srp_a, session_hash=digest(token))
    on_device = replace(opened.sign_in, device_key=device_key)
    async with challenges.answered(services, opened):
        await challenges.put(services, on_device, user, challenge, kept, session=parameters["SECRET_BLOCK"])
    return Challenged(challenge, token, parameters)


async def _device_password_verifier(call: Call, under_way: SignIn, responses: Parameters) -> Outcome:
    """Each secret block is answered once, right or wrong. It finds its session; one that is sent must be the same."""
    device_key, answer = required(responses, "DEVICE_KEY"), _signature(responses)
    challenge, block = Challenge.DEVICE_PASSWORD_VERIFIER, answer.secret_block
    opened = await challenges.open_session(call.services, under_way, block, challenge, name=responses["USERNAME"])
    kept = opened.kept(DevicePasswordVerifier)
    if "Session" in call.input and digest(call.input["Session"]) != kept.session_hash:
        raise Refusal.INVALID_SESSION.because("the session is not the one that came with the secret block")
    user = opened.the_user
    async with challenges.answered(call.services, opened, right_or_wrong=True):
        await devices.finish_srp(
            call.services, under_way.pool, user, kept, answer, begun_with=opened.begun.device_key, device_key=device_key
        )
        return await advance(call.services, opened.sign_in, user, proof=Proof.DEVICE)


def _signature(responses: Parameters) -> Signature:
    return Signature(
        secret_block=required(responses, "PASSWORD_CLAIM_SECRET_BLOCK"),
        signature=required(responses, "PASSWORD_CLAIM_SIGNATURE"),
        timestamp=required(responses, "TIMESTAMP"),
    )


_ANSWERS: Mapping[str, Answer] = {
    Challenge.PASSWORD_VERIFIER: _password_verifier,
    Challenge.NEW_PASSWORD_REQUIRED: _new_password,
    Challenge.SMS_MFA: _code(Challenge.SMS_MFA),
    Challenge.SOFTWARE_TOKEN_MFA: _code(Challenge.SOFTWARE_TOKEN_MFA),
    Challenge.EMAIL_OTP: _code(Challenge.EMAIL_OTP),
    Challenge.SMS_OTP: _code(Challenge.SMS_OTP),
    Challenge.SELECT_MFA_TYPE: _select_mfa_type,
    Challenge.MFA_SETUP: _mfa_setup,
    Challenge.SELECT_CHALLENGE: _select_challenge,
    Challenge.PASSWORD: _password,
    Challenge.PASSWORD_SRP: _password_srp,
    Challenge.WEB_AUTHN: _web_authn,
    Challenge.CUSTOM_CHALLENGE: _custom_challenge,
    Challenge.DEVICE_SRP_AUTH: _device_srp,
    Challenge.DEVICE_PASSWORD_VERIFIER: _device_password_verifier,
}


async def _open(call: Call, under_way: SignIn, responses: Parameters) -> OpenChallenge:
    if "Session" not in call.input:
        raise invalid("Missing required parameter Session")
    name, challenge = responses["USERNAME"], call.input["ChallengeName"]
    return await challenges.open_session(call.services, under_way, call.input["Session"], challenge, name=name)


def _name(opened: OpenChallenge, responses: Parameters) -> str:
    """The name of whoever answers; a pretence keeps to the one it began with."""
    return responses["USERNAME"] if opened.user is not None else opened.begun.name or responses["USERNAME"]
