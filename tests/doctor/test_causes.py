"""The doctor's table: every cause of the catalogue is made to happen, and the doctor names it first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from doctor import (  # noqa: F401 - they fill the table
    at_sign_in,
    at_the_identity_pool,
    at_the_provider,
    at_the_token_endpoint,
    at_the_user_pool,
    in_use,
    recorded,
    with_tokens,
)
from doctor.table import ANSWER, LINE, MADE, TABLE, Stage
from halfday.client.causes.catalogue import catalogue

recorded.put_what_is_said()
NEEDED = 0.95
IDS = [cause.id for cause in catalogue()]


@pytest.fixture(scope="module")
def named() -> Iterator[dict[str, str]]:
    """Which cause was named first, by the one that was made to happen."""
    return {}


@pytest.mark.parametrize("cause", [cause for cause in IDS if cause in TABLE])
def test_the_cause_that_was_made_to_happen_is_named_first(cause: str, stage: Stage, named: dict[str, str]) -> None:
    findings = TABLE[cause].make(stage)
    named[cause] = findings[0].cause if findings else "nothing"
    assert [found.cause for found in findings][:1] == [cause], [(f.cause, f.sentence) for f in findings]


def test_the_share_named_right_is_high_enough(
    named: dict[str, str], record_property: Callable[[str, object], None]
) -> None:
    if not named:
        pytest.skip("the table did not run")
    right = [cause for cause, first in named.items() if first == cause]
    kinds = Counter(entry.how for cause, entry in TABLE.items() if cause in named)
    record_property(
        "said",
        f"the doctor named {len(right)} of {len(named)} causes first ({len(right) / len(named):.1%}): "
        f"{kinds[MADE]} failures {MADE}, {kinds[ANSWER]} times {ANSWER}, {kinds[LINE]} times {LINE}",
    )
    assert len(right) / len(IDS) >= NEEDED


def test_every_cause_has_its_failure() -> None:
    unmade, unknown = set(IDS) - set(TABLE), set(TABLE) - set(IDS)
    assert not unmade, f"give these `says`, or a failure in tests/doctor (at_*.py, recorded.py): {sorted(unmade)}"
    assert not unknown, f"the catalogue has no such cause: {sorted(unknown)}"
