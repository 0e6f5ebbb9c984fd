-- Every key begins with the pool (or the account) that the row belongs to, so that tables can be sharded by it.
-- SQLite and PostgreSQL both support these types. JSON is stored as text; sealed columns hold AES-GCM blobs as text.

CREATE TABLE pools (
    pool_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    issuer_kind TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    modified_at DOUBLE PRECISION NOT NULL,
    password_policy TEXT NOT NULL,
    schema TEXT NOT NULL,
    username_attributes TEXT NOT NULL,
    alias_attributes TEXT NOT NULL,
    auto_verified_attributes TEXT NOT NULL,
    case_sensitive BOOLEAN NOT NULL,
    admin_create_user_only BOOLEAN NOT NULL,
    deletion_protection BOOLEAN NOT NULL,
    first_factors TEXT NOT NULL,
    mfa TEXT NOT NULL,
    passkeys TEXT NOT NULL,
    devices TEXT NOT NULL,
    templates TEXT NOT NULL,
    email_from TEXT NOT NULL,
    email_reply_to TEXT NOT NULL,
    recovery TEXT NOT NULL,
    verify_before_update TEXT NOT NULL,
    sessions TEXT NOT NULL,
    threat_protection TEXT NOT NULL,
    tier TEXT NOT NULL,
    declared TEXT NOT NULL,
    tags TEXT NOT NULL
);

CREATE TABLE signing_keys (
    owner TEXT NOT NULL,
    purpose TEXT NOT NULL,
    kid TEXT NOT NULL,
    private_pem TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (owner, purpose)
);

CREATE TABLE pool_domains (
    domain TEXT PRIMARY KEY,
    pool_id TEXT NOT NULL,
    managed_login_version INTEGER NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    custom BOOLEAN NOT NULL,
    certificate_arn TEXT,
    security_policy TEXT
);
CREATE UNIQUE INDEX pool_domains_by_pool ON pool_domains (pool_id, custom);

CREATE TABLE resource_servers (
    pool_id TEXT NOT NULL,
    identifier TEXT NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    PRIMARY KEY (pool_id, identifier)
);

CREATE TABLE app_clients (
    pool_id TEXT NOT NULL,
    client_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    modified_at DOUBLE PRECISION NOT NULL,
    secrets TEXT NOT NULL,
    auth_flows TEXT NOT NULL,
    oauth_enabled BOOLEAN NOT NULL,
    oauth_flows TEXT NOT NULL,
    scopes TEXT NOT NULL,
    callback_urls TEXT NOT NULL,
    logout_urls TEXT NOT NULL,
    default_redirect_uri TEXT,
    identity_providers TEXT NOT NULL,
    read_attributes TEXT NOT NULL,
    write_attributes TEXT NOT NULL,
    validity TEXT NOT NULL,
    declared_validity TEXT NOT NULL,
    validity_units TEXT NOT NULL,
    hide_unknown_users BOOLEAN,
    token_revocation BOOLEAN NOT NULL,
    session_validity_minutes INTEGER NOT NULL,
    rotation_grace_s INTEGER,
    sso_minutes INTEGER,
    propagate_user_context BOOLEAN NOT NULL,
    declared TEXT NOT NULL,
    PRIMARY KEY (pool_id, client_id)
);

CREATE TABLE external_providers (
    pool_id TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    modified_at DOUBLE PRECISION NOT NULL,
    details TEXT NOT NULL,
    attribute_mapping TEXT NOT NULL,
    identifiers TEXT NOT NULL,
    PRIMARY KEY (pool_id, name)
);

CREATE TABLE users (
    pool_id TEXT NOT NULL,
    username TEXT NOT NULL,
    sub TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    modified_at DOUBLE PRECISION NOT NULL,
    enabled BOOLEAN NOT NULL,
    attributes TEXT NOT NULL,
    srp_salt TEXT NOT NULL,
    srp_verifier TEXT NOT NULL,
    temporary_password_expires_at DOUBLE PRECISION NOT NULL,
    identities TEXT NOT NULL,
    mfa_enabled TEXT NOT NULL,
    mfa_preferred TEXT,
    mfa_options BOOLEAN NOT NULL,
    PRIMARY KEY (pool_id, username)
);
CREATE UNIQUE INDEX users_by_sub ON users (pool_id, sub);

CREATE TABLE user_aliases (
    pool_id TEXT NOT NULL,
    alias TEXT NOT NULL,
    attribute TEXT NOT NULL,
    username TEXT NOT NULL,
    PRIMARY KEY (pool_id, alias)
);
CREATE INDEX user_aliases_by_user ON user_aliases (pool_id, username);

