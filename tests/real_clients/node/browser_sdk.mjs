// What a page has loaded that calls AWS itself: the SDK for JavaScript v3, as its bundler would have packed it.
import * as cognito from "@aws-sdk/client-cognito-identity-provider";
import * as s3 from "@aws-sdk/client-s3";

Object.assign(globalThis, { cognito, s3 });
