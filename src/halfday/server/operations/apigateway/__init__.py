"""API Gateway's v1 API: REST APIs. Source: API Gateway API reference; behaviour by the developer guide."""
