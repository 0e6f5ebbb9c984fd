"""One's own attributes, and the codes that prove addresses. Source: facts/api.md §5, §7, §9; API reference."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from asking import invalid, not_authorized, refusal
from operations.test_mfa import SMS_CONFIGURATION, wrong
from operations.test_sign_up import BY_PHONE, DAY_S, LIMITED, NO_CODE, PHONE, WRONG_CODE, listed, user_of
from world import Pool, World

NEW, NEWEST = "countess@example.com", "lovelace@example.com"
BY_MAIL = {"Destination": "c***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
UNAUTHORIZED = not_authorized("A client attempted to write unauthorized attribute")


def pool_of(world: World, **given: Any) -> Pool:
    pool = world.pool(**{"AutoVerifiedAttributes": ["email"], "SmsConfiguration": SMS_CONFIGURATION, **given})
    pool.user(name="Ada")
    return pool


def careful(world: World, **given: Any) -> Pool:
    """Addresses keep their value until the new one is verified."""
    before = {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    return pool_of(world, UserAttributeUpdateSettings=before, **given)


@pytest.fixture
def pool(world: World) -> Pool:
    return pool_of(world)


class Me:
    """Somebody with an access token."""

    def __init__(self, pool: Pool, client: dict[str, Any] | None = None, username: str = "ada") -> None:
        self.pool, self.idp, self.username = pool, pool.world.idp, username
        self.token = {"AccessToken": pool.tokens(client or pool.client(), username)["AccessToken"]}

    def update(self, attributes: dict[str, str]) -> list[dict[str, str]]:
        answer = self.idp.update_user_attributes(**self.token, UserAttributes=listed(attributes))
        sent: list[dict[str, str]] = answer["CodeDeliveryDetailsList"]
        return sent

    def delete(self, *names: str) -> None:
        self.idp.delete_user_attributes(**self.token, UserAttributeNames=list(names))

    def ask(self, name: str = "email") -> dict[str, str]:
        answer = self.idp.get_user_attribute_verification_code(**self.token, AttributeName=name)
        details: dict[str, str] = answer["CodeDeliveryDetails"]
        return details

    def verify(self, code: str, name: str = "email") -> None:
        self.idp.verify_user_attribute(**self.token, AttributeName=name, Code=code)

    def code(self, purpose: str = "UpdateUserAttribute") -> str:
        return self.pool.code_for(self.attributes["sub"] if self.pool_of_addresses else "ada", purpose)

    @property
    def pool_of_addresses(self) -> bool:
        return "@" in self.username

    @property
    def attributes(self) -> dict[str, str]:
        return {a["Name"]: a["Value"] for a in self.idp.get_user(**self.token)["UserAttributes"]}

    @property
    def email(self) -> tuple[str | None, str | None]:
        """The address, and whether it is verified."""
        return self.attributes.get("email"), self.attributes.get("email_verified")


@pytest.fixture
def me(pool: Pool) -> Me:
    return Me(pool)


def test_a_new_address_is_unverified_until_its_code_comes_back(world: World, pool: Pool, me: Me) -> None:
    assert me.update({"email": NEW, "name": "Augusta"}) == [BY_MAIL]
    assert (me.email, me.attributes["name"]) == ((NEW, "false"), "Augusta")
    (message,) = world.messages(pool_id=pool.pool_id)
    assert (message["destination"], message["purpose"]) == (NEW, "UpdateUserAttribute")
    assert message["text"] == f"Your verification code is {message['code']}. "
    assert refusal(me.verify, code=wrong(message["code"])) == WRONG_CODE
    me.verify(message["code"])
    assert me.email == (NEW, "true")
    assert refusal(me.verify, code=message["code"]) == NO_CODE, "a code works once"


def test_codes_go_to_what_the_pool_verifies_only(world: World, pool: Pool, me: Me) -> None:
    assert me.update({"phone_number": PHONE}) == []
    assert me.update({"name": "Augusta", "email": "ada@example.com"}) == [], "it is what it was"
    assert me.attributes["phone_number_verified"] == "false"
    assert me.email == ("ada@example.com", "true")
    assert world.messages(pool_id=pool.pool_id) == []
    both = Me(pool_of(world, AutoVerifiedAttributes=["email", "phone_number"]))
    assert both.update({"phone_number": PHONE, "email": NEW}) == [BY_MAIL, BY_PHONE]


def test_a_code_may_be_asked_for(world: World, pool: Pool, me: Me) -> None:
    me.update({"phone_number": PHONE})
    assert me.ask("phone_number") == BY_PHONE
    me.verify(me.code("VerifyUserAttribute"), "phone_number")
    assert me.attributes["phone_number_verified"] == "true"
    me.delete("phone_number")
    assert refusal(me.ask, name="phone_number")[0] == "InvalidParameterException"
    assert refusal(me.ask, name="name")[0] == "InvalidParameterException"
    assert refusal(me.verify, name="name", code="000000")[0] == "InvalidParameterException"


def test_a_newer_code_ends_the_one_before_and_a_day_ends_both(world: World, me: Me) -> None:
    me.update({"email": NEW})
    first = me.code()
    me.ask()
    second = me.code("VerifyUserAttribute")
    assert refusal(me.verify, code=first) == NO_CODE
    world.clock.advance(DAY_S + 1)
    later = Me(me.pool)
    assert refusal(later.verify, code=second) == NO_CODE
    assert later.email == (NEW, "false")


def test_a_code_verifies_the_address_it_went_to_and_no_other(me: Me) -> None:
    me.update({"email": NEW})
    code = me.code()
    changed = listed({"email": NEWEST, "email_verified": "false"})
    me.idp.update_user_pool(UserPoolId=me.pool.pool_id, AutoVerifiedAttributes=[])
    me.idp.admin_update_user_attributes(UserPoolId=me.pool.pool_id, Username="ada", UserAttributes=changed)
    assert refusal(me.verify, code=code) == NO_CODE
    assert me.email == (NEWEST, "false")
    me.delete("email")
    assert refusal(me.verify, code=code) == NO_CODE
    assert me.email[0] is None
    me.update({"email": NEW})
    assert me.email == (NEW, "false")
    me.verify(code)
    assert me.email == (NEW, "true"), "it did go there"


def test_a_code_for_one_attribute_or_person_is_worth_nothing_for_another(world: World) -> None:
    pool = pool_of(world, AutoVerifiedAttributes=["email", "phone_number"])
    pool.user("eve")
    me, eve = Me(pool), Me(pool, username="eve")
    me.update({"email": NEW, "phone_number": PHONE})
    code = world.code_for("ada", "UpdateUserAttribute", pool_id=pool.pool_id, medium="EMAIL")
    assert refusal(eve.verify, code=code) == NO_CODE
    assert refusal(me.verify, name="phone_number", code=code) in (WRONG_CODE, NO_CODE)
    me.verify(code)
    assert (me.email, me.attributes["phone_number_verified"]) == ((NEW, "true"), "false")


def test_attributes_are_deleted_by_name_or_by_a_blank_value(me: Me) -> None:
    me.update({"nickname": "Ada", "name": ""})
    assert "name" not in me.attributes
    me.delete("nickname", "website")
    assert "nickname" not in me.attributes


@pytest.mark.parametrize("by_name", [True, False])
def test_what_is_nobody_s_to_change(world: World, by_name: bool) -> None:
    schema = [
        {"Name": "born", "AttributeDataType": "String", "Mutable": False},
        {"Name": "rank", "AttributeDataType": "String", "Mutable": True},
        {"Name": "name", "Required": True, "Mutable": True},
    ]
    pool = pool_of(world, Schema=schema)
    me = Me(pool)

    def attempt(name: str, value: str) -> tuple[str, str]:
        if by_name:
            return refusal(me.idp.delete_user_attributes, **me.token, UserAttributeNames=[name])
        return refusal(me.update, attributes={name: value})

    before = me.attributes
    assert attempt("custom:born", "1815") == invalid("user.custom:born: Attribute cannot be updated.\n")
    assert attempt("sub", "x") == invalid("user.sub: Attribute cannot be updated.\n")
    unknown = "Attributes did not conform to the schema: custom:none: Attribute does not exist in the schema.\n"
    assert attempt("custom:none", "x") == invalid(unknown)
    for verified in ("email_verified", "phone_number_verified"):
        assert attempt(verified, "true") == UNAUTHORIZED
    required = "Attributes did not conform to the schema: name: The attribute is required\n"
    assert attempt("name", "") == invalid(required)
    assert me.attributes == before


def test_values_are_held_to_the_schema(me: Me) -> None:
    assert refusal(me.update, attributes={"email": "ada"}) == invalid("Invalid email address format.")
    assert refusal(me.update, attributes={"phone_number": "0"}) == invalid("Invalid phone number format.")
    short = "Attributes did not conform to the schema: birthdate: String length must not be less than 10\n"
    assert refusal(me.update, attributes={"name": "X", "birthdate": "1815"}) == invalid(short)
    assert me.attributes["name"] == "Ada"


@pytest.mark.parametrize("value", ["1815-13-10", "1815-12-32", "10.12.1815", "1815/12/10", "0123456789"])
def test_a_birthdate_is_a_date(me: Me, value: str) -> None:
    """Developer guide, Working with user attributes: YYYY-MM-DD. The sentence is [inferred]."""
    assert refusal(me.update, attributes={"birthdate": value}) == invalid("Invalid birthdate format.")
    me.update({"birthdate": "1815-12-10"})


def test_an_attribute_has_one_value_in_a_request(world: World, me: Me) -> None:
    listed = [{"Name": "name", "Value": value} for value in ("Ada", "Eve")]
    told = invalid("Duplicate attribute names name are not allowed.")
    before = me.attributes
    assert refusal(world.idp.update_user_attributes, **me.token, UserAttributes=listed) == told
    assert me.attributes == before


def test_what_a_client_may_read_and_write(world: World) -> None:
    """Everything, custom attributes too, unless it is said what; a list without a name in it says nothing."""
    pool = pool_of(world, Schema=[{"Name": "rank", "AttributeDataType": "String", "Mutable": True}])
    for everything in (pool.client(), pool.client(ReadAttributes=[], WriteAttributes=[])):
        assert {"ReadAttributes", "WriteAttributes"} & everything.keys() == set()
        me = Me(pool, everything)
        me.update({"custom:rank": "7", "name": "Ada"})
        assert me.attributes.items() >= {"custom:rank": "7", "name": "Ada"}.items()
        claims = jwt.decode(pool.tokens(everything)["IdToken"], options={"verify_signature": False})
        assert (claims["custom:rank"], claims["name"]) == ("7", "Ada")
    narrow = Me(pool, pool.client(ReadAttributes=["name"], WriteAttributes=["custom:rank"]))
    narrow.update({"custom:rank": "8"})
    assert set(narrow.attributes) == {"sub", "name"}
    assert refusal(narrow.update, attributes={"name": "Eve"}) == UNAUTHORIZED
    assert user_of(pool)[1]["custom:rank"] == "8"


def test_a_pool_of_aliases_lets_go_of_an_address_until_the_new_one_is_verified(world: World) -> None:
    pool = pool_of(world, AliasAttributes=["email", "preferred_username"])
    pool.user("eve", preferred_username="eve1")
    me = Me(pool)
    me.update({"email": "eve@example.com"})
    unknown = ("UserNotFoundException", "User does not exist.")
    assert refusal(pool.tokens, client=pool.client(), username="ada@example.com") == unknown
    assert user_of(pool, "eve@example.com") == user_of(pool, "eve")
    me.verify(me.code())
    assert user_of(pool, "eve@example.com") == user_of(pool, "ada")
    assert user_of(pool, "eve")[1]["email_verified"] == "false", "it is hers no more"
    taken = ("AliasExistsException", "An account with the given preferred_username already exists.")
    assert refusal(me.update, attributes={"preferred_username": "eve1", "name": "X"}) == taken
    assert me.attributes["name"] == "Ada"


@pytest.mark.parametrize("made", [pool_of, careful])
def test_in_a_pool_of_addresses_nobody_loses_theirs(world: World, made: Any) -> None:
    pool = world.pool(UsernameAttributes=["email"], AutoVerifiedAttributes=["email"])
    if made is careful:
        before = {"AttributesRequireVerificationBeforeUpdate": ["email"]}
        world.idp.update_user_pool(
            UserPoolId=pool.pool_id, AutoVerifiedAttributes=["email"], UserAttributeUpdateSettings=before
        )
    pool.user("ada@example.com")
    pool.user("eve@example.com")
    me = Me(pool, username="ada@example.com")
    taken = ("AliasExistsException", "An account with the given email already exists.")
    assert refusal(me.update, attributes={"email": "eve@example.com"}) == taken
    me.update({"email": NEW})
    code = me.code()
    if made is careful:
        pool.user(NEW)
        assert refusal(me.verify, code=code) == taken
        assert pool.tokens(pool.client(), NEW)["IdToken"]
        assert me.email == ("ada@example.com", "true")
    else:
        assert refusal(pool.user, username=NEW)[0] == "UsernameExistsException"
        me.verify(code)
        assert pool.tokens(pool.client(), NEW)["IdToken"]


def test_a_careful_pool_keeps_the_old_address_until_the_new_one_is_verified(world: World) -> None:
    me = Me(careful(world))
    assert me.update({"email": NEW, "name": "Augusta"}) == [BY_MAIL]
    assert (me.email, me.attributes["name"]) == (("ada@example.com", "true"), "Augusta")
    first = me.code()
    assert me.ask() == BY_MAIL, "again to the new one"
    second = me.code("VerifyUserAttribute")
    assert refusal(me.verify, code=first) == NO_CODE
    me.verify(second)
    assert me.email == (NEW, "true")


def test_a_pending_address_gives_way_to_a_newer_one_and_to_time(world: World) -> None:
    me = Me(careful(world))
    me.update({"email": NEW})
    first = me.code()
    me.update({"email": NEWEST})
    assert refusal(me.verify, code=first) == NO_CODE
    me.verify(me.code())
    assert me.email == (NEWEST, "true")
    me.update({"email": NEW})
    world.clock.advance(DAY_S + 1)
    later = Me(me.pool)
    assert refusal(later.verify, code=me.code()) == NO_CODE
    assert later.ask()["Destination"] == "l***@e***", "the new one is forgotten"
    later.verify(later.code("VerifyUserAttribute"))
    assert later.email == (NEWEST, "true")


def test_without_an_address_there_is_no_old_one_to_keep(world: World) -> None:
    me = Me(careful(world))
    me.delete("email")
    me.update({"email": NEW})
    assert me.email == (NEW, "false")
    me.verify(me.code())
    assert me.email == (NEW, "true")


def administer(pool: Pool, **attributes: str) -> None:
    idp = pool.world.idp
    idp.admin_update_user_attributes(UserPoolId=pool.pool_id, Username="ada", UserAttributes=listed(attributes))


@pytest.mark.parametrize("made", [pool_of, careful])
@pytest.mark.parametrize("verified", ["true", "false", None])
def test_an_administrator_s_new_address_is_sent_a_code_unless_said_to_be_verified(
    world: World, made: Any, verified: str | None
) -> None:
    pool = made(world)
    me = Me(pool)
    administer(pool, email=NEW, **({} if verified is None else {"email_verified": verified}))
    at_once = made is pool_of or verified == "true"
    assert me.email == ((NEW, verified or "false") if at_once else ("ada@example.com", "true"))
    sent = world.messages(pool_id=pool.pool_id)
    assert len(sent) == (0 if verified == "true" else 1)
    if sent:
        assert sent[0]["destination"] == NEW
        me.verify(sent[0]["code"])
        assert me.email == (NEW, "true")


def test_an_administrator_says_whether_an_address_is_verified(world: World, pool: Pool) -> None:
    administer(pool, email_verified="false")
    assert user_of(pool)[1]["email_verified"] == "false"
    administer(pool, email_verified="true")
    assert user_of(pool)[1]["email_verified"] == "true"
    assert world.messages(pool_id=pool.pool_id) == []


@pytest.mark.parametrize(("operation", "times"), [("ask", 5), ("verify", 15)])
def test_so_many_an_hour(world: World, me: Me, operation: str, times: int) -> None:
    me.update({"email": NEW})
    code = me.code()
    for _ in range(times):
        if operation == "ask":
            me.ask()
        else:
            assert refusal(me.verify, code=wrong(code)) == WRONG_CODE
    refused = refusal(me.ask) if operation == "ask" else refusal(me.verify, code=code)
    assert refused == LIMITED
    world.clock.advance(3601)
    later = Me(me.pool)
    if operation == "ask":
        later.ask()
    else:
        later.verify(code)


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("update_user_attributes", {"UserAttributes": []}),
        ("delete_user_attributes", {"UserAttributeNames": ["name"]}),
        ("get_user_attribute_verification_code", {"AttributeName": "email"}),
        ("verify_user_attribute", {"AttributeName": "email", "Code": "000000"}),
    ],
)
def test_a_token_that_was_revoked_changes_nothing(me: Me, operation: str, given: dict[str, Any]) -> None:
    call = getattr(me.idp, operation)
    assert refusal(call, AccessToken="garbage", **given) == not_authorized("Invalid Access Token")
    me.idp.global_sign_out(**me.token)
    assert refusal(call, **me.token, **given) == not_authorized("Access Token has been revoked")
