#!/bin/sh
# Makes the templates under */built again from the applications beside them, by their own tools. Needs npm and PyPI, and no
# AWS account: what these tools ask of AWS they ask when they deploy. The tests read what is kept here and fetch nothing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=${1:-$(mktemp -d)}
export CI=1 AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=y AWS_EC2_METADATA_DISABLED=true SAM_CLI_TELEMETRY=0
for one in cdk sam osls amplify; do rm -rf "$work/$one"; cp -r "$here/$one/app" "$work/$one"; done

cd "$work/cdk" && npm install --no-audit --no-fund && npx --no-install cdk synth --quiet
rm -rf "$here/cdk/built" && mkdir "$here/cdk/built"
cp -r cdk.out/Shop.template.json cdk.out/Shop.assets.json cdk.out/manifest.json cdk.out/asset.* "$here/cdk/built"

python3 -m venv "$work/venv" && "$work/venv/bin/pip" install -q aws-sam-cli
cd "$work/sam" && PATH="$work/venv/bin:$PATH" sam build
rm -rf "$here/sam/built" && cp -r .aws-sam/build "$here/sam/built"

cd "$work/osls" && npm install --no-audit --no-fund && npx --no-install osls package
rm -rf "$here/osls/built" && mkdir "$here/osls/built"
cp .serverless/cloudformation-template-update-stack.json .serverless/journal.zip "$here/osls/built"

# ampx asks AWS before it synthesises; backend.ts alone, given the context that ampx gives, does not.
cd "$work/amplify" && npm install --no-audit --no-fund
context='{"amplify-backend-namespace":"diary","amplify-backend-name":"dev","amplify-backend-type":"sandbox"}'
CDK_CONTEXT_JSON="$context" CDK_OUTDIR="$work/amplify/cdk.out" npx --no-install tsx amplify/backend.ts
rm -rf "$here/amplify/built" && mkdir "$here/amplify/built"
cp cdk.out/manifest.json cdk.out/*.assets.json cdk.out/*.template.json "$here/amplify/built"
