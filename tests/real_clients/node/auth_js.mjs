// @auth/core, the part of next-auth v5 that is not Next.js: an application with the Cognito provider, and its visitor.
import { Auth } from "@auth/core";
import Cognito from "@auth/core/providers/cognito";
import * as clock from "./clock.mjs";

// What the guide on refresh token rotation leaves to the application: Auth.js keeps tokens, and renews none.
async function renewed(token, { tokenEndpoint, clientId, clientSecret }) {
  const form = { grant_type: "refresh_token", client_id: clientId, refresh_token: token.refresh_token };
  const body = new URLSearchParams(clientSecret ? { ...form, client_secret: clientSecret } : form);
  const answer = await fetch(tokenEndpoint, { method: "POST", body });
  const told = await answer.json();
  if (!answer.ok) return { ...token, error: told.error };
  return { ...token, ...told, expires_at: Math.floor(Date.now() / 1000) + told.expires_in, error: null };
}

function configured(given) {
  const { issuer, clientId, clientSecret, options } = given;
  return {
    providers: [Cognito({ clientId, clientSecret, issuer, ...options })],
    secret: "anything",
    trustHost: true,
    basePath: "/auth",
    logger: { error() {}, warn() {} },
    callbacks: {
      jwt: ({ token, account }) => {
        if (account) return { ...token, ...account };
        return Date.now() < token.expires_at * 1000 ? token : renewed(token, given);
      },
      session: ({ session, token: { access_token, refresh_token, error, sub } }) => ({
        ...session, access_token, refresh_token, error, sub,
      }),
    },
  };
}

// `file`: a configuration that was printed, in place of the one above.
export async function open({ origin, file, ...given }) {
  const config = file ? (await import(file)).authConfig : configured(given);
  const base = config.basePath;
  const cookies = new Map();

  // One request of the visitor's browser, which keeps the cookies.
  async function visit(path, form) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const body = form && new URLSearchParams(form);
    const asked = new Request(origin + path, { method: form ? "POST" : "GET", headers: { cookie }, body });
    const answer = await Auth(asked, config);
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value && !/Max-Age=0/i.test(line)) cookies.set(name, value);
      else cookies.delete(name);
    }
    return answer;
  }

  const csrfToken = async () => (await (await visit(`${base}/csrf`)).json()).csrfToken;
  const post = async (path) => (await visit(path, { csrfToken: await csrfToken() })).headers.get("location");
  return {
    signIn: () => post(`${base}/signin/cognito`),
    comeBack: async (returned) => (await visit(returned.slice(origin.length))).headers.get("location"),
    session: async () => (await visit(`${base}/session`)).json(),
    signOut: () => post(`${base}/signout`),
    setAhead: clock.setAhead,
  };
}
