"""AWS credentials beside the usual way: a chosen role, the basic flow, guests, and people a backend vouches for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from cognito_peer import IDENTITY_ID, REDIRECT_URI, Peer

from federated import allow, identities
from halfday import ApiRefused, Cognito, SettingsError
from world import World

ROLE = "arn:aws:iam::123456789012:role/reader"


def members(peer: Peer, operation: str) -> list[dict[str, Any]]:
    return [sent for name, sent in peer.requests if name == operation]


def test_a_role_of_one_s_choice_is_asked_for_and_kept_apart(make_cognito: Callable[..., Cognito], peer: Peer) -> None:
    first = make_cognito().exchange(peer.issue({}), REDIRECT_URI, keep=True).credentials()
    chosen = make_cognito(role_arn=ROLE).session.credentials()
    assert [sent.get("CustomRoleArn") for sent in members(peer, "GetCredentialsForIdentity")] == [None, ROLE]
    assert chosen != first


def test_a_guest_stays_the_same_when_kept(make_cognito: Callable[..., Cognito], peer: Peer) -> None:
    guest = make_cognito().guest(keep=True)
    assert guest.identity_id == IDENTITY_ID
    credentials = guest.credentials()
    assert make_cognito().guest(keep=True).credentials() == credentials
    assert (peer.count("GetId"), peer.count("GetCredentialsForIdentity")) == (1, 1)
    assert members(peer, "GetId")[0]["Logins"] == {}
    guest.forget()
    assert make_cognito().guest(keep=True).identity_id == IDENTITY_ID
    assert peer.count("GetId") == 2


def test_a_backend_vouches_for_somebody(make_cognito: Callable[..., Cognito], peer: Peer) -> None:
    asked: list[int] = []

    def vouch() -> tuple[str, str]:
        asked.append(1)
        return IDENTITY_ID, f"token-{len(asked)}"

    now = [time.time()]
    person = make_cognito(clock=lambda: now[0]).developer(vouch)
    assert not asked, "nothing is asked before it is needed"
    person.credentials()
    person.credentials()
    now[0] += 3000
    person.credentials()
    sent = [sent["Logins"] for sent in members(peer, "GetCredentialsForIdentity")]
    assert len(sent) == 2
    assert {next(iter(logins)) for logins in sent} == {"cognito-identity.amazonaws.com"}
    assert sent[0] != sent[1], "a new token each time"
    assert peer.count("GetId") == 0


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"credentials_flow": "classic"}, "neither enhanced nor basic"),
        ({"credentials_flow": "basic"}, "needs role_arn"),
        ({"duration_s": 900}, "only the basic flow"),
        ({"credentials_flow": "basic", "role_arn": ROLE, "duration_s": 60}, "not a number of seconds"),
        ({"role_arn": "reader"}, "malformed"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    make_cognito: Callable[..., Cognito], given: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SettingsError, match=sentence) as refused:
        make_cognito(**given)
    assert refused.value.hint


class TestAgainstTheServer:
    """Roles, trust and STS are the server's; the client sends what it would send to AWS."""

    def connection(self, people: Any, **given: Any) -> Cognito:
        known = {
            "domain": people.world.origin,
            "client_id": people.client["ClientId"],
            "identity_pool_id": people.identity_pool_id,
        }
        return Cognito(**{**known, **given})

    def test_the_basic_flow_assumes_the_role_that_was_named(self, world: World) -> None:
        people = identities(world, AllowClassicFlow=True)
        role = people.role("basic-reader", allow("s3:ListAllMyBuckets"))
        cognito = self.connection(people, credentials_flow="basic", role_arn=role, duration_s=1800)
        session = cognito.sign_in("ada", "Lovelace-1815", srp=False)
        credentials = session.credentials()
        assert 1700 < credentials.expires_at - time.time() < 1900
        caller = session.boto3().client("sts").get_caller_identity()
        assert ":assumed-role/basic-reader/" in caller["Arn"]

    def test_a_role_that_does_not_trust_the_pool_is_explained(self, world: World) -> None:
        people = identities(world, AllowClassicFlow=True)
        role = people.role("untrusting", allow("s3:ListAllMyBuckets"), kind="unauthenticated")
        cognito = self.connection(people, credentials_flow="basic", role_arn=role)
        with pytest.raises(ApiRefused, match="AccessDenied") as refused:
            cognito.sign_in("ada", "Lovelace-1815", srp=False).credentials()
        assert "trust policy" in refused.value.hint

    def test_a_guest_has_the_guests_role(self, world: World) -> None:
        people = identities(world, AllowUnauthenticatedIdentities=True)
        role = people.role("visitors", allow("s3:ListAllMyBuckets"), kind="unauthenticated")
        people.set_roles(unauthenticated=role)
        guest = self.connection(people).guest()
        assert ":assumed-role/visitors/" in guest.boto3().client("sts").get_caller_identity()["Arn"]

    def test_a_pool_without_guests_says_so(self, world: World) -> None:
        with pytest.raises(ApiRefused, match="Unauthenticated access is not supported"):
            _ = self.connection(identities(world)).guest().identity_id
