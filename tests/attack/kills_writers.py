"""Clients that write until the server is killed under them, and tell the ledger what was acknowledged."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from attack.child import Server
from attack.kills_ledger import ABSENT, Ledger
from attack.wire import UNHEARD, Answer, Client, Refused, form

CALLBACK = "http://localhost:8080"
GROUP = "crew"
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"]
names = count(1)


@dataclass(frozen=True)
class Place:
    """The pool that is written to, and its app client, whose refresh tokens rotate without a grace."""

    pool_id: str
    client_id: str


def set_up(server: Server) -> Place:
    client = Client(server.address)
    pool = client.idp("CreateUserPool", PoolName="kills", AutoVerifiedAttributes=["email"])["UserPool"]["Id"]
    made = client.idp(
        "CreateUserPoolClient",
        UserPoolId=pool,
        ClientName="writer",
        CallbackURLs=[CALLBACK],
        AllowedOAuthFlows=["code"],
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthScopes=["openid"],
        SupportedIdentityProviders=["COGNITO"],
        ExplicitAuthFlows=FLOWS,
        RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
    )
    client.idp("CreateGroup", UserPoolId=pool, GroupName=GROUP)
    client.close()
    return Place(pool, made["UserPoolClient"]["ClientId"])


class Writer:
    """Acts at random until it is stopped or the server is gone. `refusals` are answers that nobody should get."""

    def __init__(self, server: Server, place: Place, ledger: Ledger, seed: int) -> None:
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.server, self.place, self.ledger = server, place, ledger
        self.random, self.client = random.Random(seed), Client(server.address, timeout_s=30)
        self.stopped = threading.Event()
        self.refusals: list[str] = []
        self.people: list[tuple[str, str]] = []
        self.actions: list[Callable[[], None]] = [self._sign_up, self._create, self._create_pool, self._redeem]
        self.with_people = [self._password, self._group, self._rename, self._delete, self._rotate, self._sign_out]

    def run(self) -> None:
        while not self.stopped.is_set():
            act = self.random.choice(self.actions + (self.with_people if self.people else []))
            try:
                act()
            except UNHEARD:
                return
            except Refused as refused:
                if self.server.alive:
                    self.refusals.append(f"{act.__name__}: {refused}")

    def _user(self, name: str) -> tuple[str, ...]:
        return ("user", self.place.pool_id, name)

    def _password_of(self, name: str) -> tuple[str, ...]:
        return ("password", self.place.pool_id, name)

    def _new_name(self) -> tuple[str, str]:
        number = next(names)
        return f"person-{number}", f"Hush7-password-{number}"

    def _sign_up(self) -> None:
        name, password = self._new_name()
        email = [{"Name": "email", "Value": f"{name}@example.com"}]
        with self.ledger.change({self._user(name): "UNCONFIRMED", self._password_of(name): password}):
            self.client.idp(
                "SignUp", ClientId=self.place.client_id, Username=name, Password=password, UserAttributes=email
            )
        if (code := code_for(self.server, self.place, name)) is None:
            return
        with self.ledger.change({self._user(name): "CONFIRMED", ("confirmation", name): code}):
            self.client.idp("ConfirmSignUp", ClientId=self.place.client_id, Username=name, ConfirmationCode=code)
        self.people.append((name, password))

    def _create(self) -> None:
        name, password = self._new_name()
        here = {"UserPoolId": self.place.pool_id, "Username": name}
        with self.ledger.change({self._user(name): "FORCE_CHANGE_PASSWORD"}):
            self.client.idp("AdminCreateUser", **here, MessageAction="SUPPRESS")
        with self.ledger.change({self._user(name): "CONFIRMED", self._password_of(name): password}):
            self.client.idp("AdminSetUserPassword", **here, Password=password, Permanent=True)
        self.people.append((name, password))

    def _create_pool(self) -> None:
        pool = f"us-east-1_Kill{next(names):06}"
        with self.ledger.change({("pool", pool): "present"}):
            self.client.idp("CreateUserPool", PoolName="short-lived", UserPoolTags={"_custom_id_": pool})
        if self.random.random() < 0.5:
            with self.ledger.change({("pool", pool): ABSENT}):
                self.client.idp("DeleteUserPool", UserPoolId=pool)

    def _password(self) -> None:
        name, old = self.people.pop()
        here = {"UserPoolId": self.place.pool_id, "Username": name}
        new = f"{old}x" if len(old) < 60 else old[:20]
        with self.ledger.change({self._password_of(name): new}):
            self.client.idp("AdminSetUserPassword", **here, Password=new, Permanent=True)
        self.people.append((name, new))

    def _group(self) -> None:
        name, _ = self.random.choice(self.people)
        key = ("member", self.place.pool_id, name)
        inside = self.ledger.acknowledged.get(key, ABSENT) == GROUP
        operation = "AdminRemoveUserFromGroup" if inside else "AdminAddUserToGroup"
        with self.ledger.change({key: ABSENT if inside else GROUP}):
            self.client.idp(operation, UserPoolId=self.place.pool_id, Username=name, GroupName=GROUP)

    def _rename(self) -> None:
        name, _ = self.random.choice(self.people)
        value = f"nick-{next(names)}"
        with self.ledger.change({("nickname", self.place.pool_id, name): value}):
            self.client.idp(
                "AdminUpdateUserAttributes",
                UserPoolId=self.place.pool_id,
                Username=name,
                UserAttributes=[{"Name": "nickname", "Value": value}],
            )

    def _delete(self) -> None:
        if len(self.people) < 4:
            return
        name, password = self.people.pop(0)
        gone = [("member", self.place.pool_id, name), ("nickname", self.place.pool_id, name)]
        changes = dict.fromkeys([self._user(name), self._password_of(name), *gone], ABSENT)
        token = self._sign_in(name, password)["AccessToken"] if self.random.random() < 0.5 else None
        with self.ledger.change(changes):
            if token is not None:
                self.client.idp("DeleteUser", AccessToken=token)
            else:
                self.client.idp("AdminDeleteUser", UserPoolId=self.place.pool_id, Username=name)

    def _rotate(self) -> None:
        """A chain of renewals: each spends a token. A spent one shown again would end the chain, so it waits."""
        token = self._sign_in(*self.random.choice(self.people))["RefreshToken"]
        for _ in range(self.random.randint(1, 4)):
            with self.ledger.change({("refresh", token): "spent"}):
                answer = refresh(self.client, self.place, token)
            token = answer["refresh_token"]

    def _sign_out(self) -> None:
        token = self._sign_in(*self.random.choice(self.people))["RefreshToken"]
        with self.ledger.change({("refresh", token): "spent"}):
            self.client.idp("RevokeToken", ClientId=self.place.client_id, Token=token)

    def _redeem(self) -> None:
        if not self.people:
            return
        code = authorization_code(self.client, self.place, *self.random.choice(self.people))
        with self.ledger.change({("code", code): "redeemed"}):
            answer = redeem(self.client, self.place, code)
            if answer.status != 200:
                raise Refused(answer)

    def _sign_in(self, name: str, password: str) -> dict[str, Any]:
        return sign_in(self.client, self.place, name, password)


def sign_in(client: Client, place: Place, name: str, password: str) -> dict[str, Any]:
    """Raises Refused."""
    parameters = {"USERNAME": name, "PASSWORD": password}
    answer = client.idp(
        "InitiateAuth", ClientId=place.client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
    )
    result: dict[str, Any] = answer["AuthenticationResult"]
    return result


def refresh(client: Client, place: Place, token: str) -> dict[str, Any]:
    """Raises Refused."""
    fields = {"grant_type": "refresh_token", "client_id": place.client_id, "refresh_token": token}
    answer = form(client, "/oauth2/token", fields)
    if answer.status != 200:
        raise Refused(answer)
    return answer.json()


def redeem(client: Client, place: Place, code: str) -> Answer:
    fields = {"grant_type": "authorization_code", "client_id": place.client_id, "code": code, "redirect_uri": CALLBACK}
    return form(client, "/oauth2/token", fields)


def authorization_code(client: Client, place: Place, name: str, password: str) -> str:
    """A code of a whole sign-in at the pages. Raises Refused."""
    asked = {"response_type": "code", "client_id": place.client_id, "redirect_uri": CALLBACK, "state": "s"}
    page_path = client.request("GET", f"/oauth2/authorize?{urlencode(asked)}").headers["Location"]
    page = client.request("GET", page_path)
    action, fields, cookies = read_form(page.body.decode(), page.headers)
    answer = form(client, action, {**fields, "username": name, "password": password}, Cookie=cookies)
    if answer.status != 302:
        raise Refused(answer)
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))["code"]


def read_form(page: str, headers: Any) -> tuple[str, dict[str, str], str]:
    """(action, hidden fields, the Cookie header) of a page with a form."""
    action = re.search(r'<form[^>]* action="([^"]+)"', page)
    assert action, page
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    cookies = "; ".join(line.partition(";")[0] for line in headers.get_all("Set-Cookie") or [])
    return action[1].replace("&amp;", "&"), hidden, cookies


def code_for(server: Server, place: Place, name: str) -> str | None:
    """The code that was sent, from the management port; None if it is not told."""
    reader = Client(("127.0.0.1", server.management_port))
    asked = urlencode({"username": name, "pool_id": place.pool_id, "wait_s": 2})
    answer = reader.request("GET", f"/messages/latest?{asked}")
    reader.close()
    return str(answer.json()["code"]) if answer.status == 200 else None
