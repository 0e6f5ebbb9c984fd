-- A name means one user of its pool, whatever kind of name it is. Text compares by code point, here and everywhere.
-- Of a name that is of two kinds the one counts by which people sign in: username, then alias, then sub.
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
