"""Attempts at once with one name: so many count as would one after the other. Run by test_races.

Each begins with four wrong passwords, so that one more locks the name.
"""

from __future__ import annotations

from typing import Any

from halfday.server.domain.users.attempts import FREE_FAILURES, SIGN_IN
from halfday.server.domain.users.factors import totp, totp_step
from in_process import PASSWORD, POOL, Server, Work, make_pool, make_user, result_of, sign_in
from units.races import call, race


def _initiate(password: str) -> Work:
    parameters = {"USERNAME": "ada", "PASSWORD": password}
    return call("InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)


async def _guess(server: Server, times: int) -> None:
    for _ in range(times):
        assert await result_of(sign_in(server, password="wrong")) == "NotAuthorizedException"


async def _nearly_locked(server: Server) -> None:
    server.now = 2000.0
    await make_pool(server)
    await make_user(server)
    await _guess(server, FREE_FAILURES - 1)


async def _counted(server: Server) -> int:
    made = await server.store.attempts.find(POOL, "ada", SIGN_IN)
    return 0 if made is None else made.count


@race(_nearly_locked, _initiate("wrong"), _initiate("Wrong"))
async def two_wrong_passwords_of_which_the_first_locks(server: Server, _known: Any, results: list[Any]) -> None:
    assert results == ["NotAuthorizedException"] * 2
    assert await _counted(server) == FREE_FAILURES


@race(_nearly_locked, _initiate("wrong"), _initiate(PASSWORD))
async def a_right_password_beside_the_wrong_one_that_locks(server: Server, _known: Any, results: list[Any]) -> None:
    """Either the right one was first, and what was wrong before is forgotten; or it is refused, as it came too late."""
    if results[1] == "NotAuthorizedException":
        assert await _counted(server) == FREE_FAILURES
    else:
        assert "AuthenticationResult" in results[1]
        assert await _counted(server) == 1


async def _with_app_in_setup(server: Server) -> tuple[str, str]:
    """An access token, and the right code of the secret that was handed out."""
    await _nearly_locked(server)
    token = str((await sign_in(server))["AccessToken"])
    secret = (await server.call("AssociateSoftwareToken", AccessToken=token))["SecretCode"]
    await _guess(server, FREE_FAILURES - 1)
    step = next(step for step in range(60, 70) if totp_step(secret, totp(secret, step), 2000.0) is not None)
    return token, totp(secret, step)


async def _prove_app(server: Server, known: Any) -> Any:
    return await server.call("VerifySoftwareToken", AccessToken=known[0], UserCode=known[1])


@race(_with_app_in_setup, _initiate("wrong"), _prove_app)
async def an_app_proven_beside_the_wrong_password_that_locks(server: Server, _known: Any, results: list[Any]) -> None:
    """The app is proven by a code that came before the lock, or it is not."""
    app = await server.store.software_tokens.find(POOL, "ada")
    assert app is not None
    assert bool(app.secret) == (results[1] == {"Status": "SUCCESS"})
    assert await _counted(server) == FREE_FAILURES
