"""User pools, and what is set up in them: attributes, policies, providers, app clients, messages."""
