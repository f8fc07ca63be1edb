"""Judging a batch although one of its records makes the judging fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.batch import Batch
from core.verdict import VERDICT_FIELDS, Verdicts
from inference.judge import Judged
from inference.plan import Plan
from ingest.fill_memory import FillMemory

Judge = Callable[[Batch, Plan, FillMemory], Judged]


@dataclass(frozen=True, slots=True)
class Isolated:
    """Verdicts of the records that could be judged, and who could not.

    Attributes
    ----------
    verdicts : Verdicts or None
        One row for each of `rows`; None when nothing could be judged.
    rows : list of int
        Rows of the batch that have a verdict, ascending.
    failures : mapping of int to Exception
        Row of the batch -> what judging it raised.
    memory : FillMemory
        After the judged records.
    changed : mapping of str to str
        Facilities whose memory changed, as JSON.
    """

    verdicts: Verdicts | None
    rows: list[int]
    failures: Mapping[int, Exception]
    memory: FillMemory
    changed: Mapping[str, str]


def judge_around(judge: Judge, batch: Batch, plan: Plan, memory: FillMemory) -> Isolated:
    """Judge a batch in one go; where that raises, halve it until the culprits stand alone.

    The records keep their order, so filling forward sees the same neighbours as in one
    go. A clean batch costs one call, one culprit among n about 2 log2(n).
    """
    if not len(batch):
        return Isolated(None, [], {}, memory, {})
    pieces: list[Verdicts] = []
    rows: list[int] = []
    failures: dict[int, Exception] = {}
    changed: list[Mapping[str, str]] = []
    waiting = [range(len(batch))]
    while waiting:
        span = waiting.pop()
        piece = batch if len(span) == len(batch) else batch.take(slice(span.start, span.stop))
        try:
            judged = judge(piece, plan, memory)
        except Exception as error:  # the loop's edge: whatever it is, its neighbours are judged
            if len(span) == 1:
                failures[span.start] = error
                continue
            middle = span.start + len(span) // 2
            waiting += [range(middle, span.stop), range(span.start, middle)]
        else:
            pieces.append(judged.verdicts)
            rows.extend(span)
            memory = judged.memory
            changed.append(judged.changed)
    # The JSON of a memory is made when it is read; one piece is handed on unread.
    last = changed[0] if len(changed) == 1 else {k: v for piece in changed for k, v in piece.items()}
    return Isolated(_joined(pieces), rows, failures, memory, last)


def _joined(pieces: Sequence[Verdicts]) -> Verdicts | None:
    if len(pieces) < 2:
        return pieces[0] if pieces else None
    columns: dict[str, Any] = {}
    for field in VERDICT_FIELDS:
        parts = [piece.columns[field.name] for piece in pieces]
        columns[field.name] = (
            np.concatenate(parts)
            if field.kind in ("number", "integer", "time")
            else [value for part in parts for value in part]
        )
    return Verdicts(columns)
