"""aws-amplify v6, which is AWS's: signing up, in and out, one's account. Factors: test_node_amplify_factors."""

from __future__ import annotations

from typing import Any

import pytest

from asking import refusal
from operations.test_sign_in import initiate
from operations.test_user_auth import FLOWS, passwordless
from real_clients.javascript import Node, Opened, Refused
from world import PASSWORD, Pool, World

ANOTHER_PASSWORD = "Analytical-1837"
DONE = {"isSignedIn": True, "nextStep": {"signInStep": "DONE"}}


def amplify(node: Node, pool: Pool, client: dict[str, Any] | None = None) -> Opened:
    """Amplify in a browser in which nobody has ever signed in."""
    client_id = (client or pool.client())["ClientId"]
    return node.open("amplify", userPoolId=pool.pool_id, userPoolClientId=client_id, endpoint=pool.world.origin)


def refused(name: str) -> Any:
    return pytest.raises(Refused, match=f"^{name}: ")


def sign_in(app: Opened, password: str | None = PASSWORD, **options: str) -> Any:
    given = {"username": "ada", "password": password, "options": options}
    return app.signIn({name: value for name, value in given.items() if value is not None})


def answer(app: Opened, response: str, **options: Any) -> Any:
    return app.confirmSignIn({"challengeResponse": response, "options": options})


def next_step(told: dict[str, Any]) -> str:
    return told["nextStep"]["signInStep"]


def test_sign_up_by_code_then_signing_in_by_srp(world: World, node: Node) -> None:
    pool = world.pool(AutoVerifiedAttributes=["email"])
    app = amplify(node, pool)
    attributes = {"userAttributes": {"email": "ada@example.com"}}
    told = app.signUp({"username": "ada", "password": PASSWORD, "options": attributes})
    details = {"destination": "a***@e***", "deliveryMedium": "EMAIL", "attributeName": "email"}
    assert told["nextStep"] == {"signUpStep": "CONFIRM_SIGN_UP", "codeDeliveryDetails": details}
    assert next_step(sign_in(app)) == "CONFIRM_SIGN_UP"
    with refused("UsernameExistsException"):
        app.signUp({"username": "ada", "password": PASSWORD})
    assert app.resendSignUpCode({"username": "ada"}) == details
    confirmed = app.confirmSignUp({"username": "ada", "confirmationCode": pool.code_for()})
    assert confirmed["isSignUpComplete"]
    assert sign_in(app) == DONE
    current = app.getCurrentUser()
    assert (current["username"], current["userId"]) == ("ada", told["userId"])
    assert app.fetchUserAttributes() == {"email": "ada@example.com", "email_verified": "true", "sub": told["userId"]}


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_AUTH"])
def test_who_signed_up_is_signed_in_at_once(world: World, node: Node, flow: str) -> None:
    """By USER_AUTH with the session that ConfirmSignUp hands out: it counts as a code by mail. Else by password."""
    pool = passwordless(world, "EMAIL_OTP")
    world.idp.update_user_pool(UserPoolId=pool.pool_id, AutoVerifiedAttributes=["email"])
    app = amplify(node, pool, pool.client(ExplicitAuthFlows=[*FLOWS, "ALLOW_USER_SRP_AUTH"]))
    options = {"userAttributes": {"email": "ada@example.com"}, "autoSignIn": {"authFlowType": flow}}
    app.signUp({"username": "ada", "password": PASSWORD, "options": options})
    confirmed = app.confirmSignUp({"username": "ada", "confirmationCode": pool.code_for()})
    assert confirmed["nextStep"]["signUpStep"] == "COMPLETE_AUTO_SIGN_IN"
    assert app.autoSignIn() == DONE


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"])
def test_wrong_passwords_are_refused(node: Node, pool: Pool, flow: str) -> None:
    pool.user()
    app = amplify(node, pool)
    with pytest.raises(Refused, match=r"^NotAuthorizedException: Incorrect username or password\.$"):
        sign_in(app, "Wrong-1815", authFlowType=flow)
    assert sign_in(app, authFlowType=flow) == DONE


