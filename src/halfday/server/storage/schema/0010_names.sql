-- A name identifies one user of its pool, whatever its kind. Text compares by code point in all tables.
-- If a name is of several kinds, sign-in uses the first of: username, alias, sub.
CREATE TABLE user_names (
    pool_id TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    username TEXT NOT NULL,
    PRIMARY KEY (pool_id, name)
);
CREATE INDEX user_names_by_user ON user_names (pool_id, username);
INSERT INTO user_names SELECT pool_id, username, 'username', username FROM users;
INSERT OR IGNORE INTO user_names SELECT pool_id, alias, attribute, username FROM user_aliases;
INSERT OR IGNORE INTO user_names SELECT pool_id, sub, 'sub', username FROM users;
DROP TABLE user_aliases;
