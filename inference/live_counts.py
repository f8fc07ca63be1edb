"""Recent verdicts counted: which group, which route, how many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from core.verdict import Route


class LiveKey(NamedTuple):
    """A facility–item–setting group as the verdicts name it; None: the record did not say."""

    maker: str | None
    facility: str
    item: str | None
    cluster: int | None


@dataclass(frozen=True, slots=True)
class LiveCount:
    """Verdicts of one group by one route.

    Attributes
    ----------
    key : LiveKey
    route : str
    shots, ng : int
        Verdicts; of these NG.
    later : int
        Made after the time asked about.
    last : int or None
        Newest shot, ms since 1970 UTC.
    distance : float or None
        Mean scaled distance to the substitute's setting; None where none stood in.
    """

    key: LiveKey
    route: Route
    shots: int
    ng: int
    later: int
    last: int | None
    distance: float | None


@dataclass(frozen=True, slots=True)
class Live:
    """Counts of the verdicts `first` to `last`, by their numbers; 0 where there are none.

    `since` is when the first of them was written, ms since 1970 UTC.
    """

    counts: tuple[LiveCount, ...]
    first: int
    last: int
    since: int | None
