"""Where somebody goes on who may not sign in yet: to the code that confirms them, or to a new password.

Nobody is left with the sentence alone who has proven who they are.
"""

from __future__ import annotations

from starlette.responses import Response

from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.next_step import AFTER_SIGN_UP, Refusal
from halfday.server.domain.users.users import User
from halfday.server.flows.account import recovery
from halfday.server.flows.account.confirmations import Delivery
from halfday.server.flows.sign_in import from_sign_up
from halfday.server.http.pages import handover
from halfday.server.http.pages.forms import Visit

CONFIRM = "/confirm"
NEW_PASSWORD = "/confirmForgotPassword"

_CONFIRM_FIRST = "User is not confirmed. Enter the code that we sent you, and you are signed in."
_RESET = "Your password has to be reset. A code for it was sent to you."


async def after(visit: Visit, refused: Refused, user: User | None, name: str) -> Response | None:
    """The redirect for who has proven to be `user`; None where they are only told why they may not sign in."""
    pool = visit.asked.pool
    if user is not None and refused.is_one_of(Refusal.UNCONFIRMED) and pool.auto_verified_attributes:
        session = await from_sign_up.session_for(visit.services, visit.sign_in, user, AFTER_SIGN_UP)
        return to_confirm(visit, name, session, None, notice=_CONFIRM_FIRST)
    if refused.is_one_of(Refusal.RESET_REQUIRED) and recovery.may_recover(pool):
        return handover.go_on(visit, NEW_PASSWORD, username=name, notice=_RESET)
    return None


def to_confirm(
    visit: Visit, name: str, session: str | None, delivery: Delivery | None, *, notice: str | None = None
) -> Response:
    """The redirect for who has signed up and is not confirmed. `session` signs them in once they are."""
    where = {} if delivery is None else {"destination": delivery.destination, "medium": delivery.medium}
    return handover.go_on(visit, CONFIRM, username=name, session=session, notice=notice, **where)
