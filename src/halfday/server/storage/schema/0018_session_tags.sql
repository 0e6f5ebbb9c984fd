-- What a session is known by: whose it is, its tags, its source identity, the managed policies that limit it.

ALTER TABLE issued_credentials ADD COLUMN kind TEXT NOT NULL DEFAULT 'assumed role';
ALTER TABLE issued_credentials ADD COLUMN user_name TEXT NOT NULL DEFAULT '';
ALTER TABLE issued_credentials ADD COLUMN user_unique_id TEXT NOT NULL DEFAULT '';
ALTER TABLE issued_credentials ADD COLUMN session_policy_arns TEXT NOT NULL DEFAULT '[]';
ALTER TABLE issued_credentials ADD COLUMN principal_tags TEXT NOT NULL DEFAULT '{}';
ALTER TABLE issued_credentials ADD COLUMN transitive_tag_keys TEXT NOT NULL DEFAULT '[]';
ALTER TABLE issued_credentials ADD COLUMN source_identity TEXT;
ALTER TABLE issued_credentials ADD COLUMN chained BOOLEAN NOT NULL DEFAULT FALSE;

-- Access keys that were deleted: such an id is never again taken for a dummy, who is the root.
CREATE TABLE retired_access_keys (access_key_id TEXT PRIMARY KEY);
CREATE TRIGGER access_keys_retired AFTER DELETE ON access_keys BEGIN
    INSERT INTO retired_access_keys (access_key_id) VALUES (OLD.access_key_id) ON CONFLICT DO NOTHING;
END;

-- Whether the account hands out web identity tokens of its own (GetWebIdentityToken), and under which issuer.
CREATE TABLE outbound_federations (
    account TEXT PRIMARY KEY,
    issuer_id TEXT NOT NULL,
    enabled BOOLEAN NOT NULL
);
