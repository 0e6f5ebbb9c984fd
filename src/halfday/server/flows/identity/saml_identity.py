"""Answers of SAML providers that AssumeRoleWithSAML takes.

They are checked as user pools check theirs (outside/saml), for AWS's sign-in in place of a pool. Source: IAM user
guide, Configure SAML assertions for the authentication response, and Troubleshoot SAML federation (the sentences);
STS API reference, AssumeRoleWithSAML. Sentences that stand in neither are [inferred].
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from halfday.protocol.identifiers import parse_arn
from halfday.server.domain.aws.session_limits import is_name
from halfday.server.domain.aws.trusted_providers import SamlProvider
from halfday.server.domain.refusals import Refused
from halfday.server.services import Services

ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
WITHIN_S = 300
NAME_ID_FORMAT = "urn:oasis:names:tc:SAML:2.0:nameid-format:"
_UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"

_EDU_PERSON = (
    "affiliation nickname orgdn orgunitdn primaryaffiliation principalname entitlement primaryorgunitdn "
    "scopedaffiliation targetedid assurance"
).split()
_EDU_ORG = "homepageuri identityauthnpolicyuri legalname superioruri whitepagesuri".split()
_CONDITIONS = {
    **{f"urn:oid:1.3.6.1.4.1.5923.1.1.1.{n}": f"eduperson{name}" for n, name in enumerate(_EDU_PERSON, 1)},
    **{f"urn:oid:1.3.6.1.4.1.5923.1.2.1.{n}": f"eduorg{name}" for n, name in enumerate(_EDU_ORG, 2)},
    "urn:oid:2.5.4.3": "cn",
    "urn:oid:2.5.4.4": "surname",
    "urn:oid:2.5.4.41": "name",
    "urn:oid:2.5.4.42": "givenName",
    "urn:oid:2.5.4.45": "x500UniqueIdentifier",
    "urn:oid:0.9.2342.19200300.100.1.3": "mail",
    "urn:oid:0.9.2342.19200300.100.1.1": "uid",
    "urn:oid:0.9.2342.19200300.100.1.45": "organizationStatus",
}
"""Attributes that trust policies may ask about, by what IAM calls them (IAM and STS condition context keys)."""


@dataclass(frozen=True, slots=True)
class SamlIdentity:
    """Whom a verified assertion is about. `ends_at` is when the provider wants the session to end."""

    subject: str
    subject_type: str
    issuer: str
    audience: str
    name_qualifier: str
    session_name: str
    context: dict[str, Any]
    ends_at: float | None
    tags: dict[str, str] = field(default_factory=dict)
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str | None = None


async def read_saml_identity(services: Services, region: str, given: Given) -> SamlIdentity:
    """Raises Refused."""
    provider = await find_provider(services, given.principal_arn)
    if provider is None:
        raise _refused_by_discovery(services, "Specified provider doesn't exist", "AuthSamlManifestNotFoundException")
    proven = await asyncio.to_thread(_proven, services, region, provider, given.assertion)
    attributes = {name: [value] if isinstance(value, str) else value for name, value in proven.attributes.items()}
    if not proven.recipient:
        raise _invalid(_NO_RECIPIENT)
    if (given.role_arn, given.principal_arn) not in _roles(attributes.get(f"{ATTRIBUTES}Role", [])):
        raise _invalid("SAML Assertion doesn't contain the requested Role and Metadata in the attributes")
    qualifier = _qualifier(proven.issuer, provider)
    form = proven.session.get("Format", _UNSPECIFIED).removeprefix(NAME_ID_FORMAT)
    said = {"aud": proven.recipient, "iss": proven.issuer, "sub": proven.subject, "sub_type": form}
    said |= {"namequalifier": qualifier, "doc": f"{provider.account}/{provider.name}"}
    context: dict[str, Any] = {f"saml:{name}": value for name, value in said.items()}
    context |= {f"saml:{_CONDITIONS[name]}": found for name, found in attributes.items() if name in _CONDITIONS}
    return SamlIdentity(
        subject=proven.subject,
        subject_type=form,
        issuer=proven.issuer,
        audience=proven.recipient,
        name_qualifier=qualifier,
        session_name=_session_name(attributes),
        context={**context, "aws:FederatedProvider": provider.arn},
        ends_at=proven.session_ends_at,
        tags=dict(_tags(attributes)),
        transitive_tag_keys=tuple(attributes.get(f"{ATTRIBUTES}TransitiveTagKeys", ())),
        source_identity=_source_identity(attributes),
    )


@dataclass(frozen=True, slots=True)
class Given:
    """What a call to AssumeRoleWithSAML names, and the answer that it shows."""

    role_arn: str
    principal_arn: str
    assertion: str = field(repr=False)


async def find_provider(services: Services, arn: str) -> SamlProvider | None:
    try:
        account = parse_arn(arn).account
    except ValueError:
        raise Refused("ValidationError", "Principal ARN is invalid") from None
    provider = await services.store.saml_providers.find(account, arn.rpartition("/")[2])
    return provider if provider is not None and provider.arn == arn else None


def _proven(services: Services, region: str, provider: SamlProvider, assertion: str) -> Any:
    """In a thread: canonical XML of an unknown sender takes its time. Who the answer was sent to is the trust policy's
    to ask (saml:aud).
    """
    from halfday.server.outside.saml.assertions import Unacceptable
    from halfday.server.outside.saml.for_aws import proven_to_aws

    of_region = f"https://{region}.signin.aws.amazon.com/saml"
    now = services.clock()
    try:
        return proven_to_aws(assertion, provider.metadata, now=now, within_s=WITHIN_S, audiences=(of_region,))
    except Unacceptable as problem:
        raise _told(services, problem.sentence, str(problem)) from None


def _told(services: Services, sentence: str, detail: str) -> Refused:
    """STS's words for what an answer lacks."""
    if sentence in ("SAML Response is malformed", "Issuer is invalid"):
        malformed = sentence == "SAML Response is malformed"
        said = "Invalid base64 SAMLResponse" if malformed else "Issuer not present in specified provider"
        return _refused_by_discovery(services, said, "AuthSamlInvalidSamlResponseException", detail)
    if sentence == "Assertion is expired":
        return Refused("ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance", detail)
    return _invalid(_SENTENCES.get(sentence, sentence), detail)


