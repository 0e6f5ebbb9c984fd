// The AWS SDK for JavaScript v3: every command of cognito-idp by its name, unsigned where AWS takes it so.
import * as cognito from "@aws-sdk/client-cognito-identity-provider";

export function open({ endpoint, signed }) {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const signer = signed ? {} : { signer: { sign: async (request) => request } };
  const client = new cognito.CognitoIdentityProviderClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1, ...signer });
  return { send: (command, input) => client.send(new cognito[`${command}Command`](input)) };
}
