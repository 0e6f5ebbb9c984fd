"""Signed calls to AWS services: what they carry, whether they may, and on to the AWS behind."""
