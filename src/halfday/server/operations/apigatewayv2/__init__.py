"""API Gateway's v2 API: HTTP APIs. Source: API Gateway v2 API reference; behaviour by the developer guide."""