_NO_RECIPIENT = "Responses must contain SubjectConfirmatonData with a Recipient and NotOnOrAfter"
_SENTENCES = {
    "Audience restriction is invalid": "Response does not contain the required audience.",
    "SubjectConfirmation is missing": _NO_RECIPIENT,
    "SAML Assertion signature is invalid. ": "Response signature invalid",
    "SAML Response signature is invalid. ": "Response signature invalid",
    "Metadata is invalid": "Response signature invalid",
    "Metadata is expired": "Response signature invalid",
}


def _refused_by_discovery(services: Services, sentence: str, code: str, detail: str | None = None) -> Refused:
    """AWS shows in the sentence which service of its own refused."""
    of = f"(Service: AWSOpenIdDiscoveryService; Status Code: 400; Error Code: {code}; Request ID: {services.uuid()}; "
    return _invalid(f"{sentence} {of}Proxy: null)", detail)


def _roles(values: list[str]) -> set[tuple[str, str]]:
    """(role, provider) of each value, in which the two stand in either order."""
    pairs = [tuple(part.strip() for part in value.split(",")) for value in values]
    return {(a, b) if ":role/" in a else (b, a) for a, b in (pair for pair in pairs if len(pair) == 2)}


def _session_name(attributes: dict[str, list[str]]) -> str:
    values = attributes.get(f"{ATTRIBUTES}RoleSessionName", [])
    if not values or not values[0]:
        raise _invalid("RoleSessionName is required in AuthnResponse")
    if len(values) != 1 or not is_name(values[0]):
        raise _invalid("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
    return values[0]


def _source_identity(attributes: dict[str, list[str]]) -> str | None:
    values = attributes.get(f"{ATTRIBUTES}SourceIdentity", [])
    if not values:
        return None
    if len(values) != 1 or not is_name(values[0]) or values[0].startswith("aws:"):
        raise _invalid('Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"')
    return values[0]


def _tags(attributes: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    prefix = f"{ATTRIBUTES}PrincipalTag:"
    for name, values in attributes.items():
        if name.startswith(prefix):
            key = name.removeprefix(prefix)
            if len(values) != 1 or not key or key.lower().startswith("aws:"):
                raise _invalid("Session tags in the response must have one value each, and no reserved name.")
            yield key, values[0]


def _qualifier(issuer: str, provider: SamlProvider) -> str:
    """STS API reference, AssumeRoleWithSAML, NameQualifier."""
    digest = hashlib.sha1(f"{issuer}{provider.account}/{provider.name}".encode(), usedforsecurity=False)
    return base64.b64encode(digest.digest()).decode()


def _invalid(sentence: str, detail: str | None = None) -> Refused:
    return Refused("InvalidIdentityToken", sentence, detail)
