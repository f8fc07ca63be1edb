"""Tries a drafted profile on the data by the readers that train and judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pandas as pd

from core.errors import HistoryError
from core.profile import Profile
from core.stream import Event
from ingest.document import DocumentDecoder
from ingest.frame import batch_from_frame
from ingest.frame_reader import FrameReader

SHOWN = 5


@dataclass(slots=True)
class Trial:
    """What the readers make of the data under a profile.

    Attributes
    ----------
    rows, readable : int
    refused : Counter of str
        Reasons, by how many rows each refused.
    examples : list of str
        The first refusals, as expected and got.
    trouble : str
        Why nothing could be read at all; empty where rows were.
    doubled : int
        Rows whose identifier an earlier row has: training leaves them out.
    """

    rows: int = 0
    readable: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    trouble: str = ""
    doubled: int = 0
    _ids: set[str] = field(default_factory=set, repr=False)

    def add(self, rows: int, refusals: Sequence[tuple[str, str]]) -> None:
        """Count rows and what was said of those that could not be read: reason and detail."""
        self.rows += rows
        self.readable += rows - len(refusals)
        self.refused.update(reason for reason, _ in refusals)
        self.examples += [detail for _, detail in refusals[: max(0, SHOWN - len(self.examples))]]

    def notice(self, ids: Sequence[str]) -> None:
        """Count identifiers that were there before."""
        before = len(self._ids)
        self._ids.update(ids)
        self.doubled += len(ids) - (len(self._ids) - before)


def try_tables(frames: Iterable[pd.DataFrame], profile: Profile, *, most: int) -> Trial:
    """Read tables as `train` and `judge` do, at most so many rows.

    Targets are read by the same rules; a row whose target is no number is refused.
    """
    trial = Trial()
    try:
        for frame in frames:
            some = frame.head(most - trial.rows)
            batch, problems = batch_from_frame(some, profile, first_row=trial.rows)
            told = {p.row: (p.reason, p.detail) for p in problems}
            reader = FrameReader(some, lenient=profile.fill.unreadable == "fill")
            for target in profile.targets:
                reader.numbers(target.path, target.name)
            told = {row: (p.reason, p.detail) for row, p in reader.problems.items()} | told
            trial.add(len(some), [told[row] for row in sorted(told)])
            trial.notice(batch.ids.tolist())
            if trial.rows >= most:
                break
    except HistoryError as error:
        trial.trouble = str(error)
    return trial


def try_documents(raws: Sequence[bytes], profile: Profile) -> Trial:
    """Read raw documents as the service does."""
    trial = Trial()
    events = [Event(str(n), str(n), "insert", raw) for n, raw in enumerate(raws)]
    decoded = DocumentDecoder(profile).decode(events)
    trial.add(len(raws), [(letter.reason, letter.detail) for letter in decoded.dead_letters])
    return trial
