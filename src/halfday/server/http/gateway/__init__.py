"""API Gateway over HTTP: routes that halfday.toml declares, and APIs at their stages."""
