// The AWS SDK for JavaScript v3 with an identity pool's credentials: DynamoDB, SQS and Kinesis behind the front door.
import { fromCognitoIdentityPool } from "@aws-sdk/credential-providers";
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { Kinesis } from "@aws-sdk/client-kinesis";
import { S3 } from "@aws-sdk/client-s3";
import { SQS } from "@aws-sdk/client-sqs";
import { NodeHttpHandler } from "@smithy/node-http-handler";

export function open({ endpoint, identityPoolId, logins }) {
  const clientConfig = { endpoint, region: "us-east-1" };
  const credentials = fromCognitoIdentityPool({ identityPoolId, logins, clientConfig });
  const given = { endpoint, region: "us-east-1", credentials, maxAttempts: 1 };
  const clients = {
    dynamodb: new DynamoDB(given),
    kinesis: new Kinesis({ ...given, requestHandler: new NodeHttpHandler() }), // by itself it speaks HTTP/2 alone
    s3: new S3({ ...given, forcePathStyle: true }),
    sqs: new SQS(given),
  };
  return {
    identity: async () => (await credentials()).identityId,
    call: async ({ service, operation, input }) => {
      const { $metadata, Body, ...output } = await clients[service][operation](input);
      return Body ? { ...output, body: await Body.transformToString() } : output;
    },
  };
}
