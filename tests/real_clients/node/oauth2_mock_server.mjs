// oauth2-mock-server: an issuer that says at once who somebody is, and that a test can make lie.
import { OAuth2Server } from "oauth2-mock-server";

export async function open({ claims }) {
  const server = new OAuth2Server();
  await server.issuer.keys.generate("RS256");
  await server.start(0, "127.0.0.1");
  const issuer = server.issuer.url.replace("localhost", "127.0.0.1");
  server.issuer.url = issuer;
  let nonce, changes = {};
  server.service.on("beforeAuthorizeRedirect", (_, request) => { nonce = request.query.nonce; });
  server.service.on("beforeTokenSigning", (token) => {
    Object.assign(token.payload, { nonce, ...claims, ...changes.claims });
    Object.assign(token.header, changes.header);
  });
  server.service.on("beforeResponse", (response) => { Object.assign(response, changes.response); });
  server.service.on("beforeUserinfo", (response) => { response.body = { ...claims, ...changes.userInfo }; });
  return { issuer: () => issuer, change: (given) => { changes = given; return null; }, close: () => server.stop() };
}
