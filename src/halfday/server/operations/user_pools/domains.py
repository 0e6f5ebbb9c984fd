"""Domains of user pools: CreateUserPoolDomain, UpdateUserPoolDomain, DescribeUserPoolDomain, DeleteUserPoolDomain.

A custom domain works if its name resolves to this server. Its certificate belongs to whatever terminates TLS.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from halfday.protocol.identifiers import DOMAIN_PREFIX_PATTERN
from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools import named_resources
from halfday.server.domain.user_pools.pools import Pool, PoolDomain
from halfday.server.operations.framework.lookups import invalid, the_pool
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.storage.errors import Missing, Taken

MOST_CUSTOM_DOMAINS = 4
"""Custom domains in a Region (Developer guide, Quotas)."""

_FEWEST_LABELS = 3
"""auth.example.com: AWS looks for an A record of the parent, which is no top-level domain's."""

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")

_CERTIFICATE = "CustomDomainConfig.CertificateArn CustomDomainConfig.SecurityPolicy"


@operation("cognito-idp", "CreateUserPoolDomain", honours=f"Domain UserPoolId ManagedLoginVersion {_CERTIFICATE}")
async def create_user_pool_domain(call: Call) -> Output:
    """Adds a prefix domain, or with CustomDomainConfig a custom one. A pool has at most one of each.

    Its pages are the classic ones, or with ManagedLoginVersion 2 managed login's.
    """
    pool, name = await the_pool(call), call.input["Domain"]
    custom = "CustomDomainConfig" in call.input
    _check_name(name, custom=custom)
    blank = PoolDomain(pool.region, name, pool.pool_id, 1, call.now, custom)
    domain = _configured(call, pool, blank)
    domains = call.services.store.domains
    try:
        async with call.services.store.unit(pool.pool_id):
            if any(known.custom == custom for known in await domains.all_of_pool(pool.pool_id)):
                raise invalid("User pool already has a domain configured.")
            if custom and await domains.count_custom(pool.region) >= MOST_CUSTOM_DOMAINS:
                raise Refused("LimitExceededException", f"There are {MOST_CUSTOM_DOMAINS} custom domains already.")
            await domains.insert(domain)
    except Taken as problem:
        raise invalid("Domain already associated with another user pool.") from problem
    return {"ManagedLoginVersion": domain.managed_login_version, "CloudFrontDomain": _alias_target(domain)}


@operation("cognito-idp", "UpdateUserPoolDomain", honours=f"Domain UserPoolId ManagedLoginVersion {_CERTIFICATE}")
async def update_user_pool_domain(call: Call) -> Output:
    """Changes the pages' version and a custom domain's certificate, never the name (API reference)."""
    pool = await the_pool(call)
    old = await call.services.store.domains.find(call.input["Domain"], pool.region)
    if old is None or old.pool_id != pool.pool_id:
        raise Refused("ResourceNotFoundException", "No such domain or user pool exists.")
    if "CustomDomainConfig" in call.input and not old.custom:
        raise invalid("CustomDomainConfig cannot be given for a prefix domain.")
    change = partial(_configured, call, pool)
    domain = await call.services.store.domains.change(old.domain, old.region, change)
    return {"ManagedLoginVersion": domain.managed_login_version, "CloudFrontDomain": _alias_target(domain)}


@operation("cognito-idp", "DescribeUserPoolDomain", honours="Domain")
async def describe_user_pool_domain(call: Call) -> Output:
    """A domain that no pool has yields an empty description and no error, as on AWS.

    S3Bucket, Version and a CloudFrontDistribution are there of prefixes too (hashicorp/terraform-provider-aws,
    TestAccCognitoIDPUserPoolDomain_basic); their values are [inferred].
    """
    domain = await call.services.store.domains.find(call.input["Domain"], call.region)
    if domain is None:
        return {"DomainDescription": {}}
    config = {"CertificateArn": domain.certificate_arn, "SecurityPolicy": domain.security_policy}
    description: dict[str, Any] = {
        "UserPoolId": domain.pool_id,
        "AWSAccountId": call.account,
        "Domain": domain.domain,
        "Status": "ACTIVE",
        "CloudFrontDistribution": _cloud_front(domain),
        "S3Bucket": "aws-cognito-prod-iad-assets",
        "Version": datetime.fromtimestamp(domain.created_at, UTC).strftime("%Y%m%d%H%M%S"),
        "CustomDomainConfig": {name: value for name, value in config.items() if value},
        "ManagedLoginVersion": domain.managed_login_version,
    }
    return {"DomainDescription": description}


@operation("cognito-idp", "DeleteUserPoolDomain", honours="Domain UserPoolId")
async def delete_user_pool_domain(call: Call) -> Output:
    pool = await the_pool(call)
    try:
        await call.services.store.domains.delete(pool.pool_id, call.input["Domain"])
    except Missing as problem:
        raise invalid("No such domain or user pool exists.") from problem
    return {}


def _check_name(name: str, *, custom: bool) -> None:
    """Sentences were measured by github.com/badmintoncryer/cdk-preflight, but the one of reserved words.

    Of those `aws` stands for itself between hyphens only (`awesome-awsome` is taken there, measured); the other two
    are refused anywhere, as the developer guide says. No name is looked up in DNS.
    """
    if custom:
        labels = name.split(".")
        if len(labels) < _FEWEST_LABELS or not all(map(_LABEL.fullmatch, labels)):
            raise invalid(
                "Custom domain is not a valid subdomain: Was not able to resolve a DNS A record for the parent domain "
                "or domain parent is a top-level domain."
            )
        return
    if not DOMAIN_PREFIX_PATTERN.match(name):
        raise invalid(
            "The domain name contains an invalid character. Domain names can only contain lower-case letters, numbers, "
            "and hyphens. Please enter a different name that follows this format: "
            r"^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?$"
        )
    if "aws" in name.split("-") or any(word in name for word in ("amazon", "cognito")):
        raise invalid("Domain cannot contain reserved word: aws, amazon or cognito.")


def _configured(call: Call, pool: Pool, domain: PoolDomain) -> PoolDomain:
    version = call.input.get("ManagedLoginVersion", domain.managed_login_version)
    if version not in (1, 2):
        raise invalid("ManagedLoginVersion must be 1 or 2.")
    if version == 2 and pool.tier == "LITE":
        raise Refused("FeatureUnavailableInTierException", "Managed login is not available in the LITE tier.")
    config = call.input.get("CustomDomainConfig", {})
    objection = named_resources.certificate(config["CertificateArn"]) if "CertificateArn" in config else None
    if objection is not None:
        raise invalid(objection)
    return replace(
        domain,
        managed_login_version=version,
        certificate_arn=config.get("CertificateArn", domain.certificate_arn),
        security_policy=config.get("SecurityPolicy", domain.security_policy),
    )


def _alias_target(domain: PoolDomain) -> str | None:
    """The target of a custom domain's alias record on AWS."""
    return _cloud_front(domain) if domain.custom else None


def _cloud_front(domain: PoolDomain) -> str:
    """A CloudFront name of the right form, which does not exist."""
    return f"d{hashlib.sha256(domain.domain.encode()).hexdigest()[:13]}.cloudfront.net"
