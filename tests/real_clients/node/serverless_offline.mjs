// serverless-offline's own Lambda server, as `serverless offline` starts it on its lambdaPort, with one function.
import Lambda from "serverless-offline/lambda";

export async function open({ folder, port, name }) {
  const serverless = {
    config: { servicePath: folder, serverlessPath: folder },
    service: { provider: { name: "aws", runtime: "nodejs20.x" }, package: {} },
  };
  const lambda = new Lambda(serverless, { host: "127.0.0.1", lambdaPort: port, useInProcess: true });
  const functionDefinition = { name, handler: "handlers.handler", runtime: "nodejs20.x" };
  lambda.create([{ functionKey: name, functionDefinition }]);
  await lambda.start();
  return { close: () => lambda.stop(1000).then(() => null) };
}
