"""Kills: SIGKILL at random moments while clients write. What was acknowledged is there after the restart; a code and a
refresh token serve once; the database is whole; a seed file is applied in the end, however often its start was killed.

Half-made states are counted and printed.
"""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor

from attack.child import START_S, Server, a_folder, serving
from attack.kills_checks import Checker, check_integrity
from attack.kills_ledger import Ledger
from attack.kills_writers import Place, Writer, set_up, sign_in
from attack.report import Report, megabytes
from attack.scale import sized
from attack.wire import Client, Refused

WRITERS = 3
MOST_WRITES = 40
ROUND_S = 5.0
MOST_AT_THE_END = 1000
SEED_PLACE = Place("us-east-1_Kill00001", "seededclient")
SEED_PEOPLE = 12
SEED = f"""
[[user_pool]]
id = "{SEED_PLACE.pool_id}"
[[user_pool.client]]
id = "{SEED_PLACE.client_id}"
auth_flows = ["ALLOW_USER_PASSWORD_AUTH"]
""" + "".join(
    f"""
[[user_pool.user]]
username = "seeded-{number}"
password = "Hush7-seeded-{number}"
attributes = {{ email = "seeded-{number}@example.com", email_verified = "true" }}
"""
    for number in range(SEED_PEOPLE)
)


def run() -> Report:
    """Two servers at a time, because most of a round is waiting for a start."""
    report = Report("kills")
    rounds, starts = sized(40, 280), sized(10, 40)
    with ThreadPoolExecutor(3) as lanes:
        work = [lanes.submit(_lane, report, rounds // 2, seed) for seed in (1, 2)]
        work.append(lanes.submit(_killed_while_seeding, report, starts))
        for one in work:
            one.result()
    return report


def _lane(report: Report, rounds: int, seed: int) -> None:
    chance, ledger = random.Random(seed), Ledger()
    with serving("--console-messages", "off") as server:
        place = set_up(server)
        for number in range(max(1, rounds)):
            first = seed * 10_000 + number * 10
            writers = [Writer(server, place, ledger, first + one) for one in range(WRITERS)]
            _one_kill(server, writers, ledger, chance, report)
            check_integrity(server, report)
            server.start()
            Checker(server, place, ledger, report).check(ledger.changed_since())
        everything = [key for key in ledger.acknowledged if key[0] not in ("refresh", "confirmation")]
        Checker(server, place, ledger, report).check(chance.sample(everything, min(MOST_AT_THE_END, len(everything))))
        report.count("acknowledged writes", ledger.writes)
        report.measure(f"data folder {seed}", megabytes(server.data_bytes()))
        report.measure(f"log {seed}", megabytes(server.log_bytes()))
        report.hold("Hush7" not in server.log_text(), "a password stands in the log")


def _one_kill(server: Server, writers: list[Writer], ledger: Ledger, chance: random.Random, report: Report) -> None:
    """The kill comes after so many acknowledged writes, at some moment of those that are under way then."""
    enough, until = ledger.writes + chance.randint(0, MOST_WRITES), time.monotonic() + ROUND_S
    for writer in writers:
        writer.thread.start()
    while ledger.writes < enough and time.monotonic() < until:
        time.sleep(0.002)
    time.sleep(chance.uniform(0, 0.03))
    server.kill()
    report.count("kills")
    for writer in writers:
        writer.stopped.set()
        writer.thread.join(60)
        report.hold(not writer.thread.is_alive(), "a writer hangs after the kill")
        for refusal in writer.refusals:
            report.broke(f"refused without a reason: {refusal}")


def _killed_while_seeding(report: Report, starts: int) -> None:
    """Each folder's first start is killed three times; then it comes up, and everybody of the seed file signs in."""
    chance = random.Random(3)
    for _ in range(max(1, starts // 3)):
        with a_folder(seed=SEED) as server:
            for _ in range(3):
                _kill_a_start(server, chance.uniform(0, 0.4), report)
            check_integrity(server, report)
            server.start()
            _everybody_signs_in(server, report)


def _kill_a_start(server: Server, after_s: float, report: Report) -> None:
    """The kill comes some time after the database file is there."""
    process, until = server.spawn(), time.monotonic() + START_S
    while not list(server.data.glob("*.sqlite3")) and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep(after_s)
    if process.poll() is not None:
        report.broke(f"a start after a kill ended by itself: {server.log_text()[-300:]}")
    server.kill()
    report.count("kills while seeding")


def _everybody_signs_in(server: Server, report: Report) -> None:
    client = Client(server.address)
    for number in range(SEED_PEOPLE):
        report.count("people of a seed file who sign in")
        try:
            sign_in(client, SEED_PLACE, f"seeded-{number}", f"Hush7-seeded-{number}")
        except Refused as refused:
            report.broke(f"a kill left seeded-{number} unable to sign in for good: {refused}")
    client.close()


if __name__ == "__main__":
    print(run())
