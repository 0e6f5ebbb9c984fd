"""How challenges are answered: what each one's ChallengeResponses are called, and which flow takes them.

The names are AWS's (facts/api.md §4); the flows know nothing of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from halfday.protocol.srp import SrpError
from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.codes_and_sessions import digest
from halfday.server.domain.sign_in.next_step import Challenge, Proof, Refusal, SignInRefused
from halfday.server.domain.users.usernames import LONGEST, is_too_long
from halfday.server.flows.factors import devices
from halfday.server.flows.factors.devices import NewDevice
from halfday.server.flows.factors.passwords import check_password
from halfday.server.flows.sign_in import challenges, custom_auth, first_factors, mfa_setup, new_password, sign_in, srp
from halfday.server.flows.sign_in.challenges import Session, SignIn
from halfday.server.flows.sign_in.sign_in import Challenged, Outcome, advance
from halfday.server.flows.tokens.tokens import Tokens
from halfday.server.flows.users import logged
from halfday.server.operations.framework.lookups import check_secret_hash, invalid
from halfday.server.operations.framework.registry import Call
from halfday.server.storage.errors import Taken

Parameters = Mapping[str, str]
Answer = Callable[[Call, SignIn, Parameters], Awaitable[Outcome]]


async def respond(call: Call, under_way: SignIn) -> dict[str, Any]:
    name, responses = call.input["ChallengeName"], call.input.get("ChallengeResponses", {})
    if name not in _ANSWERS:
        raise invalid(f"{name} is not a challenge that is answered.")
    check_secret_hash(under_way.client, required_name(responses), responses.get("SECRET_HASH"))
    with translated():
        return await authenticated(call, await _ANSWERS[name](call, under_way, responses))


async def with_password(call: Call, under_way: SignIn, name: str, password: str) -> Outcome:
    user = await check_password(call.services, under_way.pool, under_way.client, name, password)
    return await advance(call.services, under_way, user, proof=Proof.PASSWORD)


async def with_srp(call: Call, under_way: SignIn, name: str, srp_a: str) -> Outcome:
    return await srp.challenge(call.services, under_way, name, srp_a)


async def _password_verifier(call: Call, under_way: SignIn, responses: Parameters) -> Outcome:
    session = await srp.finish_srp(
        call.services,
        under_way,
        responses["USERNAME"],
        secret_block=required(responses, "PASSWORD_CLAIM_SECRET_BLOCK"),
        signature=required(responses, "PASSWORD_CLAIM_SIGNATURE"),
        timestamp=required(responses, "TIMESTAMP"),
        session=call.input.get("Session"),
        device_key=responses.get("DEVICE_KEY"),
    )
    if custom_auth.belongs_to_triggers(session):
        await challenges.use_up(call.services, session)
        return await custom_auth.after_password(call.services, session)
    async with challenges.answered(call.services, session):
        return await advance(call.services, session.sign_in, session.the_user, proof=Proof.PASSWORD)


async def _new_password(call: Call, under_way: SignIn, responses: Parameters) -> Outcome:
    """The policy is looked at first, so that a password that is too weak can be bettered in the same session."""
    password = required(responses, "NEW_PASSWORD")
    session = await _session(call, under_way, responses)
    under_way.pool.password_policy.check(password)
    prefix = "userAttributes."
    attributes = {name.removeprefix(prefix): v for name, v in responses.items() if name.startswith(prefix)}
    try:
        return await new_password.take_new_password(call.services, session, password, attributes)
    except Taken as refused:
        message = "An account with the given email or phone_number already exists."
        raise Refused("AliasExistsException", message) from refused


def _code(challenge: Challenge) -> Answer:
    async def answer(call: Call, under_way: SignIn, responses: Parameters) -> Outcome:
        code = required(responses, f"{challenge}_CODE")
        session = await _session(call, under_way, responses)
        if session.memory.get("first"):
            return await first_factors.take_first_code(call.services, session, code)
        return await sign_in.take_code(call.services, session, challenge, code)

    return answer


async def _select_mfa_type(call: Call, under_way: SignIn, responses: Parameters) -> Outcome:
    """EMAIL_MFA is what some of AWS's documents call EMAIL_OTP here."""
    chosen = required(responses, "ANSWER").replace("EMAIL_MFA", "EMAIL_OTP")
    session = await _session(call, under_way, responses)
    started = await sign_in.take_mfa_choice(call.services, session, chosen)
    if started is None:
        raise invalid(f"{chosen} is not among the offered MFA types: {', '.join(session.memory['factors'])}.")
    return started


