// The AWS SDK for JavaScript v3: every command of cognito-idp by its name, signed where the model wants it signed.
import * as cognito from "@aws-sdk/client-cognito-identity-provider";

export function open({ endpoint }) {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = new cognito.CognitoIdentityProviderClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
  return { send: (command, input = {}) => client.send(new cognito[`${command}Command`](input)) };
}
