"""After a restart: is what was acknowledged there, and what is half made?"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attack.child import Server
from attack.kills_ledger import ABSENT, Key, Ledger
from attack.kills_writers import Place, redeem, refresh, sign_in
from attack.report import Report
from attack.wire import Client, Refused


class Checker:
    """Looks at every key that the ended round has touched."""

    def __init__(self, server: Server, place: Place, ledger: Ledger, report: Report) -> None:
        self.server, self.place, self.ledger, self.report = server, place, ledger, report
        self.client = Client(server.address)
        self.looks: dict[str, Callable[[Key, list[Any]], Any]] = {
            "user": self._user,
            "password": self._password,
            "member": self._member,
            "nickname": self._nickname,
            "pool": self._pool,
            "refresh": self._refresh,
            "code": self._code,
            "confirmation": self._confirmation,
        }

    def check(self, keys: list[Key]) -> None:
        for key in keys:
            possible = self.ledger.possible(key)
            seen = self.looks[key[0]](key, possible)
            self.report.count("acknowledged or asked for, and looked at")
            if seen not in possible:
                self.report.broke(f"acknowledged and lost: {key} is {seen!r} and may be {possible}")
            self.ledger.settle(key, seen)
        self.client.close()

    def _user(self, key: Key, possible: list[Any]) -> Any:
        try:
            return self.client.idp("AdminGetUser", UserPoolId=key[1], Username=key[2])["UserStatus"]
        except Refused as refused:
            return ABSENT if refused.code == "UserNotFoundException" else str(refused)

    def _password(self, key: Key, possible: list[Any]) -> Any:
        status = self._user(key, possible)
        if status == "UNCONFIRMED":
            self.client.idp("AdminConfirmSignUp", UserPoolId=key[1], Username=key[2])
            self.ledger.settle(("user", key[1], key[2]), "CONFIRMED")
        working = [one for one in possible if one != ABSENT and self._signs_in(key[2], one)]
        if not working and status not in (ABSENT, "FORCE_CHANGE_PASSWORD") and ABSENT in possible:
            self.report.count("half made: a name taken by a user without the password", 1)
        return working[0] if working else ABSENT

    def _signs_in(self, name: str, password: str) -> bool:
        try:
            sign_in(self.client, self.place, name, password)
        except Refused:
            return False
        return True

    def _member(self, key: Key, possible: list[Any]) -> Any:
        try:
            groups = self.client.idp("AdminListGroupsForUser", UserPoolId=key[1], Username=key[2])["Groups"]
        except Refused as refused:
            return ABSENT if refused.code == "UserNotFoundException" else str(refused)
        return groups[0]["GroupName"] if groups else ABSENT

    def _nickname(self, key: Key, possible: list[Any]) -> Any:
        try:
            attributes = self.client.idp("AdminGetUser", UserPoolId=key[1], Username=key[2])["UserAttributes"]
        except Refused as refused:
            return ABSENT if refused.code == "UserNotFoundException" else str(refused)
        return next((one["Value"] for one in attributes if one["Name"] == "nickname"), ABSENT)

    def _pool(self, key: Key, possible: list[Any]) -> Any:
        try:
            self.client.idp("DescribeUserPool", UserPoolId=key[1])
        except Refused as refused:
            return ABSENT if refused.code == "ResourceNotFoundException" else str(refused)
        if self.client.request("GET", f"/{key[1]}/.well-known/jwks.json").status != 200:
            self.report.count("half made: a pool without keys")
        return "present"

    def _refresh(self, key: Key, possible: list[Any]) -> Any:
        try:
            refresh(self.client, self.place, key[1])
        except Refused:
            return "spent"
        if ABSENT not in possible:
            return ABSENT
        return self._not_twice(key, lambda: self._refresh(key, ["spent"]))

    def _code(self, key: Key, possible: list[Any]) -> Any:
        if redeem(self.client, self.place, key[1]).status != 200:
            return "redeemed"
        if ABSENT not in possible:
            return ABSENT
        return self._not_twice(key, lambda: self._code(key, ["redeemed"]))

    def _not_twice(self, key: Key, again: Callable[[], Any]) -> Any:
        """It was not spent before the kill and is now: a second use must be refused."""
        if again() == ABSENT:
            self.report.broke(f"good twice: {key}")
        return "redeemed" if key[0] == "code" else "spent"

    def _confirmation(self, key: Key, possible: list[Any]) -> Any:
        """Sorted before `user`: somebody who is not confirmed must still be able to use the code."""
        code = next(one for one in possible if one != ABSENT)
        if self._user(("user", self.place.pool_id, key[1]), []) != "UNCONFIRMED":
            return code
        given = {"ClientId": self.place.client_id, "Username": key[1], "ConfirmationCode": code}
        try:
            self.client.idp("ConfirmSignUp", **given)
            self.ledger.settle(("user", self.place.pool_id, key[1]), "CONFIRMED")
        except Refused:
            self.report.count("half made: a confirmation that burned its code")
        return code if ABSENT not in possible else ABSENT


def check_integrity(server: Server, report: Report) -> None:
    """The database as the kill left it, on a copy, so that the server's own recovery is not done for it."""
    with tempfile.TemporaryDirectory(prefix="halfday-attack-") as name:
        for path in server.data.glob("*.sqlite3*"):
            if not path.name.endswith("-shm"):
                shutil.copy(path, name)
        for copy in Path(name).glob("*.sqlite3"):
            with sqlite3.connect(copy) as connection:
                (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
            connection.close()
            report.count("databases looked at after a kill")
            report.hold(verdict == "ok", f"{copy.name} is not whole: {verdict}")
