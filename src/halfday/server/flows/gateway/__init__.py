"""What API Gateway does for a request: finding the stage, authorizing, asking functions and backends."""
