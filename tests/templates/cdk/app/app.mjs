// A user pool as a CDK application declares it: sign-in, a trigger, groups, an identity pool with two roles, a table.
import { App, CfnOutput, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import * as cognito from "aws-cdk-lib/aws-cognito";
import * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import * as iam from "aws-cdk-lib/aws-iam";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as s3 from "aws-cdk-lib/aws-s3";
import * as sqs from "aws-cdk-lib/aws-sqs";
import { fileURLToPath } from "node:url";

const HANDLERS = fileURLToPath(new URL("./handlers", import.meta.url));

const app = new App();
const stack = new Stack(app, "Shop", { description: "The shop's people" });

const greet = new lambda.Function(stack, "PreSignUp", {
  runtime: lambda.Runtime.PYTHON_3_13,
  handler: "app.handler",
  code: lambda.Code.fromAsset(HANDLERS),
  environment: { ALLOWED_DOMAIN: "example.com" },
});
const inline = new lambda.Function(stack, "PreToken", {
  runtime: lambda.Runtime.PYTHON_3_13,
  handler: "index.handler",
  code: lambda.Code.fromInline(
    "def handler(event, context):\n" +
      "    event['response']['claimsOverrideDetails'] = {'claimsToAddOrOverride': {'shop': 'north'}}\n" +
      "    return event\n",
  ),
});

const pool = new cognito.UserPool(stack, "People", {
  userPoolName: "shop-people",
  selfSignUpEnabled: true,
  signInAliases: { email: true },
  autoVerify: { email: true },
  standardAttributes: { fullname: { required: false, mutable: true } },
  customAttributes: { plan: new cognito.StringAttribute({ minLen: 1, maxLen: 20, mutable: true }) },
  passwordPolicy: { minLength: 10, requireSymbols: false, tempPasswordValidity: Duration.days(3) },
  mfa: cognito.Mfa.OPTIONAL,
  mfaSecondFactor: { sms: false, otp: true },
  accountRecovery: cognito.AccountRecovery.EMAIL_ONLY,
  deletionProtection: false,
  removalPolicy: RemovalPolicy.DESTROY,
  lambdaTriggers: { preSignUp: greet, preTokenGeneration: inline },
});
pool.addDomain("Domain", {
  cognitoDomain: { domainPrefix: "shop-people" },
  managedLoginVersion: cognito.ManagedLoginVersion.NEWER_MANAGED_LOGIN,
});
const scope = new cognito.ResourceServerScope({ scopeName: "read", scopeDescription: "read orders" });
const orders = pool.addResourceServer("Orders", { identifier: "orders", scopes: [scope] });
const client = pool.addClient("Web", {
  userPoolClientName: "web",
  generateSecret: false,
  authFlows: { userPassword: true, userSrp: true },
  oAuth: {
    flows: { authorizationCodeGrant: true },
    scopes: [cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL, cognito.OAuthScope.resourceServer(orders, scope)],
    callbackUrls: ["http://localhost:3000/callback"],
    logoutUrls: ["http://localhost:3000/"],
  },
  accessTokenValidity: Duration.minutes(60),
  preventUserExistenceErrors: true,
});
new cognito.CfnManagedLoginBranding(stack, "Style", {
  userPoolId: pool.userPoolId,
  clientId: client.userPoolClientId,
  useCognitoProvidedValues: true,
});

const bucket = new s3.Bucket(stack, "Pictures", { removalPolicy: RemovalPolicy.DESTROY });
const table = new dynamodb.Table(stack, "Notes", {
  partitionKey: { name: "owner", type: dynamodb.AttributeType.STRING },
  billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
  removalPolicy: RemovalPolicy.DESTROY,
});
new sqs.Queue(stack, "Later");

const identities = new cognito.CfnIdentityPool(stack, "Identities", {
  allowUnauthenticatedIdentities: true,
  cognitoIdentityProviders: [{ clientId: client.userPoolClientId, providerName: pool.userPoolProviderName }],
});
const forKind = (kind) =>
  new iam.WebIdentityPrincipal("cognito-identity.amazonaws.com", {
    StringEquals: { "cognito-identity.amazonaws.com:aud": identities.ref },
    "ForAnyValue:StringLike": { "cognito-identity.amazonaws.com:amr": kind },
  });
const signedIn = new iam.Role(stack, "SignedIn", { assumedBy: forKind("authenticated") });
const guest = new iam.Role(stack, "Guest", { assumedBy: forKind("unauthenticated") });
signedIn.addToPolicy(
  new iam.PolicyStatement({
    actions: ["s3:PutObject", "s3:GetObject"],
    resources: [bucket.arnForObjects("${cognito-identity.amazonaws.com:sub}/*")],
  }),
);
signedIn.addToPolicy(
  new iam.PolicyStatement({
    actions: ["dynamodb:GetItem", "dynamodb:PutItem"],
    resources: [table.tableArn],
    conditions: { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["${cognito-identity.amazonaws.com:sub}"] } },
  }),
);
new cognito.CfnIdentityPoolRoleAttachment(stack, "Roles", {
  identityPoolId: identities.ref,
  roles: { authenticated: signedIn.roleArn, unauthenticated: guest.roleArn },
});
new cognito.CfnUserPoolGroup(stack, "Staff", {
  userPoolId: pool.userPoolId,
  groupName: "staff",
  roleArn: signedIn.roleArn,
  precedence: 1,
});

new CfnOutput(stack, "UserPoolId", { value: pool.userPoolId, exportName: "shop-user-pool" });
new CfnOutput(stack, "ClientId", { value: client.userPoolClientId });
new CfnOutput(stack, "IdentityPoolId", { value: identities.ref });
new CfnOutput(stack, "Bucket", { value: bucket.bucketName });
app.synth();
