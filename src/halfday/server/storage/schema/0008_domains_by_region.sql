-- A prefix domain is unique in its Region only. A custom domain is unique over all Regions.
CREATE TABLE pool_domains_by_region (
    region TEXT NOT NULL,
    domain TEXT NOT NULL,
    pool_id TEXT NOT NULL,
    managed_login_version INTEGER NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    custom BOOLEAN NOT NULL,
    certificate_arn TEXT,
    security_policy TEXT,
    PRIMARY KEY (domain, region)
);
INSERT INTO pool_domains_by_region
SELECT region_of_pool(pool_id), domain, pool_id, managed_login_version, created_at, custom, certificate_arn, security_policy
FROM pool_domains;
DROP TABLE pool_domains;
ALTER TABLE pool_domains_by_region RENAME TO pool_domains;
CREATE UNIQUE INDEX pool_domains_by_pool ON pool_domains (pool_id, custom);
CREATE UNIQUE INDEX pool_domains_of_ones_own ON pool_domains (domain) WHERE custom;
