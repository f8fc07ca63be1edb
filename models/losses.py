"""The loss distribution of one group and the fixed threshold that follows from it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelRefused
from models.artifact import QUANTILES, LossSummary

Floats = NDArray[np.float64]
Lots = NDArray[np.int64]

TAIL = 512
"""Highest held-out losses kept of a group: any budget of false alarms is made a limit from them."""


def expected_bad(defect_rate: float, count: int) -> int:
    """Shots among `count` that were probably bad: ``ceil(defect_rate * count)``, never all of them.

    Lots are counted as a whole, so nobody knows which shots were bad; the share of the
    group's lots stands for any part of its shots. Rounded up: one counted bad shot among
    the losses is one too many for their maximum. NaN (nothing counted) means none.

    >>> expected_bad(0.004, 400), expected_bad(0.0, 400), expected_bad(0.9, 1)
    (2, 0, 0)
    """
    if math.isnan(defect_rate) or count <= 0:
        return 0
    # A product such as 0.07 * 100 = 7.000000000000001 must not round up to 8.
    return min(math.ceil(round(defect_rate * count, 9)), count - 1)


def summarise(losses: Floats, *, trim: int, lot: Lots | None = None) -> LossSummary:
    """Distribution of the losses without the `trim` highest ones.

    Parameters
    ----------
    losses : (n,) float64
        Anomaly scores of the group's own shots, higher = worse; at least one.
    trim : int
        Highest losses left out before anything is taken: as many shots of the lots
        were counted bad. At least one loss always stays.
    lot : (n,) int64, optional
        Lot of each loss, any numbers that grow with time, where the shots were held out of
        the training: then the tail is kept, too.

    Raises
    ------
    ModelRefused
        No loss at all, or one that is NaN or infinite: the model is not fit to judge.

    Examples
    --------
    >>> s = summarise(np.array([1.0, 3.0, 50.0]), trim=1)
    >>> s.count, s.mean, s.std, s.maximum, s.cv, s.trimmed
    (2, 2.0, 1.0, 3.0, 0.5, 1)
    """
    if losses.size == 0:
        msg = "expected at least one training loss, got none: the group has no shots to summarise"
        raise ModelRefused(msg)
    strange = ~np.isfinite(losses)
    if strange.any():
        row = int(np.argmax(strange))
        msg = (
            f"expected finite training losses, got {losses[row]!r} in row {row} ({int(strange.sum())} of "
            f"{losses.size} rows): the training diverged; try a smaller learning rate"
        )
        raise ModelRefused(msg)
    trimmed = max(0, min(trim, losses.size - 1))
    order = np.argsort(losses, kind="stable")[: losses.size - trimmed]
    kept = losses[order]
    mean, std = float(kept.mean()), float(kept.std())
    return LossSummary(
        count=kept.size,
        mean=mean,
        std=std,
        minimum=float(kept[0]),
        maximum=float(kept[-1]),
        quantiles=np.quantile(kept, QUANTILES),
        cv=std / mean if mean != 0 else 0.0,
        trimmed=trimmed,
        **({} if lot is None else _tail(kept, lot[order])),
    )


def _tail(kept: Floats, lot: Lots) -> dict[str, NDArray[Any]]:
    """The tail of ascending losses and what it takes to know their lots."""
    lots, which = np.unique(lot, return_inverse=True)
    return {
        "tail": kept[-TAIL:].copy(),
        "tail_lot": which.reshape(-1)[-TAIL:].astype(np.int32),
        "lot_sizes": np.bincount(which.reshape(-1), minlength=len(lots)).astype(np.int64),
    }


def fixed_threshold(summary: LossSummary, sigmas: float) -> float:
    """Fixed threshold: mean + `sigmas` standard deviations of the training losses.

    >>> fixed_threshold(summarise(np.array([1.0, 3.0]), trim=0), 3.0)
    5.0
    """
    return summary.mean + sigmas * summary.std
