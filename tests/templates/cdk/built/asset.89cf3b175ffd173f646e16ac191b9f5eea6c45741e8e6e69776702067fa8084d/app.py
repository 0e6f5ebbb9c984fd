"""Confirms whoever has an address of our own domain."""

import os


def handler(event, context):
    email = event["request"]["userAttributes"].get("email", "")
    if email.endswith("@" + os.environ["ALLOWED_DOMAIN"]):
        event["response"]["autoConfirmUser"] = True
        event["response"]["autoVerifyEmail"] = True
    return event
