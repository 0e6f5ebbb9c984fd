"""The session policies that limit guests in the enhanced flow. Source: facts/identity.md §8.

One is inline, the other a managed policy of AWS's; what either allows is let through [inferred].
"""

from __future__ import annotations

from typing import Any

_INLINE = (
    "cloudwatch:* logs:* dynamodb:* kinesis:* mobileanalytics:* s3:* ses:* sns:* sqs:* lambda:* "
    "machinelearning:* execute-api:* iot:* gamelift:* cognito-identity:* cognito-idp:* lex:* polly:* "
    "comprehend:* translate:* transcribe:* rekognition:* mobiletargeting:* firehose:* appsync:* "
    "personalize:* sagemaker:InvokeEndpoint cognito-sync:* codewhisperer:* textract:DetectDocumentText "
    "textract:AnalyzeDocument sdb:*"
).split()
_MANAGED = (
    "rum:PutRumEvents sagemaker:InvokeEndpoint polly:* comprehend:* translate:* transcribe:* rekognition:* "
    "mobiletargeting:* firehose:* personalize:* geo:GetMap* geo:SearchPlaceIndex* geo:GetPlace geo:CalculateRoute* "
    "geo:*Geofence geo:*Geofences geo:*DevicePosition* kms:Encrypt kms:Decrypt kms:ReEncryptTo kms:ReEncryptFrom "
    "kms:GenerateDataKey kms:GenerateDataKeyPair kms:GenerateDataKeyPairWithoutPlaintext "
    "kms:GenerateDataKeyWithoutPlaintext"
).split()
"""AmazonCognitoUnAuthedIdentitiesSessionPolicy, version 3 (AWS managed policy reference)."""


def _allowing(actions: list[str]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}


GUEST_SESSION_POLICIES = (_allowing(_INLINE), _allowing(_MANAGED))
