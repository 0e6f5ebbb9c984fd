// AWS's SDK for JavaScript v3 with an identity pool: fromCognitoIdentityPool and fromCognitoIdentity, and who one is with them.
import { fromCognitoIdentity, fromCognitoIdentityPool } from "@aws-sdk/credential-providers";
import { STSClient, GetCallerIdentityCommand } from "@aws-sdk/client-sts";

// localStorage, as browsers have it; one for each that is opened.
class LocalStorage {
  #kept = new Map();
  setItem(key, value) { this.#kept.set(key, String(value)); }
  getItem(key) { return this.#kept.get(key) ?? null; }
  removeItem(key) { this.#kept.delete(key); }
}

export function open({ endpoint }) {
  const clientConfig = { endpoint, region: "us-east-1", maxAttempts: 1 };
  const cache = new LocalStorage();
  const who = async (credentials) => {
    const found = await credentials();
    const sts = new STSClient({ ...clientConfig, credentials: found });
    const { Arn } = await sts.send(new GetCallerIdentityCommand({}));
    return { identityId: found.identityId, arn: Arn, expires: found.expiration instanceof Date };
  };
  return {
    pool: (given) => who(fromCognitoIdentityPool({ clientConfig, cache, ...given })),
    identity: (given) => who(fromCognitoIdentity({ clientConfig, ...given })),
  };
}
