// openid-client with the configuration in a file that was printed.
import { party } from "./openid.mjs";
import * as clock from "./clock.mjs";

export async function open({ file }) {
  const { config, redirectUri, scope } = await import(file);
  const { authorize, ...rest } = party(config);
  return { ...rest, setAhead: clock.setAhead, authorize: () => authorize({ redirect_uri: redirectUri, scope }) };
}
