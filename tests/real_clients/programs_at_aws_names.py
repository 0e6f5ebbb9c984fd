"""Programs in an environment that `halfday aws-names` printed, and nothing else said to them of where AWS is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import commands
from real_clients.javascript import HERE, NODE, installed
from world import PASSWORD, World

DOMAIN = "https://shop.auth.us-east-1.amazoncognito.com"
REGION = "us-east-1"
POOL_ID = "us-east-1_Shop00001"
CLIENT_ID, SECRET_CLIENT_ID, SECRET = "shopbrowser", "shopserver", "secret_of_the_shops_server_0123456789abcdef"
IDENTITY_POOL = "us-east-1:11111111-2222-3333-4444-555555555555"
BUCKET = "shop-of-the-tests"
AUTH_FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
TLS_PORT_NOBODY_HAS = "https://localhost:5000"


def document(callback: str) -> dict[str, Any]:
    """A pool with a prefix domain, a client for browsers, one for servers, and a bucket that people may use."""
    flows = {
        "auth_flows": AUTH_FLOWS,
        "flows": ["code"],
        "scopes": ["openid", "email", "profile", "phone", "aws.cognito.signin.user.admin"],
    }
    servers = [f"{TLS_PORT_NOBODY_HAS}/postlogin", "http://localhost/login/cognito/authorized", callback]
    everything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    return {
        "user_pool": [
            {
                "id": POOL_ID,
                "domain": "shop",
                "issuer": "aws",
                "client": [
                    {"id": CLIENT_ID, "callback_urls": [callback], "logout_urls": [callback], **flows},
                    {"id": SECRET_CLIENT_ID, "secret": SECRET, "callback_urls": servers, **flows},
                ],
                "user": [{"username": "ada", "password": PASSWORD, "attributes": {"email": "ada@example.com"}}],
            }
        ],
        "identity_pool": [{"id": IDENTITY_POOL, "clients": [CLIENT_ID], "authenticated_role": "shoppers"}],
        "role": [
            {
                "name": "shoppers",
                "identity_pool": IDENTITY_POOL,
                "kind": "authenticated",
                "policies": {"all": {"Version": "2012-10-17", "Statement": [everything]}},
            }
        ],
    }


@dataclass
class Programs:
    """Whatever runs in a shell that has read what `halfday aws-names` printed."""

    world: World
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        kept = {"PATH": os.environ["PATH"], "HOME": str(self.home), "AWS_EC2_METADATA_DISABLED": "true"}
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
        return {**kept, **keys, "AWS_PAGER": "", **self.told("variables")}

    def told(self, key: str) -> Any:
        """Of `halfday aws-names --format json`."""
        argv = ("aws-names", "--data", str(self.world.data), "--format", "json")
        done = commands.run(*argv, env={"PATH": os.environ["PATH"], "HOME": str(self.home)})
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)[key]

    def run(self, *command: str, **more: str) -> str:
        """What it prints. It has to end well."""
        done = subprocess.run(
            command, env={**self.environment, **more}, capture_output=True, text=True, timeout=100, check=False
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def python(self, script: str, **given: str) -> Any:
        """What the script leaves in `answer`, as JSON. `given` are its variables."""
        lines = [f"{name} = {value!r}" for name, value in {**KNOWN, **given}.items()]
        whole = "\n".join([*lines, _SIGN_IN, script, "import json", "print('\\0' + json.dumps(answer))"])
        return json.loads(self.run(sys.executable, "-I", "-c", whole).rpartition("\0")[2])

    def node(self, script: str, program: str | Path = NODE) -> Any:
        """What the script leaves in `answer`."""
        installed()
        whole = f"{script}\nprocess.stdout.write('\\0' + JSON.stringify(answer));"
        command = [str(program), "--no-warnings", "--input-type=module", "-e", whole]
        done = subprocess.run(
            command, env=self.environment, cwd=HERE, capture_output=True, text=True, timeout=100, check=False
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout.rpartition("\0")[2])

    def tokens(self, client_id: str = CLIENT_ID) -> dict[str, str]:
        answer = self.world.idp.initiate_auth(
            ClientId=client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "ada", "PASSWORD": PASSWORD},
        )["AuthenticationResult"]
        return {"id": answer["IdToken"], "access": answer["AccessToken"]}


KNOWN = {
    "domain": DOMAIN,
    "region": REGION,
    "pool_id": POOL_ID,
    "client_id": CLIENT_ID,
    "identity_pool": IDENTITY_POOL,
    "server_client_id": SECRET_CLIENT_ID,
    "server_secret": SECRET,
    "password": PASSWORD,
    "application": TLS_PORT_NOBODY_HAS,
}
_SIGN_IN = '''
def sign_in(link):
    """Where the pages send the browser in the end: a person with cookies, by requests and nothing told to it."""
    import html, re, urllib.parse, requests
    browser = requests.Session()
    page = browser.get(link, timeout=20)
    action = html.unescape(re.search(r'<form[^>]* action="([^"]+)"', page.text)[1])
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    sent = {**hidden, "username": "ada", "password": password}
    answer = browser.post(urllib.parse.urljoin(page.url, action), data=sent, allow_redirects=False, timeout=20)
    return answer.headers["Location"]
'''
