"""Somebody in a browser, as far as codes need it: signs in at the pages, and gets a code at each visit after that."""

from __future__ import annotations

import base64
import http.client
import json
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from bench.sockets import ask_all, request_bytes

CALLBACK = "http://localhost:8080"
FORM = "application/x-www-form-urlencoded"


class Person:
    """Signs in once at the pages; after that /oauth2/authorize hands out a code at every visit."""

    def __init__(self, host: str, client_id: str = "bench", *, scope: str = "") -> None:
        self._origin, self._host, self._client_id = f"http://{host}", host, client_id
        self._connection = http.client.HTTPConnection(host)
        self._cookies: dict[str, str] = {}
        query = {"response_type": "code", "client_id": client_id, "redirect_uri": CALLBACK}
        self._query = urlencode(query | ({"scope": scope} if scope else {}))

    def sign_in(self, username: str = "ada", password: str = "Lovelace-1815") -> None:
        _, page = self._visit("GET", f"/login?{self._query}")
        csrf = re.search(r'name="_csrf" value="([^"]+)"', page)
        if csrf is None:
            raise RuntimeError("there is no sign-in page")
        form = {"_csrf": csrf[1], "username": username, "password": password}
        location, _ = self._visit("POST", f"/login?{self._query}", urlencode(form))
        if not location.startswith(CALLBACK):
            raise RuntimeError(f"the sign-in ended at {location}")

    def codes(self, count: int) -> list[str]:
        visit = request_bytes(self._host, "GET", f"/oauth2/authorize?{self._query}", {"Cookie": self._cookie()})
        answers, _ = ask_all(self._origin, [visit] * count, connections=8, wanted=302)
        locations = (re.search(rb"(?im)^location: *(\S+)", answer.head) for answer in answers)
        return [dict(parse_qsl(urlsplit(found[1].decode()).query))["code"] for found in locations if found]

    def access_token(self) -> str:
        """Of a public client, with the scopes that were asked for."""
        form = {"grant_type": "authorization_code", "client_id": self._client_id, "redirect_uri": CALLBACK}
        asked = request_bytes(
            self._host, "POST", "/oauth2/token", {"Content-Type": FORM}, urlencode({**form, "code": self.codes(1)[0]})
        )
        answers, _ = ask_all(self._origin, [asked], connections=1)
        return str(json.loads(answers[0].body)["access_token"])

    def _cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def _visit(self, method: str, path: str, body: str | None = None) -> tuple[str, str]:
        self._connection.request(method, path, body, {"Cookie": self._cookie(), "Content-Type": FORM})
        answer = self._connection.getresponse()
        for header in answer.headers.get_all("Set-Cookie", []):
            name, _, value = header.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.headers.get("Location", ""), answer.read().decode()


def basic(client_id: str, secret: str) -> str:
    """The Authorization header of a confidential client."""
    return f"Basic {base64.b64encode(f'{client_id}:{secret}'.encode()).decode()}"
