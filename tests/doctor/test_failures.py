"""Every failure of facts/failures.md has its cause in the catalogue, or a reason why a doctor never meets it."""

from __future__ import annotations

import pytest

from halfday.client.causes.catalogue import catalogue

ROWS = {1: 29, 2: 26, 3: 11, 4: 5, 5: 22, 6: 5, 7: 23, 8: 5}
"""How many rows each section of the sheet has: 126."""
WITHOUT = {
    "1.12": "our state is url-safe base64: client/oauth/authorization",
    "1.26": "the loopback listener waits for its own path and state: client/browser/loopback",
    "1.27": "a browser inside the terminal is not opened: client/browser/opening",
    "2.10": "a session renews itself where it came from: client/session",
    "2.26": "emulators' descriptions are not relied upon: a match is by loose words",
    "5.16": "has the words of 5.15, whose advice names sts:TagSession",
    "5.21": "has the words of a throttled request, told for every operation; ids and credentials are kept",
    "7.5": "credential_process uses no SDK, and so never asks itself",
    "7.9": "credentials are renewed 15 minutes ahead: client/token_store/token_cache",
    "7.23": "long secrets are cut into pieces: client/token_store/keyring_store",
    "8.3": "no state is sent to /logout, and none is awaited",
    "8.4": "a log-out says what stays good, and until when: client/signed_out",
}


def rows() -> list[str]:
    return [f"{section}.{row}" for section, count in ROWS.items() for row in range(1, count + 1)]


@pytest.mark.parametrize("row", rows())
def test_a_failure_has_a_cause_or_a_reason(row: str) -> None:
    with_cause = {cause.id.rstrip("abcdefgh") for cause in catalogue()}
    assert (row in with_cause) != (row in WITHOUT)
