"""Two faults at once: every pair of kill, disk, network and model."""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Callable

import pytest

from tests.faults.crash.hall import Hall, pass_time
from tests.faults.crash.mixed_faults import Trouble
from tests.faults.reading import Line
from tests.faults.real_backend import RealBackend

KINDS = ("killed", "disk_full", "line_silent", "model_damaged", "server_killed")
PAIRS = list(itertools.combinations(KINDS, 2))
SHORT = [("killed", "line_silent")]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="platform: limits of another process")


@pytest.mark.fault_row(43)
@pytest.mark.parametrize(
    ("first", "second"),
    [pytest.param(*pair, marks=[] if pair in SHORT else pytest.mark.faults) for pair in PAIRS],
)
def test_two_faults_at_once_lose_and_double_nothing(
    make_hall: Callable[..., Hall], real: RealBackend, line: Line, fault_seed: int, first: str, second: str
) -> None:
    proxy = line(real.port)
    hall = make_hall(settings={"SPRUE_MONGO_URL": proxy.mongo_url()})
    trouble = Trouble(hall, proxy, random.Random(fault_seed))
    hall.start()
    hall.feed.run()
    hall.await_answers(100)
    ends = [getattr(trouble, kind)() for kind in (second, first)]
    pass_time(2.0)
    for end in reversed(ends):
        end()
    for kind in (first, second):
        hall.note_faults(kind.replace("_", " "))
    findings = hall.settle()

    assert findings.all_well, str(findings)
