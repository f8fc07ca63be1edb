"""Champion against challenger: what would have been different, and whether that is more than chance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from core.beside import Cell, Tally
from inference.drift.tails import binomial_at_least
from inference.feedback_counts import wilson
from inference.shadow_tally import added

MOST_NAMED = 50
"""Shots named of each side."""
_LEVEL = 1.959963984540054  # 95 %


@dataclass(frozen=True, slots=True)
class Comparison:
    """Shots that both judged, by who flagged them.

    Attributes
    ----------
    neither, champion, challenger, both : int
        Flagged by nobody, by the one alone, by the other alone, by both.
    """

    neither: int
    champion: int
    challenger: int
    both: int

    @property
    def shots(self) -> int:
        """How many both judged."""
        return self.neither + self.champion + self.challenger + self.both

    def as_json(self) -> dict[str, Any]:
        """Counts, shares with 95 % intervals, and McNemar's exact probability.

        >>> found = Comparison(90, 1, 9, 0).as_json()
        >>> found["difference"], round(found["chance"], 4)
        (0.08, 0.0215)
        """
        n, mine, other = self.shots, self.champion, self.challenger
        far = difference = None
        if n:
            difference = (other - mine) / n
            far = _LEVEL * math.sqrt(max(mine + other - (other - mine) ** 2 / n, 0.0)) / n
        return {
            "shots": n,
            "neither": self.neither,
            "champion_alone": mine,
            "challenger_alone": other,
            "both": self.both,
            "champion_share": _share(mine + self.both, n),
            "challenger_share": _share(other + self.both, n),
            "difference": difference,
            "difference_low": None if far is None or difference is None else max(difference - far, -1.0),
            "difference_high": None if far is None or difference is None else min(difference + far, 1.0),
            "chance": mcnemar(mine, other),
        }


def mcnemar(one: int, other: int) -> float:
    """Exact two-sided probability of so uneven a split where neither side flags more.

    References
    ----------
    McNemar, Psychometrika 12 (1947): only the shots they disagree on tell.

    >>> mcnemar(5, 5), round(mcnemar(0, 6), 5)
    (1.0, 0.03125)
    """
    tail = float(binomial_at_least(max(one, other), one + other, 0.5))
    return min(1.0, 2 * tail)


def whole(cells: Mapping[Cell, Tally]) -> Comparison:
    """All shots together."""
    return _compared(cells.values())


def by_group(cells: Mapping[Cell, Tally]) -> list[dict[str, Any]]:
    """Each facility, item and setting, those with most disagreement first."""

    def name(pair: tuple[Cell, Tally]) -> tuple[str, str, int]:
        cell = pair[0]
        return cell.facility, cell.item, cell.cluster

    found = []
    for (facility, item, cluster), pairs in groupby(sorted(cells.items(), key=name), key=name):
        of_group = [tally for _, tally in pairs]
        key = {"facility": facility, "item": item or None, "cluster": cluster if cluster >= 0 else None}
        found.append(key | _compared(of_group).as_json())
    return sorted(found, key=lambda one: -(one["champion_alone"] + one["challenger_alone"]))


def by_day(cells: Mapping[Cell, Tally]) -> list[tuple[int, Comparison]]:
    """Each day of the plant (days since 1970, -1: no time), the latest first."""
    days = sorted({cell.day for cell in cells}, reverse=True)
    return [(day, _compared(tally for cell, tally in cells.items() if cell.day == day)) for day in days]


def named_shots(cells: Mapping[Cell, Tally]) -> tuple[list[str], list[str]]:
    """Some shots that only the champion, and that only the challenger flagged, of the latest days first."""
    latest = sorted(cells, key=lambda cell: -cell.day)
    champion = [shot for cell in latest for shot in cells[cell].champion_shots]
    challenger = [shot for cell in latest for shot in cells[cell].challenger_shots]
    return champion[:MOST_NAMED], challenger[:MOST_NAMED]


def said(shots: Sequence[str], words: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """What people said of these shots: how often each judgement."""
    found = {"confirm": 0, "false_alarm": 0, "unsure": 0}
    for shot in shots:
        if shot in words:
            found[words[shot]["judgement"]] += 1
    return found


def _compared(tallies: Iterable[Tally]) -> Comparison:
    total = Tally(0, 0, 0, 0)
    for one in tallies:
        total = added(total, one)
    return Comparison(total.neither, total.champion, total.challenger, total.both)


def _share(count: int, n: int) -> dict[str, float | None]:
    if not n:
        return {"share": None, "low": None, "high": None}
    low, high = wilson(count, n)
    return {"share": count / n, "low": low, "high": high}
