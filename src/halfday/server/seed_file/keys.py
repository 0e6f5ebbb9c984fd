"""Every key of the seed file, with the type of its value."""

from __future__ import annotations

TOP = (
    "server user_pool role managed_policy iam_user oidc_provider saml_provider identity_pool template upstreams bucket "
    "gateway api function stand_in stand_in_google"
)

# The type of each key of each table. The operation that receives a value checks whether it is valid.
KEYS: dict[str, dict[str, str]] = {
    "user_pool": {
        "text": "id name domain pages issuer mfa devices tier threat_protection",
        "texts": "sign_in_with aliases verify verify_before_change recovery first_factors mfa_factors unsaid",
        "flag": "case_sensitive sign_up device_replaces_mfa deletion_protection",
        "named_texts": "tags",
        "named_tables": "attributes",
        "table": "aws",
        "tables": "password passkeys messages custom_domain branding triggers sessions client user group provider "
        "resource_server style terms risk log_delivery replica",
    },
    "user_pool.client": {
        "text": "id name secret",
        "texts": "callback_urls logout_urls flows scopes auth_flows providers unsaid",
        "number": "access_token_minutes id_token_minutes refresh_token_days sso_minutes",
        "flag": "hide_unknown_users",
        "table": "aws",
    },
    "user_pool.user": {
        "text": "username password temporary_password",
        "texts": "groups",
        "named_texts": "attributes",
    },
    "user_pool.group": {"text": "name description role", "number": "precedence"},
    "user_pool.provider": {
        "text": "type name client_id client_secret scopes",
        "texts": "identifiers",
        "flag": "stand_in",
        "named_texts": "attribute_mapping details acr_mapping",
    },
    "user_pool.resource_server": {"text": "identifier name", "named_texts": "scopes"},
    "user_pool.password": {
        "number": "minimum_length temporary_days history",
        "flag": "uppercase lowercase numbers symbols",
    },
    "user_pool.passkeys": {"text": "domain user_verification", "flag": "count_as_mfa"},
    "user_pool.messages": {
        "text": "from reply_to verification_by verification_email verification_email_subject verification_link_email "
        "verification_link_email_subject verification_sms invitation_email invitation_email_subject invitation_sms "
        "sign_in_email sign_in_email_subject sign_in_sms",
    },
    "user_pool.branding": {"text": "css logo logo_base64 settings settings_json", "tables": "image"},
    "user_pool.branding.image": {"text": "category mode file base64 resource extension"},
    "user_pool.style": {
        "text": "client pages id css logo logo_base64 settings settings_json values",
        "tables": "image",
    },
    "user_pool.style.image": {"text": "category mode file base64 resource extension"},
    "user_pool.custom_domain": {"text": "name certificate security_policy pages"},
    "user_pool.terms": {"text": "client name id", "named_texts": "links"},
    "user_pool.risk": {"text": "client", "table": "compromised_credentials account_takeover exceptions"},
    "user_pool.log_delivery": {"text": "events level log_group bucket firehose"},
    "user_pool.sessions": {"flag": "tracked", "number": "most"},
    "user_pool.replica": {"text": "region", "flag": "active"},
    "user_pool.triggers": {
        "text": "pre_sign_up post_confirmation pre_authentication post_authentication define_auth_challenge "
        "create_auth_challenge verify_auth_challenge_response pre_token_generation user_migration custom_message "
        "inbound_federation custom_email_sender custom_sms_sender kms_key",
        "number": "pre_token_generation_version",
    },
    "role": {
        "text": "name path identity_pool kind description permissions_boundary",
        "texts": "managed_policies",
        "number": "max_session_s",
        "flag": "session_tags",
        "policy": "trust",
        "named_policies": "policies",
        "named_texts": "tags",
    },
    "managed_policy": {
        "text": "name path description",
        "policy": "document",
        "named_texts": "tags",
        "tables": "version",
    },
    "managed_policy.version": {"number": "number", "policy": "document", "flag": "default"},
    "iam_user": {
        "text": "name path permissions_boundary",
        "texts": "managed_policies",
        "named_policies": "policies",
        "named_texts": "tags",
        "tables": "access_key",
    },
    "iam_user.access_key": {"text": "id secret", "flag": "active"},
    "oidc_provider": {"text": "url", "texts": "client_ids thumbprints", "named_texts": "tags"},
    "saml_provider": {"text": "name metadata metadata_document", "named_texts": "tags"},
    "identity_pool": {
        "text": "id name authenticated_role unauthenticated_role developer_provider",
        "texts": "clients",
        "flag": "guests classic_flow server_side_token_check",
        "named_texts": "login_providers tags",
        "tables": "cognito oidc saml role_mapping principal_tags",
    },
    "identity_pool.cognito": {"text": "provider client_id", "flag": "server_side_token_check"},
    "identity_pool.oidc": {"text": "issuer stand_in arn", "texts": "client_ids"},
    "identity_pool.saml": {"text": "name metadata stand_in arn"},
    "identity_pool.role_mapping": {"text": "client provider type otherwise", "tables": "rules"},
    "identity_pool.role_mapping.rules": {"text": "claim match value role"},
    "identity_pool.principal_tags": {"text": "client provider", "flag": "defaults", "named_texts": "tags"},
    "bucket": {"text": "name"},
    "template": {"text": "file stack region", "named_texts": "parameters values"},
    "function": {"text": "name target python folder", "named_texts": "environment"},
    "gateway": {"text": "path pool backend", "texts": "scopes", "named_texts": "headers"},
    "api": {
        "text": "id type name stage openapi",
        "texts": "binary_types cors_origins",
        "named_texts": "variables",
        "policy": "policy",
        "tables": "authorizer route",
    },
    "api.authorizer": {
        "text": "name type issuer function validation payload",
        "texts": "pools audience identity_sources",
        "number": "ttl_s",
        "flag": "simple",
    },
    "api.route": {
        "text": "route authorizer backend function payload",
        "texts": "scopes",
        "named_texts": "headers",
    },
    "stand_in": {
        "text": "type name client_id client_secret signed_with team_id key_id private_key pool relay_state",
        "texts": "callback_urls",
        "number": "port",
        "tables": "accounts",
    },
    "stand_in.accounts": {"text": "name email picture", "flag": "email_verified", "table": "claims"},
    "stand_in_google": {"text": "client_id client_secret", "texts": "callback_urls", "tables": "accounts"},
    "stand_in_google.accounts": {"text": "name email picture", "flag": "email_verified", "table": "claims"},
}

