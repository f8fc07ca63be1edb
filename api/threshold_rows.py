"""Choices of the limit, and what they come to, as the API and the command line give them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from api.times import to_rfc3339
from core.profile import ThresholdRule
from inference.conformal import PER
from inference.group_rules import GroupRules
from inference.plan import allowances_of
from inference.rehearsal import Rehearsal
from inference.store.choices import ThresholdChoice
from inference.threshold import Limits
from inference.threshold_choice import NUMBERS
from inference.threshold_lab import Scored, Tally, Trial
from models.artifact import GroupModel

_BINS, _WIDEST = 40, 2.0


def choice_outward(choice: ThresholdChoice) -> dict[str, Any]:
    """A stored choice with its time as text."""
    given = asdict(choice)
    return {
        "id": given["id"],
        "at": to_rfc3339(given["at_ms"]),
        **{k: given[k] for k in ("who", "why", "rule")},
    }


def profile_outward(rule: ThresholdRule) -> dict[str, Any]:
    """What of the profile's rule can be chosen over."""
    return {name: getattr(rule, name) for name in ("rule", *NUMBERS)}


def groups_outward(
    models: Sequence[GroupModel], rules: GroupRules, rehearsal: Rehearsal
) -> list[dict[str, Any]]:
    """Each group's limit on its own route, what it is made of and what it will cost."""
    own = allowances_of(rules).own
    return [
        {
            **model.key._asdict(),
            "origin": rules.origin[g],
            "base": _finite(own[0, g]),
            "weight": _finite(own[1, g]),
            "limit": _finite(own[3, g]),
            "held_out": model.losses.count if len(model.losses.tail) else 0,
            "held_out_lots": len(model.losses.lot_sizes),
            **_cost(model, float(rules.budget[g]), float(rules.share[g]), rehearsal),
        }
        for g, model in enumerate(models)
    ]


def _cost(model: GroupModel, budget: float, share: float, rehearsal: Rehearsal) -> dict[str, Any]:
    """Budget, sharpened share and the interval of the realised rate, per 1,000 good shots."""
    if math.isnan(budget):
        return {"budget": None, "share": None, "low": None, "high": None}
    low, high = rehearsal.interval(model.losses, budget / PER)
    return {"budget": budget, "share": share * PER, "low": low * PER, "high": high * PER}


def trial_outward(trial: Trial, ratio: float | None) -> dict[str, Any]:
    """A rule with its counts; `ratio` is its limit over the present one, see `limit_ratio`."""
    return {"rule": trial.choice.as_rule(), "limit_ratio": ratio, **tally_outward(trial.tally)}


def tally_outward(tally: Tally) -> dict[str, Any]:
    """Counts, with what follows from them."""
    return tally._asdict() | {"precision": tally.precision, "good_rate": tally.good_rate}


def limit_ratio(scored: Scored, rules: GroupRules, present: GroupRules) -> float | None:
    """Median over the shots of their limit against the present one; None without shots."""
    other, now = _limits(scored, rules), _limits(scored, present)
    usable = now > 0
    return _finite(float(np.median(other[usable] / now[usable]))) if usable.any() else None


def _limits(scored: Scored, rules: GroupRules) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """NG above it, of each shot."""
    return Limits(*allowances_of(rules).of(scored.group, scored.distance, scored.reference)).limit


def histogram(scored: Scored, present: GroupRules) -> dict[str, Any]:
    """How far scores lie below and above their present limit, by what is known of the shot and its lot.

    Bins of ``score / limit`` from 0 to 2; what lies beyond is in the last one.
    """
    limit = _limits(scored, present)
    mine = np.flatnonzero((limit > 0) & np.isfinite(scored.score))
    ratio = scored.score[mine] / limit[mine]
    bins = np.clip(ratio * (_BINS / _WIDEST), 0, _BINS - 1).astype(np.int64)
    state = np.full(len(mine), -1)
    lot = scored.lot[mine]
    state[lot >= 0] = scored.lot_state[lot[lot >= 0]]
    said = scored.said[mine]
    state = np.where(said >= 0, said, state)
    counts = {
        name: np.bincount(bins[state == code], minlength=_BINS).tolist()
        for name, code in (("good", 0), ("bad", 1), ("unknown", -1))
    }
    return {"widest": _WIDEST, **counts}


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
