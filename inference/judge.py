"""The one way of judging: a batch in, verdicts out. No clock, no I/O, nothing global."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.batch import Batch
from core.verdict import Verdicts
from inference.explain import Reason, explain, explain_limits
from inference.plan import Floats, Plan
from inference.prediction.concluding import conclude, reasons_of
from inference.prediction.judging import foresee
from inference.router import LIMITS, Routed, route_rows
from inference.routes import NONE
from inference.settle import FLAGGED, NOT_COVERED, WARM_UP, WARN, Given, Settled, settle
from inference.threshold import outcome_code
from inference.verdict_columns import verdicts_of
from ingest.fill import Filled, fill
from ingest.fill_memory import FillMemory
from ingest.memory_json import MemoryJson

_NG = outcome_code("NG")


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

    Where the process predicts targets the score is that of what is predicted, and the trained
    settings take the place of groups: see `inference.prediction.judging`.

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
    foreseen, worth = None, 0
    if plan.predictor is not None:
        foreseen = foresee(whole, plan.predictor)
        rows, score, far = foreseen.rows, foreseen.score, foreseen.outside
    else:
        rows = route_rows(whole.settings, filled.spots, plan.routes)
        score, far, rows = _score(whole.production, rows, plan)
        rule = profile.threshold.range_outcome
        worth = 0 if rule == "flag" else outcome_code(rule)
    mostly = _mostly_filled(filled, plan)
    given = Given(rows, score, far, mostly, whole.time, filled.spots, filled.before, worth, profile.warm_up)
    settled = settle(given) if plan.compiled is None else plan.compiled.settle(given)

    routed = Routed.of(rows)
    reasons: list[list[Reason]] = [[]] * len(whole)
    if plan.predictor is not None and foreseen is not None:
        outcome, capped = settled.decided.outcome, profile.warm_up.outcome == "WARN"
        worst = np.where(capped & (settled.flags & WARM_UP > 0), WARN, _NG)
        conclude(foreseen, outcome, worst, plan.predictor, plan.limits)
        reasons = reasons_of(foreseen, plan.predictor, plan.limits)
    elif settled.all & (FLAGGED | NOT_COVERED):
        _explain(whole, routed, score, settled, reasons, plan)
    verdicts = verdicts_of(filled, routed, score, settled, reasons, plan)
    # Only now, when nothing can fail any more: the memory given hands its tables on.
    after = filled.memory_with(settled.after)
    return Judged(verdicts, after, MemoryJson(after, filled.touched, profile))


def _explain(
    whole: Batch,
    routed: Routed,
    score: Floats,
    settled: Settled,
    reasons: list[list[Reason]],
    plan: Plan,
) -> None:
    """Reasons of who was flagged, and outcome and reasons of those that no model judges."""
    outcome = settled.decided.outcome
    rows = outcome.nonzero()[0]
    if settled.all & NOT_COVERED:
        uncovered = (routed.group < 0).nonzero()[0]
        rows = rows[routed.group[rows] >= 0]
        values = np.concatenate([whole.settings[uncovered], whole.production[uncovered]], axis=1)
        outside = (values < plan.limits[0]) | (values > plan.limits[1])
        broken = np.logical_or.reduce(outside, axis=1)
        outcome[uncovered[broken]] = _NG
        if plan.profile.warm_up.outcome == "WARN":
            outcome[uncovered[broken & (settled.flags[uncovered] & WARM_UP > 0)]] = WARN
        texts = explain_limits(values[broken], outside[broken], plan)
        for row, text in zip(uncovered[broken].tolist(), texts, strict=True):
            reasons[row] = text
    if len(rows):
        texts = explain(whole.production[rows], routed.group[rows], score[rows], plan)
        for row, text in zip(rows.tolist(), texts, strict=True):
            reasons[row] = text


def _score(
    production: Floats, rows: NDArray[np.void], plan: Plan
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.void]]:
    """Scores, NaN on the limits route; range violations; what no model can score goes there, too."""
    group = rows["group"]
    score, far = plan.assess(production, group)
    if math.isfinite(np.add.reduce(score)):
        return score, far, rows
    lost = (~np.isfinite(score) & (group >= 0)).nonzero()[0]
    if len(lost):
        score[lost], far[lost] = np.nan, False
        rows = rows.copy()
        for name, value in (("route", LIMITS), ("group", NONE), ("distance", np.nan)):
            rows[name][lost] = value
        rows["limits"][lost] = plan.own_limits[:, NONE]
    return score, far, rows


def _mostly_filled(filled: Filled, plan: Plan) -> NDArray[np.bool_] | None:
    """More than the allowed share of the measured values was not measured; None if of nobody.

    Of the set values, too, where they are what a prediction is made from.
    """
    gaps = filled.gaps
    if not len(gaps):
        return None
    values = filled.batch.production[gaps]
    if plan.predictor is not None:
        values = np.concatenate([filled.batch.settings[gaps], values], axis=1)
    absent = (filled.ways[gaps, -values.shape[1] :] > 0) | np.isnan(values)
    mostly = np.zeros(len(filled.batch), dtype=np.bool_)
    share = np.add.reduce(absent, axis=1, dtype=np.float64) / absent.shape[1]
    mostly[gaps] = share > plan.profile.fill.max_filled_share
    return mostly
