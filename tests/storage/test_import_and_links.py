"""The promises of user imports and linked identities, over every database there is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from databases import Open, race, run
from halfday.server.domain.users.linked_identities import COGNITO_SUBJECT, LinkedIdentity, with_link, with_subject
from halfday.server.domain.users.user_import import STOPPED, ImportStatus, UserImportChunk, UserImportJob
from halfday.server.domain.users.users import User, UserStatus
from halfday.server.storage.errors import Missing, Stale, Taken
from halfday.server.storage.store import Store

POOL = "us-east-1_Store0001"
pytestmark = pytest.mark.usefixtures("its_pools")


def job(job_id: str = "import-1", **changes: Any) -> UserImportJob:
    return replace(UserImportJob(POOL, job_id, "people", "arn:aws:iam::1:role/r", 1.0, "k3y"), **changes)


def chunk(upload_id: str = "up", number: int = 0, job_id: str = "import-1") -> UserImportChunk:
    return UserImportChunk(POOL, job_id, upload_id, number, f"\x00\xff{number}", 100.0)


def uploaded(store: Store, job_id: str = "import-1") -> UserImportJob:
    run(store.user_imports.insert(job(job_id)))
    run(store.user_imports.insert_chunk(chunk(job_id=job_id)))
    run(store.user_imports.set_upload(POOL, job_id, "up"))
    found: UserImportJob = run(store.user_imports.find(POOL, job_id))
    return found


def test_a_job_and_its_file_come_back_as_they_were(store: Store) -> None:
    run(store.user_imports.insert(job()))
    assert run(store.user_imports.find(POOL, "import-1")) == job()
    assert run(store.user_imports.find(POOL, "import-2")) is None
    with pytest.raises(Taken):
        run(store.user_imports.insert(job()))
    for number in (0, 1):
        run(store.user_imports.insert_chunk(chunk("first", number)))
    run(store.user_imports.set_upload(POOL, "import-1", "first"))
    run(store.user_imports.insert_chunk(chunk("second")))
    found = run(store.user_imports.find(POOL, "import-1"))
    assert run(store.user_imports.find_chunk(found, 1)) == chunk("first", 1)
    run(store.user_imports.set_upload(POOL, "import-1", "second"))
    latest = run(store.user_imports.find(POOL, "import-1"))
    assert run(store.user_imports.find_chunk(latest, 0)) == chunk("second")
    assert run(store.user_imports.find_chunk(found, 0)) is None
    run(store.user_imports.drop_upload(POOL, "import-1", "second"))
    assert run(store.user_imports.find_chunk(latest, 0)) is None


def test_a_file_that_arrives_whole_takes_nothing_from_another_that_is_on_its_way(store: Store) -> None:
    imports = store.user_imports
    run(imports.insert(job()))
    for number, upload_id in enumerate(("slow", "quick")):
        run(imports.insert_chunk(chunk(upload_id, number)))
    run(imports.set_upload(POOL, "import-1", "quick"))
    run(imports.set_upload(POOL, "import-1", "slow"))
    latest = run(imports.find(POOL, "import-1"))
    assert run(imports.find_chunk(latest, 0)) == chunk("slow", 0)


def test_a_job_goes_from_created_to_its_end_and_never_back(store: Store) -> None:
    imports = store.user_imports
    waiting = uploaded(store)
    with pytest.raises(Stale):
        run(imports.ask_to_stop(POOL, "import-1"))
    started = run(imports.start(POOL, "import-1", now=2.0))
    assert started == replace(waiting, status=ImportStatus.PENDING, started_at=2.0, worked_at=2.0)
    for again in (imports.start(POOL, "import-1", now=3.0), imports.set_upload(POOL, "import-1", "other")):
        with pytest.raises(Stale):
            run(again)
    assert run(imports.set_progress(replace(started, imported=7), now=3.0)) is ImportStatus.IN_PROGRESS
    assert run(imports.find_running(POOL, now=3.0)).imported == 7
    assert run(imports.find_running(POOL, now=63.0)) is None, "a job that is silent went down with its server"
    assert run(imports.set_progress(replace(started, imported=9), now=63.0)) is None
    run(imports.ask_to_stop(POOL, "import-1"))
    assert run(imports.set_progress(replace(started, imported=8), now=4.0)) is ImportStatus.STOPPING
    ended = replace(started, imported=8).finished(ImportStatus.STOPPED, STOPPED, at=5.0)
    run(imports.finish(ended))
    run(imports.finish(ended.finished(ImportStatus.FAILED, "late", at=6.0)))
    assert run(imports.find(POOL, "import-1")) == replace(ended, worked_at=4.0)
    assert run(imports.find_chunk(started, 0)) is None
    assert run(imports.set_progress(ended, now=7.0)) is None


def test_a_job_without_a_file_does_not_start(store: Store) -> None:
    run(store.user_imports.insert(job()))
    with pytest.raises(Stale):
        run(store.user_imports.start(POOL, "import-1", now=2.0))


def test_a_silent_job_gives_way_to_another(store: Store) -> None:
    uploaded(store)
    uploaded(store, "import-2")
    run(store.user_imports.start(POOL, "import-1", now=2.0))
    with pytest.raises(Taken):
        run(store.user_imports.start(POOL, "import-2", now=61.9))
    run(store.user_imports.start(POOL, "import-2", now=62.0))
    assert run(store.user_imports.find(POOL, "import-1")).status is ImportStatus.FAILED


def test_of_two_that_start_a_job_at_once_one_does(open_store: Open) -> None:
    uploaded(open_store())
    results = race(open_store, lambda store: run(store.user_imports.start(POOL, "import-1", now=2.0)))
    assert sorted(isinstance(result, UserImportJob) for result in results) == [False, True]
    assert Stale in results


def test_of_two_jobs_started_at_once_one_runs(open_store: Open) -> None:
    store = open_store()
    uploaded(store)
    uploaded(store, "import-2")
    waiting = ["import-1", "import-2"]
    results = race(open_store, lambda store: run(store.user_imports.start(POOL, waiting.pop(), now=2.0)))
    assert sorted(isinstance(result, UserImportJob) for result in results) == [False, True]
    assert Taken in results


def test_jobs_are_listed_from_the_newest_also_where_two_are_of_one_moment(store: Store) -> None:
    for job_id, created_at in (("import-a", 1.0), ("import-b", 2.0), ("import-c", 2.0)):
        run(store.user_imports.insert(job(job_id, created_at=created_at)))
    first = run(store.user_imports.page(POOL, limit=1))
    assert [j.job_id for j in first] == ["import-c"]
    rest = run(store.user_imports.page(POOL, limit=9, before=(2.0, "import-c")))
    assert [j.job_id for j in rest] == ["import-b", "import-a"]


def test_files_expire_and_all_goes_with_the_pool(store: Store) -> None:
    found = uploaded(store)
    run(store.users.insert(user(), {}))
    run(store.linked_identities.insert(link(), lambda identities: identities))
    run(store.purge(99.0))
    assert run(store.user_imports.find_chunk(found, 0)) is not None
    run(store.purge(100.0))
    assert run(store.user_imports.find_chunk(found, 0)) is None
    run(store.user_imports.insert_chunk(chunk()))
    run(store.pools.delete(POOL))
    assert run(store.user_imports.find(POOL, "import-1")) is None
    assert run(store.user_imports.find_chunk(found, 0)) is None
    assert run(store.linked_identities.find(POOL, "Acme", COGNITO_SUBJECT, "42")) is None


def user(username: str = "ada") -> User:
    return User(POOL, username, f"sub-{username}", UserStatus.CONFIRMED, 1.0, 1.0)


def link(value: str = "42", attribute: str = COGNITO_SUBJECT, username: str = "ada") -> LinkedIdentity:
    return LinkedIdentity(POOL, "Acme", attribute, value, username, 5.0)


def test_a_link_and_the_user_s_identities_change_together_or_not_at_all(store: Store) -> None:
    links = store.linked_identities
    run(store.users.insert(user(), {}))
    run(links.insert(link(), lambda known: with_link(known, link(), "OIDC")))
    assert run(links.find(POOL, "Acme", COGNITO_SUBJECT, "42")) == link()
    assert [identity["userId"] for identity in run(store.users.get(POOL, "ada")).identities] == ["42"]
    with pytest.raises(Taken):
        run(links.insert(link(), lambda known: (*known, {})))
    with pytest.raises(Missing):
        run(links.insert(link("7", username="nobody"), lambda known: known))
    with pytest.raises(ZeroDivisionError):
        run(links.insert(link("7"), lambda known: 1 / 0))  # type: ignore[arg-type, return-value]
    assert run(links.find(POOL, "Acme", COGNITO_SUBJECT, "7")) is None
    run(links.delete(link(), lambda known: ()))
    assert run(store.users.get(POOL, "ada")).identities == ()
    with pytest.raises(Missing):
        run(links.delete(link(), lambda known: known))


def test_a_link_by_an_attribute_is_bound_once(open_store: Open) -> None:
    store, by_email = open_store(), link("e@example.com", "email")
    run(store.users.insert(user(), {}))
    run(store.linked_identities.insert(by_email, lambda known: with_link(known, by_email, "OIDC")))
    subjects = ["one", "two"]

    def bind(store: Store) -> Any:
        subject = subjects.pop()
        bound = link(subject)
        return run(
            store.linked_identities.rebind(by_email, bound, lambda known: with_subject(known, by_email, subject))
        )

    results = race(open_store, bind)
    assert sorted(map(str, results)) == sorted(["None", str(Stale)])
    bound = [s for s in ("one", "two") if run(store.linked_identities.find(POOL, "Acme", COGNITO_SUBJECT, s))]
    assert [identity["userId"] for identity in run(store.users.get(POOL, "ada")).identities] == bound
    assert run(store.linked_identities.find(POOL, "Acme", "email", "e@example.com")) is None


def test_a_deleted_user_is_linked_to_nobody(store: Store) -> None:
    run(store.users.insert(user(), {}))
    run(store.linked_identities.insert(link(), lambda known: known))
    run(store.users.delete(POOL, "ada"))
    assert run(store.linked_identities.find(POOL, "Acme", COGNITO_SUBJECT, "42")) is None
