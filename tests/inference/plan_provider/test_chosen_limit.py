"""A stored choice of the limit is taken by the next plan asked for, and given back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.batch import Batch
from core.errors import ConfigError, StoreUnavailable
from core.profile import Profile
from inference.judge import judge
from inference.plan_provider import PlanProvider
from inference.store.choices import ThresholdChoice
from inference.store.reader import VerdictReader
from inference.store.sink import VerdictStore
from inference.stored_choice import check_tails
from inference.threshold_choice import Choice
from ingest.fill_memory import FillMemory
from models.artifact import TrainedPlant
from models.registry import Registry
from tests.inference.threshold_lab.tails import with_tails

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Chosen:
    """The store's newest choice, as a test would have it."""

    def __init__(self) -> None:
        self.newest: ThresholdChoice | None = None
        self.away = False

    def __call__(self) -> ThresholdChoice | None:
        if self.away:
            raise StoreUnavailable("the store is away")
        return self.newest

    def choose(self, number: int, rule: dict[str, Any]) -> None:
        self.newest = ThresholdChoice(number, 0, "kim", "test", rule)


@pytest.fixture
def chosen() -> Chosen:
    return Chosen()


@pytest.fixture
def plans(registry: Registry, profile: Profile, plant: TrainedPlant, chosen: Chosen) -> PlanProvider:
    registry.save(with_tails(plant), now=NOON)
    return PlanProvider(registry, profile, chosen)


def test_a_choice_counts_from_the_next_asking_and_the_plan_stays_the_same_until_another(
    plans: PlanProvider, chosen: Chosen
) -> None:
    first = plans()
    chosen.choose(3, {"cv_gain": 1.5})
    second = plans()

    assert (first.choice, second.choice) == (0, 3)
    assert plans() is second is plans.plan
    assert second.kernels is first.kernels
    assert (second.own_limits[3, :-1] > first.own_limits[3, :-1]).all()
    chosen.choose(4, {})
    assert plans() is first


def test_another_version_is_judged_under_the_choice_too(
    plans: PlanProvider, chosen: Chosen, registry: Registry, plant: TrainedPlant
) -> None:
    chosen.choose(1, {"rule": "budget", "budget": 5})
    before = plans()
    registry.save(with_tails(plant, seed=7), now=NOON + timedelta(hours=1))
    after = plans()

    assert before.version != after.version
    assert (before.choice, after.choice) == (1, 1)
    assert not np.array_equal(before.losses.base, after.losses.base)


def test_while_the_store_is_away_the_choice_before_stays(plans: PlanProvider, chosen: Chosen) -> None:
    chosen.choose(2, {"cv_gain": 0.9})
    plan = plans()
    chosen.away = True

    assert plans() is plan


def test_a_choice_this_release_cannot_read_is_said_and_the_profiles_rule_judges(
    plans: PlanProvider, chosen: Chosen
) -> None:
    chosen.choose(5, {"gain_of_tomorrow": 1})

    assert plans().choice == 0
    assert "threshold choice 5" in (plans.problem or "")
    assert "choose again" in (plans.problem or "")
    chosen.choose(6, {"cv_gain": 1})
    assert plans().choice == 6
    assert plans.problem is None


def test_settings_seen_before_are_judged_under_the_new_limit(
    plans: PlanProvider, chosen: Chosen, plant: TrainedPlant, make_shots: Callable[..., Batch]
) -> None:
    shots = make_shots(plant, 50)
    before = judge(shots, plans(), FillMemory()).verdicts.columns
    chosen.choose(1, {"cv_gain": 3})
    after = judge(shots, plans(), FillMemory()).verdicts.columns

    assert (np.asarray(after["weight"]) > np.asarray(before["weight"])).all()
    np.testing.assert_array_equal(after["anomaly_score"], before["anomaly_score"])


def test_a_budget_needs_a_version_with_held_out_losses(plant: TrainedPlant) -> None:
    budget, margin = (Choice.of(rule) for rule in ({"rule": "budget"}, {"cv_gain": 1}))
    single = Choice.of({"overrides": [{"facility": "A", "rule": "budget"}]})

    check_tails(budget, with_tails(plant), "v1")
    check_tails(margin, plant, "v1")
    for asks in (budget, single):
        with pytest.raises(ConfigError, match=r"got v1 without: .*train again, or choose the rule cv"):
            check_tails(asks, plant, "v1")


def test_a_version_of_an_earlier_release_keeps_its_limits_under_a_budget(
    registry: Registry, profile: Profile, plant: TrainedPlant, chosen: Chosen
) -> None:
    registry.save(plant, now=NOON)
    plans = PlanProvider(registry, profile, chosen)
    before = plans().own_limits
    chosen.choose(1, {"rule": "budget", "budget": 5})

    np.testing.assert_array_equal(plans().own_limits, before)
    assert "threshold choice 1: " in (plans.problem or "")
    assert "train again, or choose the rule cv" in (plans.problem or "")


def test_rolled_back_to_a_version_that_cannot_keep_the_budget_is_said_until_it_can(
    plans: PlanProvider, registry: Registry, plant: TrainedPlant, chosen: Chosen
) -> None:
    kept = registry.current()
    assert kept is not None
    chosen.choose(1, {"rule": "budget", "budget": 5})
    plans()
    assert plans.problem is None
    registry.save(plant, now=NOON + timedelta(hours=1))
    plans()
    assert "expected a version with held-out losses" in (plans.problem or "")
    registry.set_current(kept)
    plans()
    assert plans.problem is None


def test_an_arithmetic_failure_of_a_choice_leaves_the_profiles_rule(
    plans: PlanProvider, chosen: Chosen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise FloatingPointError("underflow")

    monkeypatch.setattr("inference.stored_choice.chosen_plan", fail)
    chosen.choose(5, {"cv_gain": 1})

    assert plans().choice == 0
    assert "threshold choice 5: underflow" in (plans.problem or "")


def test_a_profile_may_ask_for_a_budget_itself(
    registry: Registry, profile: Profile, plant: TrainedPlant
) -> None:
    registry.save(with_tails(plant), now=NOON)
    rule = replace(profile.threshold, rule="budget", budget=5.0)

    plan = PlanProvider(registry, replace(profile, threshold=rule))()

    assert (plan.losses.cv == 0).sum() > len(plan.losses.cv) / 2


def test_the_stores_own_newest_choice_is_what_is_read(
    registry: Registry, profile: Profile, plant: TrainedPlant, tmp_path: Path
) -> None:
    registry.save(plant, now=NOON)
    url = f"sqlite:///{tmp_path / 'verdicts.db'}"
    store, reader = VerdictStore(url), VerdictReader(url)
    try:
        plans = PlanProvider(registry, profile, reader.newest_threshold_choice)
        assert plans().choice == 0  # there is no store yet
        store.open()
        made = store.choose_threshold("kim", "night calls", {"cv_gain": 2.0})
        assert plans().choice == made.id
    finally:
        reader.close()
        store.close()
