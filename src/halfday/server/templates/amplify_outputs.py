"""amplify_outputs.json of what was applied: Amplify's own file, version 1.4, by the resources as they stand.

`custom` has the server's address, for which Amplify has no place of its own: `halfday snippet amplify-gen2` shows the
lines that use it. Source: Amplify documentation, amplify_outputs.json schema; @aws-amplify/client-config.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from halfday.server.templates.errors import TemplateRefused
from halfday.server.templates.stacks import Made, Stack

_PROVIDERS = {
    "Google": "GOOGLE",
    "Facebook": "FACEBOOK",
    "LoginWithAmazon": "LOGIN_WITH_AMAZON",
    "SignInWithApple": "SIGN_IN_WITH_APPLE",
}
_MFA = {"OFF": "NONE", "OPTIONAL": "OPTIONAL", "ON": "REQUIRED"}
_METHODS = {"SMS_MFA": "SMS", "SOFTWARE_TOKEN_MFA": "TOTP", "EMAIL_OTP": "EMAIL"}
_RULES = ("Lowercase", "Uppercase", "Numbers", "Symbols")


def amplify_outputs(stacks: Iterable[Stack], region: str, endpoint: str) -> dict[str, Any]:
    """Raises TemplateRefused where there is no user pool with an app client, or more than one pool."""
    made = [one for stack in stacks for one in stack.resources.values()]
    pools = _of(made, "UserPool")
    if len(pools) != 1:
        raise TemplateRefused(f"amplify_outputs.json is of one user pool, and there are {len(pools)}")
    pool = pools[0]
    client = _first(_in(pool, _of(made, "UserPoolClient")))
    if client is None:
        raise TemplateRefused("amplify_outputs.json is of an app client, and there is none")
    outputs: dict[str, Any] = {
        "version": "1.4",
        "auth": _auth(made, pool, client, region),
        "custom": {"user_pool_endpoint": endpoint},
    }
    buckets = [one for one in made if one.type == "AWS::S3::Bucket"]
    if buckets:
        outputs["storage"] = {"aws_region": region, "bucket_name": buckets[0].physical_id}
    return outputs


def _auth(made: Sequence[Made], pool: Made, client: Made, region: str) -> dict[str, Any]:
    given = pool.properties
    enabled = given.get("EnabledMfas", [])
    auth: dict[str, Any] = {
        "aws_region": region,
        "user_pool_id": pool.physical_id,
        "user_pool_client_id": client.physical_id,
        "mfa_configuration": _MFA[given.get("MfaConfiguration", "OFF")],
        "mfa_methods": [_METHODS[one] for one in enabled if one in _METHODS],
        "standard_required_attributes": [
            one["Name"] for one in given.get("Schema", ()) if one.get("Required") in (True, "true")
        ],
        "username_attributes": given.get("UsernameAttributes") or ["username"],
        "user_verification_types": given.get("AutoVerifiedAttributes", []),
        "groups": [_group(one) for one in _in(pool, _of(made, "UserPoolGroup"))],
    }
    policy = given.get("Policies", {}).get("PasswordPolicy", {})
    if policy:
        rules = {f"require_{name.lower()}": policy.get(f"Require{name}") in (True, "true") for name in _RULES}
        auth["password_policy"] = {"min_length": int(policy.get("MinimumLength", 8)), **rules}
    identity_pool = _first(_of(made, "IdentityPool"))
    if identity_pool is not None:
        guests = identity_pool.properties.get("AllowUnauthenticatedIdentities")
        auth["identity_pool_id"] = identity_pool.physical_id
        auth["unauthenticated_identities_enabled"] = guests in (True, "true")
    domain = _first(_in(pool, _of(made, "UserPoolDomain")))
    if domain is not None and client.properties.get("AllowedOAuthFlows"):
        auth["oauth"] = _oauth(_in(pool, _of(made, "UserPoolIdentityProvider")), domain, client, region)
    return auth


def _oauth(providers: Sequence[Made], domain: Made, client: Made, region: str) -> dict[str, Any]:
    given, prefix = client.properties, domain.physical_id
    kinds = [one.properties.get("ProviderType") for one in providers]
    flow = given["AllowedOAuthFlows"][0]
    return {
        "identity_providers": [_PROVIDERS[kind] for kind in kinds if kind in _PROVIDERS],
        "domain": prefix if "." in prefix else f"{prefix}.auth.{region}.amazoncognito.com",
        "scopes": given.get("AllowedOAuthScopes", []),
        "redirect_sign_in_uri": given.get("CallbackURLs", []),
        "redirect_sign_out_uri": given.get("LogoutURLs", []),
        "response_type": "code" if flow == "code" else "token",
    }


def _group(one: Made) -> Mapping[str, Any]:
    precedence = one.properties.get("Precedence")
    return {one.physical_id: {} if precedence is None else {"precedence": int(precedence)}}


def _of(made: Iterable[Made], name: str) -> list[Made]:
    return [one for one in made if one.type == f"AWS::Cognito::{name}"]


def _in(pool: Made, made: Iterable[Made]) -> list[Made]:
    return [one for one in made if one.properties.get("UserPoolId") == pool.physical_id]


def _first(made: Sequence[Made]) -> Made | None:
    return made[0] if made else None
