"""Mixed faults, for as long as asked, against one hall."""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable

import pytest

from tests.faults.crash.hall import Hall
from tests.faults.crash.mixed_faults import Trouble, for_a_while
from tests.faults.reading import Line
from tests.faults.real_backend import RealBackend

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(sys.platform != "linux", reason="platform: limits of another process"),
]
KINDS = (
    *("killed", "server_killed", "line_silent", "line_refused", "line_cut"),
    *("server_error", "disk_full", "store_locked", "frozen", "model_damaged"),
)
MOST_GROWTH_MB = 80.0
SAY_EVERY_S = 30.0


@pytest.mark.fault_row(35, 42)
def test_mixed_faults_for_a_long_time(
    make_hall: Callable[..., Hall], real: RealBackend, line: Line, fault_seed: int
) -> None:
    minutes = float(os.environ.get("SOAK_MINUTES", "1"))
    rng = random.Random(fault_seed)
    proxy = line(real.port)
    hall = make_hall(settings={"SPRUE_MONGO_URL": proxy.mongo_url()})
    trouble = Trouble(hall, proxy, rng)
    memory: list[float] = []
    done: Counter[str] = Counter()
    print(f"\nseed {fault_seed}, {minutes:g} minutes", flush=True)
    hall.start()
    hall.feed.run(per_second=100.0)
    began = said = time.monotonic()
    try:
        while time.monotonic() - began < minutes * 60:
            kind = rng.choice(KINDS)
            for_a_while(getattr(trouble, kind), rng.uniform(0.2, 6.0))
            done[kind] += 1
            hall.note_faults(kind.replace("_", " "))
            hall.service.wait_ready(90.0)
            hall.await_answers(hall.answered() + 50, 90.0)
            memory.append(hall.service.resident_mb())
            if time.monotonic() - said > SAY_EVERY_S:
                said = time.monotonic()
                print(
                    f"{(said - began) / 60:6.1f} min  {done.total()} faults, "
                    f"{len(hall.feed.ledger)} written, {hall.answered()} answered, {memory[-1]:.0f} MiB",
                    flush=True,
                )
    except KeyboardInterrupt:
        print("stopped; comparing what was written so far", flush=True)
    findings = hall.settle(180.0)
    print(f"{findings}; {dict(done.most_common())}", flush=True)

    assert findings.all_well, str(findings)
    if len(memory) > 8:
        quarter = len(memory) // 4
        grown = sum(memory[-quarter:]) / quarter - sum(memory[:quarter]) / quarter
        assert grown < MOST_GROWTH_MB
