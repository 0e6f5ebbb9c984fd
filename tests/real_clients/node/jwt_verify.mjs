// aws-jwt-verify. Its own fetcher takes https addresses only: keys are fetched as Node fetches, or given.
import { CognitoJwtVerifier, JwtVerifier } from "aws-jwt-verify";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";

const fetcher = { fetch: async (uri) => (await fetch(uri)).arrayBuffer() };

export const open = ({ expected, jwks }) => {
  if (!jwks) return JwtVerifier.create(expected, { jwksCache: new SimpleJwksCache({ fetcher }) });
  const verifier = CognitoJwtVerifier.create(expected);
  verifier.cacheJwks(jwks);
  return verifier;
};