def test_attributes_and_passwords_are_changed(world: World, node: Node) -> None:
    pool = world.pool(AutoVerifiedAttributes=["email"])
    pool.user()
    app = amplify(node, pool)
    sign_in(app)
    told = app.updateUserAttributes({"userAttributes": {"email": "countess@example.com", "name": "Ada"}})
    assert told["email"]["nextStep"]["codeDeliveryDetails"]["destination"] == "c***@e***"
    assert told["name"]["nextStep"]["updateAttributeStep"] == "DONE"
    with refused("CodeMismatchException"):
        app.confirmUserAttribute({"userAttributeKey": "email", "confirmationCode": "000000"})
    app.sendUserAttributeVerificationCode({"userAttributeKey": "email"})
    app.confirmUserAttribute({"userAttributeKey": "email", "confirmationCode": pool.code_for()})
    app.deleteUserAttributes({"userAttributeKeys": ["name"]})
    have = app.fetchUserAttributes()
    assert (have["email"], have["email_verified"], "name" in have) == ("countess@example.com", "true", False)
    with refused("NotAuthorizedException"):
        app.updatePassword({"oldPassword": "Wrong-1815", "newPassword": ANOTHER_PASSWORD})
    app.updatePassword({"oldPassword": PASSWORD, "newPassword": ANOTHER_PASSWORD})
    app.signOut()
    assert sign_in(app, ANOTHER_PASSWORD) == DONE


def test_a_forgotten_password_is_replaced(world: World, node: Node) -> None:
    pool = world.pool(AutoVerifiedAttributes=["email"])
    pool.user()
    app = amplify(node, pool)
    told = app.resetPassword({"username": "ada"})
    assert told["nextStep"]["resetPasswordStep"] == "CONFIRM_RESET_PASSWORD_WITH_CODE"
    assert told["nextStep"]["codeDeliveryDetails"]["destination"] == "a***@e***"
    given = {"username": "ada", "newPassword": ANOTHER_PASSWORD}
    with refused("CodeMismatchException"):
        app.confirmResetPassword({**given, "confirmationCode": "000000"})
    app.confirmResetPassword({**given, "confirmationCode": pool.code_for()})
    assert sign_in(app, ANOTHER_PASSWORD) == DONE


def test_who_has_to_reset_the_password_is_told_so(world: World, node: Node) -> None:
    pool = world.pool(AutoVerifiedAttributes=["email"])
    pool.user()
    world.idp.admin_reset_user_password(UserPoolId=pool.pool_id, Username="ada")
    assert next_step(sign_in(amplify(node, pool))) == "RESET_PASSWORD"


def test_a_temporary_password_is_replaced_and_required_attributes_are_given(world: World, node: Node) -> None:
    pool = world.pool(Schema=[{"Name": "family_name", "Required": True}])
    world.idp.admin_create_user(
        UserPoolId=pool.pool_id, Username="ada", TemporaryPassword="Temporary-1", MessageAction="SUPPRESS"
    )
    app = amplify(node, pool)
    told = sign_in(app, "Temporary-1")
    assert told["nextStep"] == {
        "signInStep": "CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED",
        "missingAttributes": ["family_name"],
    }
    assert answer(app, PASSWORD, userAttributes={"family_name": "Lovelace"}) == DONE
    assert app.fetchUserAttributes()["family_name"] == "Lovelace"


def test_sessions_are_refreshed_and_ended_everywhere(node: Node, pool: Pool) -> None:
    pool.user()
    client = pool.client()
    app = amplify(node, pool, client)
    sign_in(app)
    first, same = app.tokens(), app.tokens()
    renewed = app.tokens({"forceRefresh": True})
    assert first == same
    assert renewed["access"] != first["access"]
    elsewhere = pool.tokens(client)
    app.signOut({"global": True})
    assert app.tokens() is None
    flow = {"world": pool.world, "client": client, "flow": "REFRESH_TOKEN_AUTH"}
    assert refusal(initiate, **flow, REFRESH_TOKEN=elsewhere["RefreshToken"])[0] == "NotAuthorizedException"
    for token in (renewed["access"], elsewhere["AccessToken"]):
        assert refusal(pool.world.idp.get_user, AccessToken=token)[1] == "Access Token has been revoked"


def test_where_refresh_tokens_rotate_amplify_goes_on(node: Node, pool: Pool) -> None:
    pool.user()
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
    client = pool.client(ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"], RefreshTokenRotation=rotation)
    app = amplify(node, pool, client)
    sign_in(app)
    access = [app.tokens()["access"], *(app.tokens({"forceRefresh": True})["access"] for _ in range(3))]
    assert len(set(access)) == 4


def test_signing_out_revokes_the_tokens(world: World, node: Node, pool: Pool) -> None:
    pool.user()
    app = amplify(node, pool)
    sign_in(app)
    token = app.tokens()["access"]
    app.signOut()
    assert refusal(world.idp.get_user, AccessToken=token)[1] == "Access Token has been revoked"


def test_somebody_deletes_themselves(world: World, node: Node, pool: Pool) -> None:
    pool.user()
    app = amplify(node, pool)
    sign_in(app)
    app.deleteUser()
    assert world.idp.list_users(UserPoolId=pool.pool_id)["Users"] == []
    with refused("UserNotFoundException|NotAuthorizedException"):
        sign_in(app)
