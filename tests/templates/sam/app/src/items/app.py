"""The notes of whoever calls."""

import json


def handler(event, context):
    claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
    return {"statusCode": 200, "body": json.dumps({"owner": claims["sub"], "items": []})}
