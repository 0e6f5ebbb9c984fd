-- What a session is known by: whose it is, its tags, its source identity, the managed policies that limit it.

ALTER TABLE issued_credentials ADD COLUMN kind TEXT NOT NULL DEFAULT 'assumed role';
ALTER TABLE issued_credentials ADD COLUMN user_name TEXT NOT NULL DEFAULT '';
ALTER TABLE issued_credentials ADD COLUMN user_unique_id TEXT NOT NULL DEFAULT '';
ALTER TABLE issued_credentials ADD COLUMN session_policy_arns TEXT NOT NULL DEFAULT '[]';
ALTER TABLE issued_credentials ADD COLUMN principal_tags TEXT NOT NULL DEFAULT '{}';
ALTER TABLE issued_credentials ADD COLUMN transitive_tag_keys TEXT NOT NULL DEFAULT '[]';
ALTER TABLE issued_credentials ADD COLUMN source_identity TEXT;
