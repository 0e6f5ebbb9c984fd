"""`/federation`: a sign-in token for temporary credentials, and the page that says who signed in.

Source: IAM user guide, Enable custom identity broker access to the AWS console; facts/failures.md §7.12.
"""

from __future__ import annotations

import json

import pytest
import requests

from federated import ACCOUNT, identities
from signers import ANYTHING, Signer, of, role, trusting, user
from world import World

HOME = "https://console.aws.amazon.com/s3/home?region=us-east-1"
INVALID = "HTTP Status 400 - Invalid {} parameter"


@pytest.fixture
def session(world: World) -> Signer:
    ada = user(world)
    return ada.assume(role(world, trusting(ada.arn)), "ada")


def shown(signer: Signer, **changed: str) -> str:
    names = {
        "sessionId": "aws_access_key_id",
        "sessionKey": "aws_secret_access_key",
        "sessionToken": "aws_session_token",
    }
    return json.dumps({name: signer.keys.get(key, "") for name, key in names.items()} | changed)


def ask(world: World, method: str = "POST", **given: str) -> requests.Response:
    where = {"params": given} if method == "GET" else {"data": given}
    return requests.request(method, f"{world.origin}/federation", timeout=10, **where)


def token_for(signer: Signer, **given: str) -> str:
    answer = ask(signer.world, Action="getSigninToken", Session=shown(signer), **given)
    assert answer.status_code == 200, answer.text
    found: str = answer.json()["SigninToken"]
    return found


