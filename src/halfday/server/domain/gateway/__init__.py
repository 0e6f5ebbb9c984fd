"""API Gateway: APIs, what they serve, how a request finds its method, what authorizers and integrations are told.

Pure. Two kinds, whose events, answers and refusals differ everywhere: REST APIs (v1) and HTTP APIs (v2).
Source: facts/apigateway.md.
"""
