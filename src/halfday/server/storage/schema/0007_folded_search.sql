-- ListUsers searches whatever the case, and by username as by the attributes: values are folded.
UPDATE OR REPLACE user_search SET value = fold(value);
INSERT OR IGNORE INTO user_search (pool_id, attribute, value, username)
SELECT pool_id, 'username', fold(username), username FROM users;
