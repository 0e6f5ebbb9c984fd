// JavaScript clients at the service of the tests: one line of JSON asks, one line of JSON answers.
// {"open": "amplify", "given": {...}}               -> {"value": 1}, a handle
// {"handle": 1, "method": "signIn", "given": [...]} -> {"value": ...}, or {"error": {"name": ..., "message": ...}}
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

console.log = console.info = console.debug = console.error; // stdout is for answers

const opened = [];

async function answer({ open, handle, method, given }) {
  if (open === undefined) return opened[handle][method](...given);
  const client = await import(`./${open}.mjs`);
  return opened.push(await client.open(given)) - 1;
}

const PATIENCE_MS = 30_000;

const late = async (signal) => {
  await pause(PATIENCE_MS, undefined, { signal });
  throw new Error("the client's promise is still pending");
};

// aws-jwt-verify's errors have no name but their class's; an OAuth answer's own word is in `error`.
const named = ({ name, constructor }) => (name === "Error" ? constructor.name : name);

for await (const line of createInterface({ input: process.stdin })) {
  const done = new AbortController();
  const told = await Promise.race([answer(JSON.parse(line)), late(done.signal)]).then(
    (value) => ({ value: value ?? null }),
    (error) => ({ error: { name: named(error), message: error.error ?? error.message } }),
  );
  done.abort();
  process.stdout.write(JSON.stringify(told) + "\n");
}
process.exit(); // whatever timers a client has left
