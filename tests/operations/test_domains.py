"""Domains of user pools: made, described, deleted. Source: facts/api.md §5."""

from __future__ import annotations

import pytest

from asking import invalid, refusal
from world import Pool, World


def test_a_prefix_is_made_described_and_deleted(world: World, pool: Pool) -> None:
    made = world.idp.create_user_pool_domain(UserPoolId=pool.pool_id, Domain="made")
    assert made["ManagedLoginVersion"] == 1
    described = world.idp.describe_user_pool_domain(Domain="made")["DomainDescription"]
    assert (described["UserPoolId"], described["Status"]) == (pool.pool_id, "ACTIVE")
    assert described["CloudFrontDistribution"].endswith(".cloudfront.net")
    assert described["S3Bucket"]
    assert described["Version"].isdigit()
    assert "CloudFrontDomain" not in made
    world.idp.delete_user_pool_domain(UserPoolId=pool.pool_id, Domain="made")
    assert world.idp.describe_user_pool_domain(Domain="made")["DomainDescription"] == {}


def test_a_domain_that_is_nobody_s_is_described_by_nothing(world: World) -> None:
    assert world.idp.describe_user_pool_domain(Domain="nobodys")["DomainDescription"] == {}


def test_a_domain_is_one_pool_s(world: World, pool: Pool) -> None:
    world.idp.create_user_pool_domain(UserPoolId=pool.pool_id, Domain="one-s")
    given = {"UserPoolId": world.pool().pool_id, "Domain": "one-s"}
    taken = invalid("Domain already associated with another user pool.")
    assert refusal(world.idp.create_user_pool_domain, **given) == taken
    assert refusal(world.idp.delete_user_pool_domain, **given) == invalid("No such domain or user pool exists.")


@pytest.mark.parametrize("prefix", ["Upper", "under_score", "-front", "my-cognito", "aws-demo"])
def test_prefixes_that_cannot_be_are_refused(world: World, pool: Pool, prefix: str) -> None:
    given = {"UserPoolId": pool.pool_id, "Domain": prefix}
    assert refusal(world.idp.create_user_pool_domain, **given)[0] == "InvalidParameterException"


CERTIFICATE = {"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/x"}


def test_a_domain_says_which_pages_it_shows(world: World, pool: Pool) -> None:
    given = {"UserPoolId": pool.pool_id, "Domain": "newer"}
    assert world.idp.create_user_pool_domain(**given, ManagedLoginVersion=2)["ManagedLoginVersion"] == 2
    assert world.idp.describe_user_pool_domain(Domain="newer")["DomainDescription"]["ManagedLoginVersion"] == 2
    assert world.idp.update_user_pool_domain(**given, ManagedLoginVersion=1)["ManagedLoginVersion"] == 1
    assert world.idp.describe_user_pool_domain(Domain="newer")["DomainDescription"]["ManagedLoginVersion"] == 1


def test_a_host_of_one_s_own_beside_a_prefix(world: World, pool: Pool) -> None:
    idp, host = world.idp, f"login.{pool.pool_id[-9:].lower()}.example.com"
    idp.create_user_pool_domain(UserPoolId=pool.pool_id, Domain=f"p{pool.pool_id[-9:].lower()}")
    given = {"UserPoolId": pool.pool_id, "Domain": host}
    made = idp.create_user_pool_domain(**given, CustomDomainConfig=CERTIFICATE)
    assert made["CloudFrontDomain"].endswith(".cloudfront.net")
    described = idp.describe_user_pool_domain(Domain=host)["DomainDescription"]
    assert described["CustomDomainConfig"] == CERTIFICATE
    assert described["CloudFrontDistribution"] == made["CloudFrontDomain"]
    shown = idp.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]
    assert (shown["Domain"], shown["CustomDomain"]) == (f"p{pool.pool_id[-9:].lower()}", host)
    newer = {"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/y", "SecurityPolicy": "TLS_V1_2_2021"}
    updated = idp.update_user_pool_domain(**given, CustomDomainConfig=newer)
    assert updated["CloudFrontDomain"] == made["CloudFrontDomain"]
    assert idp.describe_user_pool_domain(Domain=host)["DomainDescription"]["CustomDomainConfig"] == newer
    second = {"UserPoolId": pool.pool_id, "Domain": f"other.{host}", "CustomDomainConfig": CERTIFICATE}
    already = invalid("User pool already has a domain configured.")
    assert refusal(idp.create_user_pool_domain, **second) == already
    assert refusal(idp.create_user_pool_domain, UserPoolId=pool.pool_id, Domain="another") == already
    idp.delete_user_pool_domain(**given)
    shown = idp.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]
    assert (shown.get("CustomDomain"), shown["Domain"]) == (None, f"p{pool.pool_id[-9:].lower()}")


