// What a page of a single-page application has loaded, as its bundler would have packed it.
import { Amplify } from "aws-amplify";
import * as auth from "aws-amplify/auth";
import * as storage from "aws-amplify/storage";
import * as identity from "amazon-cognito-identity-js";

Object.assign(globalThis, { Amplify, auth, identity, storage });
