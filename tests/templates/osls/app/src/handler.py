import json


def welcome(event, context):
    event["response"]["autoConfirmUser"] = True
    return event


def entries(event, context):
    claims = event["requestContext"]["authorizer"]["claims"]
    return {"statusCode": 200, "body": json.dumps({"reader": claims["sub"]})}
