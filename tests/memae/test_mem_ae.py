"""A healthy memory is accepted, a collapsed one refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from memae.detector import MemAE
from memae.health import MemoryHealth, measure_health
from models.detector import Task
from models.lazy_tensorflow import load_tensorflow

CN7 = (
    Path(__file__).parents[2].parent
    / "shared/data/kamp_injection_cn7/labeled_cn7_2020-10-16_to_2020-10-20.csv.gz"
)


def shots(seed: int, count: int = 400, noise: float = 0.02, width: int = 8) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    x = 0.5 + 0.1 * random.normal(size=(count, 3)) @ random.normal(size=(3, width))
    clipped: NDArray[np.float64] = np.clip(x + noise * random.normal(size=x.shape), 0, 1)
    return clipped


def test_a_healthy_memory_is_accepted() -> None:
    detector = MemAE((16, 4), slots=20, epochs=60, random_state=0).fit(shots(0))
    health = detector.health_
    assert detector.refusal() is None
    assert health.zero_row_share == 0
    assert 1 < health.active_slots <= health.used_slots <= 20
    assert health.relative_mse < 0.5
    assert detector.record()["relative_mse"] == health.relative_mse


def test_temperature_1_with_shrinkage_3_of_n_collapses_and_is_refused() -> None:
    detector = MemAE((16, 4), slots=20, temperature=1.0, shrinkage=3 / 20, epochs=60, random_state=0).fit(
        shots(0)
    )
    assert detector.health_.zero_row_share > 0.5
    assert detector.health_.relative_mse > 0.5
    assert "collapsed memory" in (detector.refusal() or "")
    # The trap: what is left is the mean squared z-score, which often ranks well.
    assert detector.health_.mean_z2_correlation > 0.9


def test_inputs_that_are_nothing_but_noise_are_no_collapse() -> None:
    noise = np.random.default_rng(0).uniform(size=(600, 8))
    detector = MemAE((16, 2), slots=20, epochs=60, random_state=0).fit(noise)
    assert detector.health_.relative_mse > 0.5
    assert detector.refusal() is None


def test_a_group_that_never_varies_is_no_collapse() -> None:
    detector = MemAE((8, 2), slots=5, epochs=5, random_state=0).fit(np.full((60, 3), 0.25))
    assert detector.health_.relative_mse == 0
    assert np.isfinite(detector.score_samples(np.full((2, 3), 0.3))).all()


@pytest.mark.parametrize(
    ("figures", "word"),
    [
        ((0.02, 9, 3.0, 0.1, 0.1, 0.0), "collapsed"),
        ((0.01, 9, 3.0, 0.1, 0.1, 0.0), None),
        ((0.0, 9, 3.0, 0.51, 0.0, 0.0), "too little"),
        ((0.0, 9, 3.0, 0.50, 0.0, 0.0), None),
        ((0.0, 9, 3.0, 0.80, 0.7, 0.0), None),
        ((0.0, 9, 3.0, 0.86, 0.7, 0.0), "too little"),
        ((0.0, 9, 3.0, float("nan"), 0.1, 0.0), "too little"),
    ],
)
def test_where_the_limits_of_health_lie(figures: tuple[Any, ...], word: str | None) -> None:
    told = MemoryHealth(*figures).refusal()
    assert (told is None) if word is None else (word in (told or ""))


def test_health_by_hand() -> None:
    rows = np.array([[0, 0], [0, 2], [2, 0], [2, 2]], dtype=np.float32)
    rebuilt = np.array([[0, 1], [0, 1], [2, 1], [2, 1]], dtype=np.float32)
    addresses = np.array([[0, 0, 0], [1, 0, 0], [0.5, 0.5, 0], [1, 0, 0]], dtype=np.float32)
    health = measure_health(rows, rebuilt, addresses, 1)
    assert (health.zero_row_share, health.used_slots, health.active_slots) == (0.25, 2, 1.0)
    assert (health.relative_mse, health.linear_mse) == (0.5, 0.5)


def test_many_at_once_agree_with_each_alone_in_their_medians() -> None:
    # Rounding is amplified by the softmax, so single groups may differ: the medians may not.
    settings: dict[str, Any] = {"hidden": (8, 3), "slots": 10, "epochs": 40, "warm_up": 2, "batch_size": 32}
    tasks = [Task(shots(seed, count=128, width=6), np.empty((0, 6)), seed) for seed in range(32)]
    together = dict(MemAE.fit_many(tasks, settings))
    alone = [MemAE(**settings, random_state=task.seed).fit(task.rows) for task in tasks]
    losses = np.array([[together[i].loss_, alone[i].loss_] for i in range(32)])
    assert np.median(losses[:, 0]) == pytest.approx(np.median(losses[:, 1]), rel=0.02)


def test_the_entropy_weight_makes_addresses_sharper() -> None:
    settings: dict[str, Any] = {"hidden": (16, 4), "slots": 20, "epochs": 40, "random_state": 0}
    plain = MemAE(**settings).fit(shots(1))
    sharp = MemAE(**settings, entropy_weight=2e-2).fit(shots(1))
    assert sharp.health_.active_slots < plain.health_.active_slots


def test_scoring_equals_the_tensorflow_forward_pass() -> None:
    x = shots(2).astype(np.float32)
    detector = MemAE((16, 4), slots=20, epochs=20, random_state=0).fit(x)
    network = detector._network(8)
    tf = load_tensorflow()
    row = tf.constant(network.layout.pack(detector.weights_)[None])
    theirs = network.row_losses(tf, row, tf.constant(x[None])).numpy()[0]
    ours = ((network.reconstruct(detector.weights_, x) - x) ** 2).mean(axis=1)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-8)


def test_a_detector_from_its_weights_is_the_same_detector() -> None:
    x = shots(3)
    detector = MemAE((16, 4), slots=20, epochs=20, random_state=0).fit(x)
    again = MemAE.from_weights(detector.export(), x)
    assert again.get_params()["slots"] == 20
    np.testing.assert_array_equal(again.score_samples(x), detector.score_samples(x))
    assert again.offset_ == detector.offset_
    assert again.health_ == detector.health_


@pytest.mark.skipif(not CN7.exists(), reason="real data: ../shared/data/kamp_injection_cn7 is not there")
def test_a_healthy_memory_on_a_real_press() -> None:
    table = pd.read_csv(CN7)
    measured = list(table.columns[9:])  # after the keys, the label and its reason
    by_shot = table.groupby("TimeStamp", sort=False)
    good = by_shot["PassOrFail"].max().to_numpy() == 0
    x = by_shot[measured].first().to_numpy(dtype=float)[good]
    low, high = x.min(axis=0), x.max(axis=0)
    scaled = (x - low) / np.where(high > low, high - low, 1)
    train, held_out = scaled[::2], scaled[1::2]
    detector = MemAE(epochs=100, random_state=0).fit(train, held_out=held_out)
    assert detector.refusal() is None
    assert detector.health_.zero_row_share == 0
    assert detector.health_.relative_mse < 0.35
    collapsed = MemAE(temperature=1.0, shrinkage=3 / 50, epochs=100, random_state=0).fit(
        train, held_out=held_out
    )
    assert "collapsed memory" in (collapsed.refusal() or "")
