"""What can be told of an identity pool without AWS keys, and what only looks so."""

from __future__ import annotations

from doctor.table import Stage, step


def test_a_user_pool_that_is_not_listed_and_an_app_client_that_is_not_are_told_as_likely_both(stage: Stage) -> None:
    """AWS's sentence is the same of both, and so neither is certain: the probe says what to compare."""
    ids = {"identity_pool_id": stage.identities().identity_pool_id, "user_pool_id": stage.pool.pool_id}
    cognito = stage.cognito(stage.client(), **ids)
    session = cognito.sign_in("ada", "Lovelace-1815", srp=False)
    found = step("identity pool", cognito, session=session)
    assert found.outcome == "problem"
    assert [(finding.cause, finding.certain) for finding in found.findings] == [("5.1", False), ("5.1b", False)]
    assert all("iss" in finding.probe for finding in found.findings)


def test_a_made_up_token_proves_nothing_of_the_providers(stage: Stage) -> None:
    """It is refused as a token, whether or not the user pool is listed: the step does not say that it is."""
    ids = {"identity_pool_id": stage.identities().identity_pool_id, "user_pool_id": stage.pool.pool_id}
    found = step("identity pool", stage.cognito(stage.client(), **ids))
    assert (found.outcome, "when somebody is signed in" in found.told) == ("ok", True)
