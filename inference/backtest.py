"""Judges a table with the code that judges live (IM-15)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pandas as pd

from core.profile import Profile
from core.verdict import Verdicts
from inference.isolation import Judge, judge_around
from inference.judge import judge as judge_batch
from inference.plan import Plan
from ingest.fill_memory import FillMemory
from ingest.frame import batch_from_frame
from ingest.frame_problem import FrameProblem


@dataclass(frozen=True, slots=True)
class Judgement:
    """One piece of a backtest: every row of the table is in exactly one of the two.

    Attributes
    ----------
    verdicts : Verdicts or None
        In the order of the rows; None when no row of the piece could be judged.
    refused : list of FrameProblem
        Rows that got no verdict, with their reason; `row` counts from the table's start.
    """

    verdicts: Verdicts | None
    refused: list[FrameProblem]


@dataclass
class BacktestSummary:
    """Counts over a whole backtest."""

    rows: int = 0
    verdicts: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    routes: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def add(self, piece: Judgement) -> None:
        """Count one piece."""
        self.refused.update(problem.reason for problem in piece.refused)
        self.rows += len(piece.refused)
        if piece.verdicts is not None:
            self.rows += len(piece.verdicts)
            self.verdicts += len(piece.verdicts)
            self.outcomes.update(piece.verdicts.columns["outcome"])
            self.routes.update(piece.verdicts.columns["route"])


def backtest(
    frames: Iterable[pd.DataFrame],
    plan: Plan,
    profile: Profile,
    *,
    memory: FillMemory | None = None,
    judge: Judge = judge_batch,
) -> Iterator[Judgement]:
    """Judge the rows of a table in their order, frame by frame.

    What each facility last sent is carried from frame to frame, as it is from batch to
    batch in the live stream. Nothing is kept between pieces but that memory, so a table
    of any length can be judged.

    Parameters
    ----------
    frames : iterable of DataFrame
        As `ingest.table.read_table` gives them; each is judged as one batch.
    plan : Plan
    profile : Profile
    memory : FillMemory or None
        What was known before the first row; nothing by default.
    judge : callable
        `inference.judge.judge` unless a trial gives another.

    Raises
    ------
    HistoryError
        The table has no column for the identifier or the facility.
    """
    memory = memory or FillMemory()
    first_row = 0
    for frame in frames:
        batch, problems = batch_from_frame(frame, profile, first_row=first_row)
        isolated = judge_around(judge, batch, plan, memory)
        memory = isolated.memory
        unreadable = {problem.row for problem in problems}
        row_of = [row for row in range(len(frame)) if row not in unreadable] if isolated.failures else []
        refused = problems + [
            FrameProblem(
                row_of[index],
                batch.ids[index],
                "",
                "judge_failed",
                f"{type(error).__name__}: {error}",
            )
            for index, error in isolated.failures.items()
        ]
        refused.sort(key=lambda problem: problem.row)
        yield Judgement(
            isolated.verdicts,
            [FrameProblem(p.row + first_row, p.record_id, p.column, p.reason, p.detail) for p in refused],
        )
        first_row += len(frame)
