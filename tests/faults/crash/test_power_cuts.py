"""What the service has told anybody is still there after a power cut.

The real service runs on the real SQLite of this interpreter under strace, which records what
it writes, what it forces to disk and what it sends to its clients. A test asks it again and
again how many answers it has written. The power is then cut, in the record, at each of those
answers: of what was not forced to disk nothing is left, or any sectors of it. The store that
remains must hold every answer that was told.

Another SQLite with a file system of our own under it (apsw) would be simpler to cut off, but
it would not be the library that judges in the plant, nor its calls in their order.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.conftest import FaultFigures
from tests.faults.crash.hall import Hall
from tests.faults.crash.power_cut import Disk
from tests.faults.crash.store_content import read_sqlite, rows_of
from tests.faults.crash.syscall_faults import needs_strace
from tests.faults.crash.write_trace import Told, read_trace, tracing

MakeHall = Callable[..., Hall]
CARELESS: Final = """
import sqlite3.dbapi2 as driver, sys
class Careless(driver.Connection):
    def execute(self, statement, *rest):
        return super().execute(statement.replace("synchronous = FULL", "synchronous = OFF"), *rest)
plain = driver.connect
driver.connect = lambda *words, **named: plain(*words, **{"factory": Careless, **named})
sys.argv = ["sprue", *sys.argv[1:]]
from scripts.__main__ import main
main()
"""
"""The service with the one setting taken back on which all this rests."""


def recorded(hall: Hall, folder: Path, *, careless: bool = False) -> Path:
    """Run the service under load and ask it again and again; the record of it all."""
    output = folder / "calls.txt"
    if careless:
        hall.service.program = [sys.executable, "-c", CARELESS, "serve"]
    hall.start(tracing(output))
    hall.feed.run(per_second=150.0)
    told = 0
    while told < 300:
        told = sum(hall.service.get("/api/v1/status")[name] for name in ("verdicts", "dead_letters"))
    hall.feed.pause()
    hall.service.kill()
    return output


def told_answers(sent: bytes) -> int:
    """Answers written, by this reply of the API; 0 where it says nothing about them."""
    body = re.search(rb'\{"state".*\}', sent, re.DOTALL)
    if body is None:
        return 0
    status = json.loads(body[0])
    return int(status["verdicts"]) + int(status["dead_letters"])


def losses(output: Path, store: Path, after: Path, rng: random.Random | None) -> Iterator[tuple[int, int]]:
    """For each reply with a new number: what was told, and what is left after a cut at once."""
    disk = Disk()
    told = 0
    for step in read_trace(output, store.parent):
        disk.take(step)
        if not isinstance(step, Told) or told_answers(step.content) <= told:
            continue
        told = told_answers(step.content)
        disk.after_power_cut(after, rng)
        left = after / store.name
        yield told, answers_left(left) if left.exists() else 0


def answers_left(store: Path) -> int:
    """Answers of a store found after a cut; its file must be sound and agree with its position."""
    if not rows_of(f"sqlite:///{store}", "SELECT 1 FROM sqlite_master WHERE name = 'verdict'"):
        return 0
    content = read_sqlite(store)
    assert content.faults == []
    return content.answers


@needs_strace
@pytest.mark.fault_row(3)
@pytest.mark.timeout(200)
def test_what_was_told_survives_a_power_cut_at_any_moment(
    hall: Hall, tmp_path: Path, fault_seed: int
) -> None:
    output = recorded(hall, tmp_path)
    cuts = 0
    for rng in (None, random.Random(fault_seed), random.Random(fault_seed + 1)):
        for told, left in losses(output, hall.store, tmp_path / "after", rng):
            assert left >= told
            cuts += 1
    hall.note_faults("power cut", cuts)

    assert cuts > 20


@needs_strace
@pytest.mark.faults
@pytest.mark.fault_row(3)
@pytest.mark.timeout(200)
def test_without_forcing_writes_to_disk_the_same_cuts_do_lose_answers(
    hall: Hall, tmp_path: Path, fault_figures: FaultFigures
) -> None:
    output = recorded(hall, tmp_path, careless=True)
    lost = [told - left for told, left in losses(output, hall.store, tmp_path / "after", None) if left < told]
    fault_figures("planted_bugs", planted=1, caught=int(bool(lost)))

    assert lost
