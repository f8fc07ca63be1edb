"""Verdicts as what a limit is tried on: scores, who judged, and what no limit changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.batch import NO_TIME
from core.judgement import Judgement
from core.profile import GroupKey
from core.verdict import OUTCOMES
from inference.plan import Plan
from inference.routes import NONE
from inference.threshold import Floats, outcome_code

Codes = NDArray[np.intp]
Small = NDArray[np.int8]

UNKNOWN, GOOD, BAD = -1, 0, 1
DAY_MS = 86_400_000
NEEDED = (
    "shot_id", "shot_time", "maker", "facility", "item", "lot", "cluster", "route", "substitute", "distance",
    "model_version", "anomaly_score", "outcome", "flags",
)  # fmt: skip
"""Columns of `core.verdict.VERDICT_FIELDS` that are read."""
_WORST = outcome_code("NG")


@dataclass(frozen=True, slots=True)
class Labels:
    """What is known of lots and shots beside their verdicts.

    Attributes
    ----------
    bad_lots, good_lots : frozenset of str
        Names of lots that were counted bad, and good; the others are unknown.
    shots : mapping of str to {"confirm", "false_alarm", "unsure"}
        The last word on a shot, by its identifier.
    """

    bad_lots: frozenset[str] = frozenset()
    good_lots: frozenset[str] = frozenset()
    shots: Mapping[str, Judgement] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scored:
    """n shots scored by one version, columns ``(n,)``.

    Attributes
    ----------
    score : float64
    group : intp
        Whose model judged, numbers of the plan's groups; `NONE` where none did.
    distance, reference : float64
        Of a substitute, see `inference.threshold.decide`; NaN and 1 where there is none.
    least, most : int8
        Outcomes that no limit changes: at least what range and gaps are worth, at most what
        a warm-up may come to. Equal where no model judged.
    day : int64
        The plant's day, `core.batch.NO_TIME` where unknown.
    lot : intp
        Number of the lot, `NONE` where unknown.
    lot_state : (l,) int8
        `BAD`, `GOOD` or `UNKNOWN` of each lot.
    said : int8
        `BAD` where somebody confirmed it, `GOOD` where it was a false alarm, else `UNKNOWN`.
    left_out : int
        Verdicts of other versions: their scores are on other scales.
    """

    score: Floats
    group: Codes
    distance: Floats
    reference: Floats
    least: Small
    most: Small
    day: NDArray[np.int64]
    lot: Codes
    lot_state: Small
    said: Small
    left_out: int

    def __len__(self) -> int:
        return len(self.score)


def scored_of(
    columns: Mapping[str, Sequence[Any]], plan: Plan, keys: Sequence[GroupKey], labels: Labels | None = None
) -> Scored:
    """What a limit is tried on, from verdicts of the plan's version.

    Parameters
    ----------
    columns : mapping of str to sequence
        Those of `NEEDED`, as `core.verdict.Verdicts` has them (nulls as NaN, -1, `NO_TIME`, None).
    plan : Plan
    keys : sequence of GroupKey
        Of the plan's groups, in their order.
    labels : Labels, optional
    """
    labels = labels or Labels()
    version = np.array(columns["model_version"], dtype=object)
    rows = np.flatnonzero(version == plan.version)
    left_out = len(version) - len(rows)

    def texts(name: str) -> list[Any]:
        column = columns[name]
        return list(column) if not left_out else [column[row] for row in rows.tolist()]

    route = np.array(texts("route"), dtype=object)
    judged = route != "limits"
    maker, facility, item = (texts(name) for name in ("maker", "facility", "item"))
    cluster = np.asarray(columns["cluster"], dtype=np.int64)[rows]
    group = _groups(maker, facility, item, cluster, texts("substitute"), judged, keys)
    near = (route == "nearest") & (group != NONE)
    distance = np.where(near, np.asarray(columns["distance"], dtype=np.float64)[rows], np.nan)
    flags = texts("flags")
    least, most = _bounds(flags, texts("outcome"), route, group, plan)
    lots, lot = _numbered(texts("lot"))
    said = [_SAID.get(labels.shots.get(shot, "unsure"), UNKNOWN) for shot in texts("shot_id")]
    time = np.asarray(columns["shot_time"], dtype=np.int64)[rows]
    offset = plan.profile.lot.utc_offset_minutes * 60_000
    return Scored(
        score=np.asarray(columns["anomaly_score"], dtype=np.float64)[rows],
        group=group,
        distance=distance,
        reference=_references(maker, facility, item, near, plan),
        least=least,
        most=most,
        day=np.where(time == NO_TIME, NO_TIME, (np.where(time == NO_TIME, 0, time) + offset) // DAY_MS),
        lot=lot,
        lot_state=np.array([_state(name, labels) for name in lots], dtype=np.int8),
        said=np.array(said, dtype=np.int8),
        left_out=left_out,
    )


_SAID = {"confirm": BAD, "false_alarm": GOOD}


def _state(lot: str, labels: Labels) -> int:
    return BAD if lot in labels.bad_lots else GOOD if lot in labels.good_lots else UNKNOWN


def _groups(
    maker: list[Any],
    facility: list[Any],
    item: list[Any],
    cluster: NDArray[np.int64],
    substitute: list[Any],
    judged: NDArray[np.bool_],
    keys: Sequence[GroupKey],
) -> Codes:
    """Number of the group that judged each shot."""
    own = {tuple(key): g for g, key in enumerate(keys)}
    other = {(key.maker, f"{key.facility}|{key.item}|{key.cluster}"): g for g, key in enumerate(keys)}
    spots = zip(maker, facility, item, cluster.tolist(), substitute, strict=True)
    found = [own.get((m, f, i, c), NONE) if s is None else other.get((m, s), NONE) for m, f, i, c, s in spots]
    return np.where(judged, np.array(found, dtype=np.intp), NONE)


def _references(
    maker: list[Any], facility: list[Any], item: list[Any], near: NDArray[np.bool_], plan: Plan
) -> Floats:
    """The reference distance of the scope each substitute was found in."""
    reference = np.ones(len(near))
    routes = plan.routes
    for row in np.flatnonzero(near).tolist():
        place = routes.places.get((maker[row], facility[row], item[row]), NONE)
        scope = routes.maker_scopes[routes.makers[maker[row]]] if place < 0 else routes.place_scopes[place]
        reference[row] = scope.reference
    return reference


def _bounds(
    flags: list[Any], outcome: list[Any], route: NDArray[np.object_], group: Codes, plan: Plan
) -> tuple[Small, Small]:
    """Least and most outcome of each shot, whatever the limit."""
    threshold, warm_up = plan.profile.threshold, plan.profile.warm_up
    far, mostly, warming = (
        np.array([name in one for one in flags], dtype=np.bool_)
        for name in ("range_violation", "mostly_filled", "warm_up")
    )
    worth = 0 if threshold.range_outcome == "flag" else outcome_code(threshold.range_outcome)
    least = np.where(far & (route == "trained"), worth, 0)
    least = np.where(mostly, np.maximum(least, outcome_code("WARN")), least)
    most = np.full(len(route), _WORST)
    if warm_up.outcome == "WARN":
        most[warming] = outcome_code("WARN")
    fixed = np.array([OUTCOMES.index(one) for one in outcome], dtype=np.int64)
    alone = group == NONE
    least, most = np.where(alone, fixed, least), np.where(alone, fixed, most)
    return least.astype(np.int8), most.astype(np.int8)


def _numbered(names: list[Any]) -> tuple[list[str], Codes]:
    """Distinct names and the number of each; `NONE` for None."""
    number: dict[str, int] = {}
    codes = [NONE if name is None else number.setdefault(name, len(number)) for name in names]
    return list(number), np.array(codes, dtype=np.intp)
