"""What candidates are tried on: faults that are none of the training's, and lots that were counted."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from core.errors import ModelRefused
from core.profile import CandidateRule
from models.evidence import fit_by_evidence, gather
from models.lot_evidence import LEAST_LOTS, LotShots, lot_concordance
from models.mean_z2 import MeanZ2
from models.probe_faults import FAMILIES, plant_faults

Floats = NDArray[np.float64]


def shots(count: int, seed: int, width: int = 8) -> Floats:
    """Correlated inputs in [0, 1]; the last one never varies."""
    random = np.random.default_rng(seed)
    mix = np.random.default_rng(99).normal(size=(2, width))
    x = 0.5 + 0.08 * (random.normal(size=(count, 2)) @ mix) + 0.005 * random.normal(size=(count, width))
    x[:, -1] = 0.0
    clipped: Floats = np.clip(x, 0, 1)
    return clipped


@pytest.mark.parametrize("width", [1, 2, 8])
def test_every_family_plants_faults_in_known_shots_within_the_scale(width: int) -> None:
    held_out = shots(60, 1, width)
    probes = plant_faults(shots(300, 0, width), held_out, np.random.default_rng(0))
    assert np.bincount(probes.family).tolist() == [60] * len(FAMILIES)
    assert probes.rows.min() >= 0
    assert probes.rows.max() <= 1
    for family in range(len(FAMILIES)):
        assert sorted(probes.base[probes.family == family]) == list(range(60))


def test_one_value_moves_one_value_and_a_swap_brings_values_that_shots_had() -> None:
    held_out = shots(60, 1)
    probes = plant_faults(shots(300, 0), held_out, np.random.default_rng(0))
    names = list(FAMILIES)
    moved = probes.rows != held_out[probes.base]
    assert (moved[probes.family == names.index("one_value")].sum(axis=1) <= 1).all()
    swapped = probes.rows[probes.family == names.index("swapped")]
    assert all(np.isin(swapped[:, j], held_out[:, j]).all() for j in range(held_out.shape[1]))


def test_an_area_is_that_under_the_roc_curve() -> None:
    train, held_out = shots(300, 0), shots(80, 1)
    evidence = gather(train, held_out, None, seed=3)
    assert evidence is not None
    detector = MeanZ2().fit(train)
    found = evidence.measure(detector)
    assert found.lots.size == 0
    for family in range(len(FAMILIES)):
        rows = evidence.probes.rows[evidence.probes.family == family]
        scores = -detector.score_samples(np.concatenate([held_out, rows]))
        expected = roc_auc_score(np.repeat([0, 1], [len(held_out), len(rows)]), scores)
        assert found.faults[family, 0] == pytest.approx(expected)


def test_the_same_seed_gives_the_same_evidence_and_choice() -> None:
    train, held_out = shots(300, 0), shots(80, 1)
    first, second = (fit_by_evidence(train, held_out, seed=5) for _ in range(2))
    assert first[0] == second[0]
    assert first[2] == second[2]
    np.testing.assert_array_equal(first[1].score_samples(held_out), second[1].score_samples(held_out))


def test_a_candidate_blind_to_broken_correlations_is_passed_over() -> None:
    blind, sees = CandidateRule("mean_z2"), CandidateRule("robust_covariance")
    kind, detector, table = fit_by_evidence(shots(400, 0), shots(120, 1), [blind, sees])
    assert kind == "robust_covariance"
    assert type(detector).__name__ == "RobustCovariance"
    assert [row["kind"] for row in table] == ["mean_z2", "robust_covariance"]


def test_too_few_held_out_rows_are_refused() -> None:
    with pytest.raises(ModelRefused, match="at least 10 held-out rows"):
        fit_by_evidence(shots(50, 0), shots(9, 1))


def lots_of(worse_moves: float, count: int = 12) -> LotShots:
    """Lots of 40 shots; the greater the defect rate, the more shots are moved."""
    random = np.random.default_rng(7)
    rows, rate = shots(40 * count, 2), np.linspace(0, 0.6, count)
    lot = np.repeat(np.arange(count), 40)
    bad = random.random(len(lot)) < rate[lot]
    rows[bad, :4] += worse_moves
    return LotShots(np.clip(rows, 0, 1), lot, rate, np.zeros(count, dtype=np.int64))


def test_a_detector_that_flags_worse_lots_more_orders_them_right() -> None:
    train, held_out = shots(300, 0), shots(120, 1)
    detector = MeanZ2().fit(train)
    for moves, least, most in ((0.5, 0.85, 1.0), (0.0, 0.2, 0.8)):
        evidence = gather(train, held_out, lots_of(moves), seed=3)
        assert evidence is not None
        concordance = evidence.measure(detector).lots
        assert least <= concordance[0] <= most
        assert len(concordance) > 30
        assert concordance[1:].std() > 0


def test_lots_of_another_setting_are_compared_by_a_limit_of_their_own() -> None:
    lots = lots_of(0.5)
    random = np.random.default_rng(0)
    score = random.random(len(lots.lot)) + 3 * (random.random(len(lots.lot)) < lots.rate[lots.lot] / 3)
    once = np.ones((1, len(lots.rate)))
    assert lot_concordance(score, lots, once)[0] > 0.8
    assert lot_concordance(score + 1000, lots, once)[0] == lot_concordance(score, lots, once)[0]


def test_too_few_lots_or_lots_alike_are_no_evidence() -> None:
    few = lots_of(0.6, LEAST_LOTS - 1)
    assert not few.enough
    alike = lots_of(0.6)
    assert not LotShots(alike.rows, alike.lot, np.zeros(12), alike.block).enough
    assert not LotShots(alike.rows, alike.lot, alike.rate, np.arange(12)).enough
    assert alike.enough
