"""The two questions asked of the CN7 shots, and how well an order of the shots answers them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from core.verdict import OUTCOMES, ROUTES

NIGHT = pd.Timestamp("2020-10-18", tz="Asia/Seoul")
"""Before it the day with bad shots, after it the night without."""
NIGHT_SEEN = pd.Timestamp("2020-10-20 04:30", tz="Asia/Seoul")
"""First three quarters of the night; the rest is unseen."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is trained on; everything else is judged unseen.

    Attributes
    ----------
    name : str
    trained : (n,) bool
        Of the shots in time order.
    max_defect_rate : float
        The profile's, or what it takes to train on these shots nevertheless.
    """

    name: str
    trained: NDArray[np.bool_]
    max_defect_rate: float


def questions(time: pd.Series[pd.Timestamp]) -> tuple[Question, Question]:
    """Both questions about shots made at these times, ascending.

    ``other_day``: trained on the night without a bad shot up to 04:30, as the 1 % rule
    has it. Is the bad day judged well by a model that never saw it?

    ``same_days``: trained on the later half of both lots, judged on the earlier halves.
    Does a model that knows the day's conditions do better? The day's lot counts 14 bad
    in 188, so the rule would not train on it; here it is told to.
    """
    night = (time >= NIGHT).to_numpy()
    number = time.groupby(night).cumcount().to_numpy()
    size = np.where(night, night.sum(), (~night).sum())
    return (
        Question("other_day", night & (time < NIGHT_SEEN).to_numpy(), 0.01),
        Question("same_days", number >= size // 2, 0.05),
    )


def mean_z2(production: NDArray[np.float64], trained: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The floor a detector has to beat: mean squared z-score, higher = worse.

    Parameters
    ----------
    production : (n, p) float64
        Columns that never vary among the trained rows are left out.
    trained : (n,) bool
        Rows that mean and deviation are taken from.
    """
    mean, std = production[trained].mean(axis=0), production[trained].std(axis=0)
    varies = std > 0
    z = (production[:, varies] - mean[varies]) / std[varies]
    squares: NDArray[np.float64] = (z**2).mean(axis=1)
    return squares


def rank(
    score: NDArray[np.float64],
    bad: NDArray[np.bool_],
    night: NDArray[np.bool_],
    trained: NDArray[np.bool_],
) -> dict[str, float]:
    """How well a score (higher = worse) puts the bad shots first.

    Returns
    -------
    dict
        ``auroc_day``, ``ap_day``: among the unseen shots of the day with the bad ones.
        ``auroc_unseen``, ``ap_unseen``: among all unseen shots. ``auroc_night``: bad
        shots against the night's unseen ones; a calendar answers that one, too.
    """
    day, unseen = ~trained & ~night, ~trained
    against_night = unseen & (bad | night)
    return {
        "auroc_day": float(roc_auc_score(bad[day], score[day])),
        "ap_day": float(average_precision_score(bad[day], score[day])),
        "auroc_unseen": float(roc_auc_score(bad[unseen], score[unseen])),
        "ap_unseen": float(average_precision_score(bad[unseen], score[unseen])),
        "auroc_night": float(roc_auc_score(bad[against_night], score[against_night])),
    }


def count(
    verdicts: pd.DataFrame,
    bad: NDArray[np.bool_],
    night: NDArray[np.bool_],
    trained: NDArray[np.bool_],
) -> dict[str, Any]:
    """Outcomes of bad and good shots, one verdict a row in the order of the other columns."""
    outcome = verdicts["outcome"].to_numpy()
    unseen = ~trained
    parts = {
        "bad": bad & unseen,
        "good_day": ~bad & ~night & unseen,
        "good_night": night & unseen,
        "trained": trained,
    }
    routes = Counter(verdicts["route"])
    return {
        "routes": {name: routes[name] for name in ROUTES},
        "ng_recall": float((outcome[parts["bad"]] == "NG").mean()),
        "outcomes": {
            name: {o: int((outcome[mask] == o).sum()) for o in OUTCOMES} for name, mask in parts.items()
        },
    }
