"""Adapters to external systems: providers, mail, triggers, the AWS behind the front door. Flows decide on their use.

`compose` builds them, and Services passes them on.
"""
