"""A strict Cognito of a few rules over a real socket: what the client half is tested against, and no more than that.

Its pool has one person, Ada, who is signed in at the login page already. Whatever it does not know it refuses.
"""

from __future__ import annotations

import base64
import contextlib
import json
import secrets
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa

from halfday.protocol import pkce, srp
from halfday.protocol.jwk import Jwk, jwks, thumbprint_kid
from halfday.protocol.jws import sign
from sockets import Handler, answering

POOL_ID = "eu-west-1_Peer12345"
CLIENT_ID = "peerclient"
IDENTITY_POOL_ID = "eu-west-1:11111111-2222-3333-4444-555555555555"
IDENTITY_ID = "eu-west-1:99999999-2222-3333-4444-555555555555"
REDIRECT_URI = "http://localhost:8080"
PASSWORD = "Correct-horse-1"
SUB = "34c84488-e0e1-70ae-d2ee-991ad1a898c8"
_KEY = rsa.generate_private_key(65537, 2048)


class Refusal(Exception):
    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status, self.body = status, body


class Peer:
    """The pool's state, and knobs that tests turn. `requests` lists what arrived: (path or target, members)."""

    def __init__(self) -> None:
        self.origin = ""
        self.secret: str | None = None
        self.redirect_uris = [REDIRECT_URI]
        self.codes: dict[str, dict[str, str]] = {}
        self.refresh_tokens: set[str] = set()
        self.rotates = False
        self.failing_with = 0
        self.token_life_s = 3600
        self.credentials_life_s = 3600
        self.stale_identities: set[str] = set()
        self.key = _KEY
        self.key_set: dict[str, Any] | None = None
        """What is published instead of the key."""
        self.claims: dict[str, Any] = {}
        self.requests: list[tuple[str, dict[str, Any]]] = []

    def count(self, name: str) -> int:
        return sum(1 for found, _ in self.requests if found == name)

    # --- pages -------------------------------------------------------------------------------------------------------

    def authorize(self, members: dict[str, str]) -> str:
        if members.get("client_id") != CLIENT_ID:
            return "/error?" + urlencode({"error": "invalid_request", "client_id": members.get("client_id", "")})
        if members["redirect_uri"] not in self.redirect_uris:
            return "/error?" + urlencode({"error": "redirect_mismatch", "client_id": CLIENT_ID})
        if members.get("scope") == "forbidden":
            refusal = {"error_description": "invalid_scope", "state": members["state"], "error": "invalid_request"}
            return members["redirect_uri"] + "?" + urlencode(refusal)
        return "/login?" + urlencode(members)

    def login(self, members: dict[str, str]) -> str:
        return f"{members['redirect_uri']}?" + urlencode({"code": self.issue(members), "state": members["state"]})

    def issue(self, members: dict[str, str]) -> str:
        code = secrets.token_hex(16)
        self.codes[code] = {"redirect_uri": REDIRECT_URI, **members}
        return code

    # --- OAuth -------------------------------------------------------------------------------------------------------

    def token(self, members: dict[str, str], authorization: str) -> dict[str, Any]:
        self._authenticate(authorization)
        if self.failing_with:
            raise Refusal(self.failing_with, {"message": "not now"})
        if members["grant_type"] == "authorization_code":
            return self._redeem(members)
        if members["grant_type"] == "client_credentials":
            return {"access_token": "machine", "expires_in": 3600, "token_type": "Bearer"}
        assert members["grant_type"] == "refresh_token"
        if members["refresh_token"] not in self.refresh_tokens:
            raise Refusal(400, {"error": "invalid_grant"})
        tokens = self.tokens({})
        if self.rotates:
            self.refresh_tokens.discard(members["refresh_token"])
        else:
            tokens.pop("refresh_token")
        return tokens

    def _authenticate(self, authorization: str) -> None:
        wanted = base64.b64encode(f"{CLIENT_ID}:{self.secret}".encode()).decode() if self.secret else ""
        if authorization != (f"Basic {wanted}" if wanted else ""):
            raise Refusal(400, {"error": "invalid_client", "error_description": "invalid_client_secret"})

    def _redeem(self, members: dict[str, str]) -> dict[str, Any]:
        began = self.codes.pop(members["code"], None)
        challenge = began.get("code_challenge") if began else None
        proven = challenge is None or pkce.challenge_of(members.get("code_verifier", "")) == challenge
        if began is None or began["redirect_uri"] != members["redirect_uri"] or not proven:
            raise Refusal(400, {"error": "invalid_grant"})
        return self.tokens(began)

    def tokens(self, began: dict[str, str]) -> dict[str, Any]:
        now = int(time.time())
        common = {"sub": SUB, "iss": f"{self.origin}/{POOL_ID}", "iat": now, "exp": now + self.token_life_s}
        nonce = {"nonce": began["nonce"]} if "nonce" in began else {}
        who = {"aud": CLIENT_ID, "token_use": "id", "email": "ada@example.com", "cognito:username": "ada"}
        refresh_token = "refresh-" + secrets.token_hex(4)
        self.refresh_tokens.add(refresh_token)
        return {
            "id_token": self.sign({**common, **who, **nonce, "jti": secrets.token_hex(4), **self.claims}),
            "access_token": self.sign({**common, "client_id": CLIENT_ID, "token_use": "access", "scope": "openid"}),
            "refresh_token": refresh_token,
            "expires_in": self.token_life_s,
            "token_type": "Bearer",
        }

    def sign(self, claims: dict[str, Any]) -> str:
        kid = thumbprint_kid(self.key.public_key())
        return sign({"kid": kid, "alg": "RS256"}, claims, self.key)

    # --- JSON APIs ---------------------------------------------------------------------------------------------------

    def api(self, operation: str, members: dict[str, Any]) -> dict[str, Any]:
        return getattr(self, f"op_{operation}")(members)

    def op_GetId(self, members: dict[str, Any]) -> dict[str, Any]:
        assert members["IdentityPoolId"] == IDENTITY_POOL_ID
        assert list(members["Logins"]) in ([f"cognito-idp.eu-west-1.amazonaws.com/{POOL_ID}"], [])
        return {"IdentityId": IDENTITY_ID}

    def op_GetCredentialsForIdentity(self, members: dict[str, Any]) -> dict[str, Any]:
        if members["IdentityId"] in self.stale_identities:
            message = f"Access to Identity '{members['IdentityId']}' is forbidden."
            raise Refusal(400, {"__type": "NotAuthorizedException", "message": message})
        expires_at = time.time() + self.credentials_life_s
        keys = {"AccessKeyId": "ASIA" + secrets.token_hex(8).upper(), "SecretKey": "secret", "SessionToken": "token"}
        return {"IdentityId": members["IdentityId"], "Credentials": {**keys, "Expiration": expires_at}}

    def op_GetOpenIdToken(self, members: dict[str, Any]) -> dict[str, Any]:
        return {"IdentityId": members["IdentityId"], "Token": "open-id-token"}

    def op_InitiateAuth(self, members: dict[str, Any]) -> dict[str, Any]:
        parameters = members["AuthParameters"]
        if members["AuthFlow"] == "USER_PASSWORD_AUTH":
            self._check(parameters["PASSWORD"] == PASSWORD)
            return self._result(self.tokens({}))
        self.srp_a = parameters["SRP_A"]
        self.srp = srp.ServerStart(srp.make_verifier("Peer12345", SUB, PASSWORD, b"s" * 16), b"b" * 32)
        salt = srp.make_verifier("Peer12345", SUB, PASSWORD, b"s" * 16).salt_hex
        asked = {"SALT": salt, "SRP_B": self.srp.public, "SECRET_BLOCK": "c2VjcmV0", "USER_ID_FOR_SRP": SUB}
        return {"ChallengeName": "PASSWORD_VERIFIER", "ChallengeParameters": {**asked, "USERNAME": SUB}}

    def op_GetTokensFromRefreshToken(self, members: dict[str, Any]) -> dict[str, Any]:
        assert members["RefreshToken"] in self.refresh_tokens
        assert members.get("ClientSecret") == self.secret
        if self.rotates:
            self.refresh_tokens.discard(members["RefreshToken"])
        return self._result(self.tokens({}), renewed=not self.rotates)

    def op_RevokeToken(self, members: dict[str, Any]) -> dict[str, Any]:
        assert members.get("ClientSecret") == self.secret
        self.refresh_tokens.discard(members["Token"])
        return {}

    def op_RespondToAuthChallenge(self, members: dict[str, Any]) -> dict[str, Any]:
        answers = members["ChallengeResponses"]
        if self.secret:
            assert answers["SECRET_HASH"] == srp.secret_hash(SUB, CLIENT_ID, self.secret)
        self._check(
            self.srp.signature_is_valid(
                answers["PASSWORD_CLAIM_SIGNATURE"],
                self.srp_a,
                pool_name="Peer12345",
                user_id=SUB,
                secret_block_b64="c2VjcmV0",
                timestamp=answers["TIMESTAMP"],
            )
        )
        return self._result(self.tokens({}))

    def _check(self, right: bool) -> None:
        if not right:
            message = "Incorrect username or password."
            raise Refusal(400, {"__type": "NotAuthorizedException", "message": message})

    def _result(self, tokens: dict[str, Any], *, renewed: bool = False) -> dict[str, Any]:
        result = {"AccessToken": tokens["access_token"], "IdToken": tokens["id_token"], "ExpiresIn": 3600}
        refresh = {} if renewed else {"RefreshToken": tokens["refresh_token"]}
        return {"AuthenticationResult": {**result, **refresh}, "ChallengeParameters": {}}


