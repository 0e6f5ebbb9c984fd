"""The session policy that limits guests in the enhanced flow. Source: facts/identity.md §8.

AWS intersects two policies. The inline one is documented; what is known of the managed one is added to it here, so that
one document stands for both [inferred].
"""

from __future__ import annotations

from typing import Any

_DOCUMENTED = (
    "cloudwatch:* logs:* dynamodb:* kinesis:* mobileanalytics:* s3:* ses:* sns:* sqs:* lambda:* "
    "machinelearning:* execute-api:* iot:* gamelift:* cognito-identity:* cognito-idp:* lex:* polly:* "
    "comprehend:* translate:* transcribe:* rekognition:* mobiletargeting:* firehose:* appsync:* "
    "personalize:* sagemaker:InvokeEndpoint cognito-sync:* codewhisperer:* textract:DetectDocumentText "
    "textract:AnalyzeDocument sdb:*"
).split()
_KNOWN_OF_MANAGED = ["rum:PutRumEvents", "geo:*"]

GUEST_SESSION_POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": [*_DOCUMENTED, *_KNOWN_OF_MANAGED], "Resource": "*"}],
}
