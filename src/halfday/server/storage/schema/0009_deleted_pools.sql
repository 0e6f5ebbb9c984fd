-- Pools that are deleted while rows of theirs are still there: they go in slices.
CREATE TABLE deleted_pools (
    pool_id TEXT PRIMARY KEY
);

-- Pages of a group's members are read in their order.
DROP INDEX group_members_by_group;
CREATE INDEX group_members_by_group ON group_members (pool_id, group_name, username);

-- Attempts are counted under a hash of the name from now on.
DELETE FROM attempts;
