"""Counts of a trial, by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.batch import NO_TIME, Batch
from core.profile import Profile
from inference.plan import compile_plan
from inference.threshold_choice import Choice
from inference.threshold_lab import Labels, Scored, scored_of, tally, try_rules
from inference.threshold_lab.history import judge_history
from inference.threshold_lab.trial import BUDGETS, GAINS, sweep
from models.artifact import TrainedPlant
from tests.inference.threshold_lab.tails import mixed_shots, with_tails

OK, WARN, NG = 0, 1, 2


def scored() -> Scored:
    """Eight shots of two days; lots 0 bad, 1 good, 2 unknown, 3 bad; one shot without lot and day."""
    n = 8
    return Scored(
        score=np.zeros(n),
        group=np.zeros(n, dtype=np.intp),
        distance=np.full(n, np.nan),
        reference=np.ones(n),
        least=np.zeros(n, dtype=np.int8),
        most=np.full(n, 2, dtype=np.int8),
        day=np.array([10, 10, 10, 11, 11, 11, 11, NO_TIME]),
        lot=np.array([0, 0, 1, 1, 1, 2, 3, -1]),
        lot_state=np.array([1, 0, -1, 1], dtype=np.int8),
        said=np.array([1, -1, 0, -1, -1, -1, 1, 0], dtype=np.int8),
        left_out=0,
    )


def test_flags_lots_and_feedback_are_counted() -> None:
    found = tally(scored(), np.array([NG, OK, NG, WARN, OK, NG, WARN, OK], dtype=np.int8))

    assert (found.shots, found.days, found.flags, found.warns, found.flags_a_day) == (8, 2, 3, 2, 1.5)
    assert (found.bad_lots, found.bad_lots_caught) == (2, 1)
    assert (found.good_lots, found.good_shots, found.good_flags) == (1, 3, 1)
    assert (found.confirmed, found.confirmed_flagged) == (2, 1)
    assert (found.false_alarms, found.false_alarms_flagged) == (2, 1)
    assert found.precision == 0.5
    assert found.good_rate == 1000 / 3


def test_without_labels_nothing_is_claimed() -> None:
    one = scored()
    nobody = Scored(
        **{name: getattr(one, name) for name in one.__slots__} | {"said": np.full(8, -1, np.int8)}
    )
    found = tally(nobody, np.full(8, NG, dtype=np.int8))

    assert found.precision is None
    assert tally(one, np.zeros(8, dtype=np.int8)).flags == 0


def test_nothing_at_all_counts_as_nothing(profile: Profile, plant: TrainedPlant) -> None:
    plan = compile_plan(plant, "v1", profile)
    history = judge_history(Batch.empty(profile), plan)
    found = tally(scored_of(history.columns, plan, [m.key for m in plant.models]), np.empty(0, dtype=np.int8))

    assert (found.shots, found.flags, found.flags_a_day) == (0, 0, 0.0)


def test_turning_the_knob_up_flags_more_by_budget_and_less_by_margin(
    profile: Profile, plant: TrainedPlant, make_shots: Callable[..., Batch]
) -> None:
    tailed = with_tails(plant)
    plan = compile_plan(tailed, "v1", profile)
    history = judge_history(mixed_shots(make_shots, tailed, 400, 2), plan)
    one = scored_of(history.columns, plan, [m.key for m in tailed.models], Labels())

    budgets, margins = (
        [t.tally.flags for t in try_rules(one, tailed.models, profile.threshold, sweep(Choice(), knob))]
        for knob in ("budget", "cv_gain")
    )

    assert (len(budgets), len(margins)) == (len(BUDGETS), len(GAINS))
    assert (np.diff(budgets) >= 0).all()
    assert (np.diff(margins) <= 0).all()


def test_lots_are_named_as_verdicts_name_them(
    profile: Profile, plant: TrainedPlant, make_shots: Callable[..., Batch]
) -> None:
    shots = make_shots(plant, 40)
    shots.lot_good[:], shots.lot_bad[:] = 90.0, 10.0
    history = judge_history(shots, compile_plan(plant, "v1", profile))

    assert history.labels.bad_lots >= set(history.columns["lot"])
    assert not history.labels.good_lots
