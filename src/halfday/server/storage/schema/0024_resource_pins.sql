-- Whom the policies of resources behind the front door meant when they were put: unique ids by ARN.

CREATE TABLE resource_pins (
    resource TEXT PRIMARY KEY,
    pins TEXT NOT NULL
);
