// aws-amplify v6. One configuration a process, as in an application: opening it anew starts on an empty device.
import { Amplify } from "aws-amplify";
import * as auth from "aws-amplify/auth";
import { cognitoUserPoolsTokenProvider } from "aws-amplify/auth/cognito";
import { setTimeout as pause } from "node:timers/promises";
import * as clock from "./clock.mjs";

class Device {
  #kept = new Map();
  async setItem(key, value) { this.#kept.set(key, value); }
  async getItem(key) { return this.#kept.get(key) ?? null; }
  async removeItem(key) { this.#kept.delete(key); }
  async clear() { this.#kept.clear(); }
}

// `file`: the module that configures it, as it was printed, in place of the three ids.
export async function open({ file, userPoolId, userPoolClientId, endpoint }) {
  const Cognito = { userPoolId, userPoolClientId, userPoolEndpoint: endpoint };
  if (file) await import(file);
  else Amplify.configure({ Auth: { Cognito } });
  cognitoUserPoolsTokenProvider.setKeyValueStorage(new Device());
  return { ...auth, tokens, autoSignIn, setAhead: clock.setAhead };
}

async function tokens(options) {
  const { tokens } = await auth.fetchAuthSession(options);
  return tokens && { id: tokens.idToken?.toString(), access: tokens.accessToken.toString() };
}

// Amplify sets this binding anew, and never settles a second call within 300 ms of the first.
async function autoSignIn() {
  await pause(350);
  return auth.autoSignIn();
}
