"""`halfday explain` says whose function refused, from what the server answers. Source: facts/triggers.md §2."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions import answering, arn_of, configure, set_triggers
from halfday.doctor.diagnosis import Evidence, diagnose
from operations.test_sign_in import initiate
from triggers.test_sign_up import refusing
from world import Pool, World


@pytest.fixture
def pool(world: World) -> Pool:
    pool = world.pool()
    pool.user()
    return pool


def explained(world: World, pool: Pool, username: str = "ada") -> tuple[str, str]:
    """The cause that is told first of a sign-in that is refused, and its sentence."""
    with pytest.raises(ClientError) as raised:
        initiate(world, pool.client(), USERNAME=username, PASSWORD="Lovelace-1815")
    found = diagnose(Evidence(str(raised.value)), now=0.0).findings[0]
    return found.cause, found.sentence


def test_a_refusal_and_a_crash_name_the_trigger(world: World, pool: Pool) -> None:
    set_triggers(pool, PreAuthentication=refusing("Not on a Sunday"))
    cause, sentence = explained(world, pool)
    assert cause == "3.25"
    assert "Lambda trigger PreAuthentication refused this" in sentence


def test_a_function_that_is_nowhere_names_the_trigger(world: World, pool: Pool) -> None:
    configure(pool, {"PostAuthentication": arn_of("nowhere")})
    cause, sentence = explained(world, pool)
    assert cause == "3.25f"
    assert "Lambda trigger PostAuthentication names a function that there is not" in sentence


def test_an_answer_that_is_none_is_told_of(world: World, pool: Pool) -> None:
    set_triggers(pool, PreTokenGeneration=lambda event: ["no", "event"])
    assert explained(world, pool)[0] == "3.25d"


def test_a_migration_without_a_user_is_told_of(world: World, pool: Pool) -> None:
    no_user: dict[str, Any] = {"userAttributes": {}}
    set_triggers(pool, UserMigration=answering(no_user))
    assert explained(world, pool, "stranger")[0] == "3.25e"
