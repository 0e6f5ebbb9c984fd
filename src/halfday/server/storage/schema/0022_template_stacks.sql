-- What was applied of CloudFormation templates (domain/aws/stacks). Nothing that a request is checked with.

CREATE TABLE template_stacks (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    revision INTEGER NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (account, region, name)
);
