-- Whoever came by an external provider has a session there too, which a sign-out ends by what the provider called it.
ALTER TABLE browser_sessions ADD COLUMN provider_name TEXT NOT NULL DEFAULT '';
ALTER TABLE browser_sessions ADD COLUMN provider_session TEXT NOT NULL DEFAULT '';
