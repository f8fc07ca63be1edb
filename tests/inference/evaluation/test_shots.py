"""Verdicts against labels, shot by shot."""

import numpy as np
import pytest

from core.verdict import Verdicts
from inference.evaluation.shots import JudgedShots, parts, severity, shot_figures


def verdicts(score: list[float], base: list[float], tolerance: list[float], outcome: list[str]) -> Verdicts:
    return Verdicts(
        {
            "anomaly_score": score,
            "base": base,
            "tolerance": tolerance,
            "outcome": outcome,
        }
    )


def test_severity_is_the_share_of_the_limit() -> None:
    found = severity(verdicts([0.3, 0.6], [0.4, 0.4], [0.1, 0.1], ["OK", "NG"]))

    assert found.tolist() == pytest.approx([0.6, 1.2])


def test_what_is_ng_for_another_reason_ranks_above_the_limit() -> None:
    found = severity(verdicts([0.1, 0.9], [1.0, 1.0], [0.0, 0.0], ["NG", "OK"]))

    assert found[0] > 1.0 > found[1]


def test_static_limits_rank_nothing() -> None:
    nothing = [np.nan]

    assert np.isnan(severity(verdicts(nothing, nothing, nothing, ["NG"]))).all()


def judged(n: int = 400, seed: int = 0) -> JudgedShots:
    rng = np.random.default_rng(seed)
    bad = np.arange(n) % 20 == 0
    ratio = rng.uniform(0.2, 0.9, n) + bad * 0.4
    ratio[:10] = np.nan
    return JudgedShots(ratio, bad, ratio > 1.0, (ratio > 0.95) & (ratio <= 1.0), np.arange(n) // 50)


def test_shots_in_no_ranking_still_count_at_the_limit() -> None:
    shots = judged()
    found = shot_figures(shots, np.random.default_rng(0), replicates=20)

    assert (found.shots, found.bad, found.unranked, found.unranked_bad) == (400, 20, 10, 1)
    assert found.recall.value == pytest.approx((shots.flagged & shots.bad).sum() / 20)
    assert found.ranking["auroc"].value > 0.8


def test_shots_of_one_kind_have_no_ranking() -> None:
    shots = judged()

    assert shot_figures(shots.of(~shots.bad), np.random.default_rng(0)).ranking == {}


def test_parts_add_up_to_the_whole() -> None:
    shots = judged()
    found = parts(shots, [f"group {n % 3}" for n in range(len(shots))])

    assert [part.name for part in found] == ["group 0", "group 1", "group 2"]
    assert sum(part.shots for part in found) == len(shots)
    assert sum(part.bad for part in found) == shots.bad.sum()
    assert sum(part.caught + part.alarms for part in found) == shots.flagged.sum()
    assert sum(part.warned + part.worries for part in found) == shots.warned.sum()
