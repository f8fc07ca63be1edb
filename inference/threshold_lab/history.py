"""A history judged once, as what limits are tried on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.batch import Batch
from core.profile import Profile
from core.verdict import VERDICT_FIELDS
from inference.isolation import Judge, judge_around
from inference.judge import judge as judge_batch
from inference.plan import Plan
from inference.threshold_lab.scored import Labels
from ingest.fill_memory import FillMemory
from ingest.lots import count_lots

CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class JudgedHistory:
    """Verdicts of a history as columns, and what its lots were counted.

    Attributes
    ----------
    columns : dict of str to sequence
        `core.verdict.VERDICT_FIELDS` but for reasons.
    labels : Labels
        Lots by their counts: bad from ``selection.max_defect_rate`` on, good below.
    refused : int
        Records that could not be judged.
    """

    columns: dict[str, Sequence[Any]]
    labels: Labels
    refused: int


def judge_history(
    batch: Batch,
    plan: Plan,
    *,
    judge: Judge = judge_batch,
    progress: Callable[[int], None] | None = None,
) -> JudgedHistory:
    """Judge a batch in its order, piece by piece, as the live stream would.

    Parameters
    ----------
    batch : Batch
    plan : Plan
    judge : callable
        `inference.judge.judge` unless a trial gives another.
    progress : callable, optional
        Called with the records done.
    """
    names = [f.name for f in VERDICT_FIELDS if f.name != "reasons"]
    pieces: dict[str, list[Any]] = {name: [] for name in names}
    memory, refused = FillMemory(), 0
    for start in range(0, len(batch), CHUNK):
        isolated = judge_around(judge, batch.take(slice(start, start + CHUNK)), plan, memory)
        memory = isolated.memory
        refused += len(isolated.failures)
        if isolated.verdicts is not None:
            for name in names:
                pieces[name].append(isolated.verdicts.columns[name])
        if progress is not None:
            progress(min(start + CHUNK, len(batch)))
    columns = {name: _joined(parts) for name, parts in pieces.items()}
    return JudgedHistory(columns, lot_labels(batch, plan.profile), refused)


def lot_labels(batch: Batch, profile: Profile) -> Labels:
    """Which lots were counted bad, and which good; named as verdicts name them."""
    lots = count_lots(batch, profile)
    days = np.datetime_as_string(lots.day.astype("datetime64[D]")).tolist() if len(lots) else []
    names = [f"{f}|{i}|{d}" for f, i, d in zip(lots.facility, lots.item, days, strict=True)]
    rates = lots.defect_rate.tolist()
    most = profile.selection.max_defect_rate
    bad = frozenset(name for name, rate in zip(names, rates, strict=True) if rate >= most)
    good = frozenset(name for name, rate in zip(names, rates, strict=True) if rate < most)
    return Labels(bad_lots=bad, good_lots=good)


def _joined(parts: list[Any]) -> Sequence[Any]:
    if parts and isinstance(parts[0], np.ndarray):
        joined: Any = np.concatenate(parts)
        return joined  # type: ignore[no-any-return]  # an array is a sequence here
    return [value for part in parts for value in part]
