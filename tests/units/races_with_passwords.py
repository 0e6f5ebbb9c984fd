"""Sign-ins that come while the password is replaced: none outlives a password that is gone. Run by test_races.

Either the sign-in was first, and what it left ends with the password; or it is refused.
"""

from __future__ import annotations

from typing import Any

from in_process import PASSWORD, Server
from units.races import call, race
from units.races_with_deletions import with_temporary_password

FRESH = "Fresh-56789"
GIVEN = {"USERNAME": "ada", "PASSWORD": PASSWORD}
RESET = call("AdminSetUserPassword", Username="ada", Password=FRESH, Permanent=False)


async def _takes_nothing_over(server: Server, begun: Any) -> None:
    """`begun`: a session of NEW_PASSWORD_REQUIRED, which the replaced password brought; or a refusal."""
    if begun == "NotAuthorizedException":
        return
    answer = {"USERNAME": "ada", "NEW_PASSWORD": "Attacker-1"}
    given = {"ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": begun["Session"], "ChallengeResponses": answer}
    try:
        await server.call("RespondToAuthChallenge", **given)
    except Exception as refused:
        assert "session" in str(refused)  # noqa: PT017
    else:
        raise AssertionError("a password that had been replaced took the account over")


@race(with_temporary_password, call("InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", AuthParameters=GIVEN), RESET)
async def a_sign_in_with_a_temporary_password_that_is_replaced(server: Server, _known: Any, results: list[Any]) -> None:
    await _takes_nothing_over(server, results[0])


async def _in_two_steps(server: Server) -> str:
    await with_temporary_password(server)
    begun = await server.call(
        "InitiateAuth",
        AuthFlow="USER_AUTH",
        AuthParameters={"USERNAME": "ada", "PREFERRED_CHALLENGE": "PASSWORD"},
    )
    return str(begun["Session"])


async def _answer_password(server: Server, session: Any) -> Any:
    given = {"ChallengeName": "PASSWORD", "Session": session, "ChallengeResponses": GIVEN}
    return await server.call("RespondToAuthChallenge", **given)


@race(_in_two_steps, _answer_password, RESET)
async def a_chosen_password_that_is_replaced(server: Server, _known: Any, results: list[Any]) -> None:
    await _takes_nothing_over(server, results[0])
