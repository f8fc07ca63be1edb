"""Many tests at once."""

from __future__ import annotations

import numpy as np

from inference.drift.multiple import rejected


def test_among_true_hypotheses_something_falls_as_rarely_as_asked_for() -> None:
    rng = np.random.default_rng(0)
    found = [rejected(rng.uniform(size=(10, 100)), 0.05).any() for _ in range(2000)]

    assert 0.035 < np.mean(found) < 0.065


def test_the_share_of_false_ones_is_held() -> None:
    rng = np.random.default_rng(1)
    shares = []
    for _ in range(300):
        chance = rng.uniform(size=500)
        chance[:100] *= 1e-4
        found = rejected(chance, 0.1)
        shares.append(found[100:].sum() / max(found.sum(), 1))

    assert np.mean(shares) < 0.1


def test_nothing_tested_and_nothing_at_all() -> None:
    assert not rejected(np.full((2, 3), np.nan), 0.1).any()
    assert rejected(np.empty(0), 0.1).shape == (0,)
