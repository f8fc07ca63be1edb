"""The service killed, the server killed, both: every shot gets its one verdict."""

from __future__ import annotations

import random

import pytest

from tests.faults.crash.hall import Hall, pass_time
from tests.faults.crash.syscall_faults import killed_at, needs_strace

LONG = [pytest.mark.faults, pytest.mark.timeout(1800)]
KILLED = 128 + 9


def crash_at_calls(hall: Hall, rng: random.Random, times: int) -> None:
    """Start and die at the Nth write or sync, so many times, under load."""
    hall.feed.run()
    for _ in range(times):
        call = rng.choice(("pwrite64", "fdatasync"))
        hall.service.start_under(killed_at(call, rng.randint(1, 120)))
        assert hall.service.await_end() == KILLED, hall.service.tail()
    hall.note_faults("kill -9 at a write or sync", times)


@needs_strace
@pytest.mark.fault_row(1)
@pytest.mark.parametrize("times", [5, pytest.param(50, marks=LONG)])
def test_killed_at_a_write_or_a_sync_nothing_is_lost_or_doubled(
    hall: Hall, fault_seed: int, times: int
) -> None:
    crash_at_calls(hall, random.Random(fault_seed), times)
    findings = hall.settle()

    assert findings.all_well, str(findings)


@pytest.mark.fault_row(2, 14)
@pytest.mark.parametrize("times", [3, pytest.param(60, marks=LONG)])
def test_killed_at_any_time_and_the_server_too_nothing_is_lost_or_doubled(
    hall: Hall, fault_seed: int, times: int
) -> None:
    rng = random.Random(fault_seed)
    hall.feed.run()
    for number in range(times):
        hall.service.start_under()
        pass_time(rng.uniform(1.0, 4.0))
        if number % 3 == 1:
            hall.mongo.kill()
            pass_time(rng.uniform(0.0, 1.0))
            hall.mongo.start()
        hall.service.kill()
    hall.note_faults("kill -9 at any time", times)
    hall.note_faults("kill -9 of the server", (times + 1) // 3)
    findings = hall.settle()

    assert findings.all_well, str(findings)


@pytest.mark.fault_row(14)
def test_the_server_killed_under_load_costs_a_pause_and_no_more(hall: Hall) -> None:
    hall.start()
    hall.feed.run()
    for _ in range(2):
        hall.await_answers(hall.answered() + 100)
        hall.mongo.kill()
        hall.mongo.start()
    hall.note_faults("kill -9 of the server", 2)
    hall.await_answers(hall.answered() + 100)
    findings = hall.settle()

    assert findings.all_well, str(findings)


@pytest.mark.fault_row(15, 16)
def test_errors_of_the_server_under_load_cost_nothing(hall: Hall) -> None:
    codes = (43, 91, 189, 10107, 11600, 11601, 13435)
    hall.start()
    hall.feed.run()
    for code in codes:
        hall.mongo.fail_command("getMore", code)
        hall.await_answers(hall.answered() + 20)
    hall.mongo.close_connection("getMore", times=2)
    hall.await_answers(hall.answered() + 20)
    hall.note_faults("error of the server", len(codes))
    hall.note_faults("connection closed", 2)
    findings = hall.settle()

    assert findings.all_well, str(findings)
