// Runs one Node function, in a process of its own: what python_worker.py says of frames holds here too.
//
//   node node_worker.mjs FD FILE HANDLER

import { createRequire } from "node:module";
import { Socket } from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { writeSync } from "node:fs";

const END = "\0halfday-end ";
const [fd, file, handler] = process.argv.slice(2);
const connection = new Socket({ fd: Number(fd) });
let waiting = Buffer.alloc(0);

function send(value) {
  const data = Buffer.from(JSON.stringify(value));
  const head = Buffer.alloc(4);
  head.writeUInt32BE(data.length);
  connection.write(Buffer.concat([head, data]));
}

/** An error as Lambda answers it, and where in the function it was thrown. */
function told(problem) {
  if (!(problem instanceof Error)) return { errorMessage: String(problem), errorType: typeof problem, where: "" };
  const line = (problem.stack ?? "").split("\n").find((one) => /:\d+:\d+\)?$/.test(one) && !one.includes("node_worker.mjs"));
  const found = /\(?((?:file:\/\/)?[^()\s]+:\d+):\d+\)?$/.exec(line ?? "");
  const trace = (problem.stack ?? "").split("\n");
  return { errorMessage: problem.message, errorType: problem.name, trace, where: (found?.[1] ?? "").replace("file://", "") };
}

/** The files that the function is made of: when one changes, a new process is begun. */
function ownFiles() {
  const required = Object.keys(createRequire(import.meta.url).cache ?? {});
  return [...new Set([path.resolve(file), ...required])].filter((one) => !one.includes(`${path.sep}node_modules${path.sep}`));
}

function context(given, deadline, end) {
  return {
    awsRequestId: given.request_id,
    invokedFunctionArn: given.arn,
    functionName: given.name,
    functionVersion: "$LATEST",
    memoryLimitInMB: given.ram_mb ?? "128",
    logGroupName: `/aws/lambda/${given.name}`,
    logStreamName: `halfday/${process.pid}`,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, Math.round(deadline * 1000 - Date.now())),
    done: (problem, answer) => end(problem, answer),
    succeed: (answer) => end(null, answer),
    fail: (problem) => end(problem ?? new Error("failed")),
  };
}

/** By what the function returns, or by its callback, or by context.done: whichever comes first. */
function run(called, asked) {
  return new Promise((resolve, reject) => {
    const end = (problem, answer) => (problem === null || problem === undefined ? resolve(answer) : reject(problem));
    const returned = called(asked.event, context(asked.context, asked.deadline, end), end);
    if (returned && typeof returned.then === "function") returned.then(resolve, reject);
  });
}

async function invoke(called, asked) {
  let outcome;
  try {
    outcome = { answer: JSON.stringify((await run(called, asked)) ?? null) };
  } catch (problem) {
    console.error(problem);
    outcome = { error: told(problem) };
  }
  writeSync(1, `${END}${asked.id}\n`);
  send({ id: asked.id, ...outcome });
}

async function load() {
  const module = await import(pathToFileURL(path.resolve(file)).href);
  const called = module[handler] ?? module.default?.[handler];
  if (typeof called !== "function") throw new Error(`${file} exports no function ${handler}`);
  return called;
}

try {
  const called = await load();
  send({ files: ownFiles() });
  connection.on("data", (data) => {
    waiting = Buffer.concat([waiting, data]);
    while (waiting.length >= 4 && waiting.length >= 4 + waiting.readUInt32BE(0)) {
      const size = waiting.readUInt32BE(0);
      const asked = JSON.parse(waiting.subarray(4, 4 + size).toString());
      waiting = waiting.subarray(4 + size);
      void invoke(called, asked);
    }
  });
  connection.on("close", () => process.exit(0));
} catch (problem) {
  console.error(problem);
  send({ error: told(problem), files: ownFiles() });
  connection.end();
}
