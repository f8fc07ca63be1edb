"""An evaluation as plain values: the JSON output, which text and page are made from."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.lots import Caught, LotFigures
from inference.evaluation.resampling import Estimate
from inference.evaluation.shots import Part, ShotFigures
from inference.evaluation.tally import Floats, Tally, tally
from scripts.evaluation.judged_table import JudgedTable
from scripts.evaluation.sections import Section, Sections

Plain = dict[str, Any]

SCHEMA = 1
MOST_POINTS = 240
MOST_LOTS = 3000
"""Points of a curve and lots of a picture; tables and figures have all of them."""
SEVERITY_EDGES = np.linspace(0.0, 2.0, 41)
"""Bins of the histogram; the last one holds all that is beyond."""


def report(found: Sections, table: JudgedTable, *, version: str, profile: str, source: str) -> Plain:
    """Everything found, NaN as None."""
    return {
        "schema": SCHEMA,
        "version": version,
        "profile": profile,
        "source": source,
        "rows": found.rows,
        "shots": found.shots,
        "refused": dict(table.refused),
        "sections": {"unseen": _section(found.unseen), "seen": _section(found.seen)},
    }


def estimate(value: Estimate) -> Plain:
    """A figure with its interval.

    >>> estimate(Estimate(0.51234567, float("nan"), 1.0))
    {'value': 0.512346, 'low': None, 'high': 1.0}
    """
    return {name: plain(number) for name, number in value._asdict().items()}


def plain(number: float) -> float | None:
    """Six digits; None for NaN."""
    return round(float(number), 6) if math.isfinite(number) else None


def curves(counted: Tally) -> Plain:
    """Receiver operating characteristic and precision over recall, thinned out for drawing."""
    bad, good = counted.caught[-1], counted.alarms[-1]
    recall = np.append(0.0, counted.caught / bad)
    alarms = np.append(0.0, counted.alarms / good)
    precision = counted.caught / (counted.caught + counted.alarms)
    kept = _thinned(recall, alarms)
    return {
        "roc": _points(alarms[kept], recall[kept]),
        "precision_recall": _points(recall[1:][_thinned(recall[1:], precision)],
                                    precision[_thinned(recall[1:], precision)]),
    }  # fmt: skip


def _section(section: Section) -> Plain:
    shots = section.shots
    known = shots.of(section.labelled)
    return {
        "shots": len(shots),
        "labelled": int(section.labelled.sum()),
        "flagged": int(shots.flagged.sum()),
        "warned": int(shots.warned.sum()),
        "figures": {name: _shot_figures(figures) for name, figures in section.figures.items()},
        "curves": {name: curves(counted) for name, counted in _tallies(section).items()},
        "histogram": {
            "edges": [round(float(edge), 3) for edge in SEVERITY_EDGES],
            "good": _histogram(known.severity[~known.bad]),
            "bad": _histogram(known.severity[known.bad]),
            "unlabelled": _histogram(shots.severity[~section.labelled]),
        },
        "lot_figures": _lot_figures(section.lot_figures) if section.lot_figures is not None else None,
        "lots": _lots(section),
        "groups": [_part(part) for part in section.groups],
        "routes": [_part(part) for part in section.routes],
        "kinds": [_part(part) for part in section.kinds],
        "causes": [_part(part) for part in section.causes],
    }


def _tallies(section: Section) -> dict[str, Tally]:
    """What the curves are drawn from; none where shots of one kind alone are ranked."""
    known, route = section.shots.of(section.labelled), section.route[section.labelled]
    found = {}
    for name in section.figures:
        some = known.of(np.isfinite(known.severity) & ((route == name) | (name == "all")))
        if some.bad.any() and not some.bad.all():
            found[name] = tally(some.severity, some.bad)
    return found


def _shot_figures(figures: ShotFigures) -> Plain:
    whole: Plain = {name: getattr(figures, name) for name in ("shots", "bad", "unranked", "unranked_bad")}
    whole["ranking"] = {name: estimate(value) for name, value in figures.ranking.items()}
    for name in ("recall", "false_alarms", "warned_bad", "warned_good"):
        whole[name] = estimate(getattr(figures, name))
    return whole


def _lot_figures(figures: LotFigures) -> Plain:
    def caught(found: Caught) -> Plain:
        return {
            "bad": found.bad,
            "good": found.good,
            "auc": estimate(found.auc),
            "recall": estimate(found.recall),
            "false_alarms": estimate(found.false_alarms),
        }

    return {
        "lots": figures.lots,
        "uncounted": figures.uncounted,
        "rank_correlation": estimate(figures.rank_correlation),
        "any_bad": caught(figures.any_bad),
        "over_limit": caught(figures.over_limit),
        "flagged": figures.flagged,
        "counted_bad": figures.counted_bad,
        "flags_expected": [plain(bound) for bound in figures.flags_expected],
        "lots_within": estimate(figures.lots_within),
    }


def _lots(section: Section) -> list[Plain]:
    lots = section.lots
    return [
        {"lot": name, "shots": int(shots), "flagged": int(flagged), "good": plain(good), "bad": plain(bad)}
        for name, shots, flagged, good, bad in zip(
            section.lot_names, lots.shots, lots.flagged, lots.good, lots.bad, strict=True
        )
        if shots
    ]


def _part(part: Part) -> Plain:
    return asdict(part)


def _histogram(severity: Floats) -> list[int]:
    seen = severity[np.isfinite(severity)]
    inside = np.clip(seen, SEVERITY_EDGES[0], SEVERITY_EDGES[-1])
    return [int(n) for n in np.histogram(inside, SEVERITY_EDGES)[0]]


def _thinned(x: Floats, y: Floats) -> NDArray[np.intp]:
    """Indices of at most `MOST_POINTS` points, evenly along the curve, both ends among them."""
    if len(x) <= MOST_POINTS:
        return np.arange(len(x))
    along = np.cumsum(np.hypot(np.diff(x, prepend=x[0]), np.diff(y, prepend=y[0])))
    wanted = np.linspace(0, along[-1], MOST_POINTS)
    return np.unique(np.append(np.searchsorted(along, wanted), len(x) - 1).clip(0, len(x) - 1))


def _points(x: Floats, y: Floats) -> list[list[float]]:
    return [[round(float(a), 5), round(float(b), 5)] for a, b in zip(x, y, strict=True)]