async def _mfa_setup(call: Call, under_way: SignIn, responses: Parameters) -> Outcome:
    session = await _session(call, under_way, responses)
    return await mfa_setup.take_setup(call.services, session, email=responses.get("EMAIL"))


async def _select_challenge(call: Call, under_way: SignIn, responses: Parameters) -> Outcome:
    chosen, services = required(responses, "ANSWER"), call.services
    session = await _session(call, under_way, responses)
    if chosen not in session.memory["available"]:
        raise invalid(f"{chosen} is not among the available challenges: {', '.join(session.memory['available'])}.")
    name = _name(session, responses)
    if chosen not in await first_factors.choices(services, session.sign_in, session.user, name):
        raise SignInRefused(Refusal.INVALID_SESSION, f"{chosen} is no first factor of {logged(session.user)} any more")
    if chosen == Challenge.PASSWORD and "PASSWORD" in responses:
        await challenges.use_up(services, session)  # before: a wrong password uses it up too, and is counted
        return await with_password(call, session.sign_in, name, responses["PASSWORD"])
    async with challenges.answered(services, session):
        if chosen == Challenge.PASSWORD_SRP and "SRP_A" in responses:
            return await with_srp(call, session.sign_in, name, responses["SRP_A"])
        return await first_factors.start_first(services, session.sign_in, session.user, name, Challenge(chosen))


async def _password(call: Call, under_way: SignIn, responses: Parameters) -> Outcome:
    """A wrong password leaves the session for another try, as far as the lock-out lets it."""
    password = required(responses, "PASSWORD")
    session = await _session(call, under_way, responses)
    user = await check_password(call.services, under_way.pool, under_way.client, _name(session, responses), password)
    async with challenges.answered(call.services, session):
        return await advance(call.services, session.sign_in, user, proof=Proof.PASSWORD)


async def _password_srp(call: Call, under_way: SignIn, responses: Parameters) -> Outcome:
    srp_a = required(responses, "SRP_A")
    session = await _session(call, under_way, responses)
    async with challenges.answered(call.services, session):
        return await with_srp(call, session.sign_in, _name(session, responses), srp_a)


async def _web_authn(call: Call, under_way: SignIn, responses: Parameters) -> Outcome:
    credential = required(responses, "CREDENTIAL")
    session = await _session(call, under_way, responses)
    return await first_factors.take_passkey(call.services, session, credential)


async def _custom_challenge(call: Call, under_way: SignIn, responses: Parameters) -> Outcome:
    answer = required(responses, "ANSWER")
    session = await _session(call, under_way, responses)
    return await custom_auth.take_answer(call.services, session, answer)


async def _device_srp(call: Call, under_way: SignIn, responses: Parameters) -> Outcome:
    """pycognito, which works on AWS, answers without the session: then it is whoever's is at this very step."""
    device_key, srp_a = required(responses, "DEVICE_KEY"), required(responses, "SRP_A")
    challenge, services = Challenge.DEVICE_PASSWORD_VERIFIER, call.services
    if "Session" in call.input:
        session = await _session(call, under_way, responses)
    else:
        name = responses["USERNAME"]
        session = await challenges.look_by_name(services, under_way, Challenge.DEVICE_SRP_AUTH, name)
    user = session.the_user
    parameters, memory = await devices.start_srp(services, under_way.pool, user, device_key, srp_a)
    token, block = challenges.new_session(services, under_way.pool), parameters["SECRET_BLOCK"]
    kept = {**memory, "session_hash": digest(token)}
    async with challenges.answered(services, session):
        await challenges.start(services, session.sign_in, user.username, challenge, kept, of=user, session=block)
    return Challenged(challenge, token, parameters)


