"""Champion and challenger on the same shots: who flagged what, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.batch import NO_TIME
from core.beside import Cell, Tally
from core.verdict import Verdicts

MOST_SHOTS = 20
"""Shots they disagree on that are named of one batch."""
_DAY, _MINUTE = 86_400_000, 60_000
_NEITHER, _CHAMPION, _CHALLENGER, _BOTH = range(4)


def tally(champion: Verdicts, challenger: Verdicts, utc_offset_minutes: int) -> dict[Cell, Tally]:
    """Count the shots of one batch by cell; flagged means NG.

    Parameters
    ----------
    champion, challenger : Verdicts
        Of the same records in the same order.
    utc_offset_minutes : int
        Where the plant's day begins.

    Raises
    ------
    ValueError
        Not as many verdicts from one as from the other.
    """
    columns = champion.columns
    if len(champion) != len(challenger):
        msg = f"expected {len(champion)} verdicts of the challenger, got {len(challenger)}"
        raise ValueError(msg)
    if not len(champion):
        return {}
    who = _flagged(champion) + 2 * _flagged(challenger)
    time = np.asarray(columns["shot_time"], dtype=np.int64)
    day = np.where(time == NO_TIME, -1, (time + utc_offset_minutes * _MINUTE) // _DAY)
    cluster = np.asarray(columns["cluster"], dtype=np.int64)
    keys = columns["facility"], columns["item"], cluster.tolist(), day.tolist()
    version: str = columns["model_version"][0]
    counted: dict[Cell, list[int]] = {}
    cells = Counter(zip(*keys, who.tolist(), strict=True))
    for (facility, item, number, on, code), count in cells.items():
        counted.setdefault(Cell(version, facility or "", item or "", number, on), [0] * 4)[code] = count
    named: dict[Cell, tuple[list[str], list[str]]] = {}
    for row in np.flatnonzero((who == _CHAMPION) | (who == _CHALLENGER))[:MOST_SHOTS].tolist():
        facility, item, number, on = (column[row] for column in keys)
        cell = Cell(version, facility or "", item or "", number, on)
        lists = named.setdefault(cell, ([], []))
        lists[int(who[row]) - _CHAMPION].append(columns["shot_id"][row])
    nobody: tuple[list[str], list[str]] = ([], [])
    return {cell: _tally(four, *named.get(cell, nobody)) for cell, four in counted.items()}


def added(one: Tally, other: Tally) -> Tally:
    """Both together, of the shots the first few.

    >>> added(Tally(1, 0, 2, 0), Tally(1, 1, 0, 0, ("s",)))[:5]
    (2, 1, 2, 0, ('s',))
    """
    champion = [*one.champion_shots, *other.champion_shots]
    challenger = [*one.challenger_shots, *other.challenger_shots]
    return _tally([a + b for a, b in zip(one[:4], other[:4], strict=True)], champion, challenger)


def _tally(counts: Sequence[int], champion: Sequence[str], challenger: Sequence[str]) -> Tally:
    neither, alone, other, both = counts
    return Tally(neither, alone, other, both, tuple(champion[:MOST_SHOTS]), tuple(challenger[:MOST_SHOTS]))


def _flagged(verdicts: Verdicts) -> NDArray[Any]:
    return np.fromiter(map("NG".__eq__, verdicts.columns["outcome"]), dtype=np.int64, count=len(verdicts))
