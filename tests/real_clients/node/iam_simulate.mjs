// iam-simulate, which somebody wrote from AWS's documentation and from trying AWS. What checks that a request could be
// (which keys an action has) is left out: the decision alone is asked for.
import { loadPolicy } from "@cloud-copilot/iam-policy";

const HOME = "./node_modules/@cloud-copilot/iam-simulate/dist/esm";
const { authorize } = await import(`${HOME}/core_engine/CoreSimulatorEngine.js`);
const { AwsRequestImpl } = await import(`${HOME}/request/request.js`);
const { RequestContextImpl } = await import(`${HOME}/requestContext.js`);
const { DiscoveryContextKeyConstraints } = await import(`${HOME}/context_keys/discoveryContextKeyConstraints.js`);

const loaded = (document) => (document ? loadPolicy(document, { name: "policy" }) : undefined);

const decide = ({ principal, action, resource, account, context, identity, boundary, session, policy }) =>
  authorize({
    request: new AwsRequestImpl(principal, { resource, accountId: account }, action, new RequestContextImpl(context)),
    identityPolicies: identity.map(loaded),
    permissionBoundaries: boundary ? [loaded(boundary)] : undefined,
    sessionPolicy: loaded(session),
    resourcePolicy: loaded(policy),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    simulationParameters: { simulationMode: "Strict", discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([]) },
    serviceSettings: {},
  }).result;

export const open = () => ({ decisions: (asked) => asked.map(decide) });