CREATE INDEX users_by_status ON users (pool_id, status, username);
CREATE INDEX users_by_enabled ON users (pool_id, enabled, username);

-- The attributes by which ListUsers can search, in addition to columns of users. Values compare by code point.
CREATE TABLE user_search (
    pool_id TEXT NOT NULL,
    attribute TEXT NOT NULL,
    value TEXT NOT NULL,
    username TEXT NOT NULL,
    PRIMARY KEY (pool_id, attribute, value, username)
);
CREATE INDEX user_search_by_user ON user_search (pool_id, username);

-- Former passwords, in pools with a password history.
CREATE TABLE past_passwords (
    pool_id TEXT NOT NULL,
    username TEXT NOT NULL,
    set_at DOUBLE PRECISION NOT NULL,
    srp_salt TEXT NOT NULL,
    srp_verifier TEXT NOT NULL,
    PRIMARY KEY (pool_id, username, set_at)
);

CREATE TABLE software_tokens (
    pool_id TEXT NOT NULL,
    username TEXT NOT NULL,
    secret TEXT NOT NULL,
    pending_secret TEXT NOT NULL,
    last_step BIGINT NOT NULL,
    device_name TEXT,
    PRIMARY KEY (pool_id, username)
);

CREATE TABLE passkeys (
    pool_id TEXT NOT NULL,
    username TEXT NOT NULL,
    credential_id TEXT NOT NULL,
    public_key TEXT NOT NULL,
    sign_count BIGINT NOT NULL,
    relying_party_id TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    transports TEXT NOT NULL,
    attachment TEXT,
    PRIMARY KEY (pool_id, username, credential_id)
);
CREATE UNIQUE INDEX passkeys_by_credential ON passkeys (pool_id, credential_id);

CREATE TABLE devices (
    pool_id TEXT NOT NULL,
    username TEXT NOT NULL,
    device_key TEXT NOT NULL,
    group_key TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    modified_at DOUBLE PRECISION NOT NULL,
    authenticated_at DOUBLE PRECISION NOT NULL,
    name TEXT,
    remembered BOOLEAN NOT NULL,
    last_ip TEXT,
    srp_salt TEXT NOT NULL,
    srp_verifier TEXT NOT NULL,
    PRIMARY KEY (pool_id, username, device_key)
);

-- Codes that were sent and not used yet. They are sealed, because a hash of six digits can be reversed by trying all.
CREATE TABLE confirmations (
    pool_id TEXT NOT NULL,
    username TEXT NOT NULL,
    purpose TEXT NOT NULL,
    attribute TEXT NOT NULL,
    address TEXT NOT NULL,
    sent_at DOUBLE PRECISION NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL,
    code TEXT NOT NULL,
    is_new BOOLEAN NOT NULL,
    superseded TEXT NOT NULL,
    PRIMARY KEY (pool_id, username, purpose)
);
CREATE INDEX confirmations_by_expiry ON confirmations (expires_at);

CREATE TABLE attempts (
    pool_id TEXT NOT NULL,
    username TEXT NOT NULL,
    action TEXT NOT NULL,
    count INTEGER NOT NULL,
    last_at DOUBLE PRECISION NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (pool_id, username, action)
);
CREATE INDEX attempts_by_expiry ON attempts (expires_at);

CREATE TABLE user_groups (
    pool_id TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    modified_at DOUBLE PRECISION NOT NULL,
    description TEXT,
    role_arn TEXT,
    precedence INTEGER,
    PRIMARY KEY (pool_id, name)
);

CREATE TABLE group_members (
    pool_id TEXT NOT NULL,
    username TEXT NOT NULL,
    group_name TEXT NOT NULL,
    PRIMARY KEY (pool_id, username, group_name)
);
CREATE INDEX group_members_by_group ON group_members (pool_id, group_name);

CREATE TABLE codes (
    pool_id TEXT NOT NULL,
    code_hash TEXT NOT NULL,
    client_id TEXT NOT NULL,
    username TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    scopes TEXT NOT NULL,
    auth_time DOUBLE PRECISION NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL,
    nonce TEXT,
    code_challenge TEXT,
    sso_session_id TEXT,
    PRIMARY KEY (pool_id, code_hash)
);
CREATE INDEX codes_by_expiry ON codes (expires_at);

