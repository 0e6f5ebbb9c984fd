// A page with Amplify as the printed file sets it up, which goes to the hosted page to sign in.
import "./amplify.js";
import * as auth from "aws-amplify/auth";
import "aws-amplify/auth/enable-oauth-listener";
import { Hub } from "aws-amplify/utils";

const root = document.getElementById("root");
globalThis.auth = auth; // for the test's hands

const button = (name, act) => {
  const made = document.createElement("button");
  made.textContent = name;
  made.onclick = () => act().catch((error) => { root.textContent = `Failed: ${error.message}`; });
  return made;
};

async function show() {
  const { tokens } = await auth.fetchAuthSession();
  if (!tokens) return root.replaceChildren(button("Sign in", () => auth.signInWithRedirect()));
  const hello = document.createElement("p");
  hello.textContent = `Hello ${tokens.idToken.payload.email}`;
  root.replaceChildren(hello, button("Sign out", () => auth.signOut()));
}

// Amplify takes the code by itself, and tells when it is done.
const returned = new URLSearchParams(location.search).has("code");
const done = (event) => ["signInWithRedirect", "signInWithRedirect_failure"].includes(event);
const settled = returned
  ? new Promise((tell) => Hub.listen("auth", ({ payload }) => done(payload.event) && tell()))
  : Promise.resolve();
settled.then(show).catch((error) => { root.textContent = `Failed: ${error.message}`; });
