"""The attack in CI's size. What was broken is in the assertion; counts and measures are printed (pytest -s)."""

from __future__ import annotations

import pytest

from attack.child import serving
from attack.kills_checks import Checker
from attack.kills_ledger import Ledger
from attack.kills_writers import set_up
from attack.logs import Searched
from attack.programs import run
from attack.report import Report
from attack.wire import Client

pytestmark = [pytest.mark.attack, pytest.mark.timeout(900)]
measured = pytest.mark.measured
"""What is measured is waiting, so nothing else may run beside it."""


def held(program: str) -> list[str]:
    report = run(program)
    print(f"\n{report}")
    return report.broken


def test_nothing_acknowledged_is_lost_by_a_kill() -> None:
    assert held("kills") == []


def test_no_call_made_from_the_model_is_answered_by_500_or_not_at_all() -> None:
    assert held("fuzz") == []


@measured
def test_no_request_of_any_size_stalls_another_client() -> None:
    assert held("sizes") == []


@measured
def test_nobody_who_hangs_keeps_others_from_being_served() -> None:
    assert held("slow") == []


@measured
def test_neither_time_nor_words_tell_who_exists() -> None:
    assert held("existence") == []


def test_no_forged_token_is_let_in() -> None:
    assert held("tokens") == []


def test_no_altered_signature_is_taken() -> None:
    assert held("signatures") == []


def test_no_header_or_path_leads_to_anothers_folder() -> None:
    assert held("front-door") == []


def test_no_second_request_hides_in_a_first_one() -> None:
    assert held("smuggling") == []


def test_no_caller_is_believed_about_his_own_address() -> None:
    assert held("forwarded") == []


def test_nobody_from_elsewhere_is_taken_for_this_machine() -> None:
    assert held("reachability") == []


def test_no_web_application_lets_a_stranger_in() -> None:
    assert held("web") == []


def test_the_checker_of_kills_sees_what_is_lost() -> None:
    """The checker has to be able to fail: a user is removed behind the ledger's back, a code is used twice."""
    report, ledger = Report("checker"), Ledger()
    with serving("--console-messages", "off") as server:
        place = set_up(server)
        client = Client(server.address)
        key = ("user", place.pool_id, "ada")
        with ledger.change({key: "FORCE_CHANGE_PASSWORD"}):
            client.idp("AdminCreateUser", UserPoolId=place.pool_id, Username="ada", MessageAction="SUPPRESS")
        Checker(server, place, ledger, report).check([key])
        assert report.broken == []
        client.idp("AdminDeleteUser", UserPoolId=place.pool_id, Username="ada")
        Checker(server, place, ledger, report).check([key])
    assert len(report.broken) == 1
    assert "acknowledged and lost" in report.broken[0]


def test_the_search_of_the_logs_sees_what_stands_there() -> None:
    searched = Searched()
    searched.keep({"AuthenticationResult": {"RefreshToken": "r" * 8 + "0123456789abcdef" + "t" * 8}})
    searched.search("id=1 ada · ok\n")
    assert searched.found == set()
    unexpected = f"request {'0' * 8}-{'0' * 4}-{'0' * 4}-{'0' * 4}-{'0' * 12} failed\n  File x\nValueError\n"
    for line in (
        unexpected,
        "said rrrrrrrr01234567 and no more",
        "x=eyJhbGciOiJSUzI1NiJ9.e30",
        "Hush7-x",
        "Traceback (most",
    ):
        before = len(searched.found)
        searched.search(line)
        assert len(searched.found) == before + 1, line
