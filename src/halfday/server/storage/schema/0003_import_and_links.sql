-- User import jobs and the files uploaded for them; identities of external providers linked to users.

CREATE TABLE user_import_jobs (
    pool_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    name TEXT NOT NULL,
    role_arn TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    upload_key TEXT NOT NULL,
    status TEXT NOT NULL,
    upload_id TEXT,
    started_at DOUBLE PRECISION,
    worked_at DOUBLE PRECISION,
    completed_at DOUBLE PRECISION,
    completion_message TEXT,
    imported INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    PRIMARY KEY (pool_id, job_id)
);
CREATE INDEX user_import_jobs_by_age ON user_import_jobs (pool_id, created_at, job_id);

-- At most one job of a pool runs at a time, also with several processes.
CREATE UNIQUE INDEX user_import_jobs_running ON user_import_jobs (pool_id)
    WHERE status IN ('Pending', 'InProgress', 'Stopping');

CREATE TABLE user_import_chunks (
    pool_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    upload_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    content TEXT NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (pool_id, job_id, upload_id, number)
);
CREATE INDEX user_import_chunks_by_expiry ON user_import_chunks (expires_at);

CREATE TABLE linked_identities (
    pool_id TEXT NOT NULL,
    provider_name TEXT NOT NULL,
    attribute TEXT NOT NULL,
    value TEXT NOT NULL,
    username TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (pool_id, provider_name, attribute, value)
);
CREATE INDEX linked_identities_by_user ON linked_identities (pool_id, username);
