"""The one way of judging: a batch in, verdicts out. No clock, no I/O, nothing global."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.batch import NO_TIME, Batch
from core.verdict import OUTCOMES, Verdicts
from inference.change_over import change_over
from inference.explain import Reason, explain, explain_limits
from inference.plan import Floats, Plan
from inference.router import LIMITS, TRAINED, Routed, route
from inference.routes import NONE
from inference.threshold import Limits, decide_within, outcome_code
from inference.verdict_columns import verdicts_of
from ingest.fill import Filled, fill
from ingest.fill_memory import FillMemory
from ingest.memory_json import MemoryJson

_, _WARN, _NG = (outcome_code(outcome) for outcome in OUTCOMES)


@dataclass(frozen=True, slots=True)
class Judged:
    """Verdicts of one batch and what the next batch needs to know.

    Attributes
    ----------
    verdicts : Verdicts
        One row a record, in the order of the batch.
    memory : FillMemory
        To be given to the next call.
    changed : mapping of str to str
        Facilities whose memory changed -> their memory as JSON, to be stored with the
        verdicts. Made when read.
    """

    verdicts: Verdicts
    memory: FillMemory
    changed: Mapping[str, str]


def judge(batch: Batch, plan: Plan, memory: FillMemory) -> Judged:
    """Fill, cluster, route, score, decide and explain a batch of records.

    Pure: the same arguments give the same result and are not modified. Records depend on
    each other only where the process does: in filling and in noticing a change-over.

    Parameters
    ----------
    batch : Batch
        ``facility`` present on every record.
    plan : Plan
    memory : FillMemory
        Of the batch before; ``FillMemory()`` at the very start.
    """
    profile = plan.profile
    filled = fill(batch, plan.typical, memory, profile)
    whole = filled.batch
    routed = route(whole.settings, filled.spots, plan.routes)
    score, far, routed = _score(whole.production, routed, plan)
    decided = decide_within(score, Limits(*routed.limits.T))

    outcome = decided.outcome.copy()
    if profile.threshold.range_outcome != "flag" and far.any():
        # Another setting moves the measured values by itself: beside a substitute, a value
        # outside its range is worth a flag, but no evidence against the record.
        _at_least(outcome, far & (routed.route == TRAINED), outcome_code(profile.threshold.range_outcome))
    reasons: list[list[Reason]] = [[]] * len(whole)
    uncovered = routed.group < 0
    by_limits = bool(uncovered.any())
    if by_limits:
        _judge_by_limits(whole, uncovered, outcome, reasons, plan)
    mostly = _mostly_filled(filled, plan)
    if mostly is not None:
        _at_least(outcome, mostly, _WARN)

    rows = outcome.nonzero()[0]
    if len(rows):
        rows = rows[routed.group[rows] >= 0]
        texts = explain(whole.production[rows], routed.group[rows], score[rows], plan)
        for row, text in zip(rows.tolist(), texts, strict=True):
            reasons[row] = text

    timeless = whole.time == NO_TIME
    flags = {
        "new_setting": routed.new_setting,
        "not_covered": uncovered if by_limits else None,
        "range_violation": far,
        "mostly_filled": mostly,
        "change_over": change_over(filled.spots, routed.cluster, filled.before),
        "no_time": timeless if timeless.any() else None,
    }
    verdicts = verdicts_of(filled, routed, decided, score, outcome, reasons, flags, plan)
    # Only now, when nothing can fail any more: the memory given hands its tables on.
    after = filled.memory_with(routed.cluster)
    return Judged(verdicts, after, MemoryJson(after, filled.touched, profile))


def _judge_by_limits(
    whole: Batch,
    uncovered: NDArray[np.bool_],
    outcome: NDArray[np.int8],
    reasons: list[list[Reason]],
    plan: Plan,
) -> None:
    """Outcome and reasons of the records that no model judges."""
    rows = uncovered.nonzero()[0]
    values = np.concatenate([whole.settings[rows], whole.production[rows]], axis=1)
    outside = (values < plan.limits[0]) | (values > plan.limits[1])
    broken = np.logical_or.reduce(outside, axis=1)
    outcome[rows[broken]] = _NG
    texts = explain_limits(values[broken], outside[broken], plan)
    for row, text in zip(rows[broken].tolist(), texts, strict=True):
        reasons[row] = text


def _score(production: Floats, routed: Routed, plan: Plan) -> tuple[Floats, NDArray[np.bool_], Routed]:
    """Scores, NaN on the limits route; range violations; what no model can score goes there, too."""
    score, far = plan.assess(production, routed.group)
    if math.isfinite(np.add.reduce(score)):
        return score, far, routed
    lost = (~np.isfinite(score) & (routed.group >= 0)).nonzero()[0]
    if not len(lost):
        return score, far, routed
    score[lost], far[lost] = np.nan, False
    way, group, distance = routed.route.copy(), routed.group.copy(), routed.distance.copy()
    way[lost], group[lost], distance[lost] = LIMITS, NONE, np.nan
    limits = routed.limits.copy()
    limits[lost] = plan.own_limits[:, NONE]
    return score, far, routed._replace(route=way, group=group, distance=distance, limits=limits)


def _at_least(outcome: NDArray[np.int8], which: NDArray[np.bool_], least: int) -> None:
    outcome[which] = np.maximum(outcome[which], least)


def _mostly_filled(filled: Filled, plan: Plan) -> NDArray[np.bool_] | None:
    """More than the allowed share of the measured values was not measured; None if of nobody."""
    gaps = filled.gaps
    if not len(gaps):
        return None
    production = filled.batch.production[gaps]
    absent = (filled.ways[gaps, -production.shape[1] :] > 0) | np.isnan(production)
    mostly = np.zeros(len(filled.batch), dtype=np.bool_)
    share = np.add.reduce(absent, axis=1, dtype=np.float64) / absent.shape[1]
    mostly[gaps] = share > plan.profile.fill.max_filled_share
    return mostly
