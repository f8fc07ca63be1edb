"""The one way of judging: a batch in, verdicts out. No clock, no I/O, nothing global."""

from __future__ import annotations

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
from inference.threshold import Decided, decide, outcome_code
from inference.verdict_columns import verdicts_of
from ingest.fill import Filled, fill
from ingest.fill_memory import FillMemory, MemoryJson

_OK, _WARN, _NG = (outcome_code(outcome) for outcome in OUTCOMES)


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
    score, routed = _score(whole.production, routed, plan)
    decided = _decide(score, routed, plan)

    by_limits = np.flatnonzero(routed.route == LIMITS)
    by_model = np.flatnonzero(routed.route != LIMITS)
    outcome = decided.outcome.copy()
    values = np.concatenate([whole.settings[by_limits], whole.production[by_limits]], axis=1)
    outside = (values < plan.limits[0]) | (values > plan.limits[1])
    outcome[by_limits] = np.where(outside.any(axis=1), _NG, _OK)
    far = np.zeros(len(whole), dtype=np.bool_)
    far[by_model] = plan.ranges.violated(whole.production[by_model], routed.group[by_model]).any(axis=1)
    if profile.threshold.range_outcome != "flag":
        # Another setting moves the measured values by itself: beside a substitute, a value
        # outside its range is worth a flag, but no evidence against the record.
        proven = far & (routed.route == TRAINED)
        outcome[proven] = np.maximum(outcome[proven], outcome_code(profile.threshold.range_outcome))
    mostly = _mostly_filled(filled, plan)
    outcome[mostly] = np.maximum(outcome[mostly], _WARN)

    reasons: list[list[Reason]] = [[] for _ in range(len(whole))]
    rows = by_model[outcome[by_model] != _OK]
    texts = explain(whole.production[rows], routed.group[rows], score[rows], plan)
    broken = outcome[by_limits] != _OK
    texts += explain_limits(values[broken], outside[broken], plan)
    for row, text in zip((*rows.tolist(), *by_limits[broken].tolist()), texts, strict=True):
        reasons[row] = text

    changed_over, last = change_over(filled.spots, routed.cluster, whole, memory)
    flags = {
        "new_setting": routed.new_setting,
        "not_covered": routed.route == LIMITS,
        "range_violation": far,
        "mostly_filled": mostly,
        "change_over": changed_over,
        "no_time": whole.time == NO_TIME,
    }
    after = filled.memory.with_last(last)
    verdicts = verdicts_of(filled, routed, decided, score, outcome, reasons, flags, plan)
    return Judged(verdicts, after, MemoryJson(after, filled.changed, profile))


def _score(production: Floats, routed: Routed, plan: Plan) -> tuple[Floats, Routed]:
    """Scores, NaN on the limits route; what no model can score goes there, too."""
    score = np.full(len(production), np.nan)
    rows = np.flatnonzero(routed.group >= 0)
    if len(rows):
        group = routed.group[rows]
        x = plan.ranges.scale(production[rows], group)
        usable = np.isfinite(x).all(axis=1)
        if usable.all():
            score[rows] = plan.score(x, group)
        else:
            score[rows[usable]] = plan.score(x[usable], group[usable])
    lost = rows[~np.isfinite(score[rows])]
    if not len(lost):
        return score, routed
    score[lost] = np.nan
    way, group, distance = routed.route.copy(), routed.group.copy(), routed.distance.copy()
    way[lost], group[lost], distance[lost] = LIMITS, NONE, np.nan
    return score, Routed(routed.cluster, way, group, distance, routed.reference, routed.new_setting)


def _decide(score: Floats, routed: Routed, plan: Plan) -> Decided:
    """Threshold columns; NaN on the limits route."""
    rows = np.flatnonzero(routed.group >= 0)
    if len(rows) == len(score):
        losses = plan.losses.of(routed.group)
        return decide(score, losses, routed.distance, routed.reference, plan.profile.threshold)
    mine = decide(
        score[rows],
        plan.losses.of(routed.group[rows]),
        routed.distance[rows],
        routed.reference[rows],
        plan.profile.threshold,
    )
    columns = np.full((5, len(score)), np.nan)
    columns[:, rows] = [mine.scaled_score, mine.base, mine.weight, mine.tolerance, mine.margin]
    outcome = np.full(len(score), _OK, dtype=np.int8)
    outcome[rows] = mine.outcome
    scaled, base, weight, tolerance, margin = columns
    return Decided(scaled, base, weight, tolerance, margin, outcome)


def _mostly_filled(filled: Filled, plan: Plan) -> NDArray[np.bool_]:
    """More than the allowed share of the measured values was not measured."""
    p = filled.batch.production.shape[1]
    absent = (filled.ways[:, -p:] > 0) | np.isnan(filled.batch.production)
    mostly: NDArray[np.bool_] = absent.mean(axis=1) > plan.profile.fill.max_filled_share
    return mostly
