"""Bad shots among the training rows must not be learned."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.dense import DenseNetwork
from models.epoch import epoch_of
from models.lanes import Job, Schedule
from models.lazy_tensorflow import load_tensorflow
from models.stacked import train_stacked

NETWORK = DenseNetwork(6, (8, 2))
SCHEDULE = Schedule(epochs=60, patience=60, batch_size=64)


def plane(count: int, seed: int) -> Any:
    """Rows near a plane in [0, 1]."""
    mix = np.random.default_rng(5).normal(size=(2, 6))
    return (0.5 + 0.12 * np.random.default_rng(seed).normal(size=(count, 2)) @ mix).astype(np.float32)


def bad_error(trimmed: float) -> float:
    """How badly shots like the bad ones of training are rebuilt."""
    rows = plane(640, 0)
    rows[::40] = np.array([1, 0, 1, 0, 1, 0], dtype=np.float32)  # 2.5 % of them
    ((_, fitted),) = train_stacked(NETWORK, [Job(rows, rows[:0], 3)], replace(SCHEDULE, trimmed=trimmed))
    arrays = NETWORK.layout.unpack(fitted.parameters)
    return float(np.abs(NETWORK.reconstruct(arrays, rows[:1]) - rows[:1]).mean())


def test_bad_shots_in_training_are_not_learned_when_the_worst_rows_are_trimmed() -> None:
    assert bad_error(0.1) > 3 * bad_error(0.0)


@pytest.mark.parametrize("filled", [64, 37, 1, 0])
def test_only_the_rows_that_are_there_are_ordered(filled: int) -> None:
    tf = load_tensorflow()
    rows = plane(64, 1)
    rows[filled:] = 1e3  # what lies past the filled rows may be anything
    parameters = NETWORK.initial(np.random.default_rng(0), plane(64, 2))[None]
    given = tf.constant(parameters), tf.constant(rows[None, None])
    end = tf.constant(1)
    counts = tf.constant([[float(filled)]])
    whole = epoch_of(NETWORK, False).measure(*given, counts, end).numpy()[0]
    trimmed = epoch_of(NETWORK, False, 0.05).measure(*given, counts, end).numpy()[0]
    each = np.sort(NETWORK.row_losses(tf, given[0], given[1][0]).numpy()[0][:filled])
    most = each[min(int(np.ceil(0.95 * filled)), filled - 1)] if filled else 0.0

    assert whole == pytest.approx(each.sum(), rel=1e-5)
    assert trimmed == pytest.approx(np.minimum(each, most).sum(), rel=1e-5)
