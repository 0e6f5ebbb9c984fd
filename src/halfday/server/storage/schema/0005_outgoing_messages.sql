-- E-mail that is not delivered yet. Its message is sealed, because it holds a code and an address.

CREATE TABLE outgoing_messages (
    pool_id TEXT NOT NULL,
    mail_id TEXT NOT NULL,
    username TEXT NOT NULL,
    due_at DOUBLE PRECISION NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL,
    message TEXT NOT NULL,
    pretended BOOLEAN NOT NULL,
    tries INTEGER NOT NULL,
    PRIMARY KEY (pool_id, mail_id)
);
CREATE INDEX outgoing_messages_by_due_time ON outgoing_messages (due_at);
CREATE INDEX outgoing_messages_by_expiry ON outgoing_messages (expires_at);
