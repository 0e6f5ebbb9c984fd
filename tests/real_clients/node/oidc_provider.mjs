// panva's oidc-provider: a certified OpenID provider, with the pages for development that it comes with.
import { exportJWK, generateKeyPair } from "jose";
import Provider from "oidc-provider";

const claimsOf = (sub) => ({
  sub,
  email: `${sub}@example.com`,
  email_verified: true,
  name: "Wile E. Coyote",
  groups: ["acme", "road runners"],
  address: { country: "US", locality: "Tucson" },
});

async function keysFor(algorithm) {
  const { privateKey } = await generateKeyPair(algorithm.startsWith("HS") ? "RS256" : algorithm, { extractable: true });
  return { keys: [{ ...(await exportJWK(privateKey)), use: "sig", kid: `key-for-${algorithm}` }] };
}

export async function open({ issuer, redirectUri, clientId, clientSecret, algorithm }) {
  const provider = new Provider(issuer, {
    clients: [{
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uris: [redirectUri],
      id_token_signed_response_alg: algorithm,
      token_endpoint_auth_method: "client_secret_post",
    }],
    jwks: await keysFor(algorithm),
    enabledJWA: { idTokenSigningAlgValues: ["RS256", "PS256", "ES256", "HS256"] },
    claims: { openid: ["sub", "groups", "address"], email: ["email", "email_verified"], profile: ["name"] },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => claimsOf(sub) }),
    cookies: { keys: ["a key of the tests"] },
  });
  const told = [];
  for (const event of ["grant.error", "userinfo.error", "authorization.error", "server_error"]) {
    provider.on(event, (_, error) => told.push(`${event}: ${error.message} ${error.error_description ?? ""}`));
  }
  const server = provider.listen(Number(new URL(issuer).port), "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return { errors: () => told, close: () => server.close() && null };
}
