"""Addressing, checked by hand and against tensorflow."""

import numpy as np
import pytest

from memae.memory import address, first_slots, recall, tensor_address
from models.lazy_tensorflow import load_tensorflow


def test_address_by_hand() -> None:
    slots = np.array([[1, 0], [0, 2], [-3, 0]], dtype=np.float32)
    code = np.array([[5, 0]], dtype=np.float32)
    # Cosines 1, 0, -1; temperature 2: e^2, 1, e^-2.
    share = np.exp([2.0, 0.0, -2.0])
    share /= share.sum()
    kept = np.array([share[0], share[1], 0.0])  # 0.0159 is under the shrinkage
    np.testing.assert_allclose(address(code, slots, 2.0, 0.1)[0], kept / kept.sum(), rtol=1e-6)


def test_recall_mixes_slots() -> None:
    slots = np.array([[2, 0], [0, 4]], dtype=np.float32)
    assert recall(np.array([[0.5, 0.5]], dtype=np.float32), slots).tolist() == [[1.0, 2.0]]


def test_a_shrinkage_above_every_share_gives_an_empty_address() -> None:
    random = np.random.default_rng(0)
    codes, slots = random.normal(size=(30, 4)), random.normal(size=(50, 4))
    shares = address(codes.astype(np.float32), slots.astype(np.float32), 1.0, 3 / 50)
    assert (shares.sum(axis=1) == 0).mean() > 0.9


@pytest.mark.parametrize("code", [[0.0, 0.0, 0.0], [1e30, 0.0, 0.0], [1e-20, 0.0, 0.0]])
def test_extreme_codes_stay_finite(code: list[float]) -> None:
    slots = np.eye(3, dtype=np.float32)
    with np.errstate(over="ignore"):
        shares = address(np.array([code], dtype=np.float32), slots, 10.0, 1 / 3)
    assert np.isfinite(shares).all()


def test_equals_tensorflow() -> None:
    random = np.random.default_rng(1)
    codes, slots = (random.normal(size=(n, 4)).astype(np.float32) for n in (30, 12))
    tf = load_tensorflow()
    theirs = tensor_address(tf, tf.constant(codes.T[None]), tf.constant(slots[None]), 10.0, 1 / 12)
    np.testing.assert_allclose(address(codes, slots, 10.0, 1 / 12), theirs.numpy()[0].T, atol=1e-5)


def test_first_slots_are_codes_and_distinct_while_there_are_enough() -> None:
    codes = np.arange(40, dtype=np.float32).reshape(20, 2)
    slots = first_slots(np.random.default_rng(0), codes, 8)
    assert slots.shape == (8, 2)
    assert len({tuple(s) for s in slots} & {tuple(c) for c in codes}) == 8
    assert first_slots(np.random.default_rng(0), codes[:3], 8).shape == (8, 2)
