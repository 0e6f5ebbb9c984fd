-- How people have shown who they are (a JSON record), the level that is told of it, and the resource that an access
-- token is for. The names of a pool's levels, and what an external provider calls them.
ALTER TABLE pools ADD COLUMN acr_names TEXT NOT NULL DEFAULT '{}';
ALTER TABLE external_providers ADD COLUMN acr_mapping TEXT NOT NULL DEFAULT '{}';
ALTER TABLE browser_sessions ADD COLUMN authentication TEXT NOT NULL DEFAULT '{}';
ALTER TABLE codes ADD COLUMN authentication TEXT NOT NULL DEFAULT '{}';
ALTER TABLE codes ADD COLUMN acr TEXT;
ALTER TABLE codes ADD COLUMN resource TEXT;
ALTER TABLE token_families ADD COLUMN authentication TEXT NOT NULL DEFAULT '{}';
ALTER TABLE token_families ADD COLUMN acr TEXT;
ALTER TABLE token_families ADD COLUMN resource TEXT;
