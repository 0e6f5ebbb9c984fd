// The AWS SDK for JavaScript v3: credentials of STS, by a profile that assumes a role, and by a web identity token.
import { writeFileSync } from "node:fs";
import { fromIni } from "@aws-sdk/credential-provider-ini";
import { fromWebToken } from "@aws-sdk/credential-provider-web-identity";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/nested-clients/sts";

const told = ({ accessKeyId, secretAccessKey, sessionToken, expiration, accountId }) => ({
  AccessKeyId: accessKeyId,
  SecretAccessKey: secretAccessKey,
  SessionToken: sessionToken,
  Expiration: expiration.toISOString(),
  accountId,
});

export function open({ endpoint, folder }) {
  const clientConfig = { endpoint, region: "us-east-1", maxAttempts: 1 };
  return {
    byProfile: async (config) => {
      writeFileSync(`${folder}/config`, config);
      const given = { profile: "role", configFilepath: `${folder}/config`, filepath: `${folder}/none`, clientConfig };
      return told(await fromIni(given)());
    },
    byWebToken: async (input) => told(await fromWebToken({ ...input, clientConfig })()),
    assume: async (credentials, input) => {
      const client = new STSClient({ ...clientConfig, credentials });
      const { $metadata, ...answer } = await client.send(new AssumeRoleCommand(input));
      return answer;
    },
  };
}
