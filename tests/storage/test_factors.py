"""The promises of codes under way, attempts, authenticator apps and former passwords, over every database there is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from databases import Open, race, run
from halfday.server.domain.sign_in.codes_and_sessions import PendingChallenge
from halfday.server.domain.user_pools.password_policy import PastPassword
from halfday.server.domain.users.confirmation import Confirmation, Purpose
from halfday.server.domain.users.factors import SoftwareToken
from halfday.server.storage.errors import Missing, Stale
from halfday.server.storage.store import Store

POOL = "us-east-1_Factors01"
CODE = Confirmation(POOL, "ada", Purpose.SIGN_UP, "email", "ada@example.com", 1.0, 9.0, code="012345")


def test_a_new_code_takes_the_place_of_the_one_before_for_the_same_purpose(store: Store) -> None:
    codes = store.confirmations
    run(codes.put(CODE))
    run(codes.put(replace(CODE, purpose=Purpose.PASSWORD, code="999999")))
    run(codes.put(replace(CODE, code="543210", sent_at=2.0)))
    found = run(codes.find(POOL, "ada", Purpose.SIGN_UP))
    assert found is not None
    assert (found.code, found.sent_at) == ("543210", 2.0)
    assert run(codes.find(POOL, "ada", Purpose.PASSWORD)) is not None
    assert run(codes.find(POOL, "eve", Purpose.SIGN_UP)) is None
    assert run(codes.take(CODE)) is None, "the older one is worth nothing"
    assert run(codes.take(found)) == found
    assert run(codes.take(found)) is None


def test_of_two_who_take_a_code_at_once_one_gets_it(open_store: Open) -> None:
    for round_ in range(20):
        code = replace(CODE, username=f"u{round_}")
        run(open_store().confirmations.put(code))
        got = race(open_store, lambda store, code=code: run(store.confirmations.take(code)))
        assert sorted(taken is None for taken in got) == [False, True]


def test_attempts_are_counted_within_their_window(store: Store) -> None:
    count = store.attempts.count
    made = [run(count(POOL, "ada", "x", now=float(now), window_s=10.0)) for now in (0, 1, 9, 10, 11)]
    assert made == [1, 2, 3, 1, 2], "the window begins with the first attempt"
    sliding = [run(count(POOL, "ada", "y", now=float(now), window_s=10.0, sliding=True)) for now in (0, 9, 18, 28)]
    assert sliding == [1, 2, 3, 1], "each attempt begins it anew"
    assert run(count(POOL, "eve", "x", now=0.0, window_s=10.0)) == 1
    run(store.attempts.forget(POOL, "ada", "x"))
    assert run(store.attempts.find(POOL, "ada", "x")) is None
    assert run(store.attempts.find(POOL, "ada", "y")) is not None


def test_no_attempt_is_lost_when_two_count_at_once(open_store: Open) -> None:
    for round_ in range(20):
        name = f"u{round_}"
        made = race(
            open_store, lambda store, name=name: run(store.attempts.count(POOL, name, "x", now=0.0, window_s=9.0))
        )
        assert sorted(made) == [1, 2]


def test_a_pending_secret_leaves_the_one_that_serves(store: Store) -> None:
    tokens = store.software_tokens
    run(tokens.set_pending(POOL, "ada", "FIRST"))
    assert run(tokens.find(POOL, "ada")) == SoftwareToken(POOL, "ada", pending_secret="FIRST")
    run(tokens.change(POOL, "ada", lambda _: SoftwareToken(POOL, "ada", "FIRST", last_step=5)))
    run(tokens.set_pending(POOL, "ada", "SECOND"))
    assert run(tokens.find(POOL, "ada")) == SoftwareToken(POOL, "ada", "FIRST", "SECOND", 5)
    run(tokens.delete(POOL, "ada"))
    with pytest.raises(Missing):
        run(tokens.delete(POOL, "ada"))


def test_a_step_s_code_is_used_once(open_store: Open) -> None:
    token = SoftwareToken(POOL, "ada", "SECRET")
    run(open_store().software_tokens.set_pending(POOL, "ada", "SECRET"))
    run(open_store().software_tokens.change(POOL, "ada", lambda _: token))
    for step in range(20):
        used = race(open_store, lambda store, step=step: run(store.software_tokens.use(token, step)))
        assert sorted(map(str, used)) == sorted([str(None), str(Stale)])
    with pytest.raises(Stale):
        run(open_store().software_tokens.use(token, 3))


def test_former_passwords_come_newest_first_and_are_forgotten_by_age(store: Store) -> None:
    past = store.past_passwords
    for set_at in (2.0, 1.0, 3.0):
        run(past.insert(PastPassword(POOL, "ada", set_at, "5a17", f"{set_at:.0f}")))
    run(past.insert(PastPassword(POOL, "eve", 9.0, "5a17", "9")))
    assert [each.set_at for each in run(past.of_user(POOL, "ada"))] == [3.0, 2.0, 1.0]
    assert run(past.forget_before(POOL, "ada", 2.0)) == 1
    assert [each.set_at for each in run(past.of_user(POOL, "ada"))] == [3.0, 2.0]
    assert len(run(past.of_user(POOL, "eve"))) == 1


def test_the_newest_of_somebody_s_sign_ins_is_found_by_challenge(store: Store) -> None:
    for number, client in ((1, "web"), (3, "web"), (2, "web"), (9, "other")):
        pending = PendingChallenge(f"h{number}", POOL, client, "ada", "DEVICE_SRP_AUTH", float(number))
        run(store.challenges.insert(pending))
    newest = run(store.challenges.latest_of(POOL, "web", "ada", "DEVICE_SRP_AUTH"))
    assert newest is not None
    assert newest.session_hash == "h3"
    assert run(store.challenges.latest_of(POOL, "web", "ada", "SMS_MFA")) is None
    assert run(store.challenges.latest_of(POOL, "web", "eve", "DEVICE_SRP_AUTH")) is None
