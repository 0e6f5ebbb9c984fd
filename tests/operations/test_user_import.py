"""User import jobs: CSV in, progress, failures counted."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from asking import invalid, missing, not_honoured, refusal
from halfday.server.compose import DATABASE_FILE
from halfday.server.domain.user_pools.pools import Pool as PoolRecord
from halfday.server.domain.users.import_file import status_after_import
from world import Pool, World, running

ROLE = "arn:aws:iam::123456789012:role/service-role/Cognito-UserImport-Role"
HEADER = (
    "cognito:username,name,given_name,family_name,middle_name,nickname,preferred_username,profile,picture,website,email,"
    "email_verified,gender,birthdate,zoneinfo,locale,phone_number,phone_number_verified,address,updated_at,"
    "cognito:mfa_enabled"
)
ENDED = ("Succeeded", "Failed", "Stopped", "Expired")


def row(username: str = "john", columns: str = HEADER, **values: str) -> str:
    email = username if "@" in username else f"{username}@example.com"
    known = {"cognito:username": username, "email": email, "email_verified": "TRUE", **values}
    known = {name.replace("__", ":"): value for name, value in known.items()}
    return ",".join(known.get(column, "") for column in columns.split(","))


def unmet(sentence: str) -> tuple[str, str]:
    return "PreconditionNotMetException", sentence


@pytest.fixture
def importing(world: World) -> Importing:
    """A pool that can import, and whoever imports into it."""
    return Importing(world.pool(AutoVerifiedAttributes=["email"]))


class Importing:
    def __init__(self, pool: Pool) -> None:
        self.pool, self.idp = pool, pool.world.idp

    def create(self) -> dict[str, Any]:
        given = {"UserPoolId": self.pool.pool_id, "JobName": "people", "CloudWatchLogsRoleArn": ROLE}
        job: dict[str, Any] = self.idp.create_user_import_job(**given)["UserImportJob"]
        return job

    def named(self, job: dict[str, Any]) -> dict[str, str]:
        return {"UserPoolId": self.pool.pool_id, "JobId": job["JobId"]}

    def describe(self, job: dict[str, Any]) -> dict[str, Any]:
        shown: dict[str, Any] = self.idp.describe_user_import_job(**self.named(job))["UserImportJob"]
        return shown

    def start(self, job: dict[str, Any]) -> dict[str, Any]:
        started: dict[str, Any] = self.idp.start_user_import_job(**self.named(job))["UserImportJob"]
        return started

    def uploaded(self, *rows: str, header: str = HEADER) -> dict[str, Any]:
        job = self.create()
        put(job, "\n".join((header, *rows)).encode())
        return job

    def run(self, *rows: str, header: str = HEADER) -> dict[str, Any]:
        job = self.uploaded(*rows, header=header)
        assert self.start(job)["Status"] == "Pending"
        return self.ended(job)

    def ended(self, job: dict[str, Any]) -> dict[str, Any]:
        until = time.monotonic() + 60
        while (shown := self.describe(job))["Status"] not in ENDED and time.monotonic() < until:
            time.sleep(0.01)
        return shown

    def user(self, username: str) -> dict[str, Any]:
        shown: dict[str, Any] = self.idp.admin_get_user(UserPoolId=self.pool.pool_id, Username=username)
        return shown

    def attributes(self, username: str) -> dict[str, str]:
        return {a["Name"]: a["Value"] for a in self.user(username)["UserAttributes"]}


def put(job: dict[str, Any], body: Any, **headers: str) -> requests.Response:
    answer = requests.put(job["PreSignedUrl"], data=body, headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer


def code_in(answer: requests.Response) -> tuple[int, str, str]:
    found = re.search("<Code>(.*)</Code><Message>(.*)</Message>", answer.text)
    assert found, answer.text
    return answer.status_code, found[1], found[2]


def counts(job: dict[str, Any]) -> tuple[int, int, int]:
    return job["ImportedUsers"], job["SkippedUsers"], job["FailedUsers"]


def test_the_header_names_every_attribute_but_sub(world: World) -> None:
    custom = [{"Name": "team", "AttributeDataType": "String"}]
    pool = world.pool(Schema=custom)
    answer = world.idp.get_csv_header(UserPoolId=pool.pool_id)
    assert answer["UserPoolId"] == pool.pool_id
    names = HEADER.split(",")
    assert answer["CSVHeader"] == [*names[1:], "cognito:username", "custom:team"]


def test_a_job_is_shown_as_it_was_created(importing: Importing) -> None:
    job = importing.create()
    assert re.fullmatch("import-[A-Za-z0-9]{10}", job["JobId"])
    assert {**job, "JobId": "", "PreSignedUrl": "", "CreationDate": ""} == {
        "JobName": "people",
        "JobId": "",
        "UserPoolId": importing.pool.pool_id,
        "PreSignedUrl": "",
        "CreationDate": "",
        "Status": "Created",
        "CloudWatchLogsRoleArn": ROLE,
        "ImportedUsers": 0,
        "SkippedUsers": 0,
        "FailedUsers": 0,
    }
    assert importing.describe(job) == job


def test_people_of_a_file_are_users_who_reset_their_password(importing: Importing, world: World) -> None:
    john = row(
        birthdate="02/01/1985",
        address="123 Any Street\\, Anytown ",
        updated_at="1471453471",
        phone_number="+12345550100",
        phone_number_verified="false",
        cognito__mfa_enabled="FALSE",
    )
    done = importing.run(john, row("jane"), "")
    assert (done["Status"], done["CompletionMessage"]) == ("Succeeded", "Import Job Completed Successfully.")
    assert counts(done) == (2, 0, 0)
    assert done["CreationDate"] <= done["StartDate"] <= done["CompletionDate"]
    assert importing.user("jane")["UserStatus"] == "RESET_REQUIRED"
    attributes = importing.attributes("john")
    assert attributes.pop("sub")
    assert attributes == {
        "email": "john@example.com",
        "email_verified": "true",
        "birthdate": "1985-02-01",
        "address": "123 Any Street, Anytown",
        "updated_at": "1471453471",
        "phone_number": "+12345550100",
        "phone_number_verified": "false",
    }


def test_columns_may_come_in_any_order_and_lines_end_as_on_windows(importing: Importing) -> None:
    header = ",".join(reversed(HEADER.split(",")))
    assert importing.run(row(columns=header) + "\r", header=header + "\r")["Status"] == "Succeeded"
    assert importing.attributes("john")["email"] == "john@example.com"


def test_whom_the_pool_has_already_is_skipped(importing: Importing) -> None:
    importing.pool.user("jane", password=None)
    done = importing.run(*map(row, ("jane", "john", "jack", "john")))
    assert (done["Status"], counts(done)) == ("Succeeded", (2, 2, 0))
    assert importing.user("jane")["UserStatus"] == "FORCE_CHANGE_PASSWORD"


@pytest.mark.parametrize(
    "bad",
    [
        row(email_verified="FALSE"),
        row(email_verified=""),
        row(email_verified="yes"),
        row(email=""),
        row(email="nobody"),
        row(phone_number_verified="TRUE"),
        row("jo hn"),
        row("jo\0hn"),
        row("jo\x7fhn"),
        row("jo\u2028hn"),
        row("j" * 129),
        row("j" * 300),
        row(""),
        row(nickname="n" * 2_049),
        row(email="e" * 2_050 + "@example.com"),
        row(birthdate="1985-02-01"),
        row(updated_at="yesterday"),
        row(cognito__mfa_enabled="TRUE"),
        row() + ",",
        "john",
    ],
)
def test_a_row_that_is_no_user_of_the_pool_fails_alone(importing: Importing, bad: str) -> None:
    done = importing.run(row("jane"), bad, row("jack"))
    assert (done["Status"], counts(done)) == ("Succeeded", (2, 0, 1))


def test_a_job_fails_when_fewer_are_imported_than_not(importing: Importing) -> None:
    done = importing.run(row(), row(), "x")
    assert (done["Status"], counts(done)) == ("Failed", (1, 1, 1))
    assert done["CompletionMessage"] == "Too many users have failed or been skipped during the import."


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The CSV file is empty."),
        (b"cognito:username,email\n", "The CSV header does not match the attributes of the user pool. Missing: name, "),
        (HEADER.encode() + b",custom:other\n", "The CSV header does not match the attributes of the user pool."),
        (HEADER.encode() + b",email\n", "The CSV header does not match the attributes of the user pool."),
        (b"\xef\xbb\xbf" + HEADER.encode(), "The CSV header does not match"),
        (HEADER.encode() + b"\n\xff\xfe", "The CSV file is not UTF-8."),
        (HEADER.encode() + b"\n" + b"x" * 16_001, "A row of the CSV file has more than 16000 characters."),
        (HEADER.encode() + b"\n" + b"x" * 600_000, "A row of the CSV file is too long."),
    ],
)
def test_a_file_that_is_none_of_users_fails_the_job(importing: Importing, body: bytes, message: str) -> None:
    job = importing.create()
    put(job, body)
    importing.start(job)
    done = importing.ended(job)
    assert done["Status"] == "Failed"
    assert done["CompletionMessage"].startswith(message)


def test_a_password_hash_is_refused_and_its_empty_column_is_not(importing: Importing) -> None:
    header = HEADER + ",password_hash"
    rows = [row(name, columns=header) for name in ("john", "jane")]
    done = importing.run(*rows, row("jack", columns=header, password_hash="$2b$10$CtA"), header=header)
    assert (done["Status"], counts(done)) == ("Succeeded", (2, 0, 1))
    given = {"UserPoolId": importing.pool.pool_id, "JobName": "p", "CloudWatchLogsRoleArn": ROLE}
    refused = refusal(importing.idp.create_user_import_job, **given, PasswordHashingAlgorithm="BCRYPT")
    assert refused == not_honoured("PasswordHashingAlgorithm", "CreateUserImportJob")


@pytest.mark.parametrize(
    ("factors", "attributes", "status"),
    [
        (("PASSWORD", "WEB_AUTHN"), {"email": "a@b.cd"}, "RESET_REQUIRED"),
        (("PASSWORD", "EMAIL_OTP"), {"email": "a@b.cd"}, "CONFIRMED"),
        (("PASSWORD", "EMAIL_OTP"), {"phone_number": "+1"}, "RESET_REQUIRED"),
        (("PASSWORD", "SMS_OTP"), {"phone_number": "+1"}, "CONFIRMED"),
    ],
)
def test_people_who_can_sign_in_without_a_password_are_confirmed(
    factors: tuple[str, ...], attributes: dict[str, str], status: str
) -> None:
    pool = PoolRecord("us-east-1_Import001", "p", "local", 1.0, 1.0, first_factors=factors)
    assert status_after_import(pool, attributes) == status


def test_in_a_pool_of_email_addresses_the_username_is_the_address(world: World) -> None:
    importing = Importing(world.pool(AutoVerifiedAttributes=["email"], UsernameAttributes=["email"]))
    done = importing.run(row("john@example.com"), row("john"), row("jane@example.com"))
    assert (done["Status"], counts(done)) == ("Succeeded", (2, 0, 1))
    user = importing.user("john@example.com")
    assert user["Username"] == importing.attributes("john@example.com")["sub"]


def test_an_import_does_not_keep_others_waiting(importing: Importing) -> None:
    job = importing.uploaded(*(row(f"user{n}") for n in range(2_000)))
    importing.start(job)
    seen = []
    while (shown := importing.describe(job))["Status"] not in ENDED:
        seen.append(shown["ImportedUsers"])
    assert counts(importing.ended(job)) == (2_000, 0, 0)
    assert any(0 < count < 2_000 for count in seen), "progress is seen by others meanwhile"


def test_the_file_is_taken_as_curl_sends_it(importing: Importing) -> None:
    job = importing.create()
    put(job, iter([HEADER.encode(), b"\n", row().encode()]), **{"x-amz-server-side-encryption": "aws:kms"})
    importing.start(job)
    assert counts(importing.ended(job)) == (1, 0, 0)


def test_the_last_of_two_files_counts(importing: Importing) -> None:
    job = importing.uploaded(*(row(f"user{n}") for n in range(5_000)))
    put(job, f"{HEADER}\n{row()}".encode())
    importing.start(job)
    assert counts(importing.ended(job)) == (1, 0, 0)


def test_a_url_takes_a_file_for_a_quarter_of_an_hour(importing: Importing, world: World) -> None:
    job = importing.create()
    world.clock.advance(14 * 60)
    put(job, b"x")
    world.clock.advance(60)
    answer = requests.put(job["PreSignedUrl"], data=b"x", timeout=10)
    assert code_in(answer) == (403, "AccessDenied", "Request has expired")


def test_a_url_takes_no_file_once_the_job_was_started(importing: Importing) -> None:
    job = importing.uploaded(row())
    importing.start(job)
    assert code_in(requests.put(job["PreSignedUrl"], data=b"x", timeout=10))[:2] == (403, "AccessDenied")


@pytest.mark.parametrize(
    "change", [("key=", "key=x"), ("?key=", "?kez="), ("import-", "import-x"), ("us-east-1_", "us-east-1_x")]
)
def test_a_url_that_was_guessed_takes_no_file(importing: Importing, change: tuple[str, str]) -> None:
    job = importing.create()
    url = job["PreSignedUrl"].replace(*change)
    assert url != job["PreSignedUrl"]
    assert code_in(requests.put(url, data=b"x", timeout=10)) == (403, "AccessDenied", "Access Denied")
    assert refusal(importing.idp.start_user_import_job, **importing.named(job))[1].startswith("No csv file")


@pytest.mark.parametrize("told", [True, False])
def test_more_than_a_hundred_megabytes_are_not_taken(importing: Importing, told: bool) -> None:
    job, piece = importing.create(), b"x" * 1_048_576
    body = piece * 101 if told else (piece for _ in range(101))
    try:
        answer = requests.put(job["PreSignedUrl"], data=body, timeout=60)
    except requests.ConnectionError:  # the answer came, and the connection closed, while we were still sending
        pass
    else:
        assert code_in(answer)[:2] == (400, "EntityTooLarge")
    assert refusal(importing.idp.start_user_import_job, **importing.named(job)) == unmet(
        f"No csv file was uploaded for {job['JobId']}"
    )


def test_a_job_without_a_file_or_of_a_pool_that_verifies_nothing_does_not_start(
    importing: Importing, world: World
) -> None:
    job = importing.create()
    sentence = f"No csv file was uploaded for {job['JobId']}"
    assert refusal(importing.idp.start_user_import_job, **importing.named(job)) == unmet(sentence)
    other = Importing(world.pool())
    job = other.uploaded(row())
    sentence = "The user pool must have at least one auto verified attribute to import users."
    assert refusal(other.idp.start_user_import_job, **other.named(job)) == unmet(sentence)


def test_a_job_starts_once(importing: Importing) -> None:
    job = importing.uploaded(row())
    importing.start(job)
    importing.ended(job)
    sentence = f"User import job {job['JobId']} cannot be started. Current status is Succeeded"
    assert refusal(importing.idp.start_user_import_job, **importing.named(job)) == unmet(sentence)
    sentence = f"User import job {job['JobId']} cannot be stopped. Current status is Succeeded"
    assert refusal(importing.idp.stop_user_import_job, **importing.named(job)) == unmet(sentence)


def test_one_job_of_a_pool_runs_at_a_time_and_stops_when_told_to(importing: Importing, world: World) -> None:
    other = Importing(world.pool(AutoVerifiedAttributes=["email"]))
    long, short = importing.uploaded(*(row(f"u{n}") for n in range(30_000))), importing.uploaded(row())
    importing.start(long)
    sentence = "Another user import job is in progress. Only one job can be active at a time."
    assert refusal(importing.idp.start_user_import_job, **importing.named(short)) == unmet(sentence)
    assert other.run(row())["Status"] == "Succeeded"
    stopping = importing.idp.stop_user_import_job(**importing.named(long))["UserImportJob"]
    assert stopping["Status"] == "Stopping"
    stopped = importing.ended(long)
    assert (stopped["Status"], stopped["CompletionMessage"]) == (
        "Stopped",
        "The Import Job was stopped by the developer.",
    )
    described = importing.idp.describe_user_pool(UserPoolId=importing.pool.pool_id)["UserPool"]
    assert stopped["ImportedUsers"] == described["EstimatedNumberOfUsers"] < 30_000
    importing.start(short)
    assert importing.ended(short)["Status"] == "Succeeded"


def test_a_job_that_nobody_starts_expires(importing: Importing, world: World) -> None:
    job = importing.uploaded(row())
    world.clock.advance(24 * 3600)
    shown = importing.describe(job)
    assert (shown["Status"], shown["CompletionMessage"]) == ("Expired", "The user import job has expired.")
    assert (shown["CompletionDate"] - shown["CreationDate"]).total_seconds() == 24 * 3600
    sentence = f"User import job {job['JobId']} cannot be started. Current status is Expired"
    assert refusal(importing.idp.start_user_import_job, **importing.named(job)) == unmet(sentence)


def test_jobs_are_listed_from_the_newest_in_pages(importing: Importing, world: World) -> None:
    ids = []
    for _ in range(3):
        ids.append(importing.create()["JobId"])
        world.clock.advance(1)
    given = {"UserPoolId": importing.pool.pool_id, "MaxResults": 2}
    first = importing.idp.list_user_import_jobs(**given)
    importing.create()
    second = importing.idp.list_user_import_jobs(**given, PaginationToken=first["PaginationToken"])
    assert [job["JobId"] for job in first["UserImportJobs"] + second["UserImportJobs"]] == ids[::-1]
    assert "PaginationToken" not in second
    for token in ("x", "eA"):
        refused = refusal(importing.idp.list_user_import_jobs, **given, PaginationToken=token)
        assert refused == invalid("Invalid pagination token")


@pytest.mark.parametrize("name", ["describe_user_import_job", "start_user_import_job", "stop_user_import_job"])
def test_a_job_is_its_pool_s_own(importing: Importing, world: World, name: str) -> None:
    job, other = importing.create(), world.pool()
    sentence = f"User import job {job['JobId']} does not exist."
    assert refusal(getattr(world.idp, name), UserPoolId=other.pool_id, JobId=job["JobId"]) == missing(sentence)


def test_a_job_ends_with_its_server_and_its_users_stay(tmp_path: Path) -> None:
    with running(tmp_path) as world:
        importing = Importing(world.pool(AutoVerifiedAttributes=["email"]))
        job = importing.uploaded(*(row(f"user{n}") for n in range(30_000)))
        importing.start(job)
        while importing.describe(job)["ImportedUsers"] == 0:
            pass
    with running(tmp_path) as world:
        again = Importing(Pool(world, importing.pool.pool_id))
        assert again.describe(job)["Status"] == "InProgress"
        world.clock.advance(61)
        done = again.describe(job)
        assert done["Status"] == "Failed"
        assert done["CompletionMessage"].startswith("The import job was interrupted")
        assert 0 < done["ImportedUsers"] < 30_000
        assert again.user("user0")["UserStatus"] == "RESET_REQUIRED"
        assert again.run(row("new"))["Status"] == "Succeeded"


def test_nothing_of_an_uploaded_file_stands_in_the_database_in_clear(tmp_path: Path) -> None:
    with running(tmp_path) as world:
        importing = Importing(world.pool(AutoVerifiedAttributes=["email"]))
        job = importing.uploaded(row(name="Wilhelmina Sealed"))
        raw = b"".join(path.read_bytes() for path in tmp_path.glob(f"{DATABASE_FILE}*"))
    assert job["JobId"].encode() in raw, "this does look where things are kept"
    assert b"Wilhelmina" not in raw
    assert job["PreSignedUrl"].partition("key=")[2].encode() not in raw
