-- One password hash, of nobody's password, of each kind that users' passwords were brought as.

ALTER TABLE pools ADD COLUMN brought_hashes TEXT NOT NULL DEFAULT '[]';
