-- Functions that were made by Lambda's API. Their code is a file of the data folder, named by code_id. `statements` are
-- those of the function's resource policy, by their Sid.

CREATE TABLE lambda_functions (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    runtime TEXT NOT NULL,
    handler TEXT NOT NULL,
    role TEXT NOT NULL,
    code_id TEXT NOT NULL,
    code_sha256 TEXT NOT NULL,
    code_bytes INTEGER NOT NULL,
    revision_id TEXT NOT NULL,
    modified_at DOUBLE PRECISION NOT NULL,
    description TEXT NOT NULL,
    timeout_s INTEGER NOT NULL,
    ram_mb INTEGER NOT NULL,
    ephemeral_mb INTEGER NOT NULL,
    architecture TEXT NOT NULL,
    environment TEXT NOT NULL,
    tags TEXT NOT NULL,
    statements TEXT NOT NULL,
    policy_revision_id TEXT NOT NULL,
    PRIMARY KEY (account, region, name)
);
CREATE INDEX lambda_functions_by_name ON lambda_functions (name);

CREATE TRIGGER lambda_functions_noted_by_insert AFTER INSERT ON lambda_functions BEGIN
    INSERT INTO configuration_noted (name) VALUES (NEW.name);
END;
CREATE TRIGGER lambda_functions_noted_by_update AFTER UPDATE ON lambda_functions BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.name), (NEW.name);
END;
CREATE TRIGGER lambda_functions_noted_by_delete AFTER DELETE ON lambda_functions BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.name);
END;
