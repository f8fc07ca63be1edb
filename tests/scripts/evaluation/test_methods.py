"""What our detectors and other libraries' get to see."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from core.profile_file import load_profile
from models.candidates import closed_form_detectors
from models.detector import Task
from models.evidence import LEAST_PROBED
from models.isolation_forest import IsolationForest
from scripts.evaluation import methods
from scripts.evaluation.choices import ByCount, ByEvidence, Choice
from scripts.evaluation.methods import Floor, OwnKind, Peer
from scripts.evaluation.trial import Fold, Trial


def trial(n: int = 50, *, calibrated: bool = False, seed: int = 0) -> Trial:
    rng = np.random.default_rng(seed)
    fit, held_out, test = rng.normal(5, 3, (n, 4)), rng.normal(5, 3, (n // 4, 4)), rng.normal(9, 9, (20, 4))
    return Trial([Fold(fit, held_out, test)], np.arange(20), np.arange(20) < 5, np.arange(20), 20, calibrated)


class Noting(IsolationForest):
    """A forest that notes what it is given."""

    tasks: Sequence[Task] = ()
    judged: list[np.ndarray]

    @classmethod
    def fit_many(
        cls, tasks: Sequence[Task], parameters: Mapping[str, Any], progress: Any = None
    ) -> Iterator[tuple[int, Any]]:
        cls.tasks, cls.judged = tasks, []
        for i, task in enumerate(tasks):
            yield i, cls(n_estimators=3, random_state=0).fit(task.rows)

    def score_samples(self, X: Any) -> Any:
        self.judged.append(X)
        return super().score_samples(X)


def test_our_detectors_see_values_on_the_training_range_clipped() -> None:
    OwnKind("noting", Noting, {}).scores([(0, trial())])

    assert len(Noting.tasks[0].rows) == 62
    assert [(rows.min(), rows.max()) for rows in (Noting.tasks[0].rows, Noting.judged[-1])] == [(0, 1)] * 2


@pytest.mark.parametrize(("kind", "calibrated"), [("autoencoder", False), ("noting", True)])
def test_held_out_rows_are_not_learnt_from_where_they_decide_something(kind: str, calibrated: bool) -> None:
    OwnKind(kind, Noting, {}).scores([(0, trial(calibrated=calibrated))])

    assert (len(Noting.tasks[0].rows), len(Noting.tasks[0].held_out)) == (50, 12)


def test_folds_of_all_seeds_train_together_and_come_back_apart() -> None:
    found = OwnKind("noting", Noting, {}).scores([(seed, trial(seed=seed)) for seed in (0, 1)])

    assert len(Noting.tasks) == 2
    assert [len(folds) for folds in found] == [1, 1]
    assert not np.array_equal(found[0][0].test, found[1][0].test)


def test_other_libraries_see_z_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[np.ndarray] = []

    class Seeing:
        def fit(self, rows: np.ndarray) -> None:
            seen.append(rows)

        def decision_function(self, rows: np.ndarray) -> np.ndarray:
            return np.where(np.arange(len(rows)) == 0, np.nan, np.inf)

    library = ModuleType("other_library")
    library.Seeing = Seeing  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "other_library", library)
    monkeypatch.setattr(methods, "PEERS", {"Seeing": ("other_library", "Seeing")})

    ((scores,),) = Peer("Seeing").scores([(0, trial())])

    assert np.allclose(seen[0].mean(axis=0), 0)
    assert np.allclose(seen[0].std(axis=0), 1)
    assert np.isfinite(scores.test).all()


def test_the_floor_is_the_mean_squared_z_score() -> None:
    one = trial()
    known = one.folds[0].known
    z = (one.folds[0].test - known.mean(axis=0)) / known.std(axis=0)

    ((scores,),) = Floor().scores([(0, one)])

    assert np.allclose(scores.test, (z**2).mean(axis=1))


@pytest.mark.parametrize(
    ("rows", "kind"),
    [(40, "isolation_forest"), (1400, "isolation_forest"), (1500, "autoencoder"), (6000, "memae")],
)
def test_the_count_of_rows_chooses_as_the_profile_says(rows: int, kind: str) -> None:
    cut = rows // 5
    fold = Fold(np.empty((rows - cut, 1)), np.empty((cut, 1)), np.empty((1, 1)))

    kinds = {name: OwnKind(name, Noting, {}) for name in ("isolation_forest", "autoencoder", "memae")}
    choice = ByCount(load_profile("injection_molding"), kinds)

    assert choice.chosen(0, fold) is kinds[kind]


def test_folds_of_different_kinds_come_back_in_their_order() -> None:
    class Alternating(Choice):
        kinds = (OwnKind("one", Noting, {}), OwnKind("other", Noting, {}))

        def wanted(self, seed: int, trial: Trial) -> list[OwnKind]:
            return [self.kinds[number % 2] for number in range(len(trial.folds))]

    one = trial()
    several = Trial([one.folds[0]] * 3, one.unit, one.bad, one.cluster, 20, True)

    ((*found,),) = Alternating().scores([(0, several)])

    assert [scores.kind for scores in found] == ["one", "other", "one"]


def test_evidence_chooses_a_candidate_and_with_few_rows_the_count_decides() -> None:
    profile = load_profile("injection_molding")
    detectors = closed_form_detectors()
    kinds = {name: OwnKind(name, detector, {}) for name, detector in detectors.items()}
    forest = kinds["isolation_forest"]
    count = ByCount(replace(profile, detectors=profile.detectors[:1]), kinds)
    choice = ByEvidence(replace(profile, candidates=()), kinds, detectors, count)
    line = np.random.default_rng(0).normal(size=(160, 1)) @ np.ones((1, 4))
    rows = line + 0.01 * np.random.default_rng(1).normal(size=(160, 4))

    too_few = 2 * LEAST_PROBED - 2
    enough = Fold(rows[:120], rows[120:], rows[:5])
    few = Fold(rows[: too_few - 1], rows[too_few - 1 : too_few], rows[:5])

    assert choice.chosen(0, enough) not in (forest, kinds["mean_z2"])
    assert choice.chosen(0, few) is forest
