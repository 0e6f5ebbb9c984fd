-- ListUsers ignores case, for usernames and attributes alike: values are case-folded.
UPDATE OR REPLACE user_search SET value = fold(value);
INSERT OR IGNORE INTO user_search (pool_id, attribute, value, username)
SELECT pool_id, 'username', fold(username), username FROM users;
