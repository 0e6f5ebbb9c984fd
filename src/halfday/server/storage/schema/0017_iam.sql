-- What IAM knows besides roles and their inline policies. `policies` are inline ones by name, `attached_policies` the
-- ARNs of managed ones in the order in which they were attached.
ALTER TABLE roles ADD COLUMN tags TEXT NOT NULL DEFAULT '{}';
ALTER TABLE roles ADD COLUMN permissions_boundary TEXT;
ALTER TABLE roles ADD COLUMN attached_policies TEXT NOT NULL DEFAULT '[]';

CREATE TABLE managed_policies (
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    policy_id TEXT NOT NULL,
    path TEXT NOT NULL,
    description TEXT,
    default_version INTEGER NOT NULL,
    latest_version INTEGER NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    modified_at DOUBLE PRECISION NOT NULL,
    tags TEXT NOT NULL,
    PRIMARY KEY (account, name)
);
CREATE INDEX managed_policies_by_name ON managed_policies (name);

CREATE TABLE policy_versions (
    account TEXT NOT NULL,
    policy_name TEXT NOT NULL,
    number INTEGER NOT NULL,
    document TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (account, policy_name, number)
);
CREATE INDEX policy_versions_by_policy ON policy_versions (policy_name);

CREATE TABLE oidc_providers (
    account TEXT NOT NULL,
    url TEXT NOT NULL,
    client_ids TEXT NOT NULL,
    thumbprints TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    tags TEXT NOT NULL,
    PRIMARY KEY (account, url)
);
CREATE INDEX oidc_providers_by_url ON oidc_providers (url);

-- Not held in snapshots: a document of metadata may have 10 MB.
CREATE TABLE saml_providers (
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    metadata TEXT NOT NULL,
    valid_until DOUBLE PRECISION,
    created_at DOUBLE PRECISION NOT NULL,
    tags TEXT NOT NULL,
    PRIMARY KEY (account, name)
);

CREATE TABLE iam_users (
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    user_id TEXT NOT NULL,
    path TEXT NOT NULL,
    policies TEXT NOT NULL,
    attached_policies TEXT NOT NULL,
    permissions_boundary TEXT,
    created_at DOUBLE PRECISION NOT NULL,
    tags TEXT NOT NULL,
    PRIMARY KEY (account, name)
);
CREATE INDEX iam_users_by_name ON iam_users (name);

CREATE TABLE access_keys (
    access_key_id TEXT PRIMARY KEY,
    secret_access_key TEXT NOT NULL,
    account TEXT NOT NULL,
    user_name TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    created_at DOUBLE PRECISION NOT NULL
);
CREATE INDEX access_keys_by_user ON access_keys (user_name);

-- When an access key or a role was used last, by the id that is never given again.
CREATE TABLE last_uses (
    used_id TEXT PRIMARY KEY,
    used_at DOUBLE PRECISION NOT NULL,
    region TEXT NOT NULL,
    service TEXT NOT NULL
);

CREATE TRIGGER managed_policies_noted_by_insert AFTER INSERT ON managed_policies BEGIN
    INSERT INTO configuration_noted (name) VALUES (NEW.name);
END;
CREATE TRIGGER managed_policies_noted_by_update AFTER UPDATE ON managed_policies BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.name), (NEW.name);
END;
CREATE TRIGGER managed_policies_noted_by_delete AFTER DELETE ON managed_policies BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.name);
END;

CREATE TRIGGER policy_versions_noted_by_insert AFTER INSERT ON policy_versions BEGIN
    INSERT INTO configuration_noted (name) VALUES (NEW.policy_name);
END;
CREATE TRIGGER policy_versions_noted_by_update AFTER UPDATE ON policy_versions BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.policy_name), (NEW.policy_name);
END;
CREATE TRIGGER policy_versions_noted_by_delete AFTER DELETE ON policy_versions BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.policy_name);
END;

CREATE TRIGGER oidc_providers_noted_by_insert AFTER INSERT ON oidc_providers BEGIN
    INSERT INTO configuration_noted (name) VALUES (NEW.url);
END;
CREATE TRIGGER oidc_providers_noted_by_update AFTER UPDATE ON oidc_providers BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.url), (NEW.url);
END;
CREATE TRIGGER oidc_providers_noted_by_delete AFTER DELETE ON oidc_providers BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.url);
END;

CREATE TRIGGER iam_users_noted_by_insert AFTER INSERT ON iam_users BEGIN
    INSERT INTO configuration_noted (name) VALUES (NEW.name);
END;
CREATE TRIGGER iam_users_noted_by_update AFTER UPDATE ON iam_users BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.name), (NEW.name);
END;
CREATE TRIGGER iam_users_noted_by_delete AFTER DELETE ON iam_users BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.name);
END;

CREATE TRIGGER access_keys_noted_by_insert AFTER INSERT ON access_keys BEGIN
    INSERT INTO configuration_noted (name) VALUES (NEW.access_key_id), (NEW.user_name);
END;
CREATE TRIGGER access_keys_noted_by_update AFTER UPDATE ON access_keys BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.access_key_id), (NEW.access_key_id), (OLD.user_name), (NEW.user_name);
END;
CREATE TRIGGER access_keys_noted_by_delete AFTER DELETE ON access_keys BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.access_key_id), (OLD.user_name);
END;
