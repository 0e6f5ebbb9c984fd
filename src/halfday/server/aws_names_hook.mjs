// Makes Node find AWS's names at a Halfday server on this machine: load it with node --import.
//
// Node's clients heed no HTTPS_PROXY by themselves, and AWS's bring agents of their own. Here TLS connections to the hosts
// that the server answers go to its proxy, which takes TLS at once. The certificate is still checked, for AWS's name: by
// NODE_EXTRA_CA_CERTS. All other connections are left alone.
import { syncBuiltinESMExports } from "node:module";
import tls from "node:tls";

const PORT = 0;
const ANSWERED = /^$/;
const connect = tls.connect;

function answered(options) {
  const host = String(options.host ?? options.hostname ?? "").toLowerCase();
  return !options.socket && Number(options.port) === 443 && ANSWERED.test(host);
}

function redirected(options) {
  if (!answered(options)) return options;
  const servername = options.servername || options.host || options.hostname;
  return { ...options, servername, host: "127.0.0.1", hostname: undefined, port: PORT, lookup: undefined };
}

// tls.connect(options[, callback]) and tls.connect(port[, host][, options][, callback])
tls.connect = function (first, ...rest) {
  if (first !== null && typeof first === "object") return connect(redirected(first), ...rest);
  const port = Number(first);
  if (!Number.isInteger(port)) return connect(first, ...rest);
  const host = typeof rest[0] === "string" ? rest.shift() : undefined;
  const options = rest[0] !== null && typeof rest[0] === "object" ? rest.shift() : {};
  return connect(redirected({ ...options, port, ...(host === undefined ? {} : { host }) }), ...rest);
};
syncBuiltinESMExports();
