"""Hostile requests at the pages, the OAuth endpoints, discovery and the routes that nobody has."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from attack.model_fuzz import HOSTILE
from attack.targets import PASSWORD, Target
from attack.wire import dummy_signature

PARAMETERS = (
    *(
        "response_type",
        "client_id",
        "redirect_uri",
        "state",
        "scope",
        "nonce",
        "code_challenge",
        "code_challenge_method",
    ),
    *(
        "identity_provider",
        "idp_identifier",
        "lang",
        "login_hint",
        "prompt",
        "resource",
        "logout_uri",
        "max_age",
        "error",
    ),
)
FIELDS = (
    *(
        "grant_type",
        "code",
        "redirect_uri",
        "client_id",
        "client_secret",
        "refresh_token",
        "code_verifier",
        "scope",
        "token",
    ),
    *(
        "username",
        "password",
        "_csrf",
        "csrf",
        "session",
        "code",
        "new_password",
        "Action",
        "WebIdentityToken",
        "RoleArn",
    ),
)
PATHS = (
    *(
        "/login",
        "/oauth2/authorize",
        "/oauth2/token",
        "/oauth2/revoke",
        "/oauth2/userInfo",
        "/oauth2/idpresponse",
        "/logout",
    ),
    *("/signup", "/confirm", "/resendcode", "/forgotPassword", "/confirmForgotPassword", "/resetPassword"),
    *("/error", "/confirmUser", "/", "/nowhere", "/changePassword", "/mfa", "/.well-known/jwks_uri", "/favicon.ico"),
)
METHODS = ("GET", "GET", "GET", "POST", "POST", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE")


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class PageFuzzer:
    def __init__(self, seed: int, target: Target) -> None:
        self.random = random.Random(seed)
        self.texts = [value for value in HOSTILE if isinstance(value, str) and len(value) < 4_000]
        self.known = {
            "response_type": "code",
            "client_id": target.client_id,
            "redirect_uri": "http://localhost:8080",
            "username": "ada",
            "password": PASSWORD,
            "token": target.access_token,
            "grant_type": "authorization_code",
            "scope": "openid",
        }
        pool = target.pool_id
        self.paths = [*PATHS, f"/{pool}/.well-known/jwks.json", f"/{pool}/.well-known/openid-configuration"]

    def request(self) -> Asked:
        path = self.random.choice(self.paths)
        if self.random.random() < 0.05:
            path = f"/{_escaped(self.random.choice(self.texts))[:2_000]}"
        if query := self._pairs(PARAMETERS):
            path += f"?{query}"
        body = self._pairs(FIELDS).encode() if self.random.random() < 0.5 else b""
        return Asked(self.random.choice(METHODS), path, self._headers(), body)

    def _pairs(self, names: tuple[str, ...]) -> str:
        chosen = self.random.sample(names, self.random.randint(0, 7))
        pairs = [(name, self._value(name)) for name in chosen]
        if pairs and self.random.random() < 0.1:
            pairs.append(pairs[0])
        return "&".join(f"{name}={value}" for name, value in pairs)

    def _value(self, name: str) -> str:
        if name in self.known and self.random.random() < 0.7:
            return _escaped(self.known[name])
        return self.random.choice((_escaped(self.random.choice(self.texts)), "%", "%zz", "%ff%fe", "+", "a;b", ""))

    def _headers(self) -> dict[str, str]:
        headers: dict[str, Any] = {"Content-Type": "application/x-www-form-urlencoded"}
        odd: dict[str, tuple[str, ...]] = {
            "Content-Type": ("application/json", "multipart/form-data", "text/plain; charset=nonsense", "\x80", ""),
            "Authorization": (
                "Bearer",
                "Bearer x",
                "Basic",
                "Basic !!!!",
                "Basic w6k6w6k=",
                "Basic YQ==",
                "Negotiate x",
                "é",
            ),
            "Cookie": ("a", "=", ";;;", 'csrf="', "a=b; a=c", "session=\xff", "x=" + "y" * 3_000),
            "Accept-Language": ("*", "x" * 500, "de;q=nonsense", ""),
            "Origin": ("null", "http://[", "https://evil.example", "\xff"),
            "Referer": ("http://[", "\xff", ""),
            "X-Amz-Target": (
                "",
                "Nothing",
                "AWSCognitoIdentityProviderService.",
                "AWSCognitoIdentityProviderService.é",
                ".",
            ),
            "X-Amz-Date": ("", "x", "99999999T999999Z"),
            "Host": ("[", "[::1", "a b", "", "localhost:99999", "x" * 300),
        }
        for name, values in odd.items():
            if self.random.random() < 0.08:
                headers[name] = self.random.choice(values)
        if self.random.random() < 0.05:
            headers |= dummy_signature(self.random.choice(("s3", "ec2", "sts", "é", "")))
        return headers


def _escaped(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")
