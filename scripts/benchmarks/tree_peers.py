"""Tree peers: scikit-learn and PyOD row by row, River record by record."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.artifact import GroupModel
from scripts.benchmarks.synthetic_plant import fitted_forest, normal_rows

Floats = NDArray[np.float64]

ABSENT = "{name} is not installed here; `./sprue bench` installs it (group peers)"


def is_installed(name: str) -> bool:
    """Whether a peer's library is there; the group `peers` brings them all."""
    return find_spec(name) is not None


class SklearnPeer:
    """scikit-learn's isolation forests, kept loaded, asked one row at a time."""

    def __init__(self, models: Sequence[GroupModel], data_sets: int) -> None:
        self._models = models
        inputs = len(models[0].input_low)
        # As in a synthetic plant of forests only.
        self._forests = [fitted_forest(inputs, number)[0] for number in range(data_sets)]

    def score(self, row: Floats, group: int) -> float:
        """Scaling, score, comparison with the limit."""
        x = scaled(row, self._models[group])
        score = -float(self._forests[group % len(self._forests)].score_samples(x)[0])
        self.bad = score > self._models[group].fixed_threshold
        return score


class PyodPeer:
    """PyOD's IForest, fitted on a few data sets, asked one row at a time."""

    def __init__(self, models: Sequence[GroupModel], data_sets: int) -> None:
        forest: Any = importlib.import_module("pyod.models.iforest").IForest
        inputs = len(models[0].input_low)
        self._models = models
        self._forests = []
        for number in range(data_sets):
            rows = normal_rows(np.random.default_rng([number, inputs]), 1000, inputs)
            one = forest(n_estimators=100, max_samples=256, random_state=number)
            self._forests.append(one.fit(rows))

    def score(self, row: Floats, group: int) -> float:
        """Scaling, score, comparison with the limit."""
        forest = self._forests[group % len(self._forests)]
        score = float(forest.decision_function(scaled(row, self._models[group]))[0])
        self.bad = score > forest.threshold_
        return score


class RiverPeer:
    """River's HalfSpaceTrees, one a group, score and learn of every record.

    Trees of a thousand groups would fill the memory with Python objects, so few groups
    have theirs; records come as the dictionaries River wants.
    """

    def __init__(self, rows: Floats, learners: int) -> None:
        trees: Any = importlib.import_module("river.anomaly").HalfSpaceTrees
        names = [f"v{i}" for i in range(rows.shape[1])]
        self._records = [dict(zip(names, row, strict=True)) for row in rows.tolist()]
        self._learners = [trees(seed=i) for i in range(learners)]
        for learner in self._learners:
            for i in range(learner.window_size + 1):  # before that it scores nothing
                learner.learn_one(self._records[i % len(self._records)])

    def score(self, number: int) -> float:
        """Score, then learn, the record of this number."""
        record = self._records[number % len(self._records)]
        learner = self._learners[number % len(self._learners)]
        score = float(learner.score_one(record))
        learner.learn_one(record)
        return score


def scaled(row: Floats, model: GroupModel) -> Floats:
    """One row ``(1, p)`` on the model's training ranges, clipped."""
    width = model.input_high - model.input_low
    x: Floats = np.clip((row - model.input_low) / width, 0.0, 1.0)[None, :]
    return x