CREATE TABLE token_families (
    pool_id TEXT NOT NULL,
    origin_jti TEXT NOT NULL,
    client_id TEXT NOT NULL,
    username TEXT NOT NULL,
    scopes TEXT NOT NULL,
    auth_time DOUBLE PRECISION NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL,
    event_id TEXT NOT NULL,
    from_oauth BOOLEAN NOT NULL,
    nonce TEXT,
    device_key TEXT,
    session_id TEXT,
    sso_session_id TEXT,
    created_at DOUBLE PRECISION NOT NULL,
    active_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (pool_id, origin_jti)
);
CREATE INDEX token_families_by_user ON token_families (pool_id, username);
CREATE INDEX token_families_by_expiry ON token_families (expires_at);

-- Rotated refresh tokens are kept too: serves_until is the end of their grace period.
CREATE TABLE refresh_tokens (
    pool_id TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    origin_jti TEXT NOT NULL,
    username TEXT NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL,
    serves_until DOUBLE PRECISION,
    PRIMARY KEY (pool_id, token_hash)
);
CREATE INDEX refresh_tokens_by_family ON refresh_tokens (pool_id, origin_jti);
CREATE INDEX refresh_tokens_by_user ON refresh_tokens (pool_id, username);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);

CREATE TABLE browser_sessions (
    pool_id TEXT NOT NULL,
    session_hash TEXT NOT NULL,
    username TEXT NOT NULL,
    auth_time DOUBLE PRECISION NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL,
    client_id TEXT NOT NULL,
    session_id TEXT,
    active_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (pool_id, session_hash)
);
CREATE INDEX browser_sessions_by_user ON browser_sessions (pool_id, username);
CREATE INDEX browser_sessions_by_expiry ON browser_sessions (expires_at);

CREATE TABLE pending_federations (
    state_hash TEXT PRIMARY KEY,
    pool_id TEXT NOT NULL,
    provider_name TEXT NOT NULL,
    query TEXT NOT NULL,
    nonce TEXT NOT NULL,
    browser_hash TEXT NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL
);
CREATE INDEX pending_federations_by_expiry ON pending_federations (expires_at);

CREATE TABLE pending_challenges (
    pool_id TEXT NOT NULL,
    session_hash TEXT NOT NULL,
    client_id TEXT NOT NULL,
    username TEXT NOT NULL,
    challenge TEXT NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL,
    memory TEXT NOT NULL,
    PRIMARY KEY (pool_id, session_hash)
);
CREATE INDEX pending_challenges_by_user ON pending_challenges (pool_id, username);
CREATE INDEX pending_challenges_by_expiry ON pending_challenges (expires_at);

CREATE TABLE identity_pools (
    identity_pool_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    allow_guests BOOLEAN NOT NULL,
    allow_classic_flow BOOLEAN NOT NULL,
    user_pool_providers TEXT NOT NULL,
    roles TEXT NOT NULL,
    tags TEXT NOT NULL
);

CREATE TABLE identities (
    identity_pool_id TEXT NOT NULL,
    identity_id TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    modified_at DOUBLE PRECISION NOT NULL,
    logins TEXT NOT NULL,
    PRIMARY KEY (identity_pool_id, identity_id)
);
CREATE UNIQUE INDEX identities_by_id ON identities (identity_id);

CREATE TABLE identity_logins (
    identity_pool_id TEXT NOT NULL,
    provider_name TEXT NOT NULL,
    subject TEXT NOT NULL,
    identity_id TEXT NOT NULL,
    PRIMARY KEY (identity_pool_id, provider_name, subject)
);

CREATE TABLE roles (
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    role_id TEXT NOT NULL,
    path TEXT NOT NULL,
    trust_policy TEXT NOT NULL,
    policies TEXT NOT NULL,
    description TEXT,
    max_session_duration_s INTEGER NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (account, name)
);

CREATE TABLE issued_credentials (
    access_key_id TEXT PRIMARY KEY,
    secret_access_key TEXT NOT NULL,
    session_token TEXT NOT NULL,
    account TEXT NOT NULL,
    role_name TEXT NOT NULL,
    role_id TEXT NOT NULL,
    session_name TEXT NOT NULL,
    context TEXT NOT NULL,
    session_policies TEXT NOT NULL,
    issued_at DOUBLE PRECISION NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL
);
CREATE INDEX issued_credentials_by_expiry ON issued_credentials (expires_at);

CREATE TABLE gateway_routes (
    path TEXT PRIMARY KEY,
    pool_id TEXT NOT NULL,
    backend TEXT NOT NULL,
    scopes TEXT NOT NULL,
    headers TEXT NOT NULL
);
