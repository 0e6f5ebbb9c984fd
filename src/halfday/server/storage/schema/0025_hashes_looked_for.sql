-- The last look for people who still have a hash of each kind: of two looks, and of a look and an import, one counts.

ALTER TABLE pools ADD COLUMN hashes_looked_for TEXT NOT NULL DEFAULT '';
