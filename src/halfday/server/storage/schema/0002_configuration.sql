-- Configuration of a pool that is stored and returned, and has no other effect.

CREATE TABLE ui_customizations (
    pool_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    css TEXT,
    css_version TEXT NOT NULL,
    image TEXT,
    created_at DOUBLE PRECISION NOT NULL,
    modified_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (pool_id, client_id)
);

CREATE TABLE brandings (
    pool_id TEXT NOT NULL,
    branding_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    cognito_values BOOLEAN NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    modified_at DOUBLE PRECISION NOT NULL,
    settings TEXT NOT NULL,
    assets TEXT NOT NULL,
    PRIMARY KEY (pool_id, branding_id)
);
CREATE UNIQUE INDEX brandings_by_client ON brandings (pool_id, client_id);

CREATE TABLE terms (
    pool_id TEXT NOT NULL,
    terms_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    enforcement TEXT NOT NULL,
    links TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    modified_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (pool_id, terms_id)
);
CREATE UNIQUE INDEX terms_by_name ON terms (pool_id, client_id, name);

CREATE TABLE risk_configurations (
    pool_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    document TEXT NOT NULL,
    modified_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (pool_id, client_id)
);

CREATE TABLE log_deliveries (
    pool_id TEXT PRIMARY KEY,
    configurations TEXT NOT NULL
);

CREATE TABLE replicas (
    pool_id TEXT NOT NULL,
    region TEXT NOT NULL,
    status TEXT NOT NULL,
    tags TEXT NOT NULL,
    PRIMARY KEY (pool_id, region)
);

CREATE TABLE provisioned_limits (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    category TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (account, region, category)
);
