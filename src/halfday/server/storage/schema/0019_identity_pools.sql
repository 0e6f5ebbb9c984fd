-- Of identity pools: the providers beside user pools, role mappings and principal tags by provider. Of identities: the
-- users of a developer's backend, and what became of one that is nobody's any more.

ALTER TABLE identity_pools ADD COLUMN login_providers TEXT NOT NULL DEFAULT '{}';
ALTER TABLE identity_pools ADD COLUMN developer_provider TEXT;
ALTER TABLE identity_pools ADD COLUMN oidc_provider_arns TEXT NOT NULL DEFAULT '[]';
ALTER TABLE identity_pools ADD COLUMN saml_provider_arns TEXT NOT NULL DEFAULT '[]';
ALTER TABLE identity_pools ADD COLUMN role_mappings TEXT NOT NULL DEFAULT '{}';
ALTER TABLE identity_pools ADD COLUMN principal_tags TEXT NOT NULL DEFAULT '{}';
ALTER TABLE identities ADD COLUMN developer_logins TEXT NOT NULL DEFAULT '{}';
ALTER TABLE identities ADD COLUMN enabled BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE identities ADD COLUMN merged_into TEXT;
