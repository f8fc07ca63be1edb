"""Another program that has the store open: it locks it, or reads and does not end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.stream import DeadLetter, Position, Work
from inference.store.sink import VerdictStore
from tests.faults.crash.foreign_process import ForeignProcess
from tests.faults.crash.hall import Hall, pass_time

LONG = pytest.mark.faults
LOG_LIMIT = 64 * 2**20
"""Bytes of log that may stay once nobody reads."""
LETTERS = 100
RAW = bytes(64 * 1024)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[VerdictStore]:
    store = VerdictStore(f"sqlite:///{tmp_path}/verdicts.sqlite")
    yield store
    store.close()


def write_letters(store: VerdictStore, number: int) -> None:
    """One transaction of 6.4 MB."""
    letters = [DeadLetter(f"{number}-{i}", f"r{i}", "too_large", "x", RAW) for i in range(LETTERS)]
    assert store.write(Work(Position("{}", (number + 1, 1)), dead_letters=letters)).dead_letters == LETTERS


@pytest.mark.fault_row(13)
@pytest.mark.parametrize("seconds", [0.0, pytest.param(30.0, marks=LONG)])
def test_a_store_locked_before_the_start_is_waited_for(hall: Hall, seconds: float) -> None:
    hall.start()
    hall.feed.write(100)
    hall.await_answers(100)
    assert hall.service.stop() == 0
    with ForeignProcess(hall.store, "BEGIN EXCLUSIVE") as other:
        hall.service.start_under()
        hall.feed.write(200)
        hall.service.await_reason("locks the file")
        pass_time(seconds)
        seen = other.end()
    hall.note_faults("store locked by another program")
    findings = hall.settle()

    assert seen == 100
    assert findings.all_well, str(findings)


@pytest.mark.fault_row(13)
def test_a_reader_that_stays_holds_nobody_up_and_sees_one_moment(hall: Hall) -> None:
    hall.start()
    hall.feed.write(100)
    hall.await_answers(100)
    with ForeignProcess(hall.store, "BEGIN") as other:
        for number in range(4):
            hall.feed.write(150)
            hall.await_answers(250 + 150 * number)
        still_ready = hall.service.reasons()
        seen = other.end()
    hall.note_faults("a reader that stays")
    findings = hall.settle()

    assert still_ready == ""
    assert seen == 100
    assert findings.all_well, str(findings)


@pytest.mark.fault_row(13)
def test_the_log_a_reader_made_grow_shrinks_to_its_limit_once_it_is_gone(
    store: VerdictStore, tmp_path: Path
) -> None:
    log = tmp_path / "verdicts.sqlite-wal"
    write_letters(store, 0)
    with ForeignProcess(tmp_path / "verdicts.sqlite", "BEGIN") as other:
        for number in range(1, 16):
            write_letters(store, number)
        grown = log.stat().st_size
        seen = other.end()
    for number in range(16, 18):  # the first folds it in, the second begins it anew
        write_letters(store, number)

    assert seen == LETTERS
    assert grown > LOG_LIMIT
    assert log.stat().st_size <= LOG_LIMIT


@pytest.mark.fault_row(13)
def test_without_a_reader_the_log_stays_short(store: VerdictStore, tmp_path: Path) -> None:
    log, longest = tmp_path / "verdicts.sqlite-wal", 0
    for number in range(20):
        write_letters(store, number)
        longest = max(longest, log.stat().st_size)

    assert longest < LOG_LIMIT / 2
