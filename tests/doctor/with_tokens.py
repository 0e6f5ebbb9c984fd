"""Section 4 of the table: tokens that a verifier does not accept, ours and PyJWT."""

from __future__ import annotations

import time
from typing import Any

import jwt

from doctor.table import Findings, Stage, fails, raised, step, told
from halfday.client.tokens.connection_verifier import ConnectionVerifier
from halfday.protocol.pkce import challenge_of


def verify(stage: Stage, token: str, client: dict[str, Any], *, ahead_s: float = 0, **wanted: Any) -> Findings:
    settings = {"user_pool_id": stage.pool.pool_id, "endpoint_url": stage.origin}
    connection = stage.cognito(client, **settings).connection
    clock = lambda: stage.world.clock() + ahead_s  # noqa: E731
    verifier = ConnectionVerifier(connection.settings, connection.transport, clock=clock)
    return raised(lambda: verifier.verify(token, **{"token_use": "id", **wanted}))


def by_pyjwt(stage: Stage, token: str, **options: Any) -> Findings:
    """As most programs verify: PyJWT with its key client."""
    keys = jwt.PyJWKClient(f"{stage.origin}/{stage.pool.pool_id}/.well-known/jwks.json")
    try:
        jwt.decode(token, keys.get_signing_key_from_jwt(token).key, algorithms=["RS256"], **options)
    except jwt.PyJWTError as problem:
        return told(f"{type(problem).__module__}.{type(problem).__name__}: {problem}")
    raise AssertionError("the token was accepted")


def in_two_parts(token: str, other: str) -> str:
    """The first token's signature under the other's content."""
    header, _, signature = token.split(".")
    return f"{header}.{other.split('.')[1]}.{signature}"


@fails("4.1")
def a_clock_that_is_behind(stage: Stage) -> Findings:
    client = stage.client()
    stage.world.clock.advance(600)
    return by_pyjwt(stage, stage.pool.tokens(client)["IdToken"], audience=client["ClientId"])


@fails("4.1c")
def a_clock_that_is_behind_examined(stage: Stage) -> Findings:
    client = stage.client()
    return step("clock", stage.cognito(client, clock=lambda: time.time() - 600)).findings


@fails("4.2")
def a_token_that_has_ended(stage: Stage) -> Findings:
    client = stage.client()
    return verify(stage, stage.pool.tokens(client)["IdToken"], client, ahead_s=7200)


@fails("4.2b")
def a_clock_that_is_ahead_examined(stage: Stage) -> Findings:
    client = stage.client()
    return step("clock", stage.cognito(client, clock=lambda: time.time() + 7200)).findings


@fails("4.2c")
def a_token_that_has_ended_as_it_comes(stage: Stage) -> Findings:
    client = stage.client()
    cognito = stage.cognito(client, clock=lambda: time.time() + 7200)
    return raised(lambda: cognito.exchange(stage.code(client)))


@fails("4.3")
def an_access_token_has_no_aud(stage: Stage) -> Findings:
    client = stage.client()
    return by_pyjwt(stage, stage.pool.tokens(client)["AccessToken"], audience=client["ClientId"])


@fails("4.4")
def the_other_kind_of_token(stage: Stage) -> Findings:
    client = stage.client()
    return verify(stage, stage.pool.tokens(client)["IdToken"], client, token_use="access")


@fails("4.5")
def another_pool_s_token(stage: Stage) -> Findings:
    other = stage.world.pool()
    other.user()
    token = other.tokens(other.client())["IdToken"]
    return verify(stage, token, stage.client())


@fails("4.6")
def another_client_s_token(stage: Stage) -> Findings:
    token = stage.pool.tokens(stage.client(ClientName="other"))["IdToken"]
    return verify(stage, token, stage.client())


@fails("4.7")
def another_sign_in_s_answer(stage: Stage) -> Findings:
    client = stage.client()
    code = stage.code(client, nonce="mine", code_challenge=challenge_of("v" * 43), code_challenge_method="S256")
    return raised(lambda: stage.cognito(client).exchange(code, code_verifier="v" * 43, nonce="theirs"))


@fails("4.8")
def a_token_without_the_scope(stage: Stage) -> Findings:
    client = stage.client()
    token = stage.pool.tokens(client)["AccessToken"]
    return verify(stage, token, client, token_use="access", scopes=["orders/read"])


@fails("4.9")
def somebody_in_no_group(stage: Stage) -> Findings:
    client = stage.client()
    return verify(stage, stage.pool.tokens(client)["IdToken"], client, groups=["admins"])


@fails("4.10")
def a_token_that_was_changed(stage: Stage) -> Findings:
    client = stage.client()
    stage.pool.user("eve")
    mine, hers = (stage.pool.tokens(client, name)["IdToken"] for name in ("ada", "eve"))
    return verify(stage, in_two_parts(mine, hers), client)
