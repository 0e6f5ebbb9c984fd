"""[[stand_in]] of a seed file: what it declares listens, and what it says wrongly stops the start with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from halfday.server import seed_file
from halfday.server.seed.stand_ins import declared
from halfday.server.seed_file import SeedRefused
from halfday.server.settings import Settings
from world import running

GOOGLE = {"client_id": "g", "client_secret": "s"}


def refused(*tables: dict[str, Any], **besides: Any) -> str:
    document = {"stand_in": list(tables), **besides}
    try:
        seed_file.check(document)
        declared(document, Settings())
    except SeedRefused as told:
        return str(told)
    raise AssertionError("it is not refused")


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({}, "[[stand_in]] number 1: type is missing"),
        ({"type": "GitHub"}, "[[stand_in]] GitHub: type must be one of "),
        ({"type": "Google", "name": "Acme"}, "[[stand_in]] Acme: Provider Acme cannot be of type Google."),
        ({"type": "OIDC", "name": "Google"}, "[[stand_in]] Google: Provider Google cannot be of type OIDC."),
        ({"type": "Google", "signed_with": "ES256"}, "signed_with is not a key of a stand-in of type Google"),
        ({"type": "OIDC", "team_id": "T"}, "team_id is not a key of a stand-in of type OIDC"),
        ({"type": "OIDC", "signed_with": "none"}, "signed_with must be one of RS256, PS256, ES256, HS256"),
        (
            {"type": "OIDC", "signed_with": "HS256", "client_secret": "short"},
            "client_secret must have 32 characters or more to sign with HS256",
        ),
        ({"type": "OIDC", "port": 65536}, "[[stand_in]] OIDC: port must be between 0 and 65535"),
        ({"type": "OIDC", "port": -1}, "[[stand_in]] OIDC: port must be between 0 and 65535"),
        ({"type": "SignInWithApple", "private_key": "no key"}, "[[stand_in]] SignInWithApple: private_key"),
        ({"type": "OIDC", "accounts": [{"name": "nobody"}]}, "email is missing"),
        ({"type": "OIDC", "accounts": [{"email": "a@b", "claims": "x"}]}, "claims must be a table"),
        ({"type": "OIDC", "passwords": True}, "passwords"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(table: dict[str, Any], told: str) -> None:
    assert told in refused(table)


def test_two_of_one_name_are_one_too_many() -> None:
    assert "there is another one of this name" in refused({"type": "OIDC"}, {"type": "OIDC"})
    assert "there is another one of this name" in refused({"type": "Google"}, stand_in_google=GOOGLE)


def test_a_provider_names_one_by_its_type_and_name(tmp_path: Path) -> None:
    provider = {"type": "OIDC", "name": "Acme", "stand_in": True}
    pool = {"id": "us-east-1_Named", "provider": [provider]}
    document = {"user_pool": [pool], "stand_in": [{"type": "OIDC", "name": "Other"}]}
    told = r"Acme: stand_in is true, and the file has no \[\[stand_in\]\]"
    with pytest.raises(SeedRefused, match=told), running(tmp_path, document):
        raise AssertionError("it has started")


def test_ports_are_google_s_setting_and_the_next_above_the_server_s() -> None:
    tables = [{"type": "Facebook"}, {"type": "Google"}, {"type": "OIDC"}, {"type": "OIDC", "name": "A", "port": 9}]
    known = declared({"stand_in": tables}, Settings(port=5000, google_port=7000))
    assert {one.name: one.port for one in known} == {"Facebook": 5003, "Google": 7000, "OIDC": 5004, "A": 9}
    free = declared({"stand_in": tables}, Settings(port=0, google_port=0))
    assert [one.port for one in free] == [0, 0, 0, 9]


def test_a_port_that_is_taken_is_told_by_whose_it_is(tmp_path: Path) -> None:
    with running(tmp_path / "one", {"stand_in": [{"type": "OIDC"}]}) as up:
        port = int(up.running.stand_ins["OIDC"].rpartition(":")[2])
        again = {"stand_in": [{"type": "OIDC", "port": port}]}
        told = r"\[\[stand_in\]\] OIDC: port: cannot listen on"
        with pytest.raises(ValueError, match=told), running(tmp_path / "two", again):
            raise AssertionError("it has started")


def test_a_secret_that_the_file_leaves_out_is_another_at_each_start_and_the_provider_follows(tmp_path: Path) -> None:
    provider = {"type": "OIDC", "name": "Acme", "stand_in": True}
    pool = {"id": "us-east-1_Follows", "provider": [provider]}
    document = {"user_pool": [pool], "stand_in": [{"type": "OIDC", "name": "Acme"}]}
    known = []
    for _ in range(2):
        with running(tmp_path, document) as up:
            found = up.idp.describe_identity_provider(UserPoolId="us-east-1_Follows", ProviderName="Acme")
            details = found["IdentityProvider"]["ProviderDetails"]
            assert details["oidc_issuer"] == up.running.stand_ins["Acme"]
            assert details["client_id"] == "stand-in-Acme"
            published = requests.get(f"{details['oidc_issuer']}/.well-known/openid-configuration", timeout=5).json()
            assert published["issuer"] == details["oidc_issuer"]
            known.append(details["client_secret"])
    assert len(set(known)) == 2
    assert all(len(secret) >= 32 for secret in known)
