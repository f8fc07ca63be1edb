"""What feedback says of the flags: how many were right, with the interval that so few leave open.

Feedback is not a sample: people look at what was flagged, and say what struck them. So it tells how
many flags were right (precision), never how many bad shots were found (recall).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from core.judgement import Judgement

Z = 1.959963984540054
"""Two-sided 95 %."""


class Group(NamedTuple):
    """Whose shots are counted together; None: unknown."""

    maker: str | None
    facility: str
    item: str | None
    cluster: int | None


@dataclass(frozen=True, slots=True)
class Judged:
    """Shots of one outcome by what was said of them.

    Attributes
    ----------
    confirmed, false_alarms, unsure : int
        Shots; of each the last word counts.
    """

    confirmed: int = 0
    false_alarms: int = 0
    unsure: int = 0

    @property
    def precision(self) -> float | None:
        """Confirmed / (confirmed + false alarms), 0-1; None where nobody was sure."""
        sure = self.confirmed + self.false_alarms
        return self.confirmed / sure if sure else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the precision; None where nobody was sure."""
        sure = self.confirmed + self.false_alarms
        return wilson(self.confirmed, sure) if sure else None


@dataclass(frozen=True, slots=True)
class GroupFeedback:
    """What was said of one group's shots.

    Attributes
    ----------
    ng, warn : Judged
        Of the shots judged NG, and of those judged WARN: never mixed.
    missed : int
        Shots judged OK that somebody found bad.
    """

    group: Group
    ng: Judged
    warn: Judged
    missed: int


def last_words(feedback: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The row that counts of each shot: the one written last (highest ``id``)."""
    last: dict[str, Mapping[str, Any]] = {}
    for row in feedback:
        known = last.get(row["shot_id"])
        if known is None or row["id"] > known["id"]:
            last[row["shot_id"]] = row
    return last


def labelled(feedback: Iterable[Mapping[str, Any]]) -> dict[str, bool]:
    """Which shots people found bad (True) or good (False), by shot id.

    A shot whose last word is ``unsure`` is in neither.

    Parameters
    ----------
    feedback : iterable of mapping
        Rows with ``id``, ``shot_id``, ``judgement``, in any order; see `inference.store.feedback.Feedback`.

    >>> rows = [(1, "a", "confirm"), (2, "b", "false_alarm"), (3, "c", "confirm"), (4, "c", "unsure")]
    >>> labelled([dict(zip(("id", "shot_id", "judgement"), row)) for row in rows])
    {'a': True, 'b': False}
    """
    bad: dict[Judgement, bool] = {"confirm": True, "false_alarm": False}
    return {
        shot: bad[row["judgement"]] for shot, row in last_words(feedback).items() if row["judgement"] in bad
    }


def count_feedback(feedback: Iterable[Mapping[str, Any]]) -> list[GroupFeedback]:
    """What was said of each group's shots, by group.

    Parameters
    ----------
    feedback : iterable of mapping
        Rows with ``id``, ``shot_id``, ``judgement``, ``outcome`` and the fields of `Group`, in any order.
    """
    counts: dict[Group, Counter[tuple[str, str]]] = {}
    for row in last_words(feedback).values():
        group = Group(*(row[name] for name in Group._fields))
        counts.setdefault(group, Counter())[row["outcome"], row["judgement"]] += 1
    return [
        GroupFeedback(group, _judged(found, "NG"), _judged(found, "WARN"), found["OK", "confirm"])
        for group, found in sorted(counts.items(), key=lambda one: [str(part) for part in one[0]])
    ]


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927); `trials` of at least 1.

    >>> [round(end, 3) for end in wilson(8, 10)]
    [0.49, 0.943]
    >>> [round(end, 3) for end in wilson(0, 4)]
    [0.0, 0.49]
    """
    share, z2 = hits / trials, Z * Z
    middle = share + z2 / (2 * trials)
    half = Z * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials))
    whole = 1 + z2 / trials
    return max((middle - half) / whole, 0.0), min((middle + half) / whole, 1.0)


def _judged(found: Mapping[tuple[str, str], int], outcome: str) -> Judged:
    said: tuple[Judgement, ...] = ("confirm", "false_alarm", "unsure")
    return Judged(*(found.get((outcome, one), 0) for one in said))
