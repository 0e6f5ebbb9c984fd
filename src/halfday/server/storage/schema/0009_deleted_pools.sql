-- Deleted pools that still have rows: these are deleted in batches.
CREATE TABLE deleted_pools (
    pool_id TEXT PRIMARY KEY
);

-- The index is in the order in which pages of a group's members are read.
DROP INDEX group_members_by_group;
CREATE INDEX group_members_by_group ON group_members (pool_id, group_name, username);

-- From this version on, attempts are counted under a hash of the name.
DELETE FROM attempts;
