"""Detectors chosen by evidence: one outcome a group, told why; by count where nothing can be told."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import ConfigError
from core.profile import CandidateRule, Profile
from models.ensemble import MEMBERS
from models.isolation_forest import IsolationForest
from models.lot_evidence import LotShots
from tests.models.training.small_groups import DETECTORS, WIDTH, group, same, train

KNOWN: dict[str, Any] = {**DETECTORS, **MEMBERS}


class Broken(IsolationForest):
    """Never fit to judge."""

    def refusal(self) -> str | None:
        return "broken by hand"


@pytest.fixture(scope="module")
def by_evidence(profile: Profile) -> Profile:
    return dataclasses.replace(
        profile,
        selection=dataclasses.replace(profile.selection, choice="by_evidence"),
        candidates=(
            CandidateRule("mean_z2"),
            CandidateRule("robust_covariance"),
            CandidateRule("isolation_forest", {"n_estimators": 10}),
        ),
    )


def test_every_group_gets_a_candidate_and_is_told_why(by_evidence: Profile) -> None:
    outcomes = train([group(0), group(1)], by_evidence, KNOWN)
    for outcome in outcomes:
        assert outcome.status == "trained"
        assert outcome.reason.startswith(f"{outcome.model.kind} chosen: ")
        assert [row["kind"] for row in outcome.evidence["candidates"]] == [
            "mean_z2",
            "robust_covariance",
            "isolation_forest",
        ]
        assert sum(row["chosen"] for row in outcome.evidence["candidates"]) == 1
        assert json.dumps(outcome.evidence, allow_nan=False)


def test_groups_of_broken_correlations_get_what_sees_them(by_evidence: Profile) -> None:
    (outcome,) = train([group(3)], by_evidence, KNOWN)
    assert outcome.model.kind == "robust_covariance"


def test_a_group_is_chosen_for_alike_alone_and_beside_others(by_evidence: Profile) -> None:
    together = train([group(0), group(1), group(2)], by_evidence, KNOWN)
    (alone,) = train([group(1)], by_evidence, KNOWN)
    same(together[1], alone)


def test_an_interrupted_choice_goes_on_and_comes_out_alike(by_evidence: Profile, tmp_path: Path) -> None:
    groups = [group(0), group(1)]
    first = train(groups, by_evidence, KNOWN, workdir=tmp_path)
    made = len(list(tmp_path.glob("*.npz")))
    again = train(groups, by_evidence, KNOWN, workdir=tmp_path)
    assert made == len(list(tmp_path.glob("*.npz"))) == 6
    for a, b in zip(first, again, strict=True):
        same(a, b)
        assert a.evidence == b.evidence


def test_too_few_held_out_shots_leave_the_choice_to_the_count(by_evidence: Profile) -> None:
    (outcome,) = train([group(4, held_out=40, kind="isolation_forest")], by_evidence, KNOWN)
    assert outcome.model.kind == "isolation_forest"
    assert "40 held-out shots, fewer than 100" in outcome.reason


def test_candidates_that_are_all_refused_leave_the_choice_to_the_count(by_evidence: Profile) -> None:
    one = dataclasses.replace(by_evidence, candidates=(CandidateRule("mean_z2"),))
    broken = {**KNOWN, "mean_z2": Broken}
    (outcome,) = train([group(1, kind="isolation_forest")], one, broken)
    assert outcome.model.kind == "isolation_forest"
    assert "mean_z2 refused: broken by hand" in outcome.reason


def test_a_candidate_nobody_knows_is_refused_before_any_training(by_evidence: Profile) -> None:
    wrong = dataclasses.replace(by_evidence, candidates=(CandidateRule("oracle"),))
    with pytest.raises(ConfigError, match="'oracle'"):
        train([], wrong, KNOWN)


def test_validation_lots_are_completed_scaled_and_told_of(by_evidence: Profile) -> None:
    given = group(1)
    random = np.random.default_rng(0)
    rows = given.held_out[random.integers(0, 120, 240)].copy()
    rows[3, 1] = np.nan
    rows[5] = np.nan
    lots = LotShots(rows, np.repeat(np.arange(8), 30), np.linspace(0, 0.1, 8), np.zeros(8, dtype=np.int64))
    (outcome,) = train([dataclasses.replace(given, validation=lots)], by_evidence, KNOWN)
    assert rows.shape[1] == WIDTH
    assert all(0 <= row["lots"] <= 1 for row in outcome.evidence["candidates"])
