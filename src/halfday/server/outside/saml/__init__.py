"""SAML 2.0 as a service provider: requests, answers, metadata. The adapter is in `provider`; docs/decisions/0059."""
