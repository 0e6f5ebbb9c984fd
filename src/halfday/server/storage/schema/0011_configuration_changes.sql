-- Each change of configuration is noted here by the database itself, whoever makes it: a process that holds snapshots
-- (storage/snapshots.py) asks for the number of the latest change, and then for what has changed since.
-- A scope is the end of a name: two characters of the id of a pool or client, or of the name of a domain or role.
-- So the table stays small for ever. What shares a scope is read again together.
CREATE TABLE configuration_version (
    one INTEGER PRIMARY KEY,
    version INTEGER NOT NULL
);
INSERT INTO configuration_version (one, version) VALUES (1, 1);
CREATE TABLE configuration_changes (
    scope TEXT PRIMARY KEY,
    version INTEGER NOT NULL
);
CREATE INDEX configuration_changes_by_version ON configuration_changes (version);

-- To insert a name into this view is to note its change.
CREATE VIEW configuration_noted AS SELECT scope AS name FROM configuration_changes WHERE FALSE;
CREATE TRIGGER configuration_noted INSTEAD OF INSERT ON configuration_noted BEGIN
    UPDATE configuration_version SET version = version + 1 WHERE one = 1;
    DELETE FROM configuration_changes WHERE scope = substr(NEW.name, -2);
    INSERT INTO configuration_changes (scope, version)
        SELECT substr(NEW.name, -2), version FROM configuration_version WHERE one = 1;
END;

CREATE TRIGGER pools_noted_by_insert AFTER INSERT ON pools BEGIN
    INSERT INTO configuration_noted (name) VALUES (NEW.pool_id);
END;
CREATE TRIGGER pools_noted_by_update AFTER UPDATE ON pools BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.pool_id), (NEW.pool_id);
END;
CREATE TRIGGER pools_noted_by_delete AFTER DELETE ON pools BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.pool_id);
END;

CREATE TRIGGER signing_keys_noted_by_insert AFTER INSERT ON signing_keys BEGIN
    INSERT INTO configuration_noted (name) VALUES (NEW.owner);
END;
CREATE TRIGGER signing_keys_noted_by_update AFTER UPDATE ON signing_keys BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.owner), (NEW.owner);
END;
CREATE TRIGGER signing_keys_noted_by_delete AFTER DELETE ON signing_keys BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.owner);
END;

CREATE TRIGGER pool_domains_noted_by_insert AFTER INSERT ON pool_domains BEGIN
    INSERT INTO configuration_noted (name) VALUES (NEW.pool_id), (NEW.domain);
END;
CREATE TRIGGER pool_domains_noted_by_update AFTER UPDATE ON pool_domains BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.pool_id), (NEW.pool_id), (OLD.domain), (NEW.domain);
END;
CREATE TRIGGER pool_domains_noted_by_delete AFTER DELETE ON pool_domains BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.pool_id), (OLD.domain);
END;

CREATE TRIGGER resource_servers_noted_by_insert AFTER INSERT ON resource_servers BEGIN
    INSERT INTO configuration_noted (name) VALUES (NEW.pool_id);
END;
CREATE TRIGGER resource_servers_noted_by_update AFTER UPDATE ON resource_servers BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.pool_id), (NEW.pool_id);
END;
CREATE TRIGGER resource_servers_noted_by_delete AFTER DELETE ON resource_servers BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.pool_id);
END;

CREATE TRIGGER app_clients_noted_by_insert AFTER INSERT ON app_clients BEGIN
    INSERT INTO configuration_noted (name) VALUES (NEW.client_id);
END;
CREATE TRIGGER app_clients_noted_by_update AFTER UPDATE ON app_clients BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.client_id), (NEW.client_id);
END;
CREATE TRIGGER app_clients_noted_by_delete AFTER DELETE ON app_clients BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.client_id);
END;

CREATE TRIGGER external_providers_noted_by_insert AFTER INSERT ON external_providers BEGIN
    INSERT INTO configuration_noted (name) VALUES (NEW.pool_id);
END;
CREATE TRIGGER external_providers_noted_by_update AFTER UPDATE ON external_providers BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.pool_id), (NEW.pool_id);
END;
CREATE TRIGGER external_providers_noted_by_delete AFTER DELETE ON external_providers BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.pool_id);
END;

CREATE TRIGGER identity_pools_noted_by_insert AFTER INSERT ON identity_pools BEGIN
    INSERT INTO configuration_noted (name) VALUES (NEW.identity_pool_id);
END;
CREATE TRIGGER identity_pools_noted_by_update AFTER UPDATE ON identity_pools BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.identity_pool_id), (NEW.identity_pool_id);
END;
CREATE TRIGGER identity_pools_noted_by_delete AFTER DELETE ON identity_pools BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.identity_pool_id);
END;

CREATE TRIGGER roles_noted_by_insert AFTER INSERT ON roles BEGIN
    INSERT INTO configuration_noted (name) VALUES (NEW.name);
END;
CREATE TRIGGER roles_noted_by_update AFTER UPDATE ON roles BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.name), (NEW.name);
END;
CREATE TRIGGER roles_noted_by_delete AFTER DELETE ON roles BEGIN
    INSERT INTO configuration_noted (name) VALUES (OLD.name);
END;

CREATE INDEX roles_by_name ON roles (name);
