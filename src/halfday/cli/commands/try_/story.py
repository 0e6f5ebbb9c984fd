"""The demo: ten steps from a sign-in page to an object in S3. Each says what it does, does it, and checks it."""

from __future__ import annotations

import json
import queue
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import urllib3
from botocore.exceptions import ClientError

from halfday.cli.commands.try_ import telling
from halfday.cli.commands.try_.newcomer import Newcomer
from halfday.cli.commands.try_.robot import Lost, Robot
from halfday.cli.commands.try_.stage import Stage
from halfday.cli.terminal import error, paint
from halfday.client.browser.final_page import failure_page, success_page
from halfday.client.browser.loopback import Listener
from halfday.client.browser.opening import open_browser
from halfday.client.cognito import Cognito, name_of
from halfday.client.errors import HalfdayError
from halfday.client.oauth.authorization import AuthorizationRequest
from halfday.client.session import Session
from halfday.server import demo

_GOOGLE_ACCOUNT = "grace@example.com"
_PATIENCE_S = 600
_TELLING_CLAIMS = ("iss", "aud", "sub", "token_use", "cognito:username", "email", "identities", "cognito:groups", "exp")
_NOTES = {
    "iss": "who issued it: the user pool",
    "aud": "for whom: the app client",
    "sub": "who signed in, for good",
    "token_use": "an ID token, not an access token",
    "identities": "it was Google who knew the person",
    "cognito:groups": "the groups, in both tokens",
    "exp": "when it ends, in seconds since 1970",
}


class Unexpected(Exception):
    """A step did not do what it says."""


def tell(stage: Stage, *, browser: bool, keep: bool) -> int:
    """Runs all steps. The exit code is 0 only if each of them did what it says."""
    story = _Story(stage, browser=browser)
    try:
        for number, chapter in enumerate(story.chapters, 1):
            chapter(number)
    except (Unexpected, Lost, HalfdayError, ClientError, urllib3.exceptions.HTTPError) as problem:
        telling.show()
        error(f"step {number} went wrong: {problem}")
        return 1
    telling.show()
    telling.show("  That was all of it: sign-in page, code, tokens, API, AWS credentials.", "bold")
    telling.show()
    return _stay(stage) if keep else 0


