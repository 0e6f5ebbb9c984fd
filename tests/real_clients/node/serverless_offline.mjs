// serverless-offline's own servers, as `serverless offline` starts them on its lambdaPort and its httpPort.
import Lambda from "serverless-offline/lambda";
// its package exports the Lambda server alone; `serverless offline` takes this one from the same place
import Http from "./node_modules/serverless-offline/src/events/http/Http.js";

export async function open({ folder, port, name, handler = "handlers.handler", http }) {
  const { lambda, serverless, options } = await lambdaServer(folder, port, name, handler);
  const servers = [lambda];
  if (http !== undefined) servers.push(await httpServer(serverless, options, lambda, { name, handler, ...http }));
  return { close: () => Promise.all(servers.map((server) => server.stop(1000))).then(() => null) };
}

async function httpServer(serverless, options, lambda, { name, handler, port, path }) {
  const http = new Http(serverless, { ...options, httpPort: port, noPrependStageInUrl: true, prefix: "" }, lambda);
  await http.createServer();
  http.create([{ functionKey: name, handler, http: { path, method: "get" } }]);
  http.create404Route();
  await http.start();
  return http;
}

async function lambdaServer(folder, port, name, handler) {
  const functionDefinition = { name, handler, runtime: "nodejs20.x", events: [] };
  const serverless = {
    config: { servicePath: folder, serverlessPath: folder },
    service: {
      provider: { name: "aws", runtime: "nodejs20.x", stage: "dev" },
      package: {},
      functions: { [name]: functionDefinition },
      getFunction: () => functionDefinition,
    },
    pluginManager: { plugins: [] },
  };
  const options = { host: "127.0.0.1", lambdaPort: port, useInProcess: true, stage: "dev" };
  const lambda = new Lambda(serverless, options);
  lambda.create([{ functionKey: name, functionDefinition }]);
  await lambda.start();
  return { lambda, serverless, options };
}
