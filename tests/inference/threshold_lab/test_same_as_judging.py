"""What the lab counts is what judging anew under that rule gives, shot by shot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.batch import Batch
from core.profile import Profile
from core.verdict import OUTCOMES
from inference.chosen_plan import chosen_plan
from inference.group_rules import group_rules
from inference.judge import judge
from inference.plan import allowances_of, compile_plan
from inference.threshold_choice import Choice
from inference.threshold_lab import outcomes_under, scored_of
from ingest.fill_memory import FillMemory
from models.artifact import TrainedPlant
from tests.inference.threshold_lab.tails import mixed_shots, with_tails

GAINS = st.fixed_dictionaries(
    {},
    optional={
        "rule": st.sampled_from(["cv", "budget"]),
        "budget": st.floats(0.01, 80),
        "cv_gain": st.floats(0, 3),
        "distance_gain": st.floats(0, 5),
        "margin_limit": st.floats(0, 6),
        "warn_share": st.floats(0, 1),
        "fixed_sigmas": st.floats(0, 8),
    },
)
PLACES = st.fixed_dictionaries(
    {}, optional={"maker": st.sampled_from(["M0", "M1"]), "cluster": st.integers(0, 3)}
)
RULES = st.builds(
    lambda whole, places: whole | {"overrides": [{**of, **own} for of, own in places if of and own]},
    GAINS,
    st.lists(st.tuples(PLACES, GAINS), max_size=3),
)


@pytest.fixture(scope="module")
def tailed(plant: TrainedPlant) -> TrainedPlant:
    return with_tails(plant)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rule=RULES, seed=st.integers(0, 3), softened=st.booleans())
def test_every_outcome_is_the_one_that_judging_under_the_rule_gives(
    tailed: TrainedPlant,
    make_shots: Callable[..., Batch],
    profile: Profile,
    rule: dict[str, Any],
    seed: int,
    softened: bool,
) -> None:
    if softened:
        profile = replace(profile, warm_up=replace(profile.warm_up, outcome="WARN", shots=3))
    plan = compile_plan(tailed, "v1", profile)
    shots = mixed_shots(make_shots, tailed, 300, seed)
    first = judge(shots, plan, FillMemory()).verdicts
    keys = [model.key for model in tailed.models]
    choice = Choice.of(rule)

    tried = outcomes_under(
        scored_of(first.columns, plan, keys),
        allowances_of(group_rules(tailed.models, profile.threshold, choice)),
    )

    anew = judge(shots, chosen_plan(plan, tailed.models, choice, 1), FillMemory()).verdicts
    assert [OUTCOMES[code] for code in tried] == list(anew.columns["outcome"])


def test_the_shots_take_every_route_and_outcome(
    tailed: TrainedPlant, make_shots: Callable[..., Batch], profile: Profile
) -> None:
    plan = compile_plan(tailed, "v1", profile)
    verdicts = judge(mixed_shots(make_shots, tailed, 300, 0), plan, FillMemory()).verdicts

    assert min(Counter(verdicts.columns["route"]).values()) >= 10
    assert len(Counter(verdicts.columns["route"])) == len(Counter(verdicts.columns["outcome"])) == 3


def test_a_chosen_plan_is_what_compiling_under_the_profile_with_that_rule_gives(
    tailed: TrainedPlant, make_shots: Callable[..., Batch], profile: Profile
) -> None:
    wanted = replace(profile.threshold, rule="budget", budget=7.0, distance_gain=1.5)
    compiled = compile_plan(tailed, "v1", replace(profile, threshold=wanted))
    choice = Choice.of({"rule": "budget", "budget": 7.0, "distance_gain": 1.5})
    chosen = chosen_plan(compile_plan(tailed, "v1", profile), tailed.models, choice, 4)
    shots = mixed_shots(make_shots, tailed, 200, 5)

    one, other = (judge(shots, plan, FillMemory()).verdicts.columns for plan in (compiled, chosen))

    assert (compiled.choice, chosen.choice) == (0, 4)
    for name in ("base", "weight", "tolerance", "margin", "anomaly_score"):
        np.testing.assert_array_equal(one[name], other[name])
    assert list(one["outcome"]) == list(other["outcome"])


def test_under_a_budget_a_verdict_explains_itself(
    tailed: TrainedPlant, make_shots: Callable[..., Batch], profile: Profile
) -> None:
    plan = compile_plan(tailed, "v1", profile)
    chosen = chosen_plan(plan, tailed.models, Choice.of({"rule": "budget", "budget": 20}), 1)
    columns = judge(make_shots(tailed, 300), chosen, FillMemory()).verdicts.columns
    held_out = {m.key: len(m.losses.tail) > 0 for m in tailed.models}
    keys = zip(columns["maker"], columns["facility"], columns["item"], columns["cluster"], strict=True)
    mine = np.array([held_out[key] for key in map(tuple, keys)])  # type: ignore[index]  # a key is a tuple

    base, weight, tolerance, margin, score = (
        np.asarray(columns[name]) for name in ("base", "weight", "tolerance", "margin", "anomaly_score")
    )
    assert mine.any()
    assert not mine.all()
    assert (weight[mine] == 0).all()
    assert (tolerance[mine] == 0).all()
    assert (weight[~mine] > 0).all()
    np.testing.assert_array_equal(margin, base + tolerance - score)


def test_verdicts_of_another_version_are_left_out_and_counted(
    tailed: TrainedPlant, make_shots: Callable[..., Batch], profile: Profile
) -> None:
    plan = compile_plan(tailed, "v1", profile)
    columns = dict(judge(make_shots(tailed, 20), plan, FillMemory()).verdicts.columns)
    columns["model_version"] = ["v0"] * 12 + ["v1"] * 8

    scored = scored_of(columns, plan, [model.key for model in tailed.models])

    assert (len(scored), scored.left_out) == (8, 12)