ALONE = frozenset(
    {
        "user_pool.password",
        "user_pool.passkeys",
        "user_pool.messages",
        "user_pool.branding",
        "user_pool.custom_domain",
        "user_pool.sessions",
        "user_pool.triggers",
        "stand_in_google",
    }
)
"""Tables that occur once, as [table]. All others are lists of [[tables]]."""

NEEDED = {
    "function": ("name", "target"),
    "template": ("file",),
    "api": ("id", "type"),
    "api.authorizer": ("name", "type"),
    "api.route": ("route",),
    "stand_in": ("type",),
    "stand_in.accounts": ("email",),
    "stand_in_google": ("client_id", "client_secret"),
    "stand_in_google.accounts": ("email",),
    "user_pool.branding.image": ("category",),
    "user_pool.style": ("client", "pages"),
    "user_pool.style.image": ("category",),
    "user_pool.custom_domain": ("name", "certificate"),
    "user_pool.terms": ("client", "name", "links"),
    "user_pool.log_delivery": ("events",),
    "user_pool.replica": ("region",),
    "identity_pool.cognito": ("provider", "client_id"),
    "oidc_provider": ("url",),
    "saml_provider": ("name",),
    "managed_policy.version": ("number", "document"),
}
"""Required keys of tables that no operation checks. Operations check the keys that they require."""