async def _device_password_verifier(call: Call, under_way: SignIn, responses: Parameters) -> Outcome:
    """Each secret block is answered once, right or wrong. It finds its session; one that is sent must be the same."""
    claims = {
        "device_key": required(responses, "DEVICE_KEY"),
        "secret_block": required(responses, "PASSWORD_CLAIM_SECRET_BLOCK"),
        "signature": required(responses, "PASSWORD_CLAIM_SIGNATURE"),
        "timestamp": required(responses, "TIMESTAMP"),
    }
    challenge, block = Challenge.DEVICE_PASSWORD_VERIFIER, claims["secret_block"]
    session = await challenges.look(call.services, under_way, block, challenge, name=responses["USERNAME"])
    if "Session" in call.input and digest(call.input["Session"]) != session.memory["session_hash"]:
        raise SignInRefused(Refusal.INVALID_SESSION, "the session is not the one that came with the secret block")
    user = session.the_user
    async with challenges.answered(call.services, session, right_or_wrong=True):
        await devices.finish_srp(call.services, under_way.pool, user, session.memory, **claims)
        return await advance(call.services, session.sign_in, user, proof=Proof.DEVICE)


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


async def _session(call: Call, under_way: SignIn, responses: Parameters) -> Session:
    if "Session" not in call.input:
        raise invalid("Missing required parameter Session")
    name, challenge = responses["USERNAME"], call.input["ChallengeName"]
    return await challenges.look(call.services, under_way, call.input["Session"], challenge, name=name)


def _name(session: Session, responses: Parameters) -> str:
    """The name of whoever answers; a pretence keeps to the one it began with."""
    return str(session.memory["name"]) if session.user is None else responses["USERNAME"]


async def authenticated(call: Call, outcome: Outcome) -> dict[str, Any]:
    """The next challenge, or tokens."""
    if isinstance(outcome, Challenged):
        return {
            "ChallengeName": outcome.name,
            "Session": outcome.session,
            "ChallengeParameters": outcome.parameters,
            "AvailableChallenges": list(outcome.available) or None,
        }
    return shape_of(*await sign_in.finish(call.services, outcome))


def shape_of(tokens: Tokens, device: NewDevice | None = None) -> dict[str, Any]:
    """ChallengeParameters is there, and empty: clients look for it (facts/api.md §4)."""
    metadata = device and {"DeviceKey": device.device_key, "DeviceGroupKey": device.group_key}
    result = {
        "AccessToken": tokens.access_token,
        "ExpiresIn": tokens.expires_in,
        "TokenType": "Bearer",
        "RefreshToken": tokens.refresh_token,
        "IdToken": tokens.id_token,
        "NewDeviceMetadata": metadata,
    }
    return {"ChallengeParameters": {}, "AuthenticationResult": result}


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """What the flows raise that is not a refusal yet, in AWS's codes."""
    try:
        yield
    except SrpError as problem:
        raise invalid("SRP_A is not a valid public value.") from problem
    except custom_auth.NotConfigured as problem:
        raise invalid(str(problem)) from problem
    except custom_auth.Unrecognizable as problem:
        raise Refused("InvalidLambdaResponseException", str(problem), detail=problem.detail) from problem


def required_name(parameters: Parameters) -> str:
    """USERNAME, as long as a Username may be. The model bounds the member, and not what stands in a map [inferred]."""
    name = required(parameters, "USERNAME")
    if is_too_long(name):
        constraint = f"Member must have length less than or equal to {LONGEST}"
        raise invalid(f"1 validation error detected: Value at 'username' failed to satisfy constraint: {constraint}")
    return name


def required(parameters: Parameters, name: str) -> str:
    if not parameters.get(name):
        raise invalid(f"Missing required parameter {name}")
    return parameters[name]
