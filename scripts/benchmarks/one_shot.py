"""One shot at a time: how long a press waits for the judging of its shot."""

from __future__ import annotations

import gc
import sqlite3
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import bson
import numpy as np

from core.profile import Profile
from core.verdict import VERDICT_FIELDS
from scripts.benchmarks.figure import Figure, ratio_of
from scripts.benchmarks.judging import Line
from scripts.benchmarks.rounds import Effort
from scripts.benchmarks.shots import draw, raw_documents


def one_shot(line: Line, effort: Effort, folder: Path, profile: Profile) -> Figure:
    """The figure ``one_shot_judge_us``: latency of shots that come one by one."""
    shots = 40 if effort.quick else 1500
    alone = draw(line.plant, shots, 3)
    batches = [alone.batch.take(slice(i, i + 1)) for i in range(shots)]
    raws = raw_documents(alone.batch, profile)
    row = next(iter(line.judge(batches[0]).verdicts.rows()))
    table = _InsertTable(folder / "one-shot.sqlite")
    judging = [partial(line.judge, batch) for batch in batches]
    storing = [partial(table.decode_and_insert, raw, row) for raw in raws]
    judged, stored = [], []
    for _ in range(1 + effort.rounds):
        gc.collect()
        judged.append(_microseconds(judging))
        stored.append(_microseconds(storing))
        table.commit()
    table.close()
    # The first round warms up.
    half, tail = (np.percentile(judged[1:], share, axis=1).tolist() for share in (50, 99))
    base, base_tail = (np.percentile(stored[1:], share, axis=1).tolist() for share in (50, 99))
    return Figure(
        "one_shot_judge_us",
        ratio_of(tail, base),
        {
            "judge one shot, p50": half,
            "judge one shot, p99": tail,
            "BSON decode + insert, p50": base,
            "BSON decode + insert, p99": base_tail,
        },
        "us",
        {"p50 over p50": float(np.median(ratio_of(half, base))), "shots a round": shots},
        "The ratio is the 99th percentile of judging one shot alone to the median of decoding its document"
        " and inserting one verdict row into SQLite by a prepared statement, the commit not counted.",
    )


def _microseconds(works: Sequence[Callable[[], object]]) -> list[float]:
    """How long each took."""
    took = []
    for work in works:
        begin = time.perf_counter()
        work()
        took.append((time.perf_counter() - begin) * 1e6)
    return took


class _InsertTable:
    """A SQLite table with a verdict's columns."""

    def __init__(self, path: Path) -> None:
        names = [field.name for field in VERDICT_FIELDS]
        self._connection = sqlite3.connect(path)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(f"CREATE TABLE verdict ({', '.join(names)})")
        self._insert = f"INSERT INTO verdict VALUES ({', '.join('?' * len(names))})"  # noqa: S608  # no input

    def decode_and_insert(self, raw: bytes, row: dict[str, Any]) -> None:
        """What storing one verdict takes at the very least."""
        bson.decode(raw)
        values = [str(v) if isinstance(v, (list, dict)) else v for v in row.values()]
        self._connection.execute(self._insert, values)

    def commit(self) -> None:
        """End the transaction."""
        self._connection.commit()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
