"""The flagged share against training, by lots."""

from __future__ import annotations

import numpy as np

from inference.drift.flag_rate import Counts, expected_share, flag_drift

GROUPS, KEPT = 50, 8
EXPECTED = np.full(GROUPS, 0.002)


def drawn(rng: np.random.Generator, share: float) -> tuple[Counts, Counts]:
    shots = rng.integers(40, 400, (GROUPS, KEPT))
    return shots, rng.binomial(shots, share)


def test_flags_as_in_training_are_no_drift() -> None:
    rng = np.random.default_rng(0)
    found = [flag_drift(*drawn(rng, 0.002), EXPECTED).drifted.any() for _ in range(300)]

    assert np.mean(found) < 0.01


def test_one_bad_lot_with_hundreds_of_flags_is_no_drift() -> None:
    shots, flagged = drawn(np.random.default_rng(1), 0.002)
    flagged[:, -1] = shots[:, -1]

    assert not flag_drift(shots, flagged, EXPECTED).drifted.any()


def test_flags_ten_times_as_often_are_found() -> None:
    shots, flagged = drawn(np.random.default_rng(2), 0.002)
    flagged[:5] = shots[:5] // 10
    found = flag_drift(shots, flagged, EXPECTED)

    assert found.drifted[:5].all()
    assert not found.drifted[5:].any()
    assert found.share[0] > 0.05


def test_few_shots_and_no_lots_tell_nothing() -> None:
    few = flag_drift(np.full((2, 3), 20), np.full((2, 3), 20), EXPECTED[:2])
    none = flag_drift(np.zeros((2, 0), int), np.zeros((2, 0), int), EXPECTED[:2])

    for found in (few, none):
        assert np.isnan(found.chance).all()
        assert not found.drifted.any()


def test_the_expected_share_is_what_was_trimmed() -> None:
    assert expected_share(np.array([980]), np.array([18])).round(3).tolist() == [0.019]
