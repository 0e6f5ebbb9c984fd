// openid-client v6: a relying party, by discovery, with PKCE, state and nonce.
import * as oidc from "openid-client";

export async function open({ issuer, clientId, clientSecret, authentication }) {
  const authenticated = clientSecret ? oidc[authentication](clientSecret) : oidc.None();
  const options = { execute: [oidc.allowInsecureRequests] };
  return party(await oidc.discovery(new URL(issuer), clientId, clientSecret, authenticated, options));
}

export function party(config) {
  const withClaims = (tokens) => ({ ...tokens, claims: tokens.claims() });
  let expected;
  return {
    metadata: () => config.serverMetadata(),
    async authorize(parameters) {
      const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
      expected = { pkceCodeVerifier, expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce() };
      return oidc.buildAuthorizationUrl(config, {
        ...parameters,
        code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: "S256",
        state: expected.expectedState,
        nonce: expected.expectedNonce,
      }).href;
    },
    exchange: async (returned, changes = {}) =>
      withClaims(await oidc.authorizationCodeGrant(config, new URL(returned), { ...expected, ...changes })),
    refresh: async (token) => withClaims(await oidc.refreshTokenGrant(config, token)),
    userInfo: (token, sub) => oidc.fetchUserInfo(config, token, sub),
    revoke: (token) => oidc.tokenRevocation(config, token),
    clientCredentials: (scope) => oidc.clientCredentialsGrant(config, { scope }),
    logout: (parameters) => oidc.buildEndSessionUrl(config, parameters).href,
  };
}
