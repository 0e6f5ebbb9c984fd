"""The management port: what was sent, for programs of this machine and for no web page."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import requests

from halfday.server.settings import SettingRefused
from sockets import raw
from world import Pool, World, running


def invite(pool: Pool, username: str = "ada", password: str = "Temporary-1", **attributes: str) -> None:
    attributes = {"email": f"{username}@example.com", **attributes}
    pool.world.idp.admin_create_user(
        UserPoolId=pool.pool_id,
        Username=username,
        TemporaryPassword=password,
        DesiredDeliveryMediums=["EMAIL"],
        UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
    )


def sub_of(pool: Pool, username: str) -> str:
    found = pool.world.idp.admin_get_user(UserPoolId=pool.pool_id, Username=username)["UserAttributes"]
    return next(str(attribute["Value"]) for attribute in found if attribute["Name"] == "sub")


def asked(world: World, path: str = "/messages", method: str = "GET", **given: Any) -> requests.Response:
    return requests.request(method, f"{world.running.management}{path}", timeout=10, **given)


def usernames(world: World, **filters: str | float) -> list[str]:
    return [message["username"] for message in world.messages(**filters)]


@pytest.fixture(autouse=True)
def _nothing_sent(world: World) -> None:
    assert asked(world, method="DELETE").status_code == 204


def test_a_message_tells_all_that_it_is(pool: Pool) -> None:
    invite(pool)
    (message,) = pool.world.messages()
    assert abs(message.pop("sent_at") - pool.world.clock()) < 60
    assert message == {
        "pool_id": pool.pool_id,
        "username": "ada",
        "medium": "EMAIL",
        "destination": "ada@example.com",
        "subject": "Your temporary password",
        "text": "Your username is ada and temporary password is Temporary-1. ",
        "purpose": "AdminCreateUser",
        "code": "Temporary-1",
        "sender": "",
        "reply_to": "",
        "names": [sub_of(pool, "ada"), "ada@example.com"],
    }


def test_the_newest_stand_first_and_filters_choose(world: World) -> None:
    one, other = world.pool(), world.pool()
    invite(one, "ada")
    invite(one, "eve")
    invite(other, "ada", "Temporary-2")
    assert usernames(world) == ["ada", "eve", "ada"]
    assert usernames(world, limit=2) == ["ada", "eve"]
    assert usernames(world, pool_id=one.pool_id) == ["eve", "ada"]
    assert usernames(world, destination="eve@example.com", medium="EMAIL", purpose="AdminCreateUser") == ["eve"]
    assert usernames(world, username="eve", pool_id=other.pool_id) == []
    assert usernames(world, medium="SMS") == usernames(world, purpose="SignUp") == []
    assert (world.code_for("ada"), one.code_for("ada")) == ("Temporary-2", "Temporary-1")


@pytest.mark.parametrize(
    "given",
    [{}, {"UsernameAttributes": ["email", "phone_number"]}, {"AliasAttributes": ["email", "preferred_username"]}],
    ids=["user names", "addresses", "aliases"],
)
def test_a_message_is_found_by_every_name_of_its_person(world: World, given: dict[str, Any]) -> None:
    """In a pool of addresses the username is a UUID: whoever waits for a code knows the address only."""
    pool, address = world.pool(**given), "Ada@example.com"
    signs_in = address if "UsernameAttributes" in given else "adele"
    others = {"phone_number": "+15555550100", **({"preferred_username": "ada"} if "AliasAttributes" in given else {})}
    invite(pool, signs_in, email=address, **others)
    (message,) = world.messages(pool_id=pool.pool_id)
    names = {message["username"], signs_in, sub_of(pool, signs_in), address, address.lower(), *others.values()}
    for name in names:
        assert world.messages(pool_id=pool.pool_id, username=name) == [message], name
    assert world.messages(pool_id=pool.pool_id, username="eve") == []


def test_after_leaves_out_what_was_sent_until_then(pool: Pool) -> None:
    world = pool.world
    invite(pool, "ada")
    (first,) = world.messages()
    world.clock.advance(1)
    invite(pool, "eve")
    assert usernames(world, after=first["sent_at"]) == ["eve"]
    assert usernames(world, after=first["sent_at"] + 3600) == []


def test_the_latest_is_waited_for(pool: Pool) -> None:
    answers: list[requests.Response] = []
    wanted = {"username": "eve", "wait_s": 20}
    waiting = threading.Thread(
        target=lambda: answers.append(asked(pool.world, "/messages/latest", params=wanted)), daemon=True
    )
    waiting.start()
    invite(pool, "ada")
    assert asked(pool.world, "/messages/latest", params={"username": "ada"}).json()["username"] == "ada"
    assert not answers, "nor does another's message end the wait"
    invite(pool, "eve")
    waiting.join(10)
    assert answers[0].json()["username"] == "eve"


@pytest.mark.parametrize("wait_s", ["0", "0.01"])
def test_what_was_not_sent_is_not_found(world: World, wait_s: str) -> None:
    answer = asked(world, "/messages/latest", params={"username": "nobody", "wait_s": wait_s})
    assert (answer.status_code, answer.json()) == (404, {"message": "No such message was sent."})


def test_what_is_deleted_is_gone_here_and_stays_in_the_file(pool: Pool) -> None:
    invite(pool, "ada", "Deleted-Pw-1")
    assert asked(pool.world, method="DELETE").status_code == 204
    assert pool.world.messages() == []
    assert "Deleted-Pw-1" in (pool.world.data / "messages.jsonl").read_text()


@pytest.mark.parametrize(
    ("path", "query", "named"),
    [
        ("/messages", "user=ada", "user: there is no such parameter; there are: after, "),
        ("/messages", "wait_s=1", "wait_s: there is no such parameter"),
        ("/messages/latest", "limit=1", "limit: there is no such parameter"),
        ("/messages", "limit=1001", "limit: must be a number from 0 to 1000."),
        ("/messages", "limit=many", "limit: "),
        ("/messages", "after=nan", "after: must be a number from 0."),
        ("/messages/latest", "wait_s=31", "wait_s: must be a number from 0 to 30."),
    ],
)
def test_a_parameter_that_cannot_be_is_refused_by_its_name(world: World, path: str, query: str, named: str) -> None:
    answer = asked(world, f"{path}?{query}")
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(named)


def test_a_filtered_deletion_does_not_delete_all(pool: Pool) -> None:
    invite(pool)
    assert asked(pool.world, "/messages?username=eve", method="DELETE").status_code == 400
    assert usernames(pool.world) == ["ada"]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "same-origin"])
def test_nothing_that_a_page_shows_or_runs_is_fetched_here(pool: Pool, site: str) -> None:
    invite(pool)
    fetched = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}
    assert asked(pool.world, headers=fetched).status_code == 403
    opened = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert asked(pool.world, headers=opened).status_code == 200, "a person may look"


def test_elsewhere_it_is_told_what_there_is(world: World) -> None:
    answer = asked(world, "/")
    assert answer.status_code == 404
    assert "GET /messages/latest" in answer.json()["message"]


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:3000", "null", ""])
@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS"])
def test_no_web_page_is_answered_not_even_of_this_machine(pool: Pool, method: str, origin: str) -> None:
    invite(pool)
    answer = asked(pool.world, method=method, headers={"Origin": origin})
    assert (answer.status_code, "Temporary-1" in answer.text) == (403, False)
    assert "access-control-allow-origin" not in answer.headers
    assert usernames(pool.world) == ["ada"]


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:4244",
        "127.0.0.1.evil.example",
        "192.168.1.2",
        "127.0.0.1:4244:evil",
        "127.0.0.1:4244, evil.example",
        "[::1]evil:4244",
        "[",
        "",
    ],
)
def test_under_another_host_name_nothing_is_told(pool: Pool, host: str) -> None:
    invite(pool)
    answer = asked(pool.world, headers={"Host": host})
    assert answer.status_code in (400, 403)
    assert "Temporary-1" not in answer.text


def test_without_a_host_nothing_is_told(world: World) -> None:
    assert world.running.management
    answer = raw(world.running.management, b"GET /messages HTTP/1.0\r\n\r\n")
    assert answer.split()[1] == b"403"


def test_under_two_host_names_nothing_is_told(world: World) -> None:
    assert world.running.management
    own = world.running.management.removeprefix("http://").encode()
    answer = raw(
        world.running.management,
        b"GET /messages HTTP/1.1\r\nHost: %b\r\nHost: evil.example\r\nConnection: close\r\n\r\n" % own,
    )
    assert answer.split()[1] == b"403"


@pytest.mark.parametrize("host", ["localhost:4244", "127.0.0.1", "[::1]:4244", "127.1.2.3"])
def test_this_machine_s_names_are_answered(world: World, host: str) -> None:
    assert asked(world, headers={"Host": host}).status_code == 200


def test_the_public_port_tells_no_messages(pool: Pool) -> None:
    invite(pool)
    assert requests.get(f"{pool.world.origin}/messages", timeout=10).status_code == 404


def test_the_log_tells_who_was_refused_and_no_code(pool: Pool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "halfday")
    invite(pool)
    pool.world.code_for("ada")
    asked(pool.world, headers={"Origin": "https://evil.example"})
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert "Management does not answer web pages" in logged
    assert "Temporary-1" not in logged
    assert "ada" not in logged


def test_two_servers_do_not_meet_and_each_tells_its_own(tmp_path: Path, pool: Pool) -> None:
    invite(pool)
    with running(tmp_path) as other:
        assert other.running.management != pool.world.running.management
        assert other.messages() == []


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", "off"), ("0.0.0.0", "auto")])
def test_a_server_can_do_without_and_one_for_everybody_does(tmp_path: Path, host: str, port: str) -> None:
    with running(tmp_path, host=host, management_port=port) as up:
        assert up.running.management is None


def test_a_server_for_everybody_can_have_it_on_loopback(tmp_path: Path) -> None:
    with running(tmp_path, host="0.0.0.0", management_port=0) as up:
        assert up.running.management is not None
        assert up.running.management.startswith("http://127.0.0.1:")
        assert up.messages() == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "halfday.example", ""])
def test_it_cannot_be_told_to_listen_for_others(tmp_path: Path, host: str) -> None:
    with (
        pytest.raises(SettingRefused, match=r"^management_host: must be a loopback address"),
        running(tmp_path, management_host=host),
    ):
        pass


def test_a_taken_port_stops_the_start_when_it_was_named_and_not_on_auto(tmp_path: Path) -> None:
    with running(tmp_path / "one") as one:
        assert one.running.management
        port = int(one.running.management.rpartition(":")[2])
        with (
            pytest.raises(SettingRefused, match=r"^management_port: cannot listen on 127\.0\.0\.1"),
            running(tmp_path / "two", management_port=port),
        ):
            pass
        with running(tmp_path / "three", port=port - 2) as three:
            assert three.messages() == []
            assert three.running.management != one.running.management
