"""What was sent and what was opened is compared for every refusal, and what no eye sees is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from doctor.table import step
from halfday import Cognito
from halfday.client.errors import NetworkError, SettingsError
from halfday.client.oauth.authorization import AuthorizationRequest
from halfday.client.oauth.journal import REDEEMED, REFUSED, Journal
from halfday.doctor.diagnosis import Diagnosis, Evidence, diagnose
from halfday.doctor.pasted.sent_requests import facts_of, link_facts, read_request
from world import CALLBACK, Pool, World

DOMAIN = "https://demo.auth.eu-west-1.amazoncognito.com"
TOKEN = f"curl {DOMAIN}/oauth2/token -d grant_type=authorization_code -d client_id=abc"
LINK = f"{DOMAIN}/oauth2/authorize?response_type=code&client_id=abc&redirect_uri=http://localhost:8080"


def asked(error: str, sent: str = "", link: str = "", journal: Journal | None = None) -> Diagnosis:
    return diagnose(Evidence(f'{{"error":"{error}"}}', sent, link), now=1000.0, journal=journal)


def causes(diagnosis: Diagnosis) -> list[tuple[str, bool]]:
    return [(found.cause, found.certain) for found in diagnosis.findings]


@pytest.mark.parametrize(
    ("error", "sent", "cause"),
    [
        ("unauthorized_client", f"{TOKEN} -d code=c -d redirect_uri=http://localhost:8080/", "2.2b"),
        ("invalid_grant", f"{TOKEN} -d code=c -d redirect_uri=http://localhost:8080/", "2.1"),
        ("invalid_request", f"{TOKEN} -d code=c -d redirect_uri=http://localhost:8080/", "2.2b"),
        ("invalid_client", f"{TOKEN}d -d client_secret=s -d code=c -d redirect_uri=http://localhost:8080", "2.7b"),
    ],
)
def test_a_request_is_compared_with_the_link_whatever_the_refusal(error: str, sent: str, cause: str) -> None:
    assert asked(error, sent, LINK).findings[0].cause == cause


def test_a_grant_that_is_off_is_suspected_where_nothing_differs() -> None:
    sent = f"{TOKEN} -d code=c -d redirect_uri=http://localhost:8080"
    assert asked("unauthorized_client", sent, LINK).findings[0].cause == "2.3"


@pytest.mark.parametrize(
    ("error", "sent", "cause", "told"),
    [
        ("invalid_client", f"{TOKEN} -d code=c -d redirect_uri=x -d client_secret='s\n'", "2.31", "a line end"),
        ("invalid_client", f"{TOKEN} -d code=c -d redirect_uri=x -d client_secret=' s'", "2.31", "begins with a blank"),
        ("invalid_grant", f"{TOKEN} -d redirect_uri=x -d 'code=c '", "2.31", "code ends in a blank"),
        ("invalid_client", f"curl -u 'abc:' {DOMAIN}/oauth2/token -d grant_type=client_credentials", "2.14f", "empty"),
        ("invalid_client", f"{TOKEN} -d code=c -d redirect_uri=x -d client_secret=", "2.14f", "empty"),
        ("invalid_request", f"{TOKEN} -d code= -d redirect_uri=x", "2.20c", "is empty: code"),
        ("invalid_request", f"{TOKEN} -d redirect_uri=x", "2.20b", "is missing: code"),
        ("invalid_request", f"{TOKEN} -d code=c&redirect_uri=x", "2.32", "outside quotes"),
        ("invalid_grant", f"{TOKEN} -d code=c -d 'redirect_uri=http://a/?b=1&c=2'", "2.33", "before &c="),
        (
            "invalid_scope",
            f"curl {DOMAIN}/oauth2/token -u a:b -d grant_type=client_credentials -d scope='openid orders/read'",
            "2.21b",
            ": openid",
        ),
    ],
)
def test_what_no_eye_sees_in_a_request_is_told(error: str, sent: str, cause: str, told: str) -> None:
    found = asked(error, sent).findings[0]
    assert (found.cause, found.certain) == (cause, True)
    assert told in found.sentence


@pytest.mark.parametrize(
    ("error", "more", "cause", "told"),
    [
        ("redirect_mismatch", "%20", "1.1d", "redirect_uri ends in a blank"),
        ("redirect_mismatch", "/?a=1&b=2", "1.1e", "before &b="),
        ("invalid_request", "&scope=openid,email", "1.6c", "(with , between them)"),
        ("invalid_request", "&state=", "1.9c", "is there and empty: state"),
    ],
)
def test_what_no_eye_sees_in_a_link_is_told(error: str, more: str, cause: str, told: str) -> None:
    refused = f"{DOMAIN}/error?error={error}&client_id=abc"
    found = diagnose(Evidence(refused, "", f"{LINK}{more}"), now=0.0).findings[0]
    assert (found.cause, found.certain) == (cause, True)
    assert told in found.sentence


def test_no_secret_is_told() -> None:
    sent = f"{TOKEN} -d code=SECRETCODE -d redirect_uri=x -d 'client_secret=SECRETWORD ' -d code_verifier='SECRETV '"
    facts = facts_of(read_request(sent))
    assert "SECRET" not in "".join(facts.values())


def test_a_port_that_is_no_number_stops_nothing() -> None:
    assert link_facts(f"{LINK}x/")["asked"] == "http://localhost:8080x/"


@pytest.mark.parametrize(
    ("outcomes", "cause"), [([REFUSED, REDEEMED], "2.4"), ([REDEEMED, REFUSED], "2.4"), ([REFUSED, REFUSED], "2.4b")]
)
def test_already_used_is_said_of_a_code_that_was_redeemed(tmp_path: Path, outcomes: list[str], cause: str) -> None:
    journal = Journal(str(tmp_path))
    for at, outcome in enumerate(outcomes):
        journal.sent("c", outcome, now=900.0 + at)
    sent = f"{TOKEN} -d code=c -d redirect_uri=http://localhost:8080"
    assert asked("invalid_grant", sent, journal=journal).findings[0].cause == cause


def test_a_sign_in_of_this_machine_is_known_without_its_link(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path))
    began = AuthorizationRequest(f"{LINK}&state=s", "abc", "http://localhost:8080", "s", "n", "", "", 900.0)
    journal.began(began, now=900.0)
    sent = f"{TOKEN} -d code=c -d redirect_uri=http://localhost:8080/"
    assert asked("invalid_grant", sent, f"{LINK}&state=s", journal).findings[0].cause == "2.1"


def test_a_pool_that_is_not_there_is_no_captive_portal(world: World, pool: Pool) -> None:
    """Neither to the doctor nor at a sign-in that wants the pool's keys."""
    missing = f"{pool.pool_id.partition('_')[0]}_Missing01"
    known = {"domain": world.origin, "client_id": pool.client()["ClientId"], "endpoint_url": world.origin}
    cognito = Cognito(user_pool_id=missing, redirect_uri=CALLBACK, **known)
    found = step("user pool", cognito)
    assert found.findings[0].cause == "3.10b"
    with pytest.raises(NetworkError) as refused:
        cognito.exchange("a-code")
    assert [finding.cause for finding in refused.value.findings] == ["0.10"]


def test_a_console_is_looked_for_at_aws_alone(world: World, pool: Pool) -> None:
    from halfday.client.credentials.console import sign_in_link
    from halfday.protocol.credentials import Credentials

    cognito = Cognito(domain=world.origin, client_id=pool.client()["ClientId"], endpoint_url=world.origin)
    connection = replace(cognito.connection.settings, aws_endpoints={"signin": str(world.running.management)})
    link = sign_in_link(connection, Credentials("AKIA", "secret", "session", 2**33))
    with pytest.raises(SettingsError, match="the AWS console is at AWS only"):
        cognito.connection.transport.run(link)
