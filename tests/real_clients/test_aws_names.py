"""Clients with AWS's hosts built in, unmodified, in a shell that has read what `halfday aws-names` prints."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from real_clients.javascript import NODE
from real_clients.programs_at_aws_names import BUCKET, CLIENT_ID, DOMAIN, POOL_ID, Programs, document
from tools import find
from world import running

AWS = str(Path(sys.executable).with_name("aws"))


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    home = tmp_path_factory.mktemp("home")
    with running(home / "data", document("http://localhost:8080/"), aws_names=0, issuer="aws") as world:
        yield Programs(world, home)


def test_boto3_without_endpoint_url(programs: Programs) -> None:
    answer = programs.python("""
import boto3
pools = boto3.client("cognito-idp").list_user_pools(MaxResults=10)["UserPools"]
boto3.client("s3").create_bucket(Bucket="by-boto3")
boto3.client("s3").put_object(Bucket="by-boto3", Key="a b/c", Body=b"0123456789" * 10_000)
size = boto3.client("s3").head_object(Bucket="by-boto3", Key="a b/c")["ContentLength"]
answer = [[pool["Id"] for pool in pools], size, boto3.client("sts").get_caller_identity()["Account"]]
""")
    assert answer == [[POOL_ID], 100_000, "123456789012"]


def test_the_aws_cli_without_endpoint_url(programs: Programs) -> None:
    pools = json.loads(programs.run(AWS, "cognito-idp", "list-user-pools", "--max-results", "10"))
    assert [pool["Id"] for pool in pools["UserPools"]] == [POOL_ID]
    programs.run(AWS, "s3", "mb", f"s3://{BUCKET}")
    assert BUCKET in programs.run(AWS, "s3", "ls")


def test_curl(programs: Programs) -> None:
    url = f"https://cognito-idp.us-east-1.amazonaws.com/{POOL_ID}/.well-known/openid-configuration"
    assert json.loads(programs.run(find("curl"), "-sS", url))["token_endpoint"] == f"{DOMAIN}/oauth2/token"


def test_our_own_client_with_the_domain_as_aws_s_console_shows_it(programs: Programs) -> None:
    answer = programs.python("""
import os
os.environ["HALFDAY_TOKEN_STORE"] = "none"
from halfday import Cognito
here = "http://localhost:8080/"
cognito = Cognito(domain=domain, client_id=client_id, identity_pool_id=identity_pool, redirect_uri=here)
session = cognito.sign_in("ada", password)
answer = [session.claims["iss"], session.boto3().client("sts").get_caller_identity()["Arn"].partition("/")[0]]
""")
    issuer = f"https://cognito-idp.us-east-1.amazonaws.com/{POOL_ID}"
    assert answer == [issuer, "arn:aws:sts::123456789012:assumed-role"]


def test_flask_cognito_lib_with_the_configuration_of_its_readme(programs: Programs) -> None:
    answer = programs.python("""
from flask import Flask, session
from flask_cognito_lib import CognitoAuth
from flask_cognito_lib.decorators import auth_required, cognito_login, cognito_login_callback
app = Flask("example")
app.config |= {
    "SECRET_KEY": "anything",
    "AWS_REGION": region,
    "AWS_COGNITO_USER_POOL_ID": pool_id,
    "AWS_COGNITO_DOMAIN": domain,
    "AWS_COGNITO_USER_POOL_CLIENT_ID": server_client_id,
    "AWS_COGNITO_USER_POOL_CLIENT_SECRET": server_secret,
    "AWS_COGNITO_REDIRECT_URL": application + "/postlogin",
    "AWS_COGNITO_LOGOUT_URL": application + "/postlogout",
}
CognitoAuth(app)
app.route("/login", endpoint="login")(cognito_login(lambda: None))
done = cognito_login_callback(lambda: app.make_response(session["user_info"]))
app.add_url_rule("/postlogin", endpoint="postlogin", view_func=done)
app.add_url_rule("/claims", endpoint="claims", view_func=auth_required()(lambda: session["claims"]))
visitor = app.test_client()
link = visitor.get("/login", base_url=application).headers["Location"]
returned = sign_in(link)
user = visitor.get(returned.removeprefix(application), base_url=application).json
answer = [link, user["email"], visitor.get("/claims", base_url=application).json["username"]]
""")
    assert answer[0].startswith(f"{DOMAIN}/oauth2/authorize?")
    assert answer[1:] == ["ada@example.com", "ada"]


def test_fastapi_cloudauth_verifies_at_aws_s_issuer(programs: Programs) -> None:
    tokens = programs.tokens()
    answer = programs.python(
        """
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from fastapi_cloudauth.cognito import Cognito, CognitoCurrentUser
app = FastAPI()
auth = Cognito(region=region, userPoolId=pool_id, client_id=client_id)
user = CognitoCurrentUser(region=region, userPoolId=pool_id, client_id=client_id)
@app.get("/scoped", dependencies=[Depends(auth)])
def scoped(): return "in"
@app.get("/user")
def who(me = Depends(user)): return me.username
client = TestClient(app)
def asked(path, token): return client.get(path, headers={"Authorization": "Bearer " + token})
tampered = identity[:-8] + "AAAAAAAA"
answer = [asked("/scoped", access).json(), asked("/user", identity).json(), asked("/user", tampered).status_code]
""",
        access=tokens["access"],
        identity=tokens["id"],
    )
    assert answer == ["in", "ada", 401]


def test_dash_cognito_auth_signs_in(programs: Programs) -> None:
    answer = programs.python("""