@dataclass
class _Story:
    stage: Stage
    browser: bool

    def __post_init__(self) -> None:
        self._cognito = Cognito(
            domain=self.stage.origin,
            client_id=demo.CONFIDENTIAL_CLIENT_ID,
            client_secret=self.stage.client_secret,
            identity_pool_id=demo.IDENTITY_POOL_ID,
            redirect_uri=self.stage.redirect_uri,
        )
        self._http = urllib3.PoolManager(retries=False)
        self._callback = ""
        self._request: AuthorizationRequest
        self._session: Session
        self._finish: Callable[[str, int], None] = lambda page, status: None

    @property
    def chapters(self) -> tuple[Callable[[int], None], ...]:
        return (
            self._set_the_stage,
            self._sign_in,
            self._look_at_the_code,
            self._exchange,
            self._read_the_id_token,
            self._call_the_api,
            self._get_credentials,
            self._use_credentials,
            self._meet_somebody_new,
            self._go_to_aws,
        )

    def _set_the_stage(self, number: int) -> None:
        telling.show_title("Halfday", "the whole path, on this machine, with no AWS account")
        telling.show_step(number, "A Cognito of your own is up")
        telling.show_response(
            f"sign-in pages, OAuth, APIs   {self.stage.origin}",
            f"a stand-in Google            {self.stage.google}",
            f"user pool                    {demo.POOL_ID}",
            f"app client, with a secret    {demo.CONFIDENTIAL_CLIENT_ID}",
            f"identity pool                {demo.IDENTITY_POOL_ID}",
            f"an API behind an authorizer  {self.stage.api_url}",
        )

    def _sign_in(self, number: int) -> None:
        self._request = self._cognito.begin()
        telling.show_step(number, "Somebody signs in", "Your app sends the browser to this address:")
        if self.browser:
            telling.show_request(self._request.url)
            telling.show()
            self._callback = self._wait_for_the_browser()
        else:
            telling.show_request(*_one_parameter_a_line(self._request.url))
            telling.show()
            self._callback = self._robot_signs_in()

    def _look_at_the_code(self, number: int) -> None:
        telling.show_step(
            number,
            "The browser comes back with a code",
            "A redirect to your callback URL. The code is good once, for five minutes, and worth",
            "nothing without your client's secret, or the PKCE verifier, or both.",
        )
        telling.show_request(self._callback)
        returned = dict(parse_qsl(urlsplit(self._callback).query))
        telling.show()
        _check(returned.get("state") == self._request.state, "state is the one that was sent: the answer is to us")
        _check(bool(returned.get("code")), "and there is the code")

    def _exchange(self, number: int) -> None:
        telling.show_step(
            number,
            "The code is exchanged for tokens",
            "redirect_uri must be the one of step 2, letter for letter. Else the answer is",
            '{"error":"invalid_grant"}, and nothing more.',
        )
        code = dict(parse_qsl(urlsplit(self._callback).query))["code"]
        telling.show_request(
            f"curl {self.stage.origin}/oauth2/token \\",
            f'  -u "{demo.CONFIDENTIAL_CLIENT_ID}:$CLIENT_SECRET" \\',
            "  -d grant_type=authorization_code \\",
            f"  -d client_id={demo.CONFIDENTIAL_CLIENT_ID} \\",
            f"  -d code={code} \\",
            f"  -d redirect_uri={self.stage.redirect_uri} \\",
            f"  -d code_verifier={self._request.code_verifier}",
        )
        try:
            self._session = self._cognito.exchange(self._callback)
        except HalfdayError as problem:
            self._finish(failure_page(str(problem), problem.hint), 400)
            raise
        self._finish(success_page(name_of(self._session)), 200)
        telling.show_members(
            {
                "id_token": telling.shortened(self._session.id_token),
                "access_token": telling.shortened(self._session.access_token),
                "refresh_token": telling.shortened(self._session.refresh_token or ""),
                "token_type": "Bearer",
                "expires_in": round(self._session.access_expires_at - time.time()),
            },
            notes={
                "id_token": "says who: for your API, and for AWS credentials",
                "access_token": "says what is allowed: for userInfo, and APIs with scopes",
                "refresh_token": "gets new ones for 30 days",
            },
        )

    def _read_the_id_token(self, number: int) -> None:
        telling.show_step(
            number, "The ID token, verified", "Signature by the pool's published keys, issuer, audience, expiry:"
        )
        claims = dict(self._session.claims)
        shown = {name: claims[name] for name in _TELLING_CLAIMS if name in claims}
        if "identities" in shown:
            shown["identities"] = [{name: shown["identities"][0][name] for name in ("providerName", "userId")}]
        telling.show_members(shown, notes=_NOTES)
        telling.show()
        _check(
            claims["aud"] == demo.CONFIDENTIAL_CLIENT_ID,
            f"{claims['email']} signed in: signature, issuer, audience and expiry hold",
        )

    def _call_the_api(self, number: int) -> None:
        telling.show_step(number, "Your API, behind a Cognito authorizer")
        telling.show_request(f"curl {self.stage.api_url}")
        status, body = self._get({})
        telling.show_response(f"{status}  {body}")
        telling.show()
        _check(status == 401, "no token, no answer")
        telling.show_request(f'curl {self.stage.api_url} -H "Authorization: $ID_TOKEN"')
        status, body = self._get({"Authorization": self._session.id_token})
        telling.show_response(f"{status}  {body}")
        telling.show()
        seen = json.loads(body)["claims"] if status == 200 else {}
        _check(seen.get("x-user") == self._session.subject, "the backend was told who is asking, by its gateway")

    def _get_credentials(self, number: int) -> None:
        telling.show_step(
            number,
            "AWS credentials for this person",
            "The ID token goes to the identity pool: GetId says who that is in AWS, and",
            "GetCredentialsForIdentity hands out the keys of the role for signed-in people.",
        )
        telling.show_request(f"GetId                      {self._session.identity_id}")
        credentials = self._session.credentials()
        telling.show_request(
            f"GetCredentialsForIdentity  {credentials.access_key_id}, a secret key and a session token",
        )
        arn = self._session.boto3().client("sts").get_caller_identity()["Arn"]
        telling.show_response(f"aws sts get-caller-identity   {arn}")
        telling.show()
        left = round((credentials.expires_at - time.time()) / 60)
        _check(":assumed-role/demo-authenticated/" in arn, f"good for {left} minutes, and renewed when they end")

    def _use_credentials(self, number: int) -> None:
        telling.show_step(
            number,
            "The credentials used, and their limits",
            "The role's policy lets everybody into home/${cognito-identity.amazonaws.com:sub}/ and no further.",
        )
        s3, own = self._session.boto3().client("s3"), f"home/{self._session.identity_id}/notes.txt"
        telling.show_request(f"aws s3 cp notes.txt s3://{demo.BUCKET}/{own}")
        s3.put_object(Bucket=demo.BUCKET, Key=own, Body=b"Half a day, given back.")
        kept = s3.get_object(Bucket=demo.BUCKET, Key=own)["Body"].read().decode()
        telling.show()
        _check(kept == "Half a day, given back.", f"put, and read again: “{kept}”")
        other = "home/us-east-1:somebody-else/notes.txt"
        telling.show_request(f"aws s3 cp notes.txt s3://{demo.BUCKET}/{other}")
        telling.show_response(*_wrapped(_refused(lambda: s3.put_object(Bucket=demo.BUCKET, Key=other, Body=b"?"))))
        telling.show()
        telling.show_fact("somebody else's folder stays shut")

    def _meet_somebody_new(self, number: int) -> None:
        Newcomer(self.stage, self._cognito, self._http, _check).tell(number)

    def _go_to_aws(self, number: int) -> None:
        telling.show_step(number, "The same on AWS", "Nothing changes but the names. Here it was:")
        telling.show_request(*_snippet(self.stage.origin, demo.CONFIDENTIAL_CLIENT_ID, demo.IDENTITY_POOL_ID))
        telling.show()
        telling.show("     On AWS, the domain of your user pool, and the ids out of the console:", "faint")
        telling.show_request(
            *_snippet(
                "https://YOUR-PREFIX.auth.REGION.amazoncognito.com", "YOUR-CLIENT-ID", "REGION:YOUR-IDENTITY-POOL"
            )
        )
        telling.show()
        telling.show(
            f"     and {self.stage.redirect_uri} among the app client's callback URLs, letter for letter.", "faint"
        )

    def _wait_for_the_browser(self) -> str:
        events: queue.Queue[str] = queue.Queue()
        listener = Listener(self.stage.redirect_uri, self._request.state, events.put)

        def finish(page: str, status: int) -> None:
            listener.finish(page, status=status)
            listener.close()

        self._finish = finish
        opened = open_browser(self._request.url)
        telling.show(
            f"     {'It opens now.' if opened else 'Please open it.'} Continue with Google, or sign in as", "faint"
        )
        telling.show(f"     {demo.USERNAME}  with  {demo.PASSWORD}", "bold")
        try:
            return events.get(timeout=_PATIENCE_S)
        except queue.Empty:
            raise Unexpected("nobody signed in within ten minutes; --no-browser plays it without you") from None

    def _robot_signs_in(self) -> str:
        robot = Robot(self.stage.redirect_uri)
        telling.show(f"     No browser here, so a robot clicks: Continue with Google, {_GOOGLE_ACCOUNT}", "faint")
        callback = robot.sign_in_with(self._request.url, "Google", _GOOGLE_ACCOUNT)
        for url in robot.trail:
            parts = urlsplit(url)
            telling.show(f"       → {parts.scheme}://{parts.netloc}{parts.path}", "faint")
        return callback

    def _get(self, headers: Mapping[str, str]) -> tuple[int, str]:
        answer = self._http.request("GET", self.stage.api_url, headers=dict(headers))
        return answer.status, answer.data.decode()


