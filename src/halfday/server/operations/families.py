"""Every family of operations. Importing this registers them all."""

from halfday.server.operations.account import (
    account,
    devices,
    factors,
    own_attributes,
    passkeys,
    recovery,
    sessions,
    sign_up,
)
from halfday.server.operations.apigateway import (
    authorizers,
    gateway_responses,
    integrations,
    methods,
    resources,
    rest_apis,
)
from halfday.server.operations.apigateway import stages as rest_stages
from halfday.server.operations.apigatewayv2 import apis as http_apis
from halfday.server.operations.apigatewayv2 import entities as http_entities
from halfday.server.operations.apigatewayv2 import stages as http_stages
from halfday.server.operations.app_clients import app_clients, client_secrets
from halfday.server.operations.aws import iam, lambda_functions, lambda_invoke, lambda_permissions, lambda_tags, sts
from halfday.server.operations.identity_pools import identities, identity_pool_tags, identity_pools
from halfday.server.operations.sign_in import machine_tokens, sign_in, tokens
from halfday.server.operations.user_pools import (
    branding,
    custom_attributes,
    domains,
    limits,
    pool_mfa,
    pools,
    providers,
    replicas,
    resource_servers,
    risk,
    signing_certificate,
    tags,
    terms,
)
from halfday.server.operations.users import auth_events, groups, invitations, linked_providers, user_import, users

FAMILIES = (
    account,
    app_clients,
    auth_events,
    authorizers,
    branding,
    client_secrets,
    custom_attributes,
    devices,
    domains,
    factors,
    gateway_responses,
    groups,
    http_apis,
    http_entities,
    http_stages,
    iam,
    identities,
    identity_pool_tags,
    identity_pools,
    integrations,
    invitations,
    lambda_functions,
    lambda_invoke,
    lambda_permissions,
    lambda_tags,
    limits,
    linked_providers,
    machine_tokens,
    methods,
    own_attributes,
    passkeys,
    pool_mfa,
    pools,
    providers,
    recovery,
    replicas,
    resource_servers,
    resources,
    rest_apis,
    rest_stages,
    risk,
    sessions,
    sign_in,
    sign_up,
    signing_certificate,
    sts,
    tags,
    terms,
    tokens,
    user_import,
    users,
)
