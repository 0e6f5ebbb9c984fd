// A page with oidc-client-ts as the printed file sets it up.
import { signOut, userManager } from "./cognito.js";

const root = document.getElementById("root");
globalThis.userManager = userManager; // for the test's hands

const button = (name, act) => {
  const made = document.createElement("button");
  made.textContent = name;
  made.onclick = act;
  return made;
};

async function show() {
  const user = await userManager.getUser();
  if (!user) return root.replaceChildren(button("Sign in", () => userManager.signinRedirect()));
  const hello = document.createElement("p");
  hello.textContent = `Hello ${user.profile.email}`;
  root.replaceChildren(hello, button("Sign out", signOut));
}

userManager.events.addUserLoaded(show);

const returned = new URLSearchParams(location.search).has("code");
const settled = returned ? userManager.signinRedirectCallback() : Promise.resolve();
settled
  .then(() => returned && history.replaceState({}, "", "/"))
  .then(show)
  .catch((error) => { root.textContent = `Failed: ${error.message}`; });
