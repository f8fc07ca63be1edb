"""Verdicts against labels: every shot with what it was and how it came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.batch import Strings
from core.verdict import Verdicts
from inference.evaluation.counts import share
from inference.evaluation.resampling import REPLICATES, Estimate, estimates
from inference.evaluation.tally import Flags, Floats

Ints = NDArray[np.int64]

FLAGGED, WARNED = "NG", "WARN"


def severity(verdicts: Verdicts) -> Floats:
    """How bad each shot was judged, comparable between models: score / limit, ``(n,)``.

    Above 1 is NG. What came out NG for another reason than its score (a value far outside
    the training range) counts as 1 at least. NaN where no model judged: static limits say
    yes or no and rank nothing.
    """
    score, base, tolerance = (
        np.asarray(verdicts.columns[name], dtype=np.float64)
        for name in ("anomaly_score", "base", "tolerance")
    )
    flagged = np.asarray(verdicts.columns["outcome"], dtype=object) == FLAGGED
    limit = base + tolerance
    ratio: Floats = np.full(len(score), np.nan)
    np.divide(score, limit, out=ratio, where=np.isfinite(score) & (limit > 0))
    lifted: Floats = np.where(flagged, np.maximum(ratio, np.nextafter(1.0, 2.0)), ratio)
    return lifted


@dataclass(frozen=True, slots=True)
class JudgedShots:
    """Labelled shots, twins merged; columns of equal length.

    Attributes
    ----------
    severity : (n,) float64
        See `severity`.
    bad : (n,) bool
        The label.
    flagged, warned : (n,) bool
        NG; WARN (and not NG).
    cluster : (n,) int64
        What is resampled: the lot where there is one.
    """

    severity: Floats
    bad: Flags
    flagged: Flags
    warned: Flags
    cluster: Ints

    def __len__(self) -> int:
        return len(self.bad)

    def of(self, mask: Flags) -> JudgedShots:
        """These shots; clusters are numbered anew."""
        cluster = np.unique(self.cluster[mask], return_inverse=True)[1].astype(np.int64)
        return JudgedShots(
            self.severity[mask], self.bad[mask], self.flagged[mask], self.warned[mask], cluster
        )


@dataclass(frozen=True, slots=True)
class ShotFigures:
    """Figures over labelled shots.

    Attributes
    ----------
    shots, bad : int
    unranked, unranked_bad : int
        Shots judged by static limits alone: not in `ranking`, but in all else.
    ranking : dict of str to Estimate
        As `inference.evaluation.tally.figures` names them; empty without shots of both kinds.
    recall, false_alarms : Estimate
        Share of the bad and of the good shots that came out NG at the limit in use.
    warned_bad, warned_good : Estimate
        The same for WARN alone: beside the NG, not among them.
    """

    shots: int
    bad: int
    unranked: int
    unranked_bad: int
    ranking: dict[str, Estimate]
    recall: Estimate
    false_alarms: Estimate
    warned_bad: Estimate
    warned_good: Estimate


def shot_figures(
    judged: JudgedShots, rng: np.random.Generator, *, replicates: int = REPLICATES
) -> ShotFigures:
    """Compare verdicts with labels; whole lots are what is resampled for the intervals."""
    bad, good = judged.bad, ~judged.bad
    ranked = np.isfinite(judged.severity)
    some = judged.of(ranked)
    ranking: dict[str, Estimate] = {}
    if some.bad.any() and not some.bad.all():
        ranking = estimates(some.severity, some.bad, some.cluster, rng, replicates=replicates)
    return ShotFigures(
        shots=len(judged),
        bad=int(bad.sum()),
        unranked=int((~ranked).sum()),
        unranked_bad=int((~ranked & bad).sum()),
        ranking=ranking,
        recall=_share(judged.flagged, bad),
        false_alarms=_share(judged.flagged, good),
        warned_bad=_share(judged.warned, bad),
        warned_good=_share(judged.warned, good),
    )


@dataclass(frozen=True, slots=True)
class Part:
    """Flags within one group, one fault kind, one route, ...

    Attributes
    ----------
    name : str
    shots, bad : int
        `bad` is 0 where nothing is labelled.
    caught, warned : int
        Bad shots NG, bad shots WARN.
    alarms, worries : int
        Other shots NG, other shots WARN.
    """

    name: str
    shots: int
    bad: int
    caught: int
    warned: int
    alarms: int
    worries: int


def parts(judged: JudgedShots, name: Sequence[str] | Strings) -> list[Part]:
    """Count by name, in the order of the names.

    >>> one = np.array([True, False, True])
    >>> shots = JudgedShots(np.ones(3), one, one, ~one, np.arange(3))
    >>> [(p.name, p.shots, p.bad, p.caught) for p in parts(shots, ["b", "a", "a"])]
    [('a', 2, 1, 1), ('b', 1, 1, 1)]
    """
    names, of = np.unique(np.asarray(name, dtype=object).astype(str), return_inverse=True)

    def count(marked: Flags) -> list[int]:
        return [int(n) for n in np.bincount(of[marked], minlength=len(names))]

    columns = (
        count(np.ones(len(judged), dtype=bool)),
        count(judged.bad),
        count(judged.bad & judged.flagged),
        count(judged.bad & judged.warned),
        count(~judged.bad & judged.flagged),
        count(~judged.bad & judged.warned),
    )
    return [Part(str(n), *values) for n, *values in zip(names, *columns, strict=True)]


def _share(marked: Flags, among: Flags) -> Estimate:
    return share(int((marked & among).sum()), int(among.sum()))
