"""Signed calls to AWS services over HTTP."""