@contextlib.contextmanager
def running() -> Iterator[Peer]:
    peer = Peer()
    with answering(_handler(peer)) as peer.origin:
        yield peer


def _handler(peer: Peer) -> type[Handler]:
    class Endpoint(Handler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            members = dict(parse_qsl(parts.query))
            peer.requests.append((parts.path, members))
            if parts.path == "/oauth2/authorize":
                self._redirect(peer.authorize(members))
            elif parts.path == "/login":
                self._redirect(peer.login(members))
            elif parts.path == f"/{POOL_ID}/.well-known/jwks.json":
                kid = thumbprint_kid(peer.key.public_key())
                self._json(200, peer.key_set or jwks([Jwk(kid, "RS256", peer.key.public_key())]))
            elif parts.path == "/api":
                given = self.headers.get("Authorization", "")
                known = given.count(".") == 2
                self._json(200 if known else 401, {"heard": given} if known else {"message": "Unauthorized"})
            else:
                self._json(404, {})

        def do_POST(self) -> None:
            body = self.read_body().decode()
            try:
                self._json(200, self._answer(body))
            except Refusal as refusal:
                self._json(refusal.status, refusal.body)

        def _answer(self, body: str) -> dict[str, Any]:
            target = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            form = self.headers["Content-Type"] == "application/x-www-form-urlencoded"
            members = dict(parse_qsl(body)) if form else json.loads(body)
            peer.requests.append((target or self.path, members))
            if target:
                return peer.api(target, members)
            if self.path == "/oauth2/token":
                return peer.token(members, self.headers.get("Authorization", ""))
            assert self.path == "/oauth2/revoke"
            peer.refresh_tokens.discard(members["token"])
            return {}

        def _redirect(self, location: str) -> None:
            self.send_response(302)
            self.send_header("Location", location)
            self.end_headers()

        def _json(self, status: int, document: dict[str, Any]) -> None:
            self.answer(status, json.dumps(document).encode())

    return Endpoint
