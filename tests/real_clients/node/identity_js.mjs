// amazon-cognito-identity-js: one person at one pool, on a device of their own. What the library says by a callback
// comes back as [callback, ...arguments]; a callback of Node's kind is called "done".
import * as identity from "amazon-cognito-identity-js";

const CALLBACKS = [
  ...["onSuccess", "newPasswordRequired", "mfaRequired", "totpRequired", "selectMFAType", "mfaSetup"],
  ...["customChallenge", "inputVerificationCode", "associateSecretCode"],
];

const OF_THE_LIBRARY = Object.getOwnPropertyNames(identity.CognitoUser.prototype);

// localStorage, as browsers have it: what is not kept is null.
class LocalStorage {
  #kept = new Map();
  setItem(key, value) { this.#kept.set(key, String(value)); }
  getItem(key) { return this.#kept.get(key) ?? null; }
  removeItem(key) { this.#kept.delete(key); }
  clear() { this.#kept.clear(); }
}

const plain = (given) => {
  if (given instanceof identity.CognitoUserSession) return tokens(given);
  return given?.user instanceof identity.CognitoUser ? { ...given, user: given.user.getUsername() } : given;
};

const tokens = (session) => ({
  IdToken: session.getIdToken().getJwtToken(),
  AccessToken: session.getAccessToken().getJwtToken(),
  RefreshToken: session.getRefreshToken().getToken(),
});

// Calls with one callback that is of both kinds, the function and the object of functions.
const told = (call) =>
  new Promise((resolve, reject) => {
    const callback = (error, given) => (error ? reject(error) : resolve(["done", plain(given)]));
    for (const name of CALLBACKS) callback[name] = (...given) => resolve([name, ...given.map(plain)]);
    call(Object.assign(callback, { onFailure: reject }));
  });

export function open({ UserPoolId, ClientId, endpoint, Username, flow }) {
  const Storage = new LocalStorage();
  const Pool = new identity.CognitoUserPool({ UserPoolId, ClientId, endpoint, Storage });
  let user;
  const arrive = () => {
    user = new identity.CognitoUser({ Username, Pool, Storage });
    if (flow) user.setAuthenticationFlowType(flow);
  };
  arrive();
  const details = (Password) => new identity.AuthenticationDetails({ Username, Password });
  const listed = (given) => Object.entries(given).map(([Name, Value]) => new identity.CognitoUserAttribute({ Name, Value }));
  const said = {
    arrive,
    signUp: (password, attributes) => told((back) => Pool.signUp(Username, password, listed(attributes), null, back)),
    authenticateUser: (password) => told((back) => user.authenticateUser(details(password), back)),
    initiateAuth: () => told((back) => user.initiateAuth(details(), back)),
    sendMFACode: (code, kind) => told((back) => user.sendMFACode(code, back, kind)),
    updateAttributes: (attributes) => told((back) => user.updateAttributes(listed(attributes), back)),
    refreshSession: (token) =>
      told((back) => user.refreshSession(new identity.CognitoRefreshToken({ RefreshToken: token }), back)),
  };
  for (const method of OF_THE_LIBRARY) said[method] ??= (...given) => told((back) => user[method](...given, back));
  return said;
}
