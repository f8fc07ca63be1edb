from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.plant import PlantChunk
from ingest.plant.counting import running_totals


def lots(frame: pd.DataFrame) -> list[pd.DataFrame]:
    day = (frame["time"] + pd.Timedelta(hours=9)).dt.date
    return [lot for _, lot in frame.groupby(["facility", "item", day])]


def counted(lot: pd.DataFrame) -> tuple[int, int]:
    """Good and bad over counter resets: what each stretch had reached."""
    total = (lot["lot_good"] + lot["lot_bad"]).to_numpy()
    ends = np.append(np.flatnonzero(np.diff(total) < 0), len(lot) - 1)
    return int(lot["lot_good"].to_numpy()[ends].sum()), int(lot["lot_bad"].to_numpy()[ends].sum())


def rank_auc(label: np.ndarray, score: np.ndarray) -> float:
    ranks = pd.Series(score).rank().to_numpy()
    positives = label.sum()
    return float(
        (ranks[label].sum() - positives * (positives + 1) / 2) / (positives * (len(label) - positives))
    )


def test_running_totals_do_not_say_which_shot_was_bad(history: PlantChunk) -> None:
    increments = np.concatenate([np.diff(lot["lot_bad"], prepend=0) for lot in lots(history.frame)])
    order = np.concatenate([lot.index for lot in lots(history.frame)])
    bad = history.truth["bad"].to_numpy()[order]
    assert rank_auc(bad, increments) == pytest.approx(0.5, abs=0.03)
    assert rank_auc(history.truth["bad"].to_numpy(), history.frame["lot_bad"].to_numpy()) < 0.56


def test_lots_lie_on_both_sides_of_one_percent(history: PlantChunk) -> None:
    totals = np.array([counted(lot) for lot in lots(history.frame)])
    rate = totals[:, 1] / totals.sum(axis=1)
    assert 0.05 < (rate >= 0.01).mean() < 0.4


def test_whole_lots_are_counted_up_to_the_inspectors_errors(history: PlantChunk) -> None:
    whole = lots(history.frame)[50:]
    good, bad = np.array([counted(lot) for lot in whole if lot["id"].iloc[0].endswith("00001")]).sum(axis=0)
    shots = sum(len(lot) for lot in whole if lot["id"].iloc[0].endswith("00001"))
    assert good + bad == pytest.approx(shots, rel=0.01)
    assert bad > 0


def test_counters_are_reset_now_and_then(history: PlantChunk) -> None:
    resets = [(np.diff(lot["lot_good"]) < 0).any() for lot in lots(history.frame) if len(lot) > 40]
    assert 0.02 < np.mean(resets) < 0.15


@given(st.lists(st.booleans(), min_size=1, max_size=200), st.integers(0, 1000))
def test_totals_count_every_part_once(bad: list[bool], seed: int) -> None:
    good, rejected = running_totals(np.random.default_rng(seed), np.array(bad))
    total = good + rejected
    falls = np.flatnonzero(np.diff(total) < 0)
    assert len(falls) <= 1
    assert total[-1] + total[falls].sum() == len(bad)
    assert (good >= 0).all()
    assert (rejected >= 0).all()
