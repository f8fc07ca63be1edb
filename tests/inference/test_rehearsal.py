"""A budget rehearsed on lots: kept where lots are alike, sharpened where they differ."""

from __future__ import annotations

import numpy as np
import pytest

from inference.rehearsal import LEAST_PAIRS, SHARES, Rehearsal, lot_correlation
from inference.rehearsal import rehearse as rehearse_presses
from models.artifact import LossSummary
from models.losses import summarise

BUDGET = 0.01


def group(seed: int, *, shift: float, lots: int = 10, size: int = 80) -> LossSummary:
    """Losses of `lots` lots; `shift` is the spread between them in spreads within one."""
    rng = np.random.default_rng(seed)
    own = rng.normal(size=lots) * shift
    losses = np.exp(0.3 * (rng.normal(size=(lots, size)) + own[:, None]))
    return summarise(losses.ravel(), trim=0, lot=np.repeat(np.arange(lots), size))


def rehearse(groups: list[LossSummary]) -> Rehearsal:
    """Each group on a press of its own."""
    return rehearse_presses(groups, range(len(groups)))


@pytest.mark.parametrize("seed", range(3))
def test_where_lots_are_alike_the_budget_stays_about_what_it_is(seed: int) -> None:
    found = rehearse([group(100 * seed + k, shift=0.0) for k in range(60)])

    assert found.pairs == 120
    assert BUDGET / 2 <= found.share_for(BUDGET) <= BUDGET
    assert found.correlation < 0.01


@pytest.mark.parametrize("seed", range(3))
def test_where_lots_differ_a_smaller_share_keeps_the_budget_in_other_lots(seed: int) -> None:
    groups = [group(100 * seed + k, shift=1.0) for k in range(60)]
    found = rehearse(groups)

    share = found.share_for(BUDGET)

    at = int(np.searchsorted(SHARES, share))
    assert share < 0.6 * BUDGET
    assert found.flagged[:, at].mean() <= BUDGET
    assert found.correlation > 0.05
    assert found.interval(groups[0], BUDGET).high >= found.strayed(share)


def test_with_few_lots_to_compare_the_budget_is_taken_as_it_is() -> None:
    found = rehearse([group(k, shift=1.0) for k in range(LEAST_PAIRS // 2 - 1)])

    assert found.share_for(BUDGET) == BUDGET
    assert found.strayed(BUDGET) == 0.0


def test_a_version_without_tails_teaches_nothing() -> None:
    found = rehearse([summarise(np.arange(1.0, 500.0), trim=0)])

    assert (found.pairs, found.correlation, found.share_for(BUDGET)) == (0, 0.0, BUDGET)


def test_a_group_of_one_lot_is_not_compared_with_itself() -> None:
    assert rehearse([group(1, shift=0.0, lots=1, size=400)]).pairs == 0


def test_lots_of_one_kind_of_shot_each_are_wholly_alike() -> None:
    losses = np.repeat([1.0, 2.0, 3.0, 50.0], 100)
    summary = summarise(losses, trim=0, lot=np.repeat(np.arange(4), 100))

    assert lot_correlation([summary]) < 0.3  # of its hundred highest, eight cannot fill a lot
    assert lot_correlation([group(1, shift=0.0)]) < lot_correlation([group(1, shift=3.0)])


def test_a_larger_budget_never_gets_a_smaller_share() -> None:
    found = rehearse([group(k, shift=0.7) for k in range(30)])

    shares = [found.share_for(budget) for budget in np.geomspace(1e-4, 0.09, 40)]

    assert (np.diff(shares) >= 0).all()


def test_groups_of_one_press_are_no_evidence_for_one_another() -> None:
    groups = [group(k, shift=0.5) for k in range(60)]
    apart = rehearse(groups)
    few = rehearse_presses(groups, [k % 5 for k in range(60)])

    assert np.array_equal(apart.flagged, few.flagged)
    at = 0.002
    assert few.strayed(at) == few.flagged[:, np.searchsorted(SHARES, at)].max()
    assert apart.strayed(at) < few.strayed(at)