def login(world: World, token: str, **given: str) -> requests.Response:
    fields = {"Action": "login", "Issuer": "https://broker.example", "Destination": HOME, "SigninToken": token, **given}
    return requests.get(f"{world.origin}/federation", params=fields, headers={"Accept": "text/html"}, timeout=10)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_credentials_give_a_token_and_the_token_a_page(world: World, session: Signer, method: str) -> None:
    given = {"Action": "getSigninToken", "SessionType": "json", "Session": shown(session)}
    answer = ask(world, method, **given)
    assert (answer.status_code, list(answer.json())) == (200, ["SigninToken"])
    token = answer.json()["SigninToken"]
    for secret in session.keys.values():
        assert secret not in token
    page = login(world, token)
    assert page.status_code == 200
    for text in (session.arn, ACCOUNT, HOME.replace("&", "&amp;"), " UTC"):
        assert text in page.text
    for secret in (session.keys["aws_secret_access_key"], session.keys["aws_session_token"], token):
        assert secret not in page.text
    assert "no-store" in page.headers["Cache-Control"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert login(world, token).status_code == 200, "within its 15 minutes it is good again"


def test_the_page_speaks_the_browser_s_language(world: World, session: Signer) -> None:
    fields = {"Action": "login", "Destination": HOME, "SigninToken": token_for(session)}
    headers = {"Accept": "text/html", "Accept-Language": "de"}
    page = requests.get(f"{world.origin}/federation", params=fields, headers=headers, timeout=10)
    assert "Bei der AWS-Konsole angemeldet" in page.text


def test_federated_users_and_people_of_an_identity_pool_sign_in(world: World) -> None:
    answer = world.boto3("sts").get_federation_token(Name="bob", Policy=json.dumps(ANYTHING))
    bob = of(world, answer["FederatedUser"]["Arn"], answer["Credentials"])
    assert bob.arn in login(world, token_for(bob)).text
    people = identities(world)
    people.set_roles(authenticated=people.role(f"console-{next(world.counter)}"))
    given = people.credentials(people.logins())
    person = of(world, "", {**given, "SecretAccessKey": given["SecretKey"]})
    assert "/CognitoIdentityCredentials" in login(world, token_for(person)).text


def test_what_is_no_session_gets_no_token(world: World, session: Signer) -> None:
    own = of(world, "", user(world).client().get_session_token()["Credentials"])
    wrong = [
        shown(session, sessionKey="wrong"),
        shown(session, sessionToken="wrong"),
        shown(session, sessionId="ASIANOBODY0000000000"),
        shown(own),
        shown(user(world)),
    ]
    for text in wrong:
        answer = ask(world, Action="getSigninToken", Session=text)
        assert (answer.status_code, answer.text) == (400, INVALID.format("credentials"))
    for text in ("", "{", "[]", '{"sessionId": 1}', "[" * 100_000):
        answer = ask(world, Action="getSigninToken", Session=text)
        assert answer.status_code == 400
    assert ask(world, Action="getSigninToken", Session=shown(session), SessionType="xml").status_code == 400
    assert ask(world, Action="getMoreTokens").text == INVALID.format("Action")
    assert ask(world, "GET").status_code == 400


def test_a_longer_session_is_for_roles_that_were_not_chained(world: World, session: Signer) -> None:
    assert login(world, token_for(session, SessionDuration="43200")).status_code == 200
    for wrong in ("899", "43201", "x", "", "1e4", "٣٦٠٠"):
        answer = ask(world, Action="getSigninToken", Session=shown(session), SessionDuration=wrong)
        assert (answer.status_code, answer.text) == (400, INVALID.format("SessionDuration")), wrong
    ada = user(world)
    first = role(world, trusting(ada.arn))
    chained = ada.assume(first).assume(role(world, trusting(first)))
    federated = world.boto3("sts").get_federation_token(Name="bob")
    for signer in (chained, of(world, "", federated["Credentials"])):
        assert token_for(signer)
        answer = ask(world, Action="getSigninToken", Session=shown(signer), SessionDuration="3600")
        assert (answer.status_code, answer.text) == (400, INVALID.format("credentials"))


def test_a_token_is_made_by_nobody_else(world: World, session: Signer) -> None:
    token = token_for(session)
    for place in range(0, len(token), 7):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert login(world, changed).status_code == 400
    for other in ("", "x", "A" * 200, token[:-4], token + "AAAA"):
        page = login(world, other)
        assert page.status_code == 400
        assert 'href="https://broker.example"' in page.text


@pytest.mark.parametrize(
    "destination",
    [
        "",
        "https://evil.example/",
        "http://console.aws.amazon.com/",
        "https://console.aws.amazon.com.evil.example/",
        "https://evil.example/console.aws.amazon.com",
        "https://evilaws.amazon.com/",
        "https://console.aws.amazon.com@evil.example/",
        "https://evil.example\\.console.aws.amazon.com/",
        "javascript:alert(1)//console.aws.amazon.com",
        "//console.aws.amazon.com/",
    ],
)
def test_a_destination_elsewhere_is_refused(world: World, session: Signer, destination: str) -> None:
    page = login(world, token_for(session), Destination=destination)
    assert page.status_code == 400
    assert "no page of the AWS console" in page.text


@pytest.mark.parametrize(
    "destination",
    [
        "https://us-east-1.console.aws.amazon.com/lambda/home",
        "https://console.amazonaws-us-gov.com/",
        "https://console.amazonaws.cn/",
        "https://health.aws.amazon.com/health/home",
    ],
)
def test_pages_of_the_console_are_shown(world: World, session: Signer, destination: str) -> None:
    assert destination in login(world, token_for(session), Destination=destination).text


@pytest.mark.parametrize("issuer", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "http://evil.example"])
def test_an_issuer_that_is_no_address_is_not_linked(world: World, issuer: str) -> None:
    assert "href=" + f'"{issuer}' not in login(world, "none", Issuer=issuer).text


def test_markup_in_names_is_shown_as_text(world: World, session: Signer) -> None:
    page = login(world, token_for(session), Destination="https://console.aws.amazon.com/<script>alert(1)</script>")
    assert "<script>alert" not in page.text


# Time is turned from here on.


def test_a_token_ends_after_15_minutes_or_with_its_session(world: World) -> None:
    ada = user(world)
    arn = role(world, trusting(ada.arn))
    session = ada.assume(arn, "ada")
    token = token_for(session)
    world.boto3("iam").delete_role(RoleName=arn.rpartition("/")[2])
    assert login(world, token).status_code == 400, "the role is gone"
    again = ada.assume(role(world, trusting(ada.arn)), "ada")
    token = token_for(again)
    world.clock.advance(899)
    assert login(world, token).status_code == 200
    world.clock.advance(2)
    assert login(world, token).status_code == 400
    world.clock.advance(3600)
    assert ask(world, Action="getSigninToken", Session=shown(again)).text == INVALID.format("credentials")
