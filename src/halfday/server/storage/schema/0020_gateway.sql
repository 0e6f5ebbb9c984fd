-- APIs of the gateway as they are configured, in API Gateway's own words; what was deployed of them; their stages.
CREATE TABLE gateway_apis (
    api_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX gateway_apis_by_region ON gateway_apis (region, kind, api_id);

CREATE TABLE gateway_deployments (
    api_id TEXT NOT NULL,
    deployment_id TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    document TEXT NOT NULL,
    description TEXT NOT NULL,
    automatic INTEGER NOT NULL,
    PRIMARY KEY (api_id, deployment_id)
);

CREATE TABLE gateway_stages (
    api_id TEXT NOT NULL,
    name TEXT NOT NULL,
    deployment_id TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    changed_at DOUBLE PRECISION NOT NULL,
    variables TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (api_id, name)
);

CREATE TRIGGER gateway_apis_noted_by_insert AFTER INSERT ON gateway_apis BEGIN
    INSERT INTO configuration_noted (name) VALUES (NEW.api_id);
END;
CREATE TRIGGER gateway_apis_noted_by_update AFTER UPDATE ON gateway_apis BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.api_id), (NEW.api_id);
END;
CREATE TRIGGER gateway_apis_noted_by_delete AFTER DELETE ON gateway_apis BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.api_id);
END;

CREATE TRIGGER gateway_deployments_noted_by_insert AFTER INSERT ON gateway_deployments BEGIN
    INSERT INTO configuration_noted (name) VALUES (NEW.api_id);
END;
CREATE TRIGGER gateway_deployments_noted_by_update AFTER UPDATE ON gateway_deployments BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.api_id), (NEW.api_id);
END;
CREATE TRIGGER gateway_deployments_noted_by_delete AFTER DELETE ON gateway_deployments BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.api_id);
END;

CREATE TRIGGER gateway_stages_noted_by_insert AFTER INSERT ON gateway_stages BEGIN
    INSERT INTO configuration_noted (name) VALUES (NEW.api_id);
END;
CREATE TRIGGER gateway_stages_noted_by_update AFTER UPDATE ON gateway_stages BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.api_id), (NEW.api_id);
END;
CREATE TRIGGER gateway_stages_noted_by_delete AFTER DELETE ON gateway_stages BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.api_id);
END;
