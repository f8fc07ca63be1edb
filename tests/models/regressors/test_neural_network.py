from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import ModelRefused
from models.regressors.contract import Task
from models.regressors.neural_network import LEAST_TO_HOLD_OUT, NeuralNetwork

ROOT = Path(__file__).resolve().parents[3]
QUICK: dict[str, Any] = {"hidden": (8, 4), "epochs": 15, "learning_rate": 0.02}


def rows(settings: int, twins: int = 2, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    random = np.random.default_rng(seed)
    x = np.repeat(random.normal(size=(settings, 3)), twins, axis=0)
    return x, np.sin(x[:, 0]) + 0.3 * x[:, 1] + 0.1 * random.normal(size=len(x))


def test_its_weights_are_those_of_a_plain_keras_network() -> None:
    x, y = rows(20)
    network = NeuralNetwork(**QUICK, random_state=0).fit(x, y)
    import keras

    layers = [keras.layers.Dense(8, "relu"), keras.layers.Dense(4, "relu"), keras.layers.Dense(1)]
    plain = keras.Sequential([keras.Input((3,)), *layers])
    plain.set_weights([network.weights_[name] for name in ("w0", "b0", "w1", "b1", "w2", "b2")])

    output = plain(x.astype(np.float32)).numpy()[:, 0]
    np.testing.assert_allclose(network.predict(x), output, rtol=1e-4, atol=1e-6)


def test_networks_trained_side_by_side_are_those_trained_alone() -> None:
    # Of different lengths, with and without rows for stopping.
    data = [rows(20), rows(13, seed=1), rows(2 * LEAST_TO_HOLD_OUT, seed=2), rows(1, 1, seed=3)]
    tasks = [Task(x, y, seed) for seed, (x, y) in enumerate(data)]

    together = NeuralNetwork.fit_many(tasks, QUICK)

    for network, task in zip(together, tasks, strict=True):
        alone = NeuralNetwork(**QUICK, random_state=task.seed).fit(task.rows, task.target)
        assert network.n_iter_ == alone.n_iter_
        np.testing.assert_allclose(network.predict(task.rows), alone.predict(task.rows), rtol=1e-3, atol=1e-4)


def test_it_stops_when_nothing_gets_better_and_keeps_the_best() -> None:
    x, y = rows(20)
    # Steps so wide that the loss goes up and down.
    network = NeuralNetwork((8,), epochs=300, patience=5, learning_rate=0.3, random_state=0).fit(x, y)

    assert network.n_iter_ < 300
    assert ((network.predict(x) - y) ** 2).mean() == pytest.approx(network.loss_, rel=1e-4)


def test_rows_for_stopping_are_whole_settings_it_does_not_learn_from() -> None:
    x, y = rows(2 * LEAST_TO_HOLD_OUT)
    lesson = NeuralNetwork(held_out=0.25, random_state=0)._lesson(x, y)

    learnt, later = ({tuple(row) for row in part} for part in (lesson.rows, lesson.later_rows))
    assert len(later) == LEAST_TO_HOLD_OUT // 2
    assert not learnt & later
    assert len(lesson.rows) + len(lesson.later_rows) == len(x)


def test_of_few_settings_none_is_kept_from_learning() -> None:
    x, y = rows(LEAST_TO_HOLD_OUT - 1)

    assert len(NeuralNetwork(random_state=0)._lesson(x, y).later_rows) == 0


def test_a_training_that_diverges_is_refused() -> None:
    x, y = rows(20)

    with pytest.raises(ModelRefused, match="learning rate under 1e\\+30"):
        NeuralNetwork((8,), epochs=5, learning_rate=1e30, random_state=0).fit(x, y)


def test_tensorflow_is_loaded_by_fitting_alone() -> None:
    program = (
        "import sys; from models.regressors.kinds import regressors; "
        "regressors()['neural_network'].check({}); "
        "assert not {'tensorflow', 'keras'} & set(sys.modules), 'loaded'"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
