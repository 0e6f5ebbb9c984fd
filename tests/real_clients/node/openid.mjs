// openid-client v6: a relying party, by discovery, with PKCE and state.
import * as oidc from "openid-client";

export async function open({ issuer, clientId, clientSecret, authentication = "ClientSecretBasic" }) {
  const method = clientSecret ? oidc[authentication](clientSecret) : oidc.None();
  const config = await oidc.discovery(new URL(issuer), clientId, clientSecret, method, { execute: [oidc.allowInsecureRequests] });
  const asked = {};
  return {
    metadata: () => config.serverMetadata(),
    async authorize(parameters) {
      Object.assign(asked, { pkceCodeVerifier: oidc.randomPKCECodeVerifier(), expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce() });
      const code_challenge = await oidc.calculatePKCECodeChallenge(asked.pkceCodeVerifier);
      const { expectedState: state, expectedNonce: nonce } = asked;
      return oidc.buildAuthorizationUrl(config, { ...parameters, code_challenge, code_challenge_method: "S256", state, nonce }).href;
    },
    async exchange(returned) {
      const tokens = await oidc.authorizationCodeGrant(config, new URL(returned), { ...asked, idTokenExpected: true });
      return { ...tokens, claims: tokens.claims() };
    },
    async refresh(token) {
      const tokens = await oidc.refreshTokenGrant(config, token);
      return { ...tokens, claims: tokens.claims() };
    },
    userInfo: (token, sub) => oidc.fetchUserInfo(config, token, sub),
    revoke: (token) => oidc.tokenRevocation(config, token),
    clientCredentials: (scope) => oidc.clientCredentialsGrant(config, { scope }),
    logout: (parameters) => oidc.buildEndSessionUrl(config, parameters).href,
  };
}
