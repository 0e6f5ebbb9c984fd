-- Sign-in events, which pools with threat protection record.

CREATE TABLE auth_events (
    pool_id TEXT NOT NULL,
    username TEXT NOT NULL,
    event_id TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL,
    event_type TEXT NOT NULL,
    response TEXT NOT NULL,
    client_id TEXT NOT NULL,
    feedback_hash TEXT NOT NULL,
    challenges TEXT NOT NULL,
    context TEXT NOT NULL,
    feedback TEXT NOT NULL,
    PRIMARY KEY (pool_id, username, event_id)
);
CREATE INDEX auth_events_by_age ON auth_events (pool_id, username, created_at, event_id);
CREATE INDEX auth_events_by_expiry ON auth_events (expires_at);
