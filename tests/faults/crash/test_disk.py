"""A disk that is full, failing, read-only or locked by others."""

from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from tests.faults.crash.hall import Hall
from tests.faults.crash.small_disk import SmallDisk, needs_mount
from tests.faults.crash.syscall_faults import needs_strace, traced

MakeHall = Callable[..., Hall]
PAUSED_BY_DISK = r"paused.*(disk|space|free)"
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="platform: limits of another process")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with SmallDisk(tmp_path / "small", 260) as disk:
        yield disk


def answers_queries(hall: Hall) -> bool:
    return len(hall.service.get("/api/v1/verdicts?limit=5")["verdicts"]) == 5


@needs_mount
@pytest.mark.fault_row(7)
def test_a_full_disk_pauses_judging_and_costs_nothing(make_hall: MakeHall, disk: SmallDisk) -> None:
    hall = make_hall(settings={"SPRUE_STORE_URL": f"sqlite:///{disk.folder}/verdicts.sqlite"})
    hall.start()
    hall.feed.write(100)
    hall.await_answers(100)
    disk.fill()
    hall.feed.run()
    hall.service.await_reason(PAUSED_BY_DISK)
    answered = answers_queries(hall)
    disk.free()
    hall.note_faults("disk full")
    findings = hall.settle()

    assert answered
    assert findings.all_well, str(findings)


@only_linux
@pytest.mark.fault_row(7)
def test_a_file_that_may_not_grow_pauses_judging_and_costs_nothing(hall: Hall) -> None:
    hall.start()
    hall.feed.write(100)
    hall.await_answers(100)
    process = psutil.Process(hall.service.pid)
    before = process.rlimit(psutil.RLIMIT_FSIZE)
    process.rlimit(psutil.RLIMIT_FSIZE, (4096, before[1]))
    hall.feed.run()
    hall.service.await_reason(PAUSED_BY_DISK)
    answered = answers_queries(hall)
    process.rlimit(psutil.RLIMIT_FSIZE, before)
    hall.note_faults("file limit reached")
    findings = hall.settle()

    assert answered
    assert findings.all_well, str(findings)


@needs_strace
@pytest.mark.fault_row(8)
@pytest.mark.parametrize(
    "fault",
    [
        "fdatasync:error=EIO:when=20",
        "pwrite64:error=EIO:when=40",
        pytest.param("pwrite64:error=ENOSPC:when=60..64", marks=pytest.mark.faults),
    ],
)
def test_a_disk_that_fails_for_a_moment_costs_nothing(hall: Hall, fault: str) -> None:
    hall.feed.write(50)
    hall.start(traced(fault, calls="pwrite64,fdatasync"))
    hall.feed.run()
    hall.await_answers(500)
    hall.note_faults("disk error for a moment")
    findings = hall.settle()

    assert findings.all_well, str(findings)


@needs_mount
@pytest.mark.fault_row(9)
def test_a_disk_that_cannot_be_written_is_said_with_its_path_and_gone_on_with_once_it_can(
    make_hall: MakeHall, disk: SmallDisk
) -> None:
    hall = make_hall(settings={"SPRUE_STORE_URL": f"sqlite:///{disk.folder}/verdicts.sqlite"})
    disk.write_protect()
    hall.feed.write(60)
    hall.service.start_under()
    said = hall.service.await_reason(re.escape(str(disk.folder)))
    disk.allow_writing()
    hall.service.wait_ready()
    hall.note_faults("store read-only")
    findings = hall.settle(judged_alike=False)

    assert "ead-only" in said
    assert findings.all_well, str(findings)


@pytest.mark.fault_row(13)
def test_a_store_locked_by_another_program_is_waited_for(hall: Hall) -> None:
    hall.start()
    hall.feed.write(100)
    hall.await_answers(100)
    with closing(sqlite3.connect(hall.store, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        hall.feed.write(100)
        hall.service.await_reason("paused.*locks the file")
        answered = answers_queries(hall)
        other.execute("ROLLBACK")
    hall.note_faults("store locked by another program")
    findings = hall.settle()

    assert answered
    assert findings.all_well, str(findings)