def _check(holds: bool, sentence: str) -> None:
    if not holds:
        raise Unexpected(f"this does not hold: {sentence}")
    telling.show_fact(sentence)


def _refused(call: Callable[[], Any]) -> str:
    """AWS's sentence. Raises Unexpected when the call is let through, or refused for another reason."""
    try:
        call()
    except ClientError as problem:
        answer = problem.response["Error"]
        if answer["Code"] != "AccessDenied":
            raise
        return f"{answer['Code']}: {answer['Message']}"
    raise Unexpected("the object was put into somebody else's folder")


def _one_parameter_a_line(url: str) -> list[str]:
    head, _, query = url.partition("?")
    first, *others = query.split("&")
    return [head, f"  ?{first}", *(f"  &{other}" for other in others)]


def _wrapped(text: str, width: int = 96) -> list[str]:
    import textwrap

    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def _snippet(domain: str, client_id: str, identity_pool_id: str) -> tuple[str, ...]:
    return (
        "from halfday import Cognito",
        f'cognito = Cognito(domain="{domain}",',
        f'                  client_id="{client_id}", client_secret=…,',
        f'                  identity_pool_id="{identity_pool_id}")',
        "session = cognito.login()",
        'session.boto3().client("s3")',
    )


def _stay(stage: Stage) -> int:
    """Prints what an AWS SDK needs to use this server, and keeps it up until Ctrl-C."""
    telling.show("  It stays up. Point any AWS SDK at it:", "bold")
    telling.show_request(
        f"export AWS_ENDPOINT_URL={stage.origin}",
        "export AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test",
    )
    telling.show()
    telling.show("  and halfday itself:", "bold")
    telling.show_request(
        f"export HALFDAY_DOMAIN={stage.origin} HALFDAY_CLIENT_ID={demo.PUBLIC_CLIENT_ID}",
        f"export HALFDAY_IDENTITY_POOL_ID={demo.IDENTITY_POOL_ID} HALFDAY_REDIRECT_URI={stage.redirect_uri}",
        "halfday login && halfday exec -- aws s3 ls",
    )
    telling.show()
    telling.show(f"  {paint('Ctrl-C stops it.', 'faint', stream=sys.stdout)}")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        telling.show()
        return 0
