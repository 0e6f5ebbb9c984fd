"""The stand-in SAML identity provider: metadata, sign-in, a portal that begins sign-ins itself, and single logout.

It is as strict as others of its kind: a request whose consumer service is not registered ends on an error page. What it
asserts is signed with a key of its own, made at each start. Source: SAML 2.0, core, bindings §3.4, profiles §4.1, §4.4.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from halfday.server.stand_in import chooser, saml_messages
from halfday.server.stand_in.accounts import Account
from halfday.server.stand_in.declared import Place, StandIn
from halfday.server.stand_in.issuer import account_of, form_of
from halfday.server.stand_in.saml_messages import Asked, Refusal

METADATA, SIGN_IN, SIGN_OUT, PORTAL, TO_AWS = "/metadata", "/sso", "/slo", "/portal", "/aws"
AWS = "urn:amazon:webservices"
CONSUMER, SIGNED_OUT = "/saml2/idpresponse", "/saml2/logout"


class SamlIssuer:
    """One identity provider with its accounts. The pools that it serves are registered by their origins."""

    title: ClassVar[str] = "SAML"

    def __init__(self, declared: StandIn, at: Place) -> None:
        self.declared, self.at = declared, at
        self.brand = chooser.Brand(declared.type, self.title if declared.name == declared.type else declared.name)
        self.key = key_of(declared)

    def app(self) -> Starlette:
        routes = [
            Route("/", self.front_page),
            Route(METADATA, self.metadata),
            Route(SIGN_IN, self.sign_in, methods=["GET", "POST"]),
            Route(SIGN_OUT, self.sign_out),
        ]
        portal = [Route(PORTAL, self.portal, methods=["GET", "POST"])] if self.declared.relay_state else []
        aws = [Route(TO_AWS, self.to_aws, methods=["GET", "POST"])] if self.declared.callback_urls else []
        return Starlette(routes=[*routes, *portal, *aws])

    def front_page(self, request: Request) -> Response:
        tiles = {PORTAL: "Begin a sign-in from here"} if self.declared.relay_state else {}
        tiles |= {TO_AWS: "Sign in to AWS"} if self.declared.callback_urls else {}
        documents = {METADATA: "metadata"}
        return chooser.front_page(self.brand, self.declared.accounts, documents=documents, tiles=tiles)

    def metadata(self, request: Request) -> Response:
        document = details(self.declared, self.at.issuer)["MetadataFile"]
        return Response(document, media_type="application/samlmetadata+xml")

    async def sign_in(self, request: Request) -> Response:
        """Answers GET with the account chooser, and POST with a form for the pool (SAML profiles §4.1)."""
        try:
            asked = saml_messages.read_request(dict(request.query_params), "AuthnRequest", self.at.issuer + SIGN_IN)
            self._check_consumer(asked.consumer)
        except Refusal as refused:
            return chooser.error_page(self.brand, "invalid_request", str(refused))
        if request.method == "GET":
            return self._chooser(request, asked.consumer)
        return await self._chosen(request, asked)

    async def portal(self, request: Request) -> Response:
        """A sign-in that the provider begins (SAML profiles §4.1.5), for the app that relay_state names."""
        consumer = self.at.origins[0] + CONSUMER
        if request.method == "GET":
            return self._chooser(request, consumer)
        audience = f"urn:amazon:cognito:sp:{self.declared.pool}"
        return await self._chosen(request, Asked("", audience, consumer, self.declared.relay_state))

    async def to_aws(self, request: Request) -> Response:
        """A sign-in to AWS: the app at `consumer` is posted an assertion, for an identity pool or for STS."""
        consumer = request.query_params.get("consumer", self.declared.callback_urls[0])
        if consumer not in self.declared.callback_urls:
            told = f"{consumer} is none of callback_urls: {', '.join(self.declared.callback_urls)}"
            return chooser.error_page(self.brand, "invalid_request", told)
        if request.method == "GET":
            return self._chooser(request, consumer)
        return await self._chosen(request, Asked("", AWS, consumer, ""))

    async def sign_out(self, request: Request) -> Response:
        """The person is signed out at once: nobody stays signed in here (SAML profiles §4.4)."""
        try:
            asked = saml_messages.read_request(dict(request.query_params), "LogoutRequest", self.at.issuer + SIGN_OUT)
        except Refusal as refused:
            return chooser.error_page(self.brand, "invalid_request", str(refused))
        target = self.at.origins[0] + SIGNED_OUT
        answer = saml_messages.logout_response(asked, self._entity, target, self.at.clock(), self._signer)
        return self._post(target, answer, asked.relay_state)

    async def _chosen(self, request: Request, asked: Asked) -> Response:
        form = await form_of(request)
        now = self.at.clock()
        if "cancel" in form:
            refused = saml_messages.refusal(asked, self._entity, now, self._signer)
            return self._post(asked.consumer, refused, asked.relay_state)
        account = account_of(form, self.declared.accounts)
        if account is None:
            return self._chooser(request, asked.consumer, problem="Enter an e-mail address.")
        answer = saml_messages.response(asked, self._entity, account.email, attributes_of(account), now, self._signer)
        return self._post(asked.consumer, answer, asked.relay_state)

    def _chooser(self, request: Request, consumer: str, *, problem: str = "") -> Response:
        known = self.declared.accounts
        return chooser.chooser_page(
            self.brand, saml_messages.host_of(consumer), request.url.query, known, problem=problem
        )

    def _post(self, target: str, message: str, relay_state: str) -> Response:
        fields = {"SAMLResponse": saml_messages.packed(message), "RelayState": relay_state}
        return chooser.posting_page(self.brand, target, fields)

    def _check_consumer(self, consumer: str) -> None:
        registered = [origin + CONSUMER for origin in self.at.origins]
        if consumer not in registered:
            raise Refusal(f"{consumer} is not registered with the stand-in. Registered: {', '.join(registered)}")

    def _signer(self, document: str) -> str:
        return saml_messages.signed(document, self.key)

    @property
    def _entity(self) -> str:
        return self.at.issuer + METADATA


def attributes_of(account: Account) -> dict[str, Any]:
    """By short names, as Okta has them; whatever the seed file's claims say comes besides."""
    names = {"email": account.email, "name": account.shown_name, "given_name": account.given_name}
    family = {"family_name": account.family_name} if account.family_name else {}
    return {**names, **family, **account.claims}


def prepared(declared: StandIn) -> StandIn:
    """With a key of its own. Raises ValueError for a portal that is half declared."""
    if bool(declared.pool) != bool(declared.relay_state):
        raise ValueError("pool and relay_state belong together: the provider begins sign-ins with both")
    key = declared.private_key or _new_key()
    return replace(declared, private_key=key)


def _new_key() -> str:
    key = generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def key_of(declared: StandIn) -> RSAPrivateKey:
    """Raises ValueError."""
    key = load_pem_private_key(declared.private_key.encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("private_key must be an RSA key, as PEM")
    return key


def details(declared: StandIn, issuer: str) -> dict[str, str]:
    """ProviderDetails that lead here: the metadata as a file, because no port is open when pools are declared."""
    certificate = saml_messages.certificate_of(key_of(declared))
    entity, sign_in, sign_out = issuer + METADATA, issuer + SIGN_IN, issuer + SIGN_OUT
    return {"MetadataFile": saml_messages.metadata(entity, sign_in, sign_out, certificate)}
