"""CloudFormation templates without CloudFormation: read, compared with what was applied last, and applied."""