import os
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"   # of the application itself, which is at http://localhost
from dash import Dash, html
from dash_cognito_auth import CognitoOAuth
app = Dash("example")
app.layout = html.Div("inside")
app.server.config |= {
    "SECRET_KEY": "anything", "COGNITO_OAUTH_CLIENT_ID": server_client_id, "COGNITO_OAUTH_CLIENT_SECRET": server_secret,
}
CognitoOAuth(app, domain="shop", region=region)
visitor = app.server.test_client()
first = visitor.get("/")
link = visitor.get(first.headers["Location"]).headers["Location"]
returned = sign_in(link)
came = visitor.get(returned.removeprefix("http://localhost"))
inside = visitor.get(came.headers["Location"])
with visitor.session_transaction() as session:
    answer = [first.status_code, link.partition("?")[0], inside.status_code, session["email"]]
""")
    assert answer == [302, f"{DOMAIN}/oauth2/authorize", 200, "ada@example.com"]


VERIFY = """
import {{ CognitoJwtVerifier }} from "aws-jwt-verify";
const verifier = CognitoJwtVerifier.create({{ userPoolId: "{pool}", clientId: "{client}", tokenUse: "access" }});
await verifier.hydrate();
const claims = await verifier.verify("{token}");
const refused = await verifier.verify("{token}".slice(0, -8) + "AAAAAAAA").catch((error) => error.constructor.name);
const answer = [claims.username, claims.iss, refused];
"""


@pytest.mark.parametrize("program", ["node", "node-of-the-system"])
def test_aws_jwt_verify_by_default(programs: Programs, program: str) -> None:
    found = NODE if program == "node" else shutil.which("node", path="/usr/bin:/usr/local/bin")
    if found is None:
        pytest.skip("there is no other Node on this machine")
    script = VERIFY.format(pool=POOL_ID, client=CLIENT_ID, token=programs.tokens()["access"])
    issuer = f"https://cognito-idp.us-east-1.amazonaws.com/{POOL_ID}"
    assert programs.node(script, found) == ["ada", issuer, "JwtInvalidSignatureError"]


def test_the_aws_sdk_for_javascript_in_node_without_an_endpoint(programs: Programs) -> None:
    answer = programs.node("""
import { CognitoIdentityProviderClient, ListUserPoolsCommand } from "@aws-sdk/client-cognito-identity-provider";
import { CreateBucketCommand, PutObjectCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
const client = new CognitoIdentityProviderClient({ region: "us-east-1" });
const { UserPools } = await client.send(new ListUserPoolsCommand({ MaxResults: 10 }));
const s3 = new S3Client({ region: "us-east-1" });
await s3.send(new CreateBucketCommand({ Bucket: "by-javascript" }));
await s3.send(new PutObjectCommand({ Bucket: "by-javascript", Key: "k", Body: "body" }));
const got = await s3.send(new GetObjectCommand({ Bucket: "by-javascript", Key: "k" }));
const answer = [UserPools.map((pool) => pool.Id), await got.Body.transformToString()];
""")
    assert answer == [[POOL_ID], "body"]


JAVA = """
import java.net.*;
import java.net.http.*;
public class Asks {
  public static void main(String[] urls) throws Exception {
    for (String url : urls) {
      System.out.println(((HttpURLConnection) new URL(url).openConnection()).getResponseCode());
      var asked = HttpRequest.newBuilder(URI.create(url)).build();
      System.out.println(HttpClient.newHttpClient().send(asked, HttpResponse.BodyHandlers.discarding()).statusCode());
    }
  }
}
"""


@pytest.mark.long
def test_java_s_own_clients(programs: Programs, tmp_path: Path) -> None:
    """HttpURLConnection, which AWS's SDK may use, and HttpClient, which Spring does."""
    (tmp_path / "Asks.java").write_text(JAVA)
    url = f"https://cognito-idp.us-east-1.amazonaws.com/{POOL_ID}/.well-known/openid-configuration"
    printed = programs.run(find("java"), *programs.told("java"), str(tmp_path / "Asks.java"), url, f"{DOMAIN}/error")
    assert printed.split() == ["200", "200", "400", "400"]


def test_node_s_hook_leaves_everything_else_alone(programs: Programs) -> None:
    answer = programs.node("""
import tls from "node:tls";
import { connect } from "node:tls";
const told = (socket) => new Promise((resolve) => {
  socket.on("error", (error) => resolve(error.code)).on("secureConnect", () => { socket.destroy(); resolve("in"); });
});
const host = "cognito-idp.us-east-1.amazonaws.com";
const answer = [
  await told(tls.connect(443, host, { servername: host })),
  await told(connect({ host, port: 443 })),
  await told(tls.connect({ host: "127.0.0.1", port: 1 })),
  await told(tls.connect(1, "127.0.0.1")),
  await told(tls.connect({ host: "dynamodb.us-east-1.amazonaws.com.invalid", port: 443 })),
];
""")
    assert answer[:4] == ["in", "in", "ECONNREFUSED", "ECONNREFUSED"]
    assert answer[4] in ("ENOTFOUND", "EAI_AGAIN")


def test_a_host_that_is_not_served_is_refused_by_each_of_them(programs: Programs) -> None:
    answer = programs.python("""
import boto3
from botocore.config import Config
try:
    boto3.client("dynamodb", config=Config(retries={"max_attempts": 0})).list_tables()
    answer = "answered"
except Exception as problem:
    answer = type(problem).__name__
""")
    assert answer == "ProxyConnectionError"
