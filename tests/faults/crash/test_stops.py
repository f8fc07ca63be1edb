"""The service stopped, frozen, asked to end: at the wrong moments."""

from __future__ import annotations

import signal
import sys

import pytest

from tests.faults.crash.hall import Hall, pass_time

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="platform: POSIX signals")
LONG = pytest.mark.faults


@pytest.mark.fault_row(4, 5)
@pytest.mark.parametrize("seconds", [3.0, pytest.param(20.0, marks=LONG)])
def test_frozen_while_its_cursor_dies_it_goes_on_and_no_second_one_takes_its_place(
    hall: Hall, seconds: float
) -> None:
    hall.start()
    hall.feed.run()
    hall.await_answers(100)
    hall.service.send(signal.SIGSTOP)
    hall.mongo.kill_cursors()
    second = hall.second_service()
    second.start_under()
    code = second.await_end()
    pass_time(seconds)
    hall.service.send(signal.SIGCONT)
    hall.note_faults("frozen, cursor killed")
    hall.await_answers(hall.answered() + 100)
    findings = hall.settle()

    assert code == 1
    assert "already written by" in second.tail()
    assert findings.all_well, str(findings)


@pytest.mark.fault_row(6)
def test_asked_to_end_in_mid_load_it_ends_in_order_and_goes_on_where_it_was(hall: Hall) -> None:
    hall.feed.run()
    codes = []
    for number in range(3):
        hall.start()
        hall.await_answers((number + 1) * 60)
        hall.service.send(signal.SIGTERM)
        codes.append(hall.service.await_end(10.0))
    hall.note_faults("SIGTERM under load", 3)
    findings = hall.settle()

    assert codes == [0, 0, 0]
    assert findings.all_well, str(findings)


@pytest.mark.fault_row(6)
def test_asked_twice_it_ends_at_once_and_loses_nothing(hall: Hall) -> None:
    hall.start()
    hall.feed.run()
    hall.await_answers(60)
    hall.service.send(signal.SIGTERM)
    hall.service.send(signal.SIGTERM)
    code = hall.service.await_end(10.0)
    hall.note_faults("SIGTERM twice")
    findings = hall.settle()

    assert code in (0, 1)
    assert findings.all_well, str(findings)


@pytest.mark.fault_row(6)
def test_asked_to_end_while_the_server_is_away_it_ends_in_order(hall: Hall) -> None:
    hall.start()
    hall.feed.write(100)
    hall.await_answers(100)
    hall.mongo.kill()
    hall.service.await_reason("MongoDB|mongo")
    hall.service.send(signal.SIGTERM)
    code = hall.service.await_end(10.0)
    hall.mongo.start()
    hall.feed.write(50)
    hall.note_faults("SIGTERM while the server is away")
    findings = hall.settle()

    assert code == 0
    assert findings.all_well, str(findings)
