"""Every member that makes a pool, an identity pool or something of IAM survives an export, as JSON and as a seed file.

The shipped models say which members there are: a new one that this server takes has to be set in `every_member`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from every_member import members_of, set_up, taken_members
from halfday.server.operations.framework.model import service_model
from halfday.server.seed.written import seed_file_of
from seed_answers import of_configuration
from transferred import answers, bring_into, exported, undated
from world import running

OPERATIONS = {
    "cognito-idp": (
        "CreateUserPool UpdateUserPool SetUserPoolMfaConfig CreateUserPoolDomain CreateUserPoolClient "
        "UpdateUserPoolClient CreateIdentityProvider CreateGroup CreateResourceServer SetUICustomization "
        "SetRiskConfiguration CreateManagedLoginBranding CreateTerms SetLogDeliveryConfiguration "
        "SetUserPoolSessionConfiguration SetUserPoolClientSessionConfiguration CreateUserPoolReplica "
        "UpdateUserPoolReplica"
    ),
    "cognito-identity": "CreateIdentityPool UpdateIdentityPool SetIdentityPoolRoles SetPrincipalTagAttributeMap",
    "iam": "CreatePolicy CreatePolicyVersion CreateRole CreateUser CreateOpenIDConnectProvider CreateSAMLProvider",
}
NAMED = [(service, name) for service, names in OPERATIONS.items() for name in names.split()]

REFUSED = {
    "CreateUserPool Schema[].DeveloperOnlyAttribute": "attributes that only developers see are not built",
}
"""Members that are honoured by name and refused by value, with the reason."""


UNTOLD = {"CreateUserPoolReplica UserPoolTags{}": ("not", "told")}
"""Members that no call tells afterwards, with what they were set to: no export has them."""


class Trip(NamedTuple):
    said: dict[str, set[str]]
    before: dict[str, Any]
    document: dict[str, Any]
    seed_file: str
    unsaid: list[str]


@pytest.fixture(scope="module")
def trip(tmp_path_factory: pytest.TempPathFactory) -> Trip:
    with running(tmp_path_factory.mktemp("one")) as one:
        said = set_up(one).said
        document = exported(one, secrets=True)
        return Trip(said, answers(one), document, *seed_file_of(document))


@pytest.mark.parametrize(("service", "operation"), NAMED)
def test_every_member_that_is_taken_is_set(trip: Trip, service: str, operation: str) -> None:
    said, taken = trip.said[f"{service} {operation}"], taken_members(service, operation)
    exempt = {one.partition(" ")[2] for one in REFUSED if one.partition(" ")[0] == operation}
    assert taken - said - exempt == set()
    assert said <= members_of(service_model(service).operation_model(operation).input_shape)


def test_what_no_call_tells_is_in_no_export(trip: Trip) -> None:
    for member, value in UNTOLD.items():
        operation, _, path = member.partition(" ")
        assert path in trip.said[f"cognito-idp {operation}"]
        assert json.dumps(dict([value]))[1:-1] not in json.dumps(trip.document)


def test_an_import_of_the_document_answers_alike_and_exports_the_same_bytes(trip: Trip, tmp_path: Path) -> None:
    with running(tmp_path) as other:
        told = bring_into(other, trip.document)
        assert answers(other) == trip.before
        assert (told["LeftOut"], told["ThereAlready"]) == ([], [])
        assert undated(exported(other, secrets=True)) == undated(trip.document)


def test_a_start_from_the_seed_file_answers_alike_and_exports_the_same_bytes(trip: Trip, tmp_path: Path) -> None:
    assert trip.unsaid == []
    for _ in range(2):  # a second start changes nothing
        with running(tmp_path, tomllib.loads(trip.seed_file)) as other:
            assert of_configuration(answers(other)) == of_configuration(trip.before)
            assert seed_file_of(exported(other, secrets=True)) == (trip.seed_file, [])


def test_another_process_writes_the_same_bytes(trip: Trip, tmp_path: Path) -> None:
    """Sets of texts have another order in each."""
    file = tmp_path / "document.json"
    file.write_text(json.dumps(trip.document))
    program = "import json, sys; from halfday.server.seed.written import seed_file_of as f"
    program += "; print(f(json.load(open(sys.argv[1])))[0], end='')"
    command = [sys.executable, "-c", program, str(file)]
    for seed in ("1", "2"):
        done = subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True)
        assert (done.stdout, done.stderr) == (trip.seed_file, "")