def test_a_region_has_four_custom_domains_at_most(world: World) -> None:
    pools = [world.pool().pool_id for _ in range(5)]
    given = [{"UserPoolId": pool, "Domain": f"{pool[-9:].lower()}.example.com"} for pool in pools]
    for each in given[:4]:
        world.idp.create_user_pool_domain(**each, CustomDomainConfig=CERTIFICATE)
    refused = refusal(world.idp.create_user_pool_domain, **given[4], CustomDomainConfig=CERTIFICATE)
    assert refused[0] == "LimitExceededException"
    for each in given[:4]:
        world.idp.delete_user_pool_domain(**each)


def test_what_a_domain_cannot_be_updated_to(world: World, pool: Pool) -> None:
    name = f"q{pool.pool_id[-9:].lower()}"
    world.idp.create_user_pool_domain(UserPoolId=pool.pool_id, Domain=name)
    given = {"UserPoolId": pool.pool_id, "Domain": name}
    refused = refusal(world.idp.update_user_pool_domain, **given, CustomDomainConfig=CERTIFICATE)
    assert refused[0] == "InvalidParameterException"
    gone = refusal(world.idp.update_user_pool_domain, **{**given, "Domain": "nobodys"})
    assert gone[0] == "ResourceNotFoundException"
    plain = {"UserPoolId": pool.pool_id, "Domain": "plain", "CustomDomainConfig": CERTIFICATE}
    assert refusal(world.idp.create_user_pool_domain, **plain) == invalid(NO_SUBDOMAIN)


NO_SUBDOMAIN = (
    "Custom domain is not a valid subdomain: Was not able to resolve a DNS A record for the parent domain or domain "
    "parent is a top-level domain."
)


@pytest.mark.parametrize("host", ["plain", "example.com", "a..example.com", "auth.-a.example.com"])
def test_a_host_without_a_domain_above_it_is_none(world: World, pool: Pool, host: str) -> None:
    """Source: github.com/badmintoncryer/cdk-preflight, pf-cognito-custom-domain-fqdn, measured."""
    given = {"UserPoolId": pool.pool_id, "Domain": host, "CustomDomainConfig": CERTIFICATE}
    assert refusal(world.idp.create_user_pool_domain, **given) == invalid(NO_SUBDOMAIN)


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:acm:eu-west-1:123456789012:certificate/x",
        "arn:aws:iam::123456789012:role/certificate",
        "arn:aws:acm:us-east-1:123456789012:something/x",
    ],
)
def test_a_certificate_is_acm_s_in_us_east_1(world: World, pool: Pool, arn: str) -> None:
    """Source: github.com/badmintoncryer/cdk-preflight, pf-cognito-custom-domain-cert-region, measured."""
    config = {"CertificateArn": arn}
    given = {"UserPoolId": pool.pool_id, "Domain": "auth.example.com", "CustomDomainConfig": config}
    code, sentence = refusal(world.idp.create_user_pool_domain, **given)
    assert code == "InvalidParameterException"
    assert sentence.startswith("The specified SSL certificate doesn't exist, isn't in us-east-1 region")


def test_a_reserved_word_is_found_where_aws_finds_it(world: World, pool: Pool) -> None:
    """Source: github.com/badmintoncryer/cdk-preflight, pf-cognito-domain-reserved-word, measured."""
    reserved = invalid("Domain cannot contain reserved word: aws, amazon or cognito.")
    for prefix in ("aws", "demo-aws-x", "my-amazon", "mycognito"):
        assert refusal(world.idp.create_user_pool_domain, UserPoolId=pool.pool_id, Domain=prefix) == reserved
    world.idp.create_user_pool_domain(UserPoolId=pool.pool_id, Domain=f"awsome-{pool.pool_id[-9:].lower()}")


def test_an_unknown_pool_has_no_domain(world: World) -> None:
    given = {"UserPoolId": "us-east-1_Nowhere00", "Domain": "lost"}
    assert refusal(world.idp.create_user_pool_domain, **given)[0] == "ResourceNotFoundException"
