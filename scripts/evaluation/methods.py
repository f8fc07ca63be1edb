"""What the suite compares: our detectors and ways to choose among them, other libraries', the floor."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from core.profile import Profile
from models.detector import Detector, Task
from models.scaling import InputRange
from scripts.evaluation.trial import Fold, Trial

Floats = NDArray[np.float64]

FLOOR = "mean z2 floor"
BY_COUNT, BY_EVIDENCE = "by_count", "by_evidence"
STOP_EARLY = frozenset({"autoencoder", "memae"})
"""Kinds that watch held-out rows while training, and so cannot learn from them."""
PEERS: Mapping[str, tuple[str, str]] = {
    "PyOD IForest": ("pyod.models.iforest", "IForest"),
    "PyOD OCSVM": ("pyod.models.ocsvm", "OCSVM"),
    "PyOD KNN": ("pyod.models.knn", "KNN"),
    "PyOD LOF": ("pyod.models.lof", "LOF"),
    "PyOD PCA": ("pyod.models.pca", "PCA"),
    "PyOD ECOD": ("pyod.models.ecod", "ECOD"),
    "PyOD HBOS": ("pyod.models.hbos", "HBOS"),
    "PyOD MCD": ("pyod.models.mcd", "MCD"),
}


class FoldScores(NamedTuple):
    """Anomaly scores of a fold's held-out and test rows, higher = worse, and who gave them."""

    held_out: Floats
    test: Floats
    kind: str


class Method(Protocol):
    """One line of the comparison."""

    name: str
    own: bool

    def scores(self, trials: Sequence[tuple[int, Trial]]) -> list[list[FoldScores]]:
        """For each (seed, trial) the scores of each of its folds."""


class OwnKind:
    """A detector kind of ours on the inputs that judging gives it: training range, clipped to [0, 1].

    All folds of all seeds train together, as a plant's groups do.
    """

    own = True

    def __init__(self, kind: str, detector: type[Detector], parameters: Mapping[str, object]) -> None:
        self.name = kind
        self._detector, self.parameters = detector, parameters

    def scores(self, trials: Sequence[tuple[int, Trial]]) -> list[list[FoldScores]]:
        """See `Method`."""
        tasks, ranges, folds = [], [], []
        for seed, trial in trials:
            for fold in trial.folds:
                apart = trial.calibrated or self.name in STOP_EARLY
                rows = fold.fit if apart else fold.known
                limits = InputRange.fit(rows)
                nothing = rows[:0]
                tasks.append(
                    Task(limits.scale(rows), limits.scale(fold.held_out) if apart else nothing, seed)
                )
                ranges.append(limits)
                folds.append(fold)
        found: dict[int, FoldScores] = {}
        for i, fitted in self._detector.fit_many(tasks, self.parameters):
            held_out, test = (
                -fitted.score_samples(ranges[i].scale(part)) for part in (folds[i].held_out, folds[i].test)
            )
            found[i] = FoldScores(held_out, test, self.name)
        return _by_trial([found[i] for i in range(len(tasks))], trials)


class Peer:
    """A PyOD detector with its defaults on z-scores of the training rows, the customary way."""

    own = False

    def __init__(self, name: str) -> None:
        self.name = name

    def scores(self, trials: Sequence[tuple[int, Trial]]) -> list[list[FoldScores]]:
        """See `Method`. Test rows are scored as one batch: ECOD judges a batch together with training."""
        module, cls = PEERS[self.name]
        make = getattr(import_module(module), cls)
        return _each_fold(trials, lambda known, seed: _fitted(make, known, seed), self.name)


class Floor:
    """Mean squared z-score: what any detector has to beat."""

    own = False
    name = FLOOR

    def scores(self, trials: Sequence[tuple[int, Trial]]) -> list[list[FoldScores]]:
        """See `Method`."""
        return _each_fold(trials, lambda known, seed: lambda z: (z**2).mean(axis=1), self.name)


def own_kinds(profile: Profile, detectors: Mapping[str, type[Detector]]) -> list[OwnKind]:
    """Every kind there is, with the profile's parameters where it names them."""
    given = {rule.kind: rule.parameters for rule in profile.detectors}
    return [OwnKind(kind, detector, given.get(kind, {})) for kind, detector in detectors.items()]


def peers_installed() -> bool:
    """Whether the other libraries are there (the group ``peers``)."""
    return find_spec("pyod") is not None


def _fitted(make: Callable[..., Any], known: Floats, seed: int) -> Callable[[Floats], Floats]:
    try:
        model = make(random_state=seed)
    except TypeError:  # it draws nothing at random
        model = make()
    model.fit(known)
    score: Callable[[Floats], Floats] = model.decision_function
    return score


def _each_fold(
    trials: Sequence[tuple[int, Trial]],
    fit: Callable[[Floats, int], Callable[[Floats], Floats]],
    name: str,
) -> list[list[FoldScores]]:
    found = []
    for seed, trial in trials:
        for fold in trial.folds:
            found.append(_on_z_scores(fold, trial.calibrated, fit, seed, name))
    return _by_trial(found, trials)


def _on_z_scores(
    fold: Fold,
    calibrated: bool,
    fit: Callable[[Floats, int], Callable[[Floats], Floats]],
    seed: int,
    name: str,
) -> FoldScores:
    known = fold.fit if calibrated else fold.known
    mean, std = known.mean(axis=0), known.std(axis=0)
    std = np.where(std < 1e-12, 1.0, std)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what other libraries warn of is theirs
        score = fit((known - mean) / std, seed)
        held_out = score((fold.held_out - mean) / std) if calibrated else np.empty(0)
        test = score((fold.test - mean) / std)
    return FoldScores(_finite(held_out), _finite(test), name)


def _finite(scores: Floats) -> Floats:
    """A score that is no number says nothing; an infinite one is the highest."""
    return np.nan_to_num(np.asarray(scores, dtype=np.float64), nan=0.0, posinf=1e300, neginf=-1e300)


def _by_trial(found: Sequence[FoldScores], trials: Sequence[tuple[int, Trial]]) -> list[list[FoldScores]]:
    out, at = [], 0
    for _, trial in trials:
        out.append(list(found[at : at + len(trial.folds)]))
        at += len(trial.folds)
    return out
